"""Driver of one parser: spans to frames, `Upgrade`, `Inner`, `Skip` carried out, failures contained."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import field, replace
from time import perf_counter

from sensor.events import Enough, Event, Expect, Inner, Skip, Span, Upgrade, Weird
from sensor.light_dataclass import dataclass
from sensor.model import Side
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Parsed, Parser, Protocol
from sensor.statistics import Statistics, log_bug

MAX_FRAMES = 2048
"""Frames of one side that a later event can still be traced to at least: a login and its answer lie far closer."""

SPARE_FRAMES = 256
"""Frames beyond these after which the oldest are forgotten, so many at a time."""

FRAMES_SHOWN = 16
"""Frames named as evidence of one event: enough to open it in any viewer."""

INNER_CHANNELS = 64
"""Inner conversations of one flow at a time (NTLM sessions of one SMB connection)."""

MAX_PLACES = 64
"""Messages of an inner side that later evidence can still name."""

NOWHERE = 1 << 63
"""Behind every byte of a stream."""

INNER_DEPTH = 4
"""Inner in inner: SOAP in HTTP, NTLMSSP in SPNEGO in SMB; deeper is an attack."""


class FrameMap:
    """Which frame brought which byte of a side (for datagrams: which number)."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._frames: list[int] = []
        self.newest = 0
        """The frame that brought the last bytes."""
        self.newest_start = NOWHERE
        """Where its bytes begin."""
        self.end = 0

    def add(self, length: int, frame: int) -> None:
        """The next ``length`` bytes came in ``frame``."""
        if self.newest != frame or not self._frames:
            self.newest, self.newest_start = frame, self.end
            self._starts.append(self.end)
            self._frames.append(frame)
            if len(self._frames) > MAX_FRAMES + SPARE_FRAMES:
                del self._starts[:SPARE_FRAMES], self._frames[:SPARE_FRAMES]
        self.end += length

    def frames(self, start: int, end: int) -> list[int]:
        """Frames of the bytes from ``start`` to ``end``, at most `FRAMES_SHOWN`."""
        starts = self._starts
        if not starts:
            return []
        if start >= self.newest_start:
            return [self.newest]
        first = max(0, bisect_right(starts, start) - 1)
        last = max(first, bisect_right(starts, max(start, end - 1)) - 1)
        return self._frames[first : min(last + 1, first + FRAMES_SHOWN)]


def frames_of(maps: Sequence[FrameMap], spans: Sequence[Span]) -> tuple[int, ...]:
    """Frames of both sides' maps that brought ``spans``, at most `FRAMES_SHOWN`."""
    if len(spans) == 1:
        side, start, end = spans[0]
        frames = maps[side]
        return (frames.newest,) if start >= frames.newest_start else tuple(frames.frames(start, end))
    found: set[int] = set()
    for side, start, end in spans:
        frames = maps[side]
        if start >= frames.newest_start:
            found.add(frames.newest)
        else:
            found.update(frames.frames(start, end))
    return tuple(sorted(found)[:FRAMES_SHOWN])


@dataclass(slots=True)
class _Channel:
    """One inner conversation: its driver and where its bytes lie in the outer one."""

    driver: Driver
    places: tuple[deque[tuple[int, Span]], deque[tuple[int, Span]]]
    ends: list[int]

    def around(self, span: Span) -> list[Span]:
        """The outer messages that brought ``span`` of the inner conversation."""
        places = self.places[span.side]
        ends = [start for start, _ in places][1:] + [self.ends[span.side]]
        last = max(span.end, span.start + 1)
        return [outer for (start, outer), end in zip(places, ends, strict=True) if start < last and end > span.start]


EventSink = Callable[[Event, tuple[Span, ...], str], None]
"""Takes an event with the places it rests on, in the coordinates of the flow's streams, and the name of the protocol
that said it.
"""


def _discard(event: Event, spans: tuple[Span, ...], protocol: str) -> None:
    """Take no event."""


@dataclass(slots=True)
class Outcome:
    """What a driver wants of the flow after a call; the conversation acts on it and clears it."""

    upgrade: Upgrade | None = None
    enough: bool = False
    failed: bool = False
    expectations: list[Expect] = field(default_factory=list)


class Driver:
    """One parser at work. ``bases``: where the parser's first byte of each side lies in the streams of the flow;
    ``emit`` takes its events.
    """

    def __init__(
        self,
        protocol: Protocol,
        hint: object,
        bases: tuple[int, int],
        registry: dict[str, Protocol],
        statistics: Statistics,
        emit: EventSink,
        depth: int = 0,
    ) -> None:
        self.protocol = protocol
        self.parser: Parser = protocol.parser(hint)
        self.parser.unpacking = statistics.unpacking
        self.outcome = Outcome()
        self.has_events = False
        self.skips = [0, 0]
        """Bytes of each side that the parser does not want to see."""
        self._bases = bases
        self._is_plain = bases == (0, 0)
        self._registry = registry
        self._statistics = statistics
        self._figures = statistics.of(protocol.name)
        self._emit = emit
        self._depth = depth
        self._channels: dict[int, _Channel] = {}
        self._taken = self._drawn = 0

    def receive(self, side: Side, data: bytes, frame: int) -> None:
        """Give the parser bytes of a side."""
        if self.skips[side]:
            data = data[self.pass_over(side, len(data)) :]
            if not data:
                return
        length, outcome = len(data), self.outcome
        self._figures.bytes += length
        self._taken += length
        had_events = self.has_events
        self._run(self.parser.receive, (side, data), frame)
        if (outcome.failed and had_events) or outcome.enough:
            # The right parser met something broken, or needs no more: what it still held was on the wire before. One
            # that said nothing may be the wrong one.
            self.close()
        drawn = self._statistics.messages.grants(self.parser.messages, self._drawn, self._taken, length)
        if drawn is not None:
            self._drawn = drawn
        elif not outcome.enough and not outcome.failed:
            self._statistics.given_up["messages"] += 1
            self.close()
            outcome.enough = True

    def gap(self, side: Side, length: int, frame: int) -> None:
        """EventSink the parser of lost bytes; losing what it wanted skipped is no loss."""
        length -= self.pass_over(side, length)
        if length:
            self._run(self.parser.gap, (side, length), frame)
            if self.outcome.failed:
                # It cannot go on behind the hole, but what it still held (a login without its answer) was on the wire.
                self.close()

    def close(self) -> None:
        """EventSink the parser that the conversation is over, inner ones first."""
        before = list(self._channels.values())
        for channel in before:
            channel.driver.close()
        self._run(self.parser.close, (), 0)
        if self._channels:
            # What was held back to the end may have something inside.
            for channel in [channel for channel in self._channels.values() if channel not in before]:
                channel.driver.close()

    def release(self) -> None:
        """Drop the inner conversations, which refer back to this one."""
        for channel in self._channels.values():
            channel.driver.release()
        self._channels.clear()
        self._emit = _discard

    def pass_over(self, side: Side, length: int) -> int:
        """Up to ``length`` bytes go by that the parser wanted skipped; how many did."""
        passed = min(self.skips[side], length)
        if passed:
            self.skips[side] -= passed
            self.parser.skipped(side, passed)
        return passed

    def _run(self, call: Callable[..., Iterable[Parsed]], arguments: tuple[object, ...], frame: int) -> None:
        """The one wrapper: times, counts and contains. A `Malformed` or a bug of ours costs this flow's parser, nothing
        else.
        """
        figures, outcome = self._figures, self.outcome
        over = outcome.enough
        figures.calls += 1
        began = perf_counter()
        try:
            for item in call(*arguments):
                if self._is_plain and isinstance(item, Event) and item.spans:
                    self.has_events = True
                    self._emit(item, item.spans, self.protocol.name)
                else:
                    self._act(item, frame)
                if not over and (outcome.upgrade is not None or outcome.enough):
                    break
        except Malformed as error:
            figures.malformed += 1
            outcome.failed = True
            self._emit(Weird(name=f"malformed_{self.protocol.name}", detail=str(error)), (), self.protocol.name)
        except Exception as error:
            if self._statistics.strict:
                raise
            figures.failures += 1
            outcome.failed = True
            log_bug(error, f"parser {self.protocol.name}", frame, figures.failures)
        figures.seconds += perf_counter() - began

    def _act(self, item: Parsed, frame: int, protocol: str | None = None) -> None:
        if isinstance(item, Event):
            self.has_events = True
            first, second = self._bases
            spans = item.spans or (self.parser.here(),)
            if first or second:
                spans = tuple(self._outward(span) for span in spans)
            self._emit(item, spans, protocol or self.protocol.name)
        elif isinstance(item, Inner):
            self._inner(item, frame)
        elif isinstance(item, Expect):
            self.outcome.expectations.append(item)
        elif isinstance(item, Skip):
            self.skips[item.side] += item.length
        elif isinstance(item, Upgrade):
            self.outcome.upgrade = item
        elif isinstance(item, Enough):
            self.outcome.enough = True

    def _outward(self, span: Span) -> Span:
        base = self._bases[span.side]
        return Span(span.side, base + span.start, base + span.end)

    def _inner(self, inner: Inner, frame: int) -> None:
        protocol = self._registry.get(inner.protocol)
        if protocol is None or self._depth >= INNER_DEPTH:
            return
        channel = self._channels.get(inner.channel)
        if channel is None or channel.driver.protocol is not protocol:
            while len(self._channels) >= INNER_CHANNELS:
                self._channels.pop(next(iter(self._channels)))
            channel = self._channels[inner.channel] = self._open(protocol, inner.channel)
        if channel.driver.outcome.failed or channel.driver.outcome.enough:
            return
        channel.places[inner.side].append((channel.ends[inner.side], self.parser.here()))
        channel.ends[inner.side] += 1 if protocol.whole_messages else len(inner.data)
        channel.driver.receive(inner.side, inner.data, frame)

    def _open(self, protocol: Protocol, number: int) -> _Channel:
        """An inner conversation whose events pass through this parser's hands, resting on this parser's messages."""

        # MQTT in a WebSocket is MQTT; NTLMSSP or SOAP in HTTP is HTTP, for they are nothing of their own.
        own = protocol.recognise is not None

        def emit(event: Event, spans: tuple[Span, ...], name: str) -> None:
            places = tuple(dict.fromkeys(place for span in spans for place in channel.around(span)))
            if isinstance(event, Weird):
                self._act(replace(event, spans=places), 0, name)
                return
            for item in self.parser.from_inner(replace(event, spans=places), number):
                self._act(item, 0, name if own else None)

        driver = Driver(protocol, None, (0, 0), self._registry, self._statistics, emit, self._depth + 1)
        channel = _Channel(driver, (deque(maxlen=MAX_PLACES), deque(maxlen=MAX_PLACES)), [0, 0])
        return channel
