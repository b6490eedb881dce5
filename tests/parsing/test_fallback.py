"""Tests for sensor.parsing.fallback: an unknown protocol's first bytes, bounded; what counts as text."""

from __future__ import annotations

import os

import pytest

from sensor.events import Content, Enough, Span
from sensor.model import Side
from sensor.parsing.fallback import PIECES, STORED_LIMIT, UNREAD, is_text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"temperature=21.5;room=kitchen\r\n", True),
        ("Grüße aus der Küche".encode(), True),
        ("Grüße aus der Küche".encode() + b"\xc3", True),  # cut within a letter
        (b"short", False),
        (b"with a \0 in it", False),
        (b"\x1b[0m escape", False),
        (b"caf\xe9 in Latin-1", False),
        (b"", False),
    ],
)
def test_text(data: bytes, text: bool) -> None:
    assert is_text(data) is text


def test_chance_makes_no_text() -> None:
    assert not any(is_text(os.urandom(64)) for _ in range(2000))


def test_a_stream_is_reported_once_and_bounded() -> None:
    parser = UNREAD.parser(False)
    parsed = [item for _ in range(PIECES * 2) for item in parser.receive(Side.SERVER, b"x" * 1000)]
    contents = [item for item in parsed if isinstance(item, Content)]
    assert [(one.side, one.data) for one in contents] == [(Side.SERVER, b"x" * STORED_LIMIT)]
    assert isinstance(parsed[1], Enough)
    assert list(parser.close()) == []
    assert parser.buffered_bytes() <= 2 * STORED_LIMIT + 512


def test_small_pieces_end_it_too() -> None:
    parser = UNREAD.parser(False)
    parsed = [item for _ in range(PIECES) for item in parser.receive(Side.CLIENT, b"abc ")]
    assert [type(item) for item in parsed] == [Content, Enough]


def test_a_loss_ends_it() -> None:
    parser = UNREAD.parser(False)
    assert list(parser.receive(Side.CLIENT, b"hello there")) == []
    assert [type(item) for item in parser.gap(Side.CLIENT, 100)] == [Content, Enough]


def test_what_is_too_short_to_read_is_not_reported() -> None:
    parser = UNREAD.parser(False)
    list(parser.receive(Side.CLIENT, b"\x01"))
    assert list(parser.close()) == []


@pytest.mark.parametrize(("length", "text"), [(7, False), (8, True)])
def test_so_few_letters_are_no_text(length: int, text: bool) -> None:
    """A letter of two bytes is one letter."""
    assert is_text(b"abcdefgh"[:length]) is text
    assert is_text("\xe9\xe9\xe9\xe9".encode()) is False


@pytest.mark.parametrize(("cut", "text"), [(1, True), (2, True), (3, True)])
def test_a_letter_cut_at_the_end_is_no_damage_and_one_in_the_middle_is(cut: int, text: bool) -> None:
    letter = "\U0001f600".encode()
    assert is_text(b"a reading: " + letter[:cut]) is text
    assert is_text(b"a reading: " + letter[:cut] + b" and more") is False


@pytest.mark.parametrize("blank", [b"\t", b"\n", b"\r"])
def test_tabs_and_line_ends_are_text(blank: bytes) -> None:
    assert is_text(b"abcd" + blank + b"efgh")
    assert not is_text(b"abcd\x0befgh")


@pytest.mark.parametrize(("size", "parts"), [(5, 0), (6, 1), (8192, 1), (8193, 1)])
def test_a_datagram_is_reported_with_its_beginning(size: int, parts: int) -> None:
    parser = UNREAD.parser(True)
    found = [item for item in parser.receive(Side.SERVER, b"d" * size) if isinstance(item, Content)]
    assert [(one.side, one.name, len(one.data)) for one in found] == [(Side.SERVER, "payload", min(size, 8192))] * parts


def test_datagrams_are_reported_until_there_were_enough() -> None:
    parser = UNREAD.parser(True)
    parsed = [list(parser.receive(Side.CLIENT, b"reading")) for _ in range(PIECES)]
    assert [[type(item) for item in one] for one in parsed] == [[Content]] * (PIECES - 1) + [[Content, Enough]]


def test_a_stream_waits_for_the_other_side_that_has_begun_to_speak() -> None:
    parser = UNREAD.parser(False)
    list(parser.receive(Side.SERVER, b"hello there"))
    assert list(parser.receive(Side.CLIENT, bytes(STORED_LIMIT))) == []
    parsed = list(parser.receive(Side.SERVER, bytes(STORED_LIMIT)))
    assert [type(item) for item in parsed] == [Content, Content, Enough]
    assert [(one.side, len(one.data), one.spans) for one in parsed if isinstance(one, Content)] == [
        (side, STORED_LIMIT, (Span(side, 0, STORED_LIMIT),)) for side in (Side.CLIENT, Side.SERVER)
    ]


def test_what_it_rests_on_is_what_the_client_said() -> None:
    parser = UNREAD.parser(False)
    assert parser.here() == Span(Side.CLIENT, 0, 1)
    list(parser.receive(Side.CLIENT, b"hello"))
    list(parser.receive(Side.SERVER, b"hello there"))
    assert parser.here() == Span(Side.CLIENT, 0, 5)


@pytest.mark.parametrize(("size", "reported"), [(0, False), (1, False), (5, False), (6, True), (7, True)])
def test_how_short_a_payload_may_be(size: int, reported: bool) -> None:
    """Six bytes are looked at, of a stream and of a datagram."""
    data = b"abcdefgh"[:size]
    stream = UNREAD.parser(False)
    list(stream.receive(Side.CLIENT, data))
    datagrams = UNREAD.parser(True)
    for parsed in (list(stream.close()), list(datagrams.receive(Side.CLIENT, data))):
        assert [one.data for one in parsed if isinstance(one, Content)] == ([data] if reported else [])
