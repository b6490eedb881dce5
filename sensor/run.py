"""One run: a capture, or several joined ones, through the pipeline to a `Result`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from sensor.capture import Block
from sensor.capture.join import HEAD, Part, joined_name
from sensor.decode.engine import Engine
from sensor.decode.wlan import Radio
from sensor.decode.wlan_keys import NetworkKey
from sensor.detectors._own_accounts import name_own_accounts
from sensor.devices.destinations import add_open_flows, fill_parties
from sensor.devices.device import Device
from sensor.devices.geo import Geo
from sensor.devices.inventory import Inventory
from sensor.devices.networks import Networks
from sensor.devices.oui import Oui
from sensor.devices.scope import people, shown
from sensor.devices.signatures.learned import LearnedDevice
from sensor.devices.signatures.matcher import Signatures
from sensor.devices.users import Users
from sensor.findings import Ledger, finding_id, join_fresh_tokens
from sensor.flows.identify import home_ports
from sensor.judging import about, fill_phases, judgements, state
from sensor.light_dataclass import dataclass
from sensor.memory import DEFAULT_BUDGET, MemoryBudget
from sensor.model import Finding, Flow, Transport
from sensor.parsing.keylog import KeyLog
from sensor.parsing.registry import by_ethertype, by_ip_protocol
from sensor.personas.search import Personas
from sensor.pipeline import Pipeline
from sensor.result import Judgement, Result
from sensor.run_state import NOT_YET, CountedBefore, DeviceState, RunState, summed
from sensor.statistics import Statistics
from sensor.vault import Vault
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.facts import Facts

__all__ = ["Judgement", "Options", "Result", "Run"]


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may choose of a run. ``local``: CIDRs instead of the default local networks; ``flows``: report every
    flow; ``users``: his own names, kinds, merges and splits of devices; ``learned``: signatures of devices of his own;
    ``facts``: what a lab knows and packets cannot tell; ``personas``: seeded truths to search for; ``geo``: where
    addresses are; ``people``: what people's own phones and computers send is searched for personal data, too.
    """

    local: tuple[str, ...] = ()
    users: Users | None = None
    learned: tuple[LearnedDevice, ...] = ()
    facts: Facts | None = None
    personas: Personas | None = None
    geo: Geo | None = None
    flows: bool = False
    people: bool = True
    strict: bool = False
    duplicate_cache: bool = True
    known_streams: bool = True
    memory: MemoryBudget = DEFAULT_BUDGET
    wifi: tuple[NetworkKey, ...] = ()
    """Keys of Wi-Fi networks whose frames are decrypted."""
    keys: KeyLog | None = None
    """Secrets of TLS connections to decrypt with, and where those of the capture are added; None: nothing is."""


BY_ENGINE = ("packets", "bytes", "truncated_packets")
BY_PIPELINE = ("lost_bytes", "reordered_segments", "doubled_packets", "one_way_flows", "tcp_flows")
"""Counters of a `Result`, by where they are counted."""


class Run:
    """A capture being read. Feed it blocks; ``finish`` gives the `Result`. ``on_flow`` is called with each flow when it
    has ended.

    ``name``: the run's name where it must be known before the end (a live run); its findings then keep the id they had
    when they were first seen.
    """

    def __init__(
        self, vault: Vault, options: Options, on_flow: Callable[[Flow], None] | None = None, *, name: str | None = None
    ) -> None:
        networks = Networks(options.local or None)
        self.statistics = Statistics(strict=options.strict, live=name is not None)
        self._radio = Radio(options.wifi)
        self.engine = Engine(
            local=networks.prefixes(),
            ethertypes=set(by_ethertype()),
            ip_protocols=set(by_ip_protocol()),
            report_all_flows=options.flows,
            duplicate_cache=options.duplicate_cache,
            radio=self._radio,
            home_ports=home_ports(Transport.TCP),
            home_datagram_ports=home_ports(Transport.UDP),
        )
        self._tables = _signatures(options.learned)
        self.inventory = Inventory(
            networks, memory=options.memory, oui=_oui(), signatures=self._tables, users=options.users
        )
        self._facts, self._geo, self._people = options.facts, options.geo, options.people
        self.pipeline = Pipeline(
            self.engine,
            networks,
            self.inventory,
            vault,
            self.statistics,
            memory=options.memory,
            flow_ended=on_flow,
            personas=options.personas,
            known_streams=options.known_streams,
            keys=options.keys,
            reads_wlan=bool(options.wifi),
            interception_ca=options.facts.lab.interception_ca if options.facts is not None else None,
        )
        self._keys = options.keys
        self._secrets = KeyLog()
        self._head = hashlib.sha256()
        self._head_size = 0
        self._name = name
        self._most_findings = options.memory.findings
        self._ids: dict[tuple[object, ...], str] = {}
        self._given: dict[str, int] = {}
        self.before = CountedBefore()

    def state(self, *, last: bool) -> RunState:
        """What the run goes on with after a restart; ``last``: it was finished."""
        pipeline, inventory, before = self.pipeline, self.inventory, self.before
        pipeline.catch_up()
        inventory.totals(self.engine.hosts())
        whole, coverage = pipeline.ledger, pipeline.coverage
        if not last:
            whole = Ledger(self._most_findings)
            whole.add_all(map(_copy, pipeline.ledger))
            whole.add_all(pipeline.pending_findings())
            coverage = coverage.with_running(pipeline.running())
        devices = {
            name: DeviceState(hosts, inventory.senders(hosts), coverage.of(name))
            for name, hosts in inventory.hosts_by_device().items()
        }
        counted = {name: getattr(before, name) + getattr(self.engine, name) for name in BY_ENGINE}
        counted |= {name: getattr(before, name) + getattr(pipeline.ended, name) for name in BY_PIPELINE}
        return RunState(
            CountedBefore(
                **counted,
                first_time=before.first_time or self.engine.first_time,
                last_time=max(before.last_time, self.engine.last_time),
                undecoded=summed(before.undecoded, dict(self.engine.undecoded)),
                bounds=summed(before.bounds, {**self.engine.bounds_hit, **pipeline.bounds_hit}),
                gaps=before.gaps_until(self.engine.first_time),
                starts=before.starts + 1,
            ),
            devices,
            dict(self._known_by_name(self._name or "", whole)),
            {**inventory.state(), NOT_YET: coverage.apart_from(devices)},
        )

    def go_on(self, state: RunState) -> None:
        """Take over what an earlier part of the run knew, before the first block."""
        self.before = state.counted
        hosts = [host for device in state.devices.values() for host in device.hosts]
        senders = {mac for device in state.devices.values() for mac in device.senders}
        self.inventory.go_on(hosts, senders, state.network)
        for name, device in state.devices.items():
            self.pipeline.coverage.go_on(name, device.coverage)
        not_yet = state.network.get(NOT_YET)
        for name, one in not_yet.items() if isinstance(not_yet, dict) else ():
            if isinstance(one, Coverage):
                self.pipeline.coverage.go_on(name, one)
        for name, finding in state.findings.items():
            finding.identity = self.pipeline.vault.relabelled(finding.identity)
            finding.detail = self.pipeline.vault.relabelled(finding.detail)
            self._ids[finding.identity] = name
            self._given[name] = 1
            self.pipeline.ledger.add(finding)

    def feed(self, block: Block) -> None:
        """Read a block of records."""
        if self._head_size < HEAD:
            piece = bytes(block.data[: HEAD - self._head_size])
            self._head.update(piece)
            self._head_size += len(piece)
        if block.secrets:
            self._secrets.add(block.secrets)
            if self._keys is not None:
                self._keys.add(block.secrets)
        for batch in self.engine.process(block):
            self.pipeline.batch(batch)

    def tick(self, now: int) -> None:
        """Time has come to ``now`` (ns since 1970) without a packet: flows that are idle by then end."""
        for batch in self.engine.tick(now):
            self.pipeline.batch(batch)

    def frames(self) -> set[int]:
        """Frames that findings rest on so far."""
        return {frame for finding in self.pipeline.ledger for frame in finding.frames}

    def finish(
        self,
        capture: str,
        link_types: list[str],
        damage: str | None,
        parts: Sequence[Part] = (),
        dropped: int | None = None,
    ) -> Result:
        """The capture is over: judge and hand over. ``parts``: the captures that it was joined of, which then make its
        name; ``dropped``: packets that the capturing program says it lost.
        """
        for batch in self.engine.finish():
            self.pipeline.batch(batch)
        self.pipeline.finish()
        if parts:
            self._name = joined_name(parts)
        result = self._result(capture, link_types, damage, list(self.pipeline.ledger), (), last=True)
        result.parts, result.dropped = tuple(parts), dropped
        return result

    def snapshot(self, capture: str, link_types: list[str]) -> Result:
        """What the run would say if it ended now, for a run that goes on: flows still open count as they stand, nothing
        is ended or changed.
        """
        pipeline = self.pipeline
        pipeline.catch_up()
        self.inventory.totals(self.engine.hosts())
        findings = [_copy(finding) for each in (pipeline.ledger, pipeline.pending_findings()) for finding in each]
        running = list(pipeline.running())
        return self._result(capture, link_types, None, findings, running, last=False)

    def _result(
        self,
        capture: str,
        link_types: list[str],
        damage: str | None,
        found: Sequence[Finding],
        running: Sequence[Flow],
        *,
        last: bool,
    ) -> Result:
        engine, pipeline = self.engine, self.pipeline
        run = self._name or self._identity()
        before = self.before
        first_time = before.first_time or engine.first_time
        last_time, gaps = max(before.last_time, engine.last_time), before.gaps_until(engine.first_time)
        devices = self.inventory.devices()
        coverage = pipeline.coverage
        if running:
            add_open_flows(devices, running, self.inventory)
            coverage = coverage.with_running(running)
        if self._geo is not None:
            _place(devices, self._geo)
        if not last:
            fill_parties(found, devices)
            name_own_accounts(found, pipeline.identity_of, pipeline.vault.fingerprint)
        lab_facts = about(devices, self._facts)
        state(devices, lab_facts, self._tables.makers)
        if not self._people:
            self.pipeline.people = people(devices)
            found = shown(found, devices, 0 if last else engine.last_time)
        found = join_fresh_tokens(found)
        findings = dict(_named(run, found) if self._name is None else self._known_by_name(run, found))
        fill_phases(findings.values(), lab_facts)
        return Result(
            id=run,
            capture=capture,
            packets=before.packets + engine.packets,
            bytes=before.bytes + engine.bytes,
            first_time=first_time,
            last_time=last_time,
            link_types=link_types,
            truncated_packets=before.truncated_packets + engine.truncated_packets,
            undecoded=summed(before.undecoded, dict(engine.undecoded)),
            lost_bytes=before.lost_bytes + pipeline.ended.lost_bytes,
            reordered_segments=before.reordered_segments + pipeline.ended.reordered_segments,
            doubled_packets=before.doubled_packets + pipeline.ended.doubled_packets,
            one_way_flows=before.one_way_flows + pipeline.ended.one_way_flows,
            tcp_flows=before.tcp_flows + pipeline.ended.tcp_flows,
            gaps=gaps,
            starts=before.starts + 1,
            damage=damage,
            tls_secrets=len(self._secrets),
            wifi=self._radio.handshakes.states(),
            devices=devices,
            findings=findings,
            judged=judgements(
                devices,
                findings.values(),
                coverage,
                lab_facts,
                first_time,
                self._facts.makers if self._facts is not None else None,
                last_time,
                gaps,
            ),
            bounds={
                **summed(before.bounds, {**engine.bounds_hit, **pipeline.bounds_hit}),
                **self.inventory.bounds_hit,
            },
            failures=self.statistics.failures,
            statistics=self.statistics,
            devices_with_facts=frozenset(facts.id for facts in lab_facts.values()),
        )

    def _known_by_name(self, run: str, findings: Iterable[Finding]) -> Iterator[tuple[str, Finding]]:
        """Each under the name it had when it was first seen, whatever has been folded into it since."""
        for finding in findings:
            name = self._ids.get(finding.identity)
            if name is None:
                name = finding_id(run, finding)
                self._given[name] = number = self._given.get(name, 0) + 1
                name = self._ids[finding.identity] = name if number == 1 else f"{name}-{number}"
            yield name, finding
        if len(self._ids) > 2 * self._most_findings:
            # Findings that were given up for others.
            self._ids = {one.identity: self._ids[one.identity] for one in findings}
            self._given = dict.fromkeys(self._ids.values(), 1)

    def _identity(self) -> str:
        """``r`` and 12 hex digits of the capture's beginning and its counters: the same for the same capture, whatever
        it is called.
        """
        engine, name = self.engine, self._head.copy()
        name.update(repr((engine.packets, engine.bytes, engine.first_time, engine.last_time)).encode())
        return "r" + name.hexdigest()[:12]


def _copy(finding: Finding) -> Finding:
    """One that may be changed: the ledger's own goes on being folded into."""
    return replace(finding, detail=dict(finding.detail))


def _place(devices: Iterable[Device], geo: Geo) -> None:
    """The countries of destinations outside."""
    for device in devices:
        device.destinations = tuple(
            one if one.address is None or one.party == "local" else replace(one, country=geo.country(one.address))
            for one in device.destinations
        )


@cache
def _oui() -> Oui:
    """The registry of MAC prefixes: read once for all runs of a process, and never changed."""
    return Oui()


@cache
def _signatures(learned: tuple[LearnedDevice, ...]) -> Signatures:
    """The shipped signatures and learned ones: read once for all runs of a process, and never changed."""
    return Signatures(learned=learned)


def _named(run: str, findings: Iterable[Finding]) -> Iterator[tuple[str, Finding]]:
    seen: dict[str, int] = {}
    for finding in findings:
        name = finding_id(run, finding)
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name}-{seen[name]}"), finding
