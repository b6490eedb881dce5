"""The pipeline of one run: decoder entries to observations, findings and flows. No I/O, no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sensor.decode.engine import (
    DATAGRAM,
    DECRYPTED,
    END,
    EXCHANGED,
    HOST,
    IP,
    MAX_VARYING,
    PACKET,
    REPEATED,
    SEGMENT,
    Engine,
)
from sensor.decode.mirrors import MIRROR
from sensor.decoded_flow import new_flow, update_counters
from sensor.detectors._detector import Detector, detectors
from sensor.detectors._own_accounts import name_own_accounts
from sensor.devices.destinations import fill_parties
from sensor.devices.inventory import Inventory
from sensor.devices.networks import Networks
from sensor.ended_flows import EndedFlows
from sensor.events import Handshake
from sensor.findings import Ledger
from sensor.flows.conversation import Conversation
from sensor.flows.exchange import Exchange
from sensor.flows.expectations import Expectations
from sensor.flows.first_datagrams import FirstDatagram, FirstDatagrams
from sensor.flows.group_repeats import Repeats
from sensor.flows.identify import Again, first_answer
from sensor.flows.interfaces import SIDES, StreamControl
from sensor.flows.known_conversation import KnownConversation
from sensor.flows.known_exchanges import KnownExchanges, Spoken
from sensor.flows.known_streams import KnownStreams
from sensor.flows.neighbours import Neighbours
from sensor.flows.shared_parsers import SharedParsers
from sensor.flows.stream_tree import segment_of
from sensor.flows.table import STEP, Conversations
from sensor.flows.tapped import Tapped
from sensor.listeners import InstrumentedDetector, Listeners
from sensor.memory import DEFAULT_BUDGET, MemoryBudget
from sensor.model import Endpoint, Flow, Observation, Transport
from sensor.parsing.keylog import KeyLog
from sensor.parsing.registry import by_ethertype, by_ip_protocol
from sensor.personas.search import Personas
from sensor.statistics import Statistics
from sensor.vault import Vault
from sensor.verdicts.coverage import CoverageLedger


class Pipeline:
    """One run over one capture (or one live watch). ``networks`` says what is local; ``flow_ended`` is called with
    every flow that had payload; ``reads_wlan``: 802.11 frames are opened with keys.
    """

    def __init__(
        self,
        engine: Engine,
        networks: Networks,
        inventory: Inventory,
        vault: Vault,
        statistics: Statistics,
        *,
        memory: MemoryBudget = DEFAULT_BUDGET,
        flow_ended: Callable[[Flow], None] | None = None,
        personas: Personas | None = None,
        known_streams: bool = True,
        interception_ca: str | None = None,
        keys: KeyLog | None = None,
        reads_wlan: bool = False,
    ) -> None:
        self.engine = engine
        self.networks = networks
        self.inventory = inventory
        self.vault = vault
        self.personas = personas
        self.interception_ca = interception_ca
        self.keys = keys
        self.statistics = statistics
        self._bounds_hit: Counter[str] = Counter()
        self.coverage = CoverageLedger(self.device_of, networks.is_outside)
        self._conversations = Conversations(memory)
        self._expected = Expectations()
        self._repeats = Repeats()
        self._detectors: list[Detector] = [made(self) for made in detectors().values()]
        if statistics.live:
            self._detectors = [
                InstrumentedDetector(each, name, statistics)
                for each, name in zip(self._detectors, detectors(), strict=True)
            ]
        self.listeners = Listeners(inventory, networks, self.coverage, self._detectors, memory.findings)
        self.ledger = self.listeners.ledger
        self.ended = EndedFlows(inventory, self.coverage, self._detectors, self.ledger, flow_ended)
        self._observe = self.listeners.observe if keys is None else self._observe_with_keys
        # Else streams are read for more than what is observed.
        plain = personas is None and keys is None and not reads_wlan
        parsers = SharedParsers(statistics)
        self.known_streams = KnownStreams(self.listeners, engine) if known_streams and plain else None
        streams = self.known_streams
        self.known_exchanges = KnownExchanges(streams, engine, parsers, MAX_VARYING) if streams is not None else None
        self._firsts = (
            FirstDatagrams(memory, statistics, self._observe, parsers, self.known_exchanges) if plain else None
        )
        self._neighbours = Neighbours(
            statistics, self._observe, parsers, lambda: self._bounds_hit.update(["link_conversations"])
        )
        self._frame_decrypted = 0
        """The 802.11 frame that was opened with a key, of those that are being read."""
        self._reads_wlan = reads_wlan
        self._stream_reader = next(
            (each for each in self._detectors if each.READS_STREAMS and personas is not None), None
        )

    @property
    def observations(self) -> int:
        """Observations so far."""
        return self.listeners.observations

    @property
    def people(self) -> frozenset[str]:
        """Ids of devices whose content is not searched for personal data."""
        return self.listeners.people

    @people.setter
    def people(self, ids: frozenset[str]) -> None:
        self.listeners.set_people(ids)

    # What a detector may ask (the Context of detectors/_detector.py).

    def device_of(self, endpoint: Endpoint) -> str | None:
        """The id of the local device at that end."""
        return self.inventory.device_of(endpoint)

    def is_local(self, address: bytes) -> bool:
        """Whether an address is on the local network."""
        return self.networks.is_local(address)

    def party_of(self, endpoint: Endpoint) -> str | None:
        """``local``, or None: who else it is depends on the device's maker, which the end of the run knows
        (`fill_parties`).
        """
        return "local" if endpoint.address and self.is_local(endpoint.address) else None

    def identity_of(self, device: str) -> Mapping[str, str]:
        """What is known of a device by name; classifies, so it is for the end of a run."""
        return self.inventory.identity_of(device)

    # What comes from the decoder.

    def batch(self, entries: Sequence[tuple]) -> None:  # type: ignore[type-arg]
        """Handle what the decoder brings up, in order."""
        conversations = self._conversations
        live, left = conversations.live, conversations.left
        for entry in entries:
            kind = entry[0]
            if kind in (SEGMENT, DATAGRAM):
                slot, time = entry[1], entry[3]
                conversation = live.get(slot)
                is_first = conversation is None
                if conversation is None:
                    if slot in left:
                        continue
                    conversation = self._begin(entry)
                    if conversation is None:
                        continue
                if self._reads_wlan:
                    self._note_frame(conversation.flow, entry[2], is_first)
                if kind == SEGMENT:
                    _, _, frame, _, side, seq, ack, flags, wire_length, payload = entry
                    conversation.segment(side, seq, ack, flags, wire_length, payload, frame, time)
                else:
                    _, _, frame, _, side, _wire_length, payload = entry
                    conversation.datagram(side, payload, frame, time)
                if conversation.expectations:
                    self._announced(conversation, time)
                if conversation.over or conversation.taken >= STEP:
                    conversations.fed(slot, conversation)
            elif kind == END:
                _, slot, _reason, closing = entry
                if closing and slot in live:
                    self.batch([(SEGMENT, slot, *segment) for segment in closing])
                self._end(slot)
            elif kind == REPEATED:
                self._repeat(*entry[1:])
            elif kind == EXCHANGED:
                self._exchanged(*entry[1:])
            elif kind == HOST:
                _, frame, time, mac, address = entry
                self.inventory.seen(mac, address, time, frame)
            elif kind == MIRROR:
                _, frame, time, mac, address = entry
                self.inventory.mirrors(mac, address, time, frame)
            elif kind == PACKET:
                self._packet(*entry[1:])
            elif kind == DECRYPTED:
                self._frame_decrypted = entry[1]

    def _begin(self, entry: tuple) -> Conversation | KnownConversation | Exchange | None:  # type: ignore[type-arg]
        """The conversation of a flow that has none; None while its first datagram waits: no protocol shows in it."""
        kind, slot, _, time = entry[:4]
        firsts = self._firsts
        if kind != DATAGRAM or firsts is None:
            return self._open(slot, time)
        first = firsts.pop(slot)
        if self.known_exchanges is not None and (spoken := self.known_exchanges.leave(slot)) is not None:
            return self._open(slot, time, spoken=spoken)
        if first is not None:
            if first.heard is not None and first.protocol is not None:
                spoken = Spoken(first.protocol.name, (first[:4],), first.heard)
                return self._open(slot, first.time, first.flow, spoken)
            conversation = self._open(slot, first.time, first.flow)
            if first.protocol is None:
                conversation.datagram(*first[:4])
            else:
                assert isinstance(conversation, Conversation)
                conversation.resume(first, first.protocol)
            return conversation
        if self._expected or not self._waits(firsts, entry):
            return self._open(slot, time)
        while (surplus := firsts.leave(self._describe)) is not None:
            self._conversations.leave(*surplus)
            self.engine.ignore(surplus[0])
        return None

    def _describe(self, slot: int) -> Flow:
        return new_flow(self.engine.flow(slot))

    def _waits(self, firsts: FirstDatagrams, entry: tuple) -> bool:  # type: ignore[type-arg]
        """Whether the first datagram of a flow waits there for a second one."""
        _, slot, frame, time, side, _wire_length, payload = entry
        info = self.engine.flow(slot)
        answer = first_answer((info.client_port, info.server_port), SIDES[side], payload)
        if answer is None:
            return False
        if answer is Again.SILENT:
            firsts.take(slot, FirstDatagram(side, payload, frame, time))
            return True
        return firsts.read(slot, (side, payload, frame, time), answer, new_flow(info))

    def _note_frame(self, flow: Flow, frame: int, first: bool) -> None:
        """Of a flow whose frames were all encrypted on the air, findings were not in the clear there."""
        ends = (flow.client, flow.server)
        if frame != self._frame_decrypted:
            self.ledger.decrypted.discard(ends)
        elif first:
            self.ledger.decrypted.add(ends)

    def catch_up(self) -> None:
        """Take in what the decoder holds back of connections that go on."""
        self.batch(self.engine.release())

    def running(self) -> Iterator[Flow]:
        """The flows that are being read or were left to be counted, as they stand: copies with the decoder's counters
        of now.
        """
        self.catch_up()
        for slot, conversation in self._conversations.live.items():
            yield update_counters(replace(conversation.flow), self.engine.flow(slot), flipped=conversation.flipped)
        for slot, first in self._firsts.items() if self._firsts is not None else ():
            info = self.engine.flow(slot)
            yield update_counters(new_flow(info) if first.flow is None else replace(first.flow), info, flipped=False)
        if (exchanges := self.known_exchanges) is not None:
            for slot in exchanges:
                info = self.engine.flow(slot)
                yield update_counters(exchanges.name(slot, new_flow(info)), info, flipped=False)
        for slot, retired in self._conversations.left.items():
            info = self.engine.flow(slot)
            yield update_counters(retired.flow(new_flow(info)), info, flipped=retired.flipped)

    @property
    def bounds_hit(self) -> dict[str, int]:
        """How often each bound was hit so far, by its name."""
        left = {
            "conversations": self._conversations.evicted,
            "expectations": self._expected.dropped,
            "findings": self.ledger.overflow,
            "unpacking": self.statistics.unpacking.cut,
        }
        return {**self._bounds_hit, **self.statistics.given_up, **{name: n for name, n in left.items() if n}}

    def pending_findings(self) -> Ledger:
        """What detectors would add if the run ended now."""
        found = Ledger()
        found.decrypted = self.ledger.decrypted
        for detector in self._detectors:
            found.add_all(detector.finish())
        return found

    def finish(self) -> None:
        """The capture is over: what parsers, detectors and the inventory still hold."""
        for slot in [
            *self._conversations.live,
            *(self._firsts or ()),
            *(self.known_exchanges or ()),
            *self._conversations.left,
        ]:
            self._end(slot)
        self._neighbours.finish()
        self.inventory.totals(self.engine.hosts())
        for detector in self._detectors:
            self.ledger.add_all(detector.finish())
        fill_parties(self.ledger, self.inventory.devices())
        name_own_accounts(self.ledger, self.identity_of, self.vault.fingerprint)

    def _open(
        self, slot: int, time: int, begun: Flow | None = None, spoken: Spoken | None = None
    ) -> Conversation | KnownConversation | Exchange:
        info = self.engine.flow(slot)
        flow = begun or new_flow(info)
        starts = (
            None if info.client_isn < 0 else (info.client_isn + 1) % (1 << 32),
            None if info.server_isn < 0 else (info.server_isn + 1) % (1 << 32),
        )
        tap = self._stream_reader.tap(flow, self.ledger.add) if self._stream_reader is not None else None
        made = Conversation if tap is None else partial(Tapped, tap=tap)
        expected = None if begun is not None else self._expected.of(flow, time)

        def reader(wants: StreamControl, emit: Callable[[Observation], None]) -> Conversation:
            return made(
                flow,
                slot,
                wants,
                self.statistics,
                emit,
                starts=starts,
                start_known=info.start_known,
                expected=expected,
                keys=self.keys,
            )

        first, second = starts
        streams = self.known_streams if info.start_known and expected is None else None
        left = partial(self._conversations.exchange, slot)
        conversation: Conversation | KnownConversation | Exchange
        if spoken is not None and (known := self.known_exchanges) is not None:
            conversation = Exchange(flow, slot, spoken, known, reader, self.engine, self._observe, left)
        elif streams is None or first is None or second is None:
            conversation = reader(self.engine, self._observe)
        else:
            conversation = KnownConversation(flow, slot, self.engine, streams, (first, second), reader, left)
        self._conversations.add(slot, conversation)
        return conversation

    def _repeat(self, slot: int, reason: str, number: int, frames: tuple[int, ...], times: tuple[int, ...]) -> None:
        """A whole connection that said what is known; where that means something else now, it is read."""
        streams = self.known_streams
        assert streams is not None
        info, path = self.engine.flow(slot), streams.paths[number]
        flow = new_flow(info)
        announced = self._expected.of(flow, times[0]) is not None
        if not announced and streams.repeat(path, flow, frames, times, info.last_time):
            self.ended.add(update_counters(flow, info, flipped=False))
            return
        starts = (info.client_isn + 1, info.server_isn + 1)
        for node, frame, time in zip(path.nodes, frames, times, strict=True):
            self.batch([(SEGMENT, slot, frame, time, *segment_of(node.key, starts))])
        self.batch([(END, slot, reason, ())])

    def _exchanged(self, slot: int, number: int, *rest: Any) -> None:
        """Datagrams that said what is known; where that means something else now, they are read."""
        assert self.known_exchanges is not None and self._firsts is not None
        is_read = self._expected or slot in self._conversations.live or slot in self._firsts
        flow = None if is_read else new_flow(self.engine.flow(slot))
        for side, data, frame, time in self.known_exchanges.repeat(slot, number, flow, *rest):
            self.batch([(DATAGRAM, slot, frame, time, side, len(data), data)])

    def _end(self, slot: int) -> None:
        info = self.engine.flow(slot)
        if self._firsts is not None and (first := self._firsts.pop(slot)) is not None:
            flow = first.flow
            if flow is None:
                flow = new_flow(info)
                first.read(flow, info.last_time, self.statistics, self._observe)
            else:
                self._repeats.heard(flow)
            self.ended.add(update_counters(flow, info, flipped=False))
            return
        if self.known_exchanges is not None and slot in self.known_exchanges:
            self.ended.add(update_counters(self.known_exchanges.end(slot, new_flow(info)), info, flipped=False))
            return
        ended = self._conversations.end(slot, info.last_time)
        retired = self._conversations.retired(slot)
        flow, flipped = ended or (new_flow(info), False)
        if ended is None and retired is None:
            self._repeats.name(flow)
        else:
            if retired is not None:
                flow, flipped = retired.flow(flow), retired.flipped
            self._repeats.heard(flow)
        self.ended.add(update_counters(flow, info, flipped=flipped))

    def _packet(self, frame: int, time: int, layer: int, code: int, *packet: bytes) -> None:
        """A frame or IP packet without ports."""
        protocol = (by_ip_protocol() if layer == IP else by_ethertype()).get(code)
        if protocol is not None:
            source_mac, target_mac, source, target, payload = packet
            transport = Transport.IP if layer == IP else Transport.LINK
            ends = (source_mac, source), (target_mac, target)
            note = self._note_frame if self._reads_wlan else None
            self._neighbours.packet(protocol, transport, code, *ends, payload, frame, time, note)

    def _announced(self, conversation: Conversation | KnownConversation | Exchange, time: int) -> None:
        for expect, flow in conversation.expectations:
            self._expected.announce(expect, flow, time)
        conversation.expectations = []

    def _observe_with_keys(self, observation: Observation) -> None:
        """An observation of a run that decrypts: what was read inside TLS is noted as such."""
        flow = observation.flow
        if flow.layers[-1:] == ("tls",) and not isinstance(observation.event, Handshake):
            self.ledger.decrypted.add((flow.client, flow.server))
        self.listeners.observe(observation)
