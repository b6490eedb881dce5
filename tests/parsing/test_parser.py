"""Tests for sensor.parsing.parser: buffering, retries, waiting for the other side, skips, losses, spans, bounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import pytest

from sensor.events import Content, Enough, Skip, Span, Upgrade
from sensor.model import Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import WEIGH_ITEMS, DatagramParser, Parsed, Parser, StreamParser

C, S = Side.CLIENT, Side.SERVER


class Blocks(StreamParser):
    """A byte of length and as many bytes; ``!`` stops, ``>`` and a length of two bytes skips."""

    LIMIT = 64

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self.tries = 0

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        self.tries += 1
        first = cursor.peek(1)
        if first == b"!":
            cursor.skip(1)
            self.stop()
            yield Upgrade("tls")
        elif first == b">":
            cursor.skip(1)
            yield Skip(side, cursor.u16())
        else:
            yield Content(side=side, name="half", data=b"")  # dropped where the message is not complete
            data = cursor.take(cursor.u8())
            yield Content(side=side, name="block", data=data, spans=(self.here(),))


def blocks(parsed: list[Parsed]) -> list[bytes]:
    return [item.data for item in parsed if isinstance(item, Content) and item.name == "block"]


def test_every_message_that_is_complete_is_read_at_once() -> None:
    parser = Blocks()
    parsed = list(parser.receive(C, b"\x01a\x02bc\x03d"))
    assert blocks(parsed) == [b"a", b"bc"]
    assert parser.pending(C) == b"\x03d"
    assert blocks(list(parser.receive(C, b"ef"))) == [b"def"]
    assert parser.pending(C) == b""


def test_an_incomplete_message_yields_nothing_and_is_tried_when_enough_has_come() -> None:
    parser = Blocks()
    assert list(parser.receive(C, b"\x05a")) == []
    assert parser.tries == 1
    for piece in (b"b", b"c", b"d"):
        assert list(parser.receive(C, piece)) == []
    assert parser.tries == 1
    assert blocks(list(parser.receive(C, b"e"))) == [b"abcde"]


def test_spans_count_the_bytes_of_their_side() -> None:
    parser = Blocks()
    first = list(parser.receive(C, b"\x01a\x02bc"))
    other = list(parser.receive(S, b"\x01z"))
    spans = [item.spans for item in [*first, *other] if isinstance(item, Content) and item.name == "block"]
    assert spans == [(Span(C, 0, 2),), (Span(C, 2, 5),), (Span(S, 0, 2),)]


def test_a_message_that_never_ends_is_malformed_at_the_limit() -> None:
    class Endless(Blocks):
        def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
            cursor.until(b"\n", 1000)
            yield from ()

    parser = Endless()
    for _ in range(Endless.LIMIT):
        assert list(parser.receive(C, b"x")) == []
    with pytest.raises(Malformed, match="no message ends within 64 bytes"):
        list(parser.receive(C, b"x"))


def test_a_parser_that_claims_a_huge_need_is_called_again_at_the_limit() -> None:
    class Greedy(Blocks):
        def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
            cursor.take(1 << 40)
            yield from ()

    parser = Greedy()
    assert list(parser.receive(C, b"x" * Greedy.LIMIT)) == []
    with pytest.raises(Malformed):
        list(parser.receive(C, b"x"))


def test_after_stop_the_rest_stays_for_the_next_protocol() -> None:
    parser = Blocks()
    parsed = list(parser.receive(C, b"\x01a!\x01b"))
    assert parsed[-1] == Upgrade("tls")
    assert parser.pending(C) == b"\x01b"
    assert list(parser.receive(C, b"\x01c")) == []
    assert parser.pending(C) == b"\x01b\x01c"


def test_a_skip_takes_what_is_buffered_and_leaves_the_rest_to_the_pipeline() -> None:
    parser = Blocks()
    assert list(parser.receive(C, b">\x00\x05abc")) == [Skip(C, 2)]
    parser.skipped(C, 2)
    (_, block) = parser.receive(C, b"\x01z")
    assert isinstance(block, Content)
    assert block.spans == (Span(C, 8, 10),)


def test_a_skip_within_the_buffer_needs_nothing_of_the_pipeline() -> None:
    parsed = list(Blocks().receive(C, b">\x00\x02ab\x01z"))
    assert not [item for item in parsed if isinstance(item, Skip)]
    assert blocks(parsed) == [b"z"]


class Turns(StreamParser):
    """The server's bytes are read after the client's first byte only."""

    LIMIT = 16

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self.greeted = False

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        if side is S and not self.greeted:
            return
        self.greeted = True
        yield Content(side=side, name="byte", data=cursor.take(1))


def test_a_side_that_waits_is_read_when_the_other_has_completed_a_message() -> None:
    parser = Turns()
    assert list(parser.receive(S, b"12")) == []
    parsed = [(item.side, item.data) for item in parser.receive(C, b"a") if isinstance(item, Content)]
    assert parsed == [(C, b"a"), (S, b"1"), (S, b"2")]


def test_a_side_that_waits_is_bounded() -> None:
    parser = Turns()
    assert list(parser.receive(S, b"x" * Turns.LIMIT)) == []
    with pytest.raises(Malformed, match="no message ends within 16 bytes"):
        list(parser.receive(S, b"x"))


def test_a_loss_ends_a_parser_that_cannot_find_its_framing_again() -> None:
    parser = Blocks()
    assert list(parser.receive(C, b"\x05ab")) == []
    with pytest.raises(Malformed, match="7 bytes lost"):
        list(parser.gap(C, 7))


def test_after_a_loss_a_line_parser_goes_on_at_the_next_line_with_true_spans() -> None:
    class Lines(StreamParser):
        RESUME_AT_LINE = True

        def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
            yield Content(side=side, name="line", data=cursor.line(), spans=(self.here(),))

    parser = Lines()
    assert list(parser.receive(C, b"broken")) == []
    assert list(parser.gap(C, 10)) == []
    assert list(parser.receive(C, b"its end")) == []
    (line,) = parser.receive(C, b"\nnext\n")
    assert isinstance(line, Content)
    assert (line.data, line.spans) == (b"next", (Span(C, 24, 29),))
    assert parser.pending(C) == b""


def test_a_datagram_is_whole_so_that_running_out_of_it_is_malformed() -> None:
    class Pairs(DatagramParser):
        def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
            cursor.u16()
            yield Content(side=side, name="pair", data=cursor.rest(), spans=(self.here(),))

    parser = Pairs()
    with pytest.raises(Malformed):
        list(parser.receive(C, b"a"))
    (first,), (other,) = list(parser.receive(C, b"abc")), list(parser.receive(S, b"ab"))
    assert isinstance(first, Content)
    assert isinstance(other, Content)
    assert (first.data, first.spans, other.spans) == (b"c", (Span(C, 1, 2),), (Span(S, 0, 1),))
    with pytest.raises(Malformed, match="9 bytes lost"):
        list(parser.gap(C, 9))


def test_the_bare_contract() -> None:
    parser = Parser(hint="spki")
    event = Content(side=C, name="x", data=b"")
    assert (parser.hint, list(parser.close()), parser.pending(C), parser.from_inner(event, 0)) == (
        "spki",
        [],
        b"",
        (event,),
    )
    for call in (lambda: parser.receive(C, b""), parser.here):
        with pytest.raises(NotImplementedError):
            call()
    with pytest.raises(NotImplementedError):
        StreamParser().message(C, Cursor(b""))
    with pytest.raises(NotImplementedError):
        DatagramParser().datagram(C, Cursor(b""))


def test_stored_payload_is_counted_wherever_it_stands() -> None:
    class Slotted:
        __slots__ = ("body", "missing")

        def __init__(self) -> None:
            self.body = bytearray(500)

    class Storing(StreamParser):
        def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
            yield Enough()

    parser = Storing()
    empty = parser.buffered_bytes()
    parser.body = bytes(1000)  # type: ignore[attr-defined]
    parser.by_name = {"a": bytes(200), "b": [bytearray(30)]}  # type: ignore[attr-defined]
    parser.queue = deque([Slotted()])  # type: ignore[attr-defined]
    parser.cursor = Cursor(bytes(9999))  # type: ignore[attr-defined]
    assert parser.buffered_bytes() - empty == 1000 + 200 + 30 + 500


def test_counting_stored_payload_costs_little_in_long_containers() -> None:
    class Storing(Parser):
        pass

    parser = Storing()
    parser.rows = [b"xx"] * 10_000  # type: ignore[attr-defined]
    assert parser.buffered_bytes() == 2 * WEIGH_ITEMS
