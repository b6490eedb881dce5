"""One flow's conversation: reassembly, identification, the parser at work, and its directives."""

from __future__ import annotations

from collections.abc import Callable

from sensor.events import Content, Event, Expect, Handshake, Span, Upgrade
from sensor.flows.causal_order import DEFERRED_TIME, PADDING_LENGTH, Deferred, Segment, may_be_padding
from sensor.flows.copies import DOUBLED_TIME, RecentDatagrams
from sensor.flows.driver import Driver, FrameMap, frames_of
from sensor.flows.expectations import Expected
from sensor.flows.first_datagrams import FirstDatagram
from sensor.flows.identify import Again, Asks, asks_at, identify_pieces
from sensor.flows.interfaces import SIDES, StreamControl
from sensor.flows.limits import IDENTIFICATIONS, LAYERS, MALFORMED_DATAGRAMS
from sensor.flows.reassembly import HALF, PIECE_BYTES, SEQUENCE, Chunk, Gap, Reassembler
from sensor.model import Flow, Observation, Protection, Side, Transport
from sensor.parsing.fallback import UNREAD, is_text
from sensor.parsing.keylog import KeyLog
from sensor.parsing.parser import DatagramParser, Protocol
from sensor.parsing.registry import protocols
from sensor.statistics import Statistics

FIN, RST = 1, 4
"""Flags of a TCP header."""


class Conversation:
    """One flow. ``slot``: the decoder's name for it; ``start_known``: its first packets, so its ends, were seen."""

    def __init__(
        self,
        flow: Flow,
        slot: int,
        wants: StreamControl,
        statistics: Statistics,
        emit: Callable[[Observation], None],
        *,
        starts: tuple[int | None, int | None] = (None, None),
        start_known: bool = True,
        expected: Expected | None = None,
        keys: KeyLog | None = None,
    ) -> None:
        self.flow = flow
        self.slot = slot
        self.over = False
        """Nobody reads this flow any more."""
        self.expectations: list[tuple[Expect, Flow]] = []
        self.last = flow.last_time
        """When it was last fed (ns)."""
        self.taken = 0
        """Bytes taken since it was last weighed."""
        self.buffered_bytes = 0
        """What it weighed then."""
        self.wants = wants
        self._keys = keys
        self._statistics = statistics
        self.emit = emit
        self._now = self._frame = 0
        self._start_known = start_known
        self._sides = (Reassembler(starts[0]), Reassembler(starts[1]))
        self._deferred = Deferred()
        self._ended: list[int] = []
        self._recent = RecentDatagrams()
        self._segments: list[tuple[int, int, int, int]] = [(-1, 0, 0, 0)] * 2
        """Of each side the segment seen last: number, acknowledgement, length, time (ns)."""
        self._padding: Segment | None = None
        """Zero bytes of a side that may be the padding of a bare ACK's frame."""
        self._flipped = False
        self._replaying = False
        self._frames = (FrameMap(), FrameMap())
        self._driver: Driver | None = None
        self._opening: list[tuple[Side, bytes, int]] | None = []
        self._excluded: set[str] = set()
        self._layers = self._malformed = self._identifications = 0
        self._outlook = Again.OPEN
        self._datagrams = flow.transport is not Transport.TCP
        if expected is not None and (protocol := protocols().get(expected.protocol)) is not None:
            if expected.turned:
                self._turn()
            self._begin(protocol, expected.hint, (0, 0))

    # What comes from the decoder. ``side`` is the decoder's; a flow whose ends were taken for one another is turned
    # here.

    def segment(
        self, side: int, seq: int, ack: int, flags: int, wire_length: int, payload: bytes, frame: int, time: int
    ) -> None:
        """A TCP segment; ``ack`` says what of the other side has arrived, -1 if nothing; ``flags`` are the header's."""
        self.last = time
        if self.over:
            return
        self.taken += len(payload)
        if wire_length:
            before = self._segments[side]
            if before[0] == seq and before[1] == ack and before[2] == wire_length:
                self.flow.doubled_packets += abs(time - before[3]) <= DOUBLED_TIME
            self._segments[side] = (seq, ack, wire_length, time)
        if flags & (FIN | RST):
            if side not in self._ended:
                self._ended.append(side)
            if flags & FIN:
                self._sides[side].finishes_at(seq + wire_length)
        if self._padding is not None:
            self._settle_padding(side, seq, ack, wire_length)
        if not wire_length:
            if ack >= 0 and self._sides[side ^ 1].waits:
                self._now, self._frame = time, frame
                self._ready(side ^ 1, self._sides[side ^ 1].acknowledged(ack))
        elif wire_length <= PADDING_LENGTH and may_be_padding(wire_length, payload):
            self._padding = Segment(side, seq, ack, wire_length, payload, frame, time)
            return
        elif self._deferred.bytes or not (ack < 0 or (other := self._sides[side ^ 1]).reached(ack) or other.waits):
            self._deferred.add(Segment(side, seq, ack, wire_length, payload, frame, time))
        else:
            self._deliver(side, seq, ack, wire_length, payload, frame, time)
        if self._deferred.bytes:
            self._settle_order(time, frame)

    def _deliver(self, side: int, seq: int, ack: int, wire_length: int, payload: bytes, frame: int, time: int) -> None:
        """A segment whose turn it is."""
        self._now = time
        self._frame = frame
        if ack >= 0 and self._sides[side ^ 1].waits:
            self._ready(side ^ 1, self._sides[side ^ 1].acknowledged(ack))
        if self.over:
            return
        if self._sides[side].in_order(seq, wire_length, payload):
            self._data(SIDES[side ^ self._flipped], payload, frame)
            if (driver := self._driver) is not None and (driver.skips[0] or driver.skips[1]):
                self._rest_of_skip(side)
        else:
            self.taken += PIECE_BYTES
            self._ready(side, self._sides[side].segment(seq, wire_length, payload, frame))

    def _settle_padding(self, side: int, seq: int, ack: int, wire_length: int) -> None:
        """Decide on zero bytes that may be padding: data when the receiver has acknowledged them or the sender went on
        behind them.
        """
        padding = self._padding
        assert padding is not None
        if side == padding.side:
            if wire_length and seq == padding.seq:
                self._padding = None  # The real bytes of that place: the zeros were none.
                return
            data = bool(wire_length) or seq != padding.seq
        else:
            data = ack >= 0 and 0 < (ack - padding.seq) % SEQUENCE < HALF
        if data:
            self._padding = None
            self._deliver(*padding)

    def _settle_order(self, now: int, frame: int = 0, *, last: bool = False) -> None:
        """Deliver what need not wait any longer, after the segment in ``frame``; ``last``: nothing more will come."""
        while self._deferred.bytes and not self.over:
            heads = list(self._deferred.heads())
            ready = next((one for one in heads if self._may_follow(one)), None)
            if ready is not None:
                self.flow.reordered_segments += ready.frame != frame
            elif len(heads) == 2:
                ready = self._settled_conflict(heads)
            elif last or self._deferred.is_full(now):
                ready = heads[0]
                other = self._sides[ready.side ^ 1]
                if other.begun and (last or now - ready.time > DEFERRED_TIME):
                    # The receiver has had bytes that the capture lacks, and no mirror is that late: they were lost.
                    self._now, self._frame = ready.time, ready.frame
                    self._ready(ready.side ^ 1, other.lose_until(ready.ack))
                other.excuse(ready.ack)
            if ready is None:
                return
            self._deferred.remove(ready)
            self._deliver(*ready)

    def _may_follow(self, segment: Segment) -> bool:
        """Whether all that a segment acknowledges has been read."""
        other = self._sides[segment.side ^ 1]
        if segment.ack >= 0 and other.waits:
            self._ready(segment.side ^ 1, other.acknowledged(segment.ack))
        return segment.ack < 0 or other.reached(segment.ack)

    def _settled_conflict(self, heads: list[Segment]) -> Segment:
        """Which of two segments, each of which waits for bytes of the other side, comes first.

        Where bytes before one of them are missing, they were lost to the capture: they are a gap, and the other one
        follows. Else the numbers contradict each other (a retransmission with a newer acknowledgement, a port used
        again): they come as captured, and a gap of no bytes before the answer keeps it from being credited to what came
        before.
        """
        for missing, waiting in (heads, reversed(heads)):
            side = self._sides[missing.side]
            if side.misses(missing.seq):
                self._now, self._frame = waiting.time, waiting.frame
                self._ready(missing.side, side.lose_until(missing.seq))
                return waiting
        first = heads[0]
        self._now, self._frame = first.time, first.frame
        if self._driver is not None:
            self._gap(SIDES[first.side ^ 1 ^ self._flipped], 0)
        return first

    def datagram(self, side: int, payload: bytes, frame: int, time: int) -> None:
        """A UDP, IP or LINK datagram."""
        if not self.over:
            self.last = self._now = time
            self._frame = frame
            self.taken += len(payload)
            if self._recent.is_copy(side, payload, time):
                self.flow.doubled_packets += 1
                return
            self._data(SIDES[side ^ self._flipped], payload, frame)

    def resume(self, first: FirstDatagram, protocol: Protocol) -> None:
        """Its first datagram was read before it was made."""
        self.last = self._now = first.time
        self._recent.is_copy(first.side, first.data, first.time)
        self._opening = None
        self._driver = driver = Driver(protocol, None, (0, 0), protocols(), self._statistics, self._emit_event)
        driver.parser.from_start = self._start_known
        driver.has_events = first.has_events
        side = SIDES[first.side]
        if isinstance(driver.parser, DatagramParser):
            driver.parser.pass_over(side)
        self._frames[side].add(1, first.frame)

    def close(self, time: int) -> None:
        """The flow ended: what still waits, what parsers held back."""
        if self._padding is not None:
            padding, self._padding = self._padding, None
            if not self.over:
                self._deliver(*padding)
        self._settle_order(time, last=True)
        self._now, self._frame = time, 0
        for side in (0, 1):
            if self._sides[side].waits:
                self._ready(side, self._sides[side].finish())
        if self._driver is None and self._opening and not self.over:
            self._identify(last=True, nothing_fits=self._outlook is Again.SILENT)
        if self._driver is not None and not self.over:
            self._driver.parser.ended = tuple([SIDES[side ^ self._flipped] for side in self._ended])
            self._driver.close()
            self._apply_outcome()
        self.settle()

    def abandon(self) -> None:
        """Nobody can afford to read it on: parsers tell what they held back."""
        self.close(self._now)
        if not self.over:
            self._leave()

    def weigh(self) -> int:
        """About how many bytes it holds."""
        self.taken = 0
        opening = sum(len(data) for _, data, _ in self._opening) if self._opening else 0
        reading = self._driver.parser.buffered_bytes() if self._driver is not None else 0
        self.buffered_bytes = (
            opening + reading + self._sides[0].buffered_bytes + self._sides[1].buffered_bytes + self._deferred.bytes
        )
        return self.buffered_bytes

    def release(self) -> None:
        """Nobody will feed it again: its parser, which refers back to it, is freed at once."""
        if self._driver is not None:
            self._driver.release()
        self._driver, self._opening = None, None

    def settle(self) -> None:
        """Write what was lost into the flow."""
        self.flow.lost_bytes = self._sides[0].lost + self._sides[1].lost
        self.flow.lost_pieces = self._sides[0].gaps + self._sides[1].gaps

    def _ready(self, side: int, items: list[Chunk | Gap]) -> None:
        for item in items:
            if self.over:
                return
            end = SIDES[side ^ self._flipped]
            if isinstance(item, Chunk):
                self._data(end, item.data, item.frame)
            else:
                self._gap(end, item.length)
        # Not sooner: what is still in ``items`` has left the reassembler, and the driver itself takes it out of a skip.
        if items:
            self._rest_of_skip(side)

    def _rest_of_skip(self, side: int) -> None:
        """Pass over what the parser does not want without bringing it up."""
        end = SIDES[side ^ self._flipped]
        if self.over or self._driver is None or not self._driver.skips[end]:
            return
        length = self._driver.pass_over(end, self._driver.skips[end])
        self._frames[end].end += length
        more = self._sides[side].skip(length)
        self.wants.skip(self.slot, side, self._sides[side].sequence)
        self._ready(side, more)

    def _data(self, side: Side, data: bytes, frame: int) -> None:
        if self._driver is not None:
            self._frames[side].add(1 if self._datagrams else len(data), frame)
            self._frame = frame
            self._driver.receive(side, data, frame)
            self._apply_outcome()
            return
        assert self._opening is not None
        self._opening.append((side, data, frame))
        if (asks := asks_at(self._opening, datagrams=self._datagrams)) is Asks.NOT_NOW:
            self._outlook = Again.OPEN
        else:
            self._identify(last=asks is Asks.LAST)

    def _gap(self, side: Side, length: int) -> None:
        if self._driver is not None:
            self._frames[side].end += length
            self._driver.gap(side, length, self._frame)
            self._apply_outcome()
        else:  # what was heard before the loss is no opening any more; what comes after may be one
            self._start_known, self._outlook = False, Again.OPEN
            self._opening = [piece for piece in self._opening or [] if piece[0] is not side]

    # Identification.

    def _identify(self, *, last: bool, nothing_fits: bool = False) -> None:
        assert self._opening
        self._identifications += 1
        if self._identifications >= IDENTIFICATIONS and not last:
            last = True
            self._statistics.given_up["identifications"] += 1
        protocol = None
        if not nothing_fits:
            protocol, turned, self._outlook = identify_pieces(
                self.flow, self._opening, self._excluded, either_way=not self._start_known, last=last
            )
            if turned:
                self._turn()
        if protocol is not None or last or not self._outlook:
            pieces, base = self._opening, (self._frames[0].end, self._frames[1].end)
            self._opening = None
            self._begin(protocol or UNREAD, None if protocol else self._datagrams, base)
            self._replay(pieces)

    def _turn(self) -> None:
        """The ends were taken for one another."""
        self._flipped = not self._flipped
        flow = self.flow
        flow.client, flow.server = flow.server, flow.client
        self._frames = (self._frames[1], self._frames[0])
        assert self._opening is not None
        self._opening = [(side.other, data, frame) for side, data, frame in self._opening]

    @property
    def flipped(self) -> bool:
        """Whether client and server are exchanged against the decoder's view."""
        return self._flipped

    def _begin(self, protocol: Protocol, hint: object, base: tuple[int, int]) -> None:
        if protocol.name == "tls" and hint is None:
            hint = self._keys
        self._driver = Driver(protocol, hint, base, protocols(), self._statistics, self._emit_event)
        self._driver.parser.from_start = self._start_known
        flow = self.flow
        if protocol is UNREAD:
            return
        if flow.application is None:
            flow.application = protocol.name
        flow.layers = (*flow.layers, protocol.name)
        flow.protection = protocol.protection

    def _replay(self, pieces: list[tuple[Side, bytes, int]]) -> None:
        """Give a new parser what came before it was chosen. One that breaks before it spoke was the wrong one."""
        driver = self._driver
        assert driver is not None
        self._replaying = True
        for side, data, frame in pieces:
            if self.over:
                break
            self._data(side, data, frame)
            if driver.outcome.failed and not driver.has_events and self._driver is driver and not self._datagrams:
                self._reject_protocol(driver, pieces)
                self._identify(last=False)
                break
        self._replaying = False

    def _reject_protocol(self, driver: Driver, pieces: list[tuple[Side, bytes, int]]) -> None:
        self._excluded.add(driver.protocol.name)
        self._driver, self._opening = None, list(pieces)
        flow = self.flow
        flow.layers = flow.layers[:-1]
        flow.application = flow.layers[0] if flow.layers else None
        flow.protection = Protection.UNKNOWN
        for side in Side:
            self._frames[side].end -= sum(1 if self._datagrams else len(data) for s, data, _ in pieces if s is side)

    def _leave(self) -> None:
        self.over = True
        self._opening = None
        self.wants.ignore(self.slot)

    # What a driver says.

    def _emit_event(self, event: Event, spans: tuple[Span, ...], protocol: str) -> None:
        """An event of the driver, to whoever listens, with its frames."""
        if isinstance(event, Handshake) and event.server_name:
            self.flow.server_name = event.server_name
        elif protocol == UNREAD.name and isinstance(event, Content) and is_text(event.data):
            self.flow.protection = Protection.CLEARTEXT
        frames = frames_of(self._frames, spans) or ((self._frame,) if self._frame else ())
        self.emit(Observation(event, self.flow, self._now, frames, protocol))

    def _apply_outcome(self) -> None:
        """Do what the driver's last call asked for."""
        driver = self._driver
        if driver is None:
            return
        outcome = driver.outcome
        if outcome.expectations:
            self.expectations += [(expect, self.flow) for expect in outcome.expectations]
            outcome.expectations = []
        if outcome.failed:
            self._malformed += 1
            if self._datagrams and self._malformed < MALFORMED_DATAGRAMS:
                outcome.failed = False
            elif driver.has_events or not self._replaying:
                self._leave()
        elif outcome.enough:
            self._leave()
        elif outcome.upgrade is not None:
            self._upgrade(driver, outcome.upgrade)

    def _upgrade(self, driver: Driver, upgrade: Upgrade) -> None:
        self._layers += 1
        waiting = [(side, driver.parser.pending(side), self._frame) for side in Side]
        # Places of datagrams are counted in datagrams.
        base = tuple(
            self._frames[side].end - (bool(data) if self._datagrams else len(data)) for side, data, _ in waiting
        )
        if driver.protocol.protection is Protection.CLEARTEXT:
            self.flow.cleartext_bytes = sum(base)
        self._driver, self._opening, self._excluded = None, [], set()
        pieces = [piece for piece in waiting if piece[1]]
        for side in Side:
            self._frames[side].end = base[side]
        if self._layers > LAYERS:
            self._leave()
            return
        self.flow.protection = Protection.UNKNOWN
        protocol = protocols().get(upgrade.protocol) if upgrade.protocol else None
        if protocol is not None:
            self._begin(protocol, upgrade.hint, (base[0], base[1]))
        for side, data, piece_frame in pieces:
            self._data(side, data, piece_frame)
