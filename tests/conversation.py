"""Harness of all parser tests: one conversation fed whole, byte by byte, cut short, and damaged at every byte.

    parsed = converse(Ftp, [(S, b"220 hi\\r\\n"), (C, b"USER anna\\r\\n"), …])

``converse`` returns the events and directives of a whole feeding, in order. Before that it makes sure that

* fed byte by byte, a stream parser yields exactly the same, spans included;
* cut after any byte, and with any byte changed, the parser raises nothing but `Malformed`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from difflib import ndiff

from sensor.events import Enough, Event, Inner, Skip, Span, Upgrade
from sensor.model import Side
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import DatagramParser, Parsed, Parser

C, S = Side.CLIENT, Side.SERVER
Script = Sequence[tuple[Side, bytes]]

DAMAGE = (0x00, 0x20, 0x7F, 0xFF)
"""What a byte is changed to: the end of a string, a separator, the largest signed and unsigned length."""

POSITIONS = int(os.environ.get("LANWITNESS_POSITIONS", "600"))
"""Positions tried at most in one script; longer ones are sampled evenly. `bench/faults.py` first tries few."""


class Run:
    """Feeds one parser as the pipeline would: honours `Skip`, stops at `Upgrade`, closes it at `Enough`, keeps `Inner`
    as it is."""

    def __init__(self, parser: Parser) -> None:
        self.parser = parser
        self.parsed: list[Parsed] = []
        self.skip = [0, 0]
        self.over = False

    def _take(self, parsed: Iterable[Parsed]) -> None:
        for item in parsed:
            if isinstance(item, Skip):
                self.skip[item.side] += item.length
            self.parsed.append(item)
            if isinstance(item, Upgrade | Enough):
                self.over = True
                if isinstance(item, Enough):
                    self.parsed += self.parser.close()
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

    def close(self) -> list[Parsed]:
        """End the conversation; everything that the parser yielded."""
        if not self.over:
            self._take(self.parser.close())
        return self.parsed


def _whole(make: Callable[[], Parser], script: Script) -> list[Parsed]:
    run = Run(make())
    for side, data in script:
        run.feed(side, data)
    return run.close()


def _bytewise(make: Callable[[], Parser], script: Script) -> list[Parsed]:
    run = Run(make())
    for side, data in script:
        for index in range(len(data)):
            run.feed(side, data[index : index + 1])
    return run.close()


def _unskipped(parsed: Iterable[Parsed]) -> list[Parsed]:
    """Without `Skip`, whose length depends on how much had come already."""
    return [item for item in parsed if not isinstance(item, Skip)]


def _difference(whole: list[Parsed], pieces: list[Parsed]) -> str:
    """Where the two ways of feeding part, for the message of the failed test."""
    lines = ndiff([repr(item) for item in whole], [repr(item) for item in pieces])
    return "fed whole (-) and byte by byte (+) differ:\n" + "\n".join(lines)


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


def converse(make: Callable[[], Parser], script: Script, *, bytewise: bool = True, damage: bool = True) -> list[Parsed]:
    """Feed ``script`` in every way (see the module). Returns what the whole feeding yields. ``make`` is the parser
    class or a factory."""
    parsed = _whole(make, script)
    if bytewise and not isinstance(make(), DatagramParser):
        whole, pieces = _unskipped(parsed), _unskipped(_bytewise(make, script))
        assert pieces == whole, _difference(whole, pieces)
    if damage:
        for turn, index in _positions(script):
            side, data = script[turn]
            before = list(script[:turn])
            _quiet(make, [*before, (side, data[:index])])
            for value in DAMAGE:
                damaged = data[:index] + bytes([value]) + data[index + 1 :]
                _quiet(make, [*before, (side, damaged), *script[turn + 1 :]])
    return parsed


def events(parsed: Iterable[Parsed], kind: type[Event]) -> list[Event]:
    """Only the events of one kind."""
    return [item for item in parsed if isinstance(item, kind)]


__all__ = ["C", "Inner", "Run", "S", "Script", "Span", "converse", "events"]
