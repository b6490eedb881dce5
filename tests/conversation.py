"""A conversation written once, fed whole, byte by byte, cut short, and damaged at every byte: the one harness of all parser tests.

    said = converse(Ftp, [(S, b"220 hi\\r\\n"), (C, b"USER anna\\r\\n"), …])

``converse`` returns what a whole feeding says (events and directives, in order) after it has made sure that

* byte by byte says exactly the same (spans too), for stream parsers;
* cut after any byte, and with any byte changed, nothing but `Malformed` leaves the parser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sensor.events import Directive, Enough, Event, Inner, Skip, Span, Upgrade
from sensor.model import Side
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import DatagramParser, Parser

C, S = Side.CLIENT, Side.SERVER
Script = Sequence[tuple[Side, bytes]]
Said = Event | Directive

DAMAGE = (0x00, 0x20, 0x7F, 0xFF)
"""What a byte is changed to: the end of a string, a separator, the largest signed and unsigned length."""

POSITIONS = 600
"""Positions tried at most in one script; longer ones are sampled evenly."""


class Run:
    """Feeds one parser as the pipeline would: honours `Skip`, stops at `Upgrade` and `Enough`, keeps `Inner` as said."""

    def __init__(self, parser: Parser) -> None:
        self.parser = parser
        self.said: list[Said] = []
        self.skip = [0, 0]
        self.over = False

    def _take(self, said: Iterable[Said]) -> None:
        for item in said:
            if isinstance(item, Skip):
                self.skip[item.side] += item.length
            self.said.append(item)
            if isinstance(item, Upgrade | Enough):
                self.over = True
                return

    def feed(self, side: Side, data: bytes) -> None:
        """Some bytes of a side; a datagram parser takes them as one datagram."""
        if self.over:
            return
        passed = min(self.skip[side], len(data))
        if passed:
            self.skip[side] -= passed
            self.parser.skipped(side, passed)  # type: ignore[attr-defined]
            data = data[passed:]
        if data or isinstance(self.parser, DatagramParser):
            self._take(self.parser.receive(side, data))

    def gap(self, side: Side, length: int) -> None:
        """Lost bytes."""
        if not self.over:
            self._take(self.parser.gap(side, length))

    def close(self) -> list[Said]:
        """The end; what was said in all."""
        if not self.over:
            self._take(self.parser.close())
        return self.said


def _whole(make: Callable[[], Parser], script: Script) -> list[Said]:
    run = Run(make())
    for side, data in script:
        run.feed(side, data)
    return run.close()


def _bytewise(make: Callable[[], Parser], script: Script) -> list[Said]:
    run = Run(make())
    for side, data in script:
        for index in range(len(data)):
            run.feed(side, data[index : index + 1])
    return run.close()


def _unskipped(said: Iterable[Said]) -> list[Said]:
    """Without `Skip`, whose length depends on how much had come already."""
    return [item for item in said if not isinstance(item, Skip)]


def _quiet(make: Callable[[], Parser], script: Script) -> None:
    """Feed; `Malformed` is a fair answer, anything else fails the test."""
    run = Run(make())
    try:
        for side, data in script:
            run.feed(side, data)
    except Malformed:
        return
    run.close()


def _positions(script: Script) -> Iterable[tuple[int, int]]:
    all_positions = [(turn, index) for turn, (_, data) in enumerate(script) for index in range(len(data))]
    step = max(1, -(-len(all_positions) // POSITIONS))
    return all_positions[::step]


def converse(make: Callable[[], Parser], script: Script, *, bytewise: bool = True, damage: bool = True) -> list[Said]:
    """Feed ``script`` in every way (see the module) and return what the whole feeding says. ``make`` is the parser class or a factory."""
    said = _whole(make, script)
    if bytewise and not isinstance(make(), DatagramParser):
        assert _unskipped(_bytewise(make, script)) == _unskipped(said), "byte by byte says something else than whole"
    if damage:
        for turn, index in _positions(script):
            side, data = script[turn]
            before = list(script[:turn])
            _quiet(make, [*before, (side, data[:index])])
            for value in DAMAGE:
                damaged = data[:index] + bytes([value]) + data[index + 1 :]
                _quiet(make, [*before, (side, damaged), *script[turn + 1 :]])
    return said


def events(said: Iterable[Said], kind: type[Event]) -> list[Event]:
    """Only the events of one kind."""
    return [item for item in said if isinstance(item, kind)]


__all__ = ["C", "Inner", "Run", "S", "Script", "Span", "converse", "events"]
