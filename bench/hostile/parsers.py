"""A search for costly input over all parsers: the conversations of their tests, repeated, cut, nested, chunked.

    python -m bench.hostile.parsers [TESTS…]

The cost is the calls that a parser makes, which is the same on every machine, and the bytes that it holds at last.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from types import FrameType
from unittest.mock import patch

import pytest

from bench.hostile.__main__ import exponent
from sensor.model import Side
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import DatagramParser, Parser
from tests import conversation

Script = list[tuple[Side, bytes]]

SIZES = (1, 2, 4, 8)
BASE = 4096
"""Bytes of a conversation at size 1, at least."""

MOST_GROWTH = 1.2
"""The power of the size by which calls may grow; 1 is linear."""

MOST_BYTES = 1_000_000
"""Bytes that a parser may hold."""

LONGEST = 16 * 1024
"""Bytes of a conversation that are taken."""


def conversations(tests: Sequence[str]) -> dict[str, tuple[Callable[[], Parser], Script]]:
    """For each parser that ``tests`` converse with, the longest conversation it was given, up to `LONGEST` bytes."""
    found: dict[str, tuple[Callable[[], Parser], Script]] = {}
    current: dict[int, tuple[Parser, Script]] = {}
    feed = conversation.Run.feed

    def recording(run: conversation.Run, side: Side, data: bytes) -> None:
        parser, script = current.setdefault(id(run), (run.parser, []))
        size = sum(len(each) for _, each in script)
        if size < LONGEST and data:
            script.append((side, data[: LONGEST - size]))
            name = f"{type(parser).__module__.removeprefix('sensor.protocols.')}.{type(parser).__name__}"
            known = found.get(name, (None, []))[1]
            if type(parser).__module__.startswith("sensor.") and size > sum(len(each) for _, each in known):
                found[name] = (partial(type(parser), parser.hint), script)
        feed(run, side, data)

    # Fed whole alone: what else a conversation is tried with changes none of its bytes, or damages them.
    with (
        patch.object(conversation.Run, "feed", recording),
        patch.object(conversation, "_bytewise", conversation._whole),
        patch.object(conversation, "_quiet", lambda *_: None),
        redirect_stdout(io.StringIO()) as output,
    ):
        status = pytest.main(["-q", "-p", "no:cacheprovider", "--ignore-glob=*_of_others.py", *tests])
    # A test that failed had its conversation, too; another status means that none ran.
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise SystemExit(f"the tests do not run:\n{output.getvalue()[-2000:]}")
    return found


def repeated(script: Script, times: int) -> Script:
    """The same again and again."""
    return script * times


def cut(script: Script, times: int) -> Script:
    """Every message without its second half."""
    return [(side, data[: max(1, len(data) // 2)]) for side, data in script] * (2 * times)


def nested(script: Script, times: int) -> Script:
    """The longest message with its middle so many times in itself."""
    place = max(range(len(script)), key=lambda each: len(script[each][1]))
    side, data = script[place]
    third = max(1, len(data) // 3)
    grown = data[:third] + data[third : 2 * third] * (times * max(1, sum(len(d) for _, d in script) // third))
    return [*script[:place], (side, grown + data[2 * third :]), *script[place + 1 :]]


def chunked(script: Script, times: int) -> Script:
    """The same again and again, byte by byte."""
    return [(side, data[at : at + 1]) for side, data in script for at in range(len(data))] * times


TRANSFORMATIONS = (repeated, cut, nested, chunked)


@dataclass(frozen=True, slots=True)
class Work:
    """What reading a script took."""

    calls: int
    buffered_bytes: int


def work(made: Callable[[], Parser], script: Script) -> Work:
    """Read a script as the pipeline would, and count."""
    calls = 0

    def count(_: FrameType, event: str, __: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    run = conversation.Run(made())
    sys.setprofile(count)
    try:
        for side, data in script:
            run.feed(side, data)
        buffered = run.parser.buffered_bytes()
        run.close()
    except Malformed:
        buffered = run.parser.buffered_bytes()
    finally:
        sys.setprofile(None)
    return Work(calls, buffered)


@dataclass(frozen=True, slots=True)
class Growth:
    """How the cost of one parser grows with one transformation."""

    protocol: str
    transformation: str
    exponent: float
    most: Work

    def __str__(self) -> str:
        return (
            f"{self.protocol:<20} {self.transformation:<9} {self.exponent:>5.2f} {self.most.calls:>9,} calls "
            f"{self.most.buffered_bytes:>8,} bytes"
        )


def search(
    found: dict[str, tuple[Callable[[], Parser], Script]], sizes: tuple[int, ...] = SIZES, base: int = BASE
) -> Iterator[Growth]:
    """The growth of each parser with each transformation."""
    for name, (made, script) in sorted(found.items()):
        if not any(data for _, data in script):
            continue
        unit = max(1, base // max(1, sum(len(data) for _, data in script)))
        for transform in TRANSFORMATIONS:
            if transform is chunked and isinstance(made(), DatagramParser):
                continue
            costs = [work(made, transform(script, size * unit)) for size in sizes]
            power = exponent(sizes, [cost.calls for cost in costs])
            yield Growth(name, transform.__name__, power, max(costs, key=lambda cost: cost.calls))


def main() -> int:
    """Print all of them; 1 where one grows faster, or holds more, than it may."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tests", nargs="*", default=["tests/protocols"])
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--base", type=int, default=BASE, help="bytes of a conversation at size 1")
    given = parser.parse_args()
    found = conversations(given.tests)
    bad = 0
    for growth in search(found, tuple(given.sizes), given.base):
        worse = growth.exponent > MOST_GROWTH or growth.most.buffered_bytes > MOST_BYTES
        bad += worse
        print(growth, "too much" if worse else "", flush=True)
    print(f"{len(found)} parsers")
    return 1 if bad or not found else 0


if __name__ == "__main__":
    sys.exit(main())
