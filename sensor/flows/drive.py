"""A parser and what it asks for, done: spans into frames, `Upgrade`, `Inner` and `Skip` obeyed, failures contained and counted, all in one place."""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from time import perf_counter

from sensor.events import Enough, Event, Expect, Inner, Skip, Span, Upgrade, Weird
from sensor.model import Side
from sensor.protocols._cursor import Malformed
from sensor.protocols._parser import Parser, Protocol, Said

log = logging.getLogger(__name__)

FRAMES_KEPT = 2048
"""Frames of one side that a later event can still be traced to: a login and its answer lie far closer."""

FRAMES_SHOWN = 16
"""Frames named as evidence of one event: enough to open it in any viewer."""

INNER_CHANNELS = 64
"""Inner conversations of one flow at a time (NTLM sessions of one SMB connection)."""

INNER_DEPTH = 4
"""Inner in inner: SOAP in HTTP, NTLMSSP in SPNEGO in SMB; deeper is an attack."""


@dataclass(slots=True)
class ParserStatistics:
    """What one protocol's parser cost and how it ended, over a run. ``seconds`` of wall time."""

    calls: int = 0
    seconds: float = 0.0
    bytes: int = 0
    malformed: int = 0
    failures: int = 0


class Statistics:
    """Costs and failures by protocol name. ``strict``: a bug of ours is raised (tests) instead of contained (the field)."""

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.parsers: dict[str, ParserStatistics] = {}

    def of(self, name: str) -> ParserStatistics:
        """The figures of one protocol."""
        found = self.parsers.get(name)
        if found is None:
            found = self.parsers[name] = ParserStatistics()
        return found

    @property
    def failures(self) -> int:
        """Bugs met in all parsers."""
        return sum(parser.failures for parser in self.parsers.values())


class FrameMap:
    """Which frame brought which byte of a side (for datagrams: which number)."""

    def __init__(self) -> None:
        self._starts: deque[int] = deque(maxlen=FRAMES_KEPT)
        self._frames: deque[int] = deque(maxlen=FRAMES_KEPT)
        self.end = 0

    def add(self, length: int, frame: int) -> None:
        """The next ``length`` bytes came in ``frame``."""
        if not self._frames or self._frames[-1] != frame:
            self._starts.append(self.end)
            self._frames.append(frame)
        self.end += length

    def frames(self, start: int, end: int) -> list[int]:
        """Frames of the bytes from ``start`` to ``end``, at most `FRAMES_SHOWN`."""
        if not self._frames:
            return []
        if start >= self._starts[-1]:
            return [self._frames[-1]]
        starts = list(self._starts)
        first = max(0, bisect_right(starts, start) - 1)
        last = max(first, bisect_right(starts, max(start, end - 1)) - 1)
        return list(self._frames)[first : last + 1][:FRAMES_SHOWN]


@dataclass(slots=True)
class _Channel:
    """One inner conversation: its driver and where its bytes lie in the outer one."""

    driver: Driver
    places: tuple[deque[tuple[int, Span]], deque[tuple[int, Span]]]
    ends: list[int]


@dataclass(frozen=True, slots=True)
class Told:
    """An event with the places it rests on, in the coordinates of the flow's streams."""

    event: Event
    spans: tuple[Span, ...]


@dataclass(slots=True)
class Outcome:
    """What a driver wants of the flow after a call; the conversation acts on it and clears it."""

    upgrade: Upgrade | None = None
    enough: bool = False
    failed: bool = False
    expectations: list[Expect] = field(default_factory=list)


class Driver:
    """One parser at work. ``bases``: where the parser's first byte of each side lies in the streams of the flow."""

    def __init__(
        self,
        protocol: Protocol,
        hint: object,
        bases: tuple[int, int],
        registry: dict[str, Protocol],
        statistics: Statistics,
        depth: int = 0,
    ) -> None:
        self.protocol = protocol
        self.parser: Parser = protocol.parser(hint)
        self.outcome = Outcome()
        self.told_anything = False
        self.skips = [0, 0]
        """Bytes of each side that the parser does not want to see."""
        self._bases = bases
        self._registry = registry
        self._statistics = statistics
        self._depth = depth
        self._channels: dict[int, _Channel] = {}

    def receive(self, side: Side, data: bytes, frame: int) -> list[Told]:
        """Give the parser bytes of a side."""
        if self.skips[side]:
            data = data[self.pass_over(side, len(data)) :]
            if not data:
                return []
        return self._run(lambda: self.parser.receive(side, data), len(data), frame)

    def gap(self, side: Side, length: int, frame: int) -> list[Told]:
        """Tell the parser of lost bytes; losing what it wanted skipped is no loss."""
        length -= self.pass_over(side, length)
        return [] if not length else self._run(lambda: self.parser.gap(side, length), 0, frame)

    def close(self, frame: int) -> list[Told]:
        """Tell the parser that the conversation is over, inner ones first."""
        told: list[Told] = []
        for number, channel in list(self._channels.items()):
            told += self._from_channel(number, channel, channel.driver.close(frame))
        return told + self._run(self.parser.close, 0, frame)

    def pass_over(self, side: Side, length: int) -> int:
        """Up to ``length`` bytes go by that the parser wanted skipped; how many did."""
        passed = min(self.skips[side], length)
        if passed:
            self.skips[side] -= passed
            self.parser.skipped(side, passed)
        return passed

    def _run(self, call: object, size: int, frame: int) -> list[Told]:
        """The one wrapper: times, counts and contains. A `Malformed` or a bug of ours costs this flow's parser, nothing else."""
        statistics = self._statistics.of(self.protocol.name)
        began = perf_counter()
        told: list[Told] = []
        try:
            said: Iterable[Said] = call()  # type: ignore[operator]
            for item in said:
                told += self._act(item, frame)
                if self.outcome.upgrade or self.outcome.enough:
                    break
        except Malformed as error:
            statistics.malformed += 1
            self.outcome.failed = True
            told.append(Told(Weird(name=f"malformed_{self.protocol.name}", detail=str(error)), ()))
        except Exception as error:
            if self._statistics.strict:
                raise
            statistics.failures += 1
            self.outcome.failed = True
            # The message of an unforeseen exception may hold payload: only its kind and place are logged.
            place = error.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            line = f"{place.tb_frame.f_code.co_name}:{place.tb_lineno}" if place else "?"
            log.error("bug: %s in parser %s at %s, frame %d", type(error).__name__, self.protocol.name, line, frame)
        statistics.calls += 1
        statistics.seconds += perf_counter() - began
        statistics.bytes += size
        return told

    def _act(self, item: Said, frame: int) -> Iterator[Told]:
        if isinstance(item, Event):
            self.told_anything = True
            spans = item.spans or (self.parser.here(),)
            yield Told(item, tuple(self._outward(span) for span in spans))
        elif isinstance(item, Inner):
            yield from self._inner(item, frame)
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

    def _inner(self, inner: Inner, frame: int) -> Iterator[Told]:
        protocol = self._registry.get(inner.protocol)
        if protocol is None or self._depth >= INNER_DEPTH:
            return
        channel = self._channels.get(inner.channel)
        if channel is None or channel.driver.protocol is not protocol:
            while len(self._channels) >= INNER_CHANNELS:
                self._channels.pop(next(iter(self._channels)))
            driver = Driver(protocol, None, (0, 0), self._registry, self._statistics, self._depth + 1)
            places: tuple[deque[tuple[int, Span]], deque[tuple[int, Span]]] = (deque(maxlen=64), deque(maxlen=64))
            channel = self._channels[inner.channel] = _Channel(driver, places, [0, 0])
        if channel.driver.outcome.failed or channel.driver.outcome.enough:
            return
        whole = protocol.whole_messages
        channel.places[inner.side].append((channel.ends[inner.side], self._outward(self.parser.here())))
        channel.ends[inner.side] += 1 if whole else len(inner.data)
        yield from self._from_channel(inner.channel, channel, channel.driver.receive(inner.side, inner.data, frame))

    def _from_channel(self, number: int, channel: _Channel, told: list[Told]) -> Iterator[Told]:
        """An inner parser's events, in outer places, through the outer parser's hands."""
        for one in told:
            outer = tuple(dict.fromkeys(place for span in one.spans for place in self._places(channel, span)))
            if isinstance(one.event, Weird):
                yield Told(one.event, outer)
                continue
            # Places are the flow's; what passes through the parser is in the parser's own coordinates again.
            local = tuple(Span(s.side, s.start - self._bases[s.side], s.end - self._bases[s.side]) for s in outer)
            for item in self.parser.from_inner(replace(one.event, spans=local), number):
                yield from self._act(item, 0)

    @staticmethod
    def _places(channel: _Channel, span: Span) -> list[Span]:
        places = channel.places[span.side]
        ends = [start for start, _ in places][1:] + [channel.ends[span.side]]
        return [
            outer
            for (start, outer), end in zip(places, ends, strict=True)
            if start < max(span.end, span.start + 1) and end > span.start
        ]
