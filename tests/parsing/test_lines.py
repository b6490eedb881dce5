"""Lines of any length, over losses, and blocks that end with a dot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sensor.events import DATA_LIMIT, Content
from sensor.model import Side
from sensor.parsing.cursor import Cursor, NeedMore
from sensor.parsing.lines import LINE_LIMIT, BoundedBody, DottedBody, LineParser, evidence_span
from sensor.parsing.parser import Parsed
from tests.conversation import C, Run, S, converse


class Echo(LineParser):
    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        yield Content(side=side, name="line", data=line, spans=(self.here(),))


def lines_of(parsed: list[object]) -> list[tuple[Side, bytes]]:
    return [(item.side, item.data) for item in parsed if isinstance(item, Content)]


def test_lines_of_both_sides_with_either_end() -> None:
    assert lines_of(converse(Echo, [(C, b"a\r\nb\n"), (S, b"c\r\n\r\n"), (C, b"half")])) == [
        (C, b"a"),
        (C, b"b"),
        (S, b"c"),
        (S, b""),
    ]


def test_of_an_endless_line_the_beginning_is_read_and_the_next_line_whole() -> None:
    long = b"x" * (3 * LINE_LIMIT)
    parsed = converse(Echo, [(C, long + b"\r\nnext\r\n")], damage=False)
    assert lines_of(parsed) == [(C, b"x" * LINE_LIMIT), (C, b"next")]


def test_a_line_of_exactly_the_limit_is_whole() -> None:
    parsed = converse(Echo, [(C, b"y" * LINE_LIMIT + b"\nnext\n")], damage=False)
    assert lines_of(parsed) == [(C, b"y" * LINE_LIMIT), (C, b"next")]


def test_after_a_loss_the_first_whole_line_is_read() -> None:
    run = Run(Echo())
    run.feed(C, b"one\r\ntw")
    run.gap(C, 10)
    run.feed(C, b"rest of a lost line\r\nthree\r\n")
    run.feed(S, b"untouched\r\n")
    assert lines_of(run.close()) == [(C, b"one"), (C, b"three"), (S, b"untouched")]


def test_a_loss_inside_an_endless_line() -> None:
    run = Run(Echo())
    run.feed(C, b"x" * (LINE_LIMIT + 5))
    run.gap(C, 10)
    run.feed(C, b"xx\r\nnext\r\n")
    assert lines_of(run.close()) == [(C, b"x" * LINE_LIMIT), (C, b"next")]


def read(*pieces: bytes) -> tuple[DottedBody, bool, bytes]:
    """Feed a `DottedBody` as a stream parser would; its state, whether it ended, what is left."""
    block, buffer, ended = DottedBody(), bytearray(), False
    for piece in pieces:
        buffer += piece
        while buffer and not ended:
            cursor = Cursor(buffer, final=False)
            try:
                ended = block.read(cursor)
            except NeedMore:
                break
            del buffer[: cursor.consumed]
    return block, ended, bytes(buffer)


@pytest.mark.parametrize(
    ("wire", "content"),
    [
        (b".\r\n", b""),
        (b"hello\r\n.\r\n", b"hello\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"a\r\n..b\r\n...\r\n.\r\n", b"a\r\n.b\r\n..\r\n"),
        (b"no. dot.\r\n.\r\n", b"no. dot.\r\n"),
        (b"\r\n.\r\n", b"\r\n"),
    ],
)
def test_a_block_ends_with_a_lone_dot(wire: bytes, content: bytes) -> None:
    whole, ended, left = read(wire + b"QUIT\r\n")
    assert (whole.content(), ended, left) == (content, True, b"QUIT\r\n")
    pieces, ended, left = read(*(wire[i : i + 1] for i in range(len(wire))))
    assert (pieces.content(), ended, left) == (content, True, b"")
    assert whole.size == pieces.size == len(wire) - 3


def test_of_a_large_object_the_beginning_is_stored_and_the_whole_is_counted() -> None:
    body = BoundedBody()
    for _ in range(3):
        body.add(b"z" * (DATA_LIMIT - 1))
    assert (len(body.data), body.size) == (DATA_LIMIT, 3 * (DATA_LIMIT - 1))


def test_the_rest_of_an_overlong_line_is_not_kept() -> None:
    """Whatever pieces it comes in: nothing of it waits for its end."""
    run = Run(Echo())
    run.feed(C, b"x" * (LINE_LIMIT + 100))
    for _ in range(50):
        run.feed(C, b"USER anna" * 100)
        assert run.parser.pending(C) == b""
    run.feed(C, b"\r\nnext\r\n")
    assert lines_of(run.close()) == [(C, b"x" * LINE_LIMIT), (C, b"next")]


@pytest.mark.parametrize("given", [b".", b".\r"])
def test_an_empty_block_may_be_cut_before_its_end(given: bytes) -> None:
    body = DottedBody()
    cursor = Cursor(bytearray(given), final=False)
    with pytest.raises(NeedMore) as more:
        body.read(cursor)
    assert more.value.at_least == 3
    assert DottedBody().read(Cursor(bytearray(b".\r\n"), final=False))


@pytest.mark.parametrize(("size", "end"), [(0, 10), (1, 11), (4095, 4105), (4096, 4106), (4097, 4106), (10**9, 4106)])
def test_of_a_long_object_its_beginning_is_evidence(size: int, end: int) -> None:
    span = evidence_span(Side.SERVER, 10, size)
    assert (span.side, span.start, span.end) == (Side.SERVER, 10, end)
