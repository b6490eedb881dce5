"""Lines of text before TLS: what ends them, and how many there may be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sensor.events import Attribute, Enough, Upgrade
from sensor.model import Side
from sensor.parsing.parser import Parsed
from sensor.parsing.plaintext_preamble import LINES_LIMIT, PreambleParser
from tests.conversation import C, Run, S, converse, events


class Greeting(PreambleParser):
    def line(self, side: Side, text: bytes) -> Iterator[Parsed]:
        yield Attribute(field="line", value=text.decode("latin-1"), side=side)


def lines(parsed: list[Parsed]) -> list[tuple[str, Side]]:
    return [(a.value, a.side) for a in events(parsed, Attribute)]


def test_tls_follows_lines_without_a_command() -> None:
    run = Run(Greeting())
    run.feed(C, b"HELLO\r\n\r\n")
    run.feed(S, b"OK\n")
    run.feed(C, b"\x16\x03\x01\0\5")
    assert lines(run.parsed) == [("HELLO", C), ("", C), ("OK", S)] and run.parsed[-1] == Upgrade("tls")
    assert run.parser.pending(C) == b"\x16\x03\x01\0\5"


@pytest.mark.parametrize("begin", [b"\x00\x01", b"\x1f\x8b", b"\x16\x04\x00"])
def test_what_is_neither_text_nor_tls_ends_it(begin: bytes) -> None:
    parsed = converse(Greeting, [(C, b"HELLO\r\n"), (C, begin + b"\r\n")])
    assert lines(parsed) == [("HELLO", C)] and parsed[-1] == Enough()


@pytest.mark.parametrize("begin", [b"\tx", b"\r", b"\x80x", b" x"])
def test_what_a_line_may_begin_with(begin: bytes) -> None:
    assert lines(converse(Greeting, [(C, begin + b"\r\n")])) == [(begin.decode("latin-1"), C)]


def test_half_a_record_is_waited_for() -> None:
    run = Run(Greeting())
    run.feed(C, b"\x16")
    assert run.parsed == []
    run.feed(C, b"\x03")
    assert run.parsed == [Upgrade("tls")]


def test_so_many_lines_and_no_more() -> None:
    run = Run(Greeting())
    run.feed(C, b"x\n" * (LINES_LIMIT - 1))
    assert len(lines(run.parsed)) == LINES_LIMIT - 1 and not run.over
    run.feed(S, b"y\n" * 2)
    assert len(lines(run.parsed)) == LINES_LIMIT and run.parsed[-1] == Enough()
