"""Field encodings of AMQP: tables of 0-9-1, primitives and described lists of 1.0."""

from __future__ import annotations

import pytest

from sensor.parsing.cursor import Cursor, Malformed
from sensor.protocols.amqp.fields import described_list, table, value


def test_table_keeps_strings_and_passes_over_the_rest() -> None:
    data = b"\1tt\1" + b"\1iI\0\0\0\7" + b"\1aA\0\0\0\2xx" + b"\1vV" + b"\1sS\0\0\0\3abc"
    assert table(Cursor(data)) == {b"s": b"abc"}
    for broken in (b"\1xQ", b"\1sS\0\0\0\x09abc", b"\5s"):
        with pytest.raises(Malformed):
            table(Cursor(broken))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x40", None),
        (b"\x41", 1),
        (b"\x42", 0),
        (b"\x43", 0),
        (b"\x50\x07", 7),
        (b"\x70\0\0\1\0", 256),
        (b"\xa1\2hi", b"hi"),
        (b"\xb3\0\0\0\2hi", b"hi"),
        (b"\xc0\2\1\x40", None),
        (b"\0\x53\x28\x45", None),
    ],
)
def test_primitives(data: bytes, expected: object) -> None:
    assert value(Cursor(data)) == expected


def test_described_lists() -> None:
    assert described_list(Cursor(b"\0\x53\x10\x45")) == (0x10, [])
    assert described_list(Cursor(b"\0\x53\x41\xd0\0\0\0\x09\0\0\0\2\xa3\1x\x50\7")) == (0x41, [b"x", 7])


@pytest.mark.parametrize("data", [b"\0" * 10_000, b"\x10", b"\xa1\x09hi", b"\x50"])
def test_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        value(Cursor(data))
