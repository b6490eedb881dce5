"""The contract of a parser: bytes of a conversation in, events out.

No I/O, no clock, no flow, no device (h11's sans-IO rule).
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import islice
from typing import NamedTuple

from sensor.events import Directive, Event, Skip, Span
from sensor.light_dataclass import dataclass
from sensor.model import Protection, Side, Transport
from sensor.parsing.cursor import Cursor, Malformed, NeedMore
from sensor.reserves import UnpackingReserve

BUFFER_LIMIT = 128 * 1024
"""Bytes of one side that may wait for the end of a message: twice the largest header block that common servers
accept."""

Parsed = Event | Directive


class Match(enum.IntEnum):
    """How well an opening fits a protocol."""

    NO = 0
    MORE = 1
    """Cannot tell yet."""
    WEAK = 2
    """Fits, but so would others: a port or the lack of others decides."""
    SURE = 3


@dataclass(frozen=True, slots=True)
class Opening:
    """The first bytes of each side of a flow and its ports, before its protocol is known.

    For datagrams ``client`` and ``server`` are the newest of each side and ``datagrams`` the first few of both, in
    order.
    """

    client: bytes
    server: bytes
    client_port: int | None
    server_port: int | None
    transport: Transport
    datagrams: tuple[tuple[Side, bytes], ...] = ()


WEIGH_DEPTH = 4
"""Depth to which `Parser.buffered_bytes` counts: a body in a side's state in a list of the parser."""

WEIGH_ITEMS = 64
"""Items of one container that it counts; longer ones hold small things."""


def _bytes_in(value: object, depth: int) -> int:
    if isinstance(value, bytes | bytearray):
        return len(value)
    if depth == 0 or value is None or isinstance(value, int | str | float | enum.Enum | Cursor):
        return 0
    if isinstance(value, dict):
        inner: Iterable[object] = value.values()
    elif isinstance(value, list | tuple | deque | set):
        inner = value
    else:
        names = getattr(value, "__dict__", None)
        inner = (
            names.values()
            if names is not None
            else [getattr(value, name, None) for name in getattr(value, "__slots__", ())]
        )
    return sum(_bytes_in(item, depth - 1) for item in islice(inner, WEIGH_ITEMS))


class Parser:
    """The parser of one conversation, made once for each flow (or inner channel); ``hint`` comes from an `Expect`."""

    def __init__(self, hint: object = None) -> None:
        self.hint = hint
        self.ended: tuple[Side, ...] = ()
        """Sides that ended the connection themselves (FIN or RST captured), in their order; known in ``close``."""
        self.from_start = True
        """The conversation was captured from its first packet, so that nothing (a login) stands before what is read."""
        self.messages = 0
        """Messages that were read of a stream."""
        self.unpacking = UnpackingReserve()
        """What compressed content may grow to; that of the run where there is one."""

    def receive(self, side: Side, data: bytes) -> Iterator[Parsed]:
        """The next in-order bytes of a side (a whole datagram for datagram protocols). Raises only `Malformed`."""
        raise NotImplementedError

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """``length`` bytes of a side were lost. The default gives up: most framings cannot be found again."""
        raise Malformed(f"{length} bytes lost")

    def buffered_bytes(self) -> int:
        """An estimate of the payload bytes stored in the parser, wherever they stand."""
        return _bytes_in(self, WEIGH_DEPTH)

    def skipped(self, side: Side, length: int) -> None:
        """``length`` bytes of ``side`` were passed over for a `Skip`."""

    def close(self) -> Iterator[Parsed]:
        """The conversation is over: yield the events that still waited."""
        return iter(())

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """An event of an inner protocol, to pass on, hold back or change."""
        return (event,)

    def here(self) -> Span:
        """The message being read now, as evidence for a later event."""
        raise NotImplementedError

    def pending(self, side: Side) -> bytes:
        """Received bytes of a side that no message has used yet: what an `Upgrade` hands to the next protocol."""
        return b""


NOTHING_READ = (Side.CLIENT, 0, Cursor(b""))
"""Side, start and reader of no message."""


class StreamParser(Parser):
    """For TCP: buffers each side and calls ``message`` for as long as it completes messages.

    ``message(side, cursor)`` reads ONE message and yields its events. If the cursor runs out (`NeedMore`), everything
    it yielded is dropped and it is called again from the start of the message when more has come: so read first,
    change ``self`` after. It consumes at least one byte, or returns without consuming to wait until the other side
    has completed a message. Frame a message (by length or end mark) before looping over its fields.
    """

    LIMIT = BUFFER_LIMIT
    RESUME_AT_LINE = False
    """After a loss, go on at the next line (line protocols); otherwise the parser gives up."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._buffers = (bytearray(), bytearray())
        self._offsets = [0, 0]
        self._need = [0, 0]
        self._seeking_line = [False, False]
        self._awaits_other = [False, False]
        self._reading = NOTHING_READ
        self._stopped = False

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message of ``side``; see the class."""
        raise NotImplementedError

    def here(self) -> Span:
        """The message being read now, as far as it was read when this is called: call it after reading."""
        side, start, cursor = self._reading
        return Span(side, start, start + cursor.consumed)

    def pending(self, side: Side) -> bytes:
        """Bytes not used yet."""
        return bytes(self._buffers[side])

    def stop(self) -> None:
        """Read no further message, before yielding `Upgrade` or `Enough`: the buffer stays for the next protocol."""
        self._stopped = True

    def receive(self, side: Side, data: bytes) -> Iterator[Parsed]:
        """Buffer ``data`` and yield the events of the messages that it completes."""
        self._buffers[side].extend(data)
        return self._drain(side)

    def _drain(self, side: Side) -> Iterator[Parsed]:
        parsed, goes_on = self._next_messages(side)
        if goes_on and (self._buffers[side] or self._awaits_other[side ^ 1] or Skip in map(type, parsed)):
            return self._drain_on(side, parsed)
        return iter(parsed)

    def _drain_on(self, side: Side, parsed: list[Parsed]) -> Iterator[Parsed]:
        """What was read of a message, then the messages behind it."""
        goes_on = True
        while goes_on:
            for item in parsed:
                if isinstance(item, Skip):
                    yield from self._skip_buffered(item)
                else:
                    yield item
            if self._awaits_other[side ^ 1]:
                self._awaits_other[side ^ 1] = False
                yield from self._drain(side.other)
            parsed, goes_on = self._next_messages(side)
        yield from parsed

    def _next_messages(self, side: Side) -> tuple[list[Parsed], bool]:
        """The next message that says something or that the other side waits for; whether more may follow."""
        buffer = self._buffers[side]
        while buffer and not self._stopped and len(buffer) >= self._need[side]:
            if self._seeking_line[side]:
                end = buffer.find(b"\n")
                if end < 0:
                    self._consume(side, len(buffer))
                    break
                self._consume(side, end + 1)
                self._seeking_line[side] = False
                continue
            cursor = Cursor(buffer, final=False)
            self._reading = (side, self._offsets[side], cursor)
            self.messages += 1
            try:
                parsed = list(self.message(side, cursor))
            except NeedMore as more:
                if len(buffer) > self.LIMIT:
                    raise Malformed(f"no message ends within {self.LIMIT} bytes") from None
                self._need[side] = min(more.at_least, self.LIMIT + 1)
                break
            used = cursor.consumed
            self._need[side] = 0
            if not used:
                if len(buffer) > self.LIMIT:
                    raise Malformed(f"no message ends within {self.LIMIT} bytes")
                self._awaits_other[side] = True
                return parsed, False
            self._consume(side, used)
            if parsed or self._awaits_other[side ^ 1]:
                return parsed, True
        return [], False

    def _skip_buffered(self, skip: Skip) -> Iterator[Skip]:
        """Take what is already here out of a skip; the rest is the pipeline's."""
        here = min(len(self._buffers[skip.side]), skip.length)
        self._consume(skip.side, here)
        if skip.length > here:
            yield Skip(skip.side, skip.length - here)

    def _consume(self, side: Side, count: int) -> None:
        del self._buffers[side][:count]
        self._offsets[side] += count

    def skipped(self, side: Side, length: int) -> None:
        """Count what the pipeline passed over, so that evidence stays in place."""
        self._offsets[side] += length

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Drop the broken message; line protocols go on at the next line, others give up."""
        lost_from = len(self._buffers[side])
        self._consume(side, lost_from)
        self._offsets[side] += length
        self._need[side] = 0
        if not self.RESUME_AT_LINE:
            raise Malformed(f"{length} bytes lost")
        self._seeking_line[side] = True
        return iter(())


class DatagramParser(Parser):
    """For UDP, IP and link protocols: every datagram is whole, so running out of it is malformed."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._counts = [0, 0]
        self._span = Span(Side.CLIENT, 0, 0)

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one datagram of ``side`` and yield its events."""
        raise NotImplementedError

    def here(self) -> Span:
        """The datagram being read now."""
        return self._span

    def pass_over(self, side: Side) -> None:
        """A datagram of ``side`` was read by another parser."""
        self._counts[side] += 1

    def receive(self, side: Side, data: bytes) -> Iterator[Parsed]:
        """Read one whole datagram."""
        number = self._counts[side]
        self._counts[side] = number + 1
        self._span = Span(side, number, number + 1)
        return self.datagram(side, Cursor(data))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolFacts:
    """Data on a protocol for detectors and their sentences, without its parser."""

    title: str = ""
    """Its name in sentences: the one people know from settings pages and boxes."""
    secure_form: str = ""
    """Carries the same, encrypted; empty where the protocol with TLS is meant."""
    commands: str = ""
    """The use of the service is command over this: the whole device, or the process behind it."""
    offers: str = ""
    """A service that is used, not commanded, offers this."""
    mail: bool = False
    """Carries mails, which name their sender and receiver by nature."""
    telemetry: bool = False
    """Objects of no other kind are readings."""
    publishes: bool = False
    """The sender of an object is the device, whichever end serves: telemetry, logs, media."""
    discloses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """`Attribute` fields that a device tells everyone who asks, or all at once, by the kind of thing they disclose."""


class Exchanges(NamedTuple):
    """How datagrams of a protocol whose parser reads each by itself repeat. ``varying``: the stretches of one (first
    byte, behind the last) that no event rests on, so that it says the same whatever stands there; None where it has to
    be read. ``most``: datagrams after which its parser has enough of a flow; 0: never.
    """

    varying: Callable[[bytes], Sequence[tuple[int, int]] | None]
    most: int = 0


@dataclass(frozen=True, slots=True)
class Protocol(ProtocolFacts):
    """A protocol, as its file in ``protocols/`` describes it in ``PROTOCOL``.

    ``name``: IANA service name, else Wireshark's. ``recognise``: content against the protocol (an `Opening` in, a
    `Match` out); None for protocols that are only reached by `Upgrade`, `Inner`, `Expect` or by number. ``ports``
    only break ties.

    Of datagrams most recognisers can say by a look at the head that it is nobody of theirs. ``opens``: the pattern (dot
    matches all) with which a datagram begins, without which ``recognise`` answers NO beside its own ports; empty where
    it has to be asked. ``only_at_home``: beside its own ports it always answers NO. ``independent``: its parser reads
    each datagram by itself, keeps nothing of it and yields events only, so that flows of one datagram may share one.
    ``exchanges``: its questions and answers are compared with those before, without what no event rests on. ``clock``:
    the stretches (first byte, behind the last) of a stream's first answer, as the segment brings it, that tell the time
    there: no event rests on which digits and letters stand in them.

    ``ethertypes``: for LINK protocols (LLC/SNAP codes as the decoder gives them); ``ip_protocols``:
    for IP ones. ``protection``: of the bytes of a flow that is this protocol.
    """

    name: str
    parser: Callable[[object], Parser]
    transports: frozenset[Transport] = frozenset({Transport.TCP})
    recognise: Callable[[Opening], Match] | None = None
    ports: frozenset[int] = frozenset()
    opens: bytes = b""
    only_at_home: bool = False
    independent: bool = False
    exchanges: Exchanges | None = None
    clock: Callable[[bytes], Sequence[tuple[int, int]]] | None = None
    ethertypes: frozenset[int] = field(default=frozenset())
    ip_protocols: frozenset[int] = field(default=frozenset())
    protection: Protection = Protection.CLEARTEXT

    @property
    def whole_messages(self) -> bool:
        """Whether the parser takes whole messages (datagrams) instead of a stream."""
        return isinstance(self.parser, type) and issubclass(self.parser, DatagramParser)
