"""One capture through the pipeline into a `Result`: what a run found, ready to be written by ``export``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from sensor.capture import Block
from sensor.decode.engine import Engine
from sensor.devices.device import Device
from sensor.devices.inventory import Inventory
from sensor.devices.networks import Networks
from sensor.devices.oui import Oui
from sensor.devices.signatures import Signatures
from sensor.devices.users import Users
from sensor.flows.drive import Statistics
from sensor.ledger import finding_id
from sensor.model import Finding, Flow
from sensor.pipeline import Pipeline
from sensor.protocols._registry import by_ethertype, by_ip_protocol
from sensor.vault import Vault
from sensor.verdicts.baseline import baseline
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.judge import Judged, Verdict, judge_device


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may choose of a run. ``local``: CIDRs instead of the default local networks; ``flows``: report every flow; ``users``: his own
    names, kinds, merges and splits of devices.
    """

    local: tuple[str, ...] = ()
    users: Users | None = None
    flows: bool = False
    strict: bool = False
    duplicate_cache: bool = True


@dataclass(slots=True)
class Judgement:
    """A device's provisions and verdicts, with the coverage that qualifies them."""

    provisions: list[Judged]
    verdicts: list[Verdict]
    coverage: Coverage


@dataclass(slots=True)
class Result:
    """What a run found. ``id`` is the same for the same capture; ``findings`` by id, in the order first seen."""

    id: str
    capture: str
    packets: int
    bytes: int
    first_time: int
    last_time: int
    link_types: list[str]
    truncated_packets: int
    undecoded: dict[str, int]
    lost_bytes: int
    damage: str | None
    devices: list[Device]
    findings: dict[str, Finding]
    judged: dict[str, Judgement]
    bounds: dict[str, int]
    failures: int
    statistics: Statistics = field(repr=False)


class Run:
    """A capture being read. Feed it blocks; ``finish`` gives the `Result`. ``on_flow`` is called with each flow when it has ended."""

    def __init__(self, vault: Vault, options: Options, on_flow: Callable[[Flow], None] | None = None) -> None:
        networks = Networks(options.local or None)
        self.statistics = Statistics(strict=options.strict)
        self.engine = Engine(
            local=networks.prefixes(),
            ethertypes=set(by_ethertype()),
            ip_protocols=set(by_ip_protocol()),
            report_all_flows=options.flows,
            duplicate_cache=options.duplicate_cache,
        )
        self.inventory = Inventory(networks, oui=_oui(), signatures=_signatures(), users=options.users)
        self.pipeline = Pipeline(self.engine, networks, self.inventory, vault, self.statistics, flow_ended=on_flow)
        self._head = hashlib.sha256()
        self._head_size = 0

    def feed(self, block: Block) -> None:
        """Read a block of records."""
        if self._head_size < HEAD:
            piece = bytes(block.data[: HEAD - self._head_size])
            self._head.update(piece)
            self._head_size += len(piece)
        for batch in self.engine.process(block):
            self.pipeline.batch(batch)

    def finish(self, capture: str, link_types: list[str], damage: str | None) -> Result:
        """The capture is over: judge and hand over."""
        for batch in self.engine.finish():
            self.pipeline.batch(batch)
        self.pipeline.finish()
        engine, pipeline = self.engine, self.pipeline
        run = self._identity()
        devices = self.inventory.devices()
        findings = dict(_named(run, pipeline.ledger))
        return Result(
            id=run,
            capture=capture,
            packets=engine.packets,
            bytes=engine.bytes,
            first_time=engine.first_time,
            last_time=engine.last_time,
            link_types=link_types,
            truncated_packets=engine.truncated_packets,
            undecoded=dict(engine.undecoded),
            lost_bytes=pipeline.lost_bytes,
            damage=damage,
            devices=devices,
            findings=findings,
            judged={device.id: self._judge(device, list(findings.values())) for device in devices if device.in_scope},
            bounds={**engine.bounds_hit, **pipeline.bounds.hit, **self.inventory.bounds_hit, **_overflow(pipeline)},
            failures=self.statistics.failures,
            statistics=self.statistics,
        )

    def _identity(self) -> str:
        """``r`` and 12 hex digits of the capture's beginning and its counters: the same for the same capture, whatever it is called."""
        engine = self.engine
        self._head.update(repr((engine.packets, engine.bytes, engine.first_time, engine.last_time)).encode())
        return "r" + self._head.hexdigest()[:12]

    def _judge(self, device: Device, findings: list[Finding]) -> Judgement:
        coverage = self.pipeline.coverage.of(device.id)
        # The span alone would count the days between two pieces of a capture as listening.
        coverage.hours = min(max(0.0, (device.last_seen - device.first_seen) / HOUR), float(len(coverage.heard)))
        coverage.set_up_seen, coverage.set_up_sign = coverage.arrival.seen(device.first_seen, self.engine.first_time)
        mine = [finding for finding in findings if device.id in (finding.device, *finding.detail.get("devices", ()))]
        provisions, verdicts = judge_device(baseline(), mine, coverage)
        return Judgement(provisions, verdicts, coverage)


@cache
def _oui() -> Oui:
    """The registry of MAC prefixes: read once for all runs of a process, and never changed."""
    return Oui()


@cache
def _signatures() -> Signatures:
    """The shipped signatures: read once for all runs of a process, and never changed."""
    return Signatures()


HEAD = 64 * 1024
"""Bytes of a capture that its run's name is made of, besides its counters: hashing all of it would cost more than reading it."""

HOUR = 3600 * 1_000_000_000


def _named(run: str, findings: Iterable[Finding]) -> Iterator[tuple[str, Finding]]:
    seen: dict[str, int] = {}
    for finding in findings:
        name = finding_id(run, finding)
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name}-{seen[name]}"), finding


def _overflow(pipeline: Pipeline) -> dict[str, int]:
    return {"findings": pipeline.ledger.overflow} if pipeline.ledger.overflow else {}
