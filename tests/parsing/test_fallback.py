"""Tests for sensor.parsing.fallback: an unknown protocol's first bytes, bounded; what counts as text."""

from __future__ import annotations

import os

import pytest

from sensor.events import Content, Enough
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
