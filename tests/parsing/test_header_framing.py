"""Messages of a header block and a declared body, cut out of a stream: bodies, losses, keep-alives, bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from sensor.events import Content, Skip, Span
from sensor.model import Side
from sensor.parsing.cursor import Malformed
from sensor.parsing.formats.http_headers import Fields, parse_head
from sensor.parsing.header_framing import BODY_LIMIT, HeadedParser, body_length
from sensor.parsing.parser import Parsed
from tests.conversation import C, Run, S, converse, events


class Echo(HeadedParser):
    START = re.compile(rb"(?m)^GO [a-z]+ TEST/1\.0\r?\n")
    SHORT = "l"

    def talk(self, side: Side, line: bytes, fields: Fields, body: bytes, span: Span) -> Iterator[Parsed]:
        yield Content(side=side, name=line.decode("utf-8", "backslashreplace"), data=body, spans=(span,))


def read(parsed: list[Parsed]) -> list[tuple[str, bytes]]:
    return [(c.name, c.data) for c in events(parsed, Content)]


FIRST, SECOND = b"GO a TEST/1.0\r\nContent-Length: 3\r\n\r\nabc", b"GO b TEST/1.0\r\nl: 1\r\n\r\nx"


def test_messages_between_keep_alives() -> None:
    parsed = converse(Echo, [(C, b"\r\n\r\n" + FIRST + b"\r\n" + SECOND + b"GO c TEST/1.0\n\n")])
    assert read(parsed) == [("GO a TEST/1.0", b"abc"), ("GO b TEST/1.0", b"x"), ("GO c TEST/1.0", b"")]
    assert events(parsed, Content)[0].spans == (Span(C, 4, 4 + len(FIRST)),)


def test_after_a_loss_and_after_nonsense_the_next_start_line_counts() -> None:
    run = Run(Echo())
    run.feed(C, FIRST[:20])
    run.gap(C, 10)
    run.feed(C, b"of a body\r\nGO nowhere\r\n" + SECOND)
    assert read(run.close()) == [("GO b TEST/1.0", b"x")]
    parsed = converse(Echo, [(C, b"no message at all\r\n" + SECOND + b"\x00\x01\x02\n" + FIRST)])
    assert read(parsed) == [("GO b TEST/1.0", b"x"), ("GO a TEST/1.0", b"abc")]


def test_a_long_body_is_skipped() -> None:
    run = Run(Echo())
    run.feed(C, b"GO a TEST/1.0\r\nContent-Length: 1000000\r\n\r\n" + b"y" * 100_000)
    run.feed(C, b"y" * 900_000 + SECOND)
    parsed = run.close()
    assert [(name, len(data)) for name, data in read(parsed)] == [("GO a TEST/1.0", BODY_LIMIT), ("GO b TEST/1.0", 1)]
    assert sum(item.length for item in events(parsed, Skip)) == 900_000  # type: ignore[arg-type]


def test_a_block_without_end() -> None:
    run = Run(Echo())
    run.feed(C, b"GO a TEST/1.0\r\n")
    with pytest.raises(Malformed):
        for _ in range(100):
            run.feed(C, b"x: " + b"y" * 4000 + b"\r\n")


@pytest.mark.parametrize(
    ("value", "length"), [("12", 12), ("-1", 0), ("1e3", 0), ("99999999999", 0), ("", 0), ("٣", 0)]
)
def test_lengths(value: str, length: int) -> None:
    _, fields = parse_head(f"X\r\nContent-Length: {value}\r\n\r\n".encode())
    assert body_length(fields) == length


def test_a_message_that_came_in_pieces_is_followed_by_one_that_is_searched_from_its_start() -> None:
    """Where the search for the end of one head stopped says nothing of the next message."""
    long = b"GO a TEST/1.0\r\nX-Filler: " + b"y" * 300 + b"\r\n\r\n"
    short = b"GO b TEST/1.0\r\n\r\n"
    run = Run(Echo())
    run.feed(C, long[:200])
    run.feed(C, long[200:] + short + FIRST)
    assert [name for name, _ in read(run.close())] == ["GO a TEST/1.0", "GO b TEST/1.0", "GO a TEST/1.0"]


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_the_end_of_a_head_may_be_cut_anywhere(cut: int) -> None:
    head = b"GO a TEST/1.0\r\nX: y\r\n\r\n"
    run = Run(Echo())
    run.feed(C, head[:-cut])
    assert read(run.parsed) == []
    run.feed(C, head[-cut:])
    assert [name for name, _ in read(run.parsed)] == ["GO a TEST/1.0"]


def test_nonsense_costs_the_message_and_not_the_next() -> None:
    run = Run(Echo())
    run.feed(C, b"nonsense\r\nmore\r\n\r\n" + FIRST + b"\xff\xfe\r\n\r\n" + SECOND)
    assert read(run.close()) == [("GO a TEST/1.0", b"abc"), ("GO b TEST/1.0", b"x")]


@pytest.mark.parametrize("nonsense", [b"nonsense\r\n\r\n", b"nonsense\r\n", b"x" * 70_000 + b"\r\n"])
def test_what_is_no_start_line_is_passed_over_at_once(nonsense: bytes) -> None:
    """It does not wait for the end of a head that nobody sends."""
    run = Run(Echo())
    run.feed(C, nonsense)
    assert len(run.parser.pending(C)) <= len(b"nonsense\r\n\r\n")
    run.feed(C, FIRST)
    assert read(run.parsed) == [("GO a TEST/1.0", b"abc")]


@pytest.mark.parametrize("side", [C, S])
def test_behind_a_loss_only_a_start_line_of_the_protocol_counts(side: Side) -> None:
    """Text that looks like another protocol's message is part of what is broken, in however many pieces it comes."""
    other = b"GET / HTTP/1.1\r\nContent-Length: 40\r\n\r\n"
    run = Run(Echo())
    run.gap(side, 10)
    run.feed(side, FIRST)
    assert read(run.parsed) == [("GO a TEST/1.0", b"abc")]
    run.gap(side, 10)
    for at in range(0, len(other), 2):
        run.feed(side, other[at : at + 2])
    assert len(run.parser.pending(side)) == 0
    run.feed(side, SECOND)
    assert [(one.side, one.name) for one in events(run.parsed, Content)] == [
        (side, "GO a TEST/1.0"),
        (side, "GO b TEST/1.0"),
    ]
