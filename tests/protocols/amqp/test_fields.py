"""Field encodings of AMQP: tables of 0-9-1, primitives and described lists of 1.0."""

from __future__ import annotations

import pytest

from sensor.parsing.cursor import Cursor, Malformed
from sensor.protocols.amqp.fields import ENTRIES, described_list, table, value


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


@pytest.mark.parametrize(
    ("kind", "size"),
    [(b"t", 1), (b"b", 1), (b"B", 1), (b"U", 2), (b"u", 2), (b"s", 2), (b"I", 4), (b"i", 4), (b"L", 8), (b"l", 8),
     (b"f", 4), (b"d", 8), (b"D", 5), (b"T", 8), (b"V", 0)],
)  # fmt: skip
def test_values_of_one_size(kind: bytes, size: int) -> None:
    """AMQP 0-9-1 4.2.1 with RabbitMQ's errata: the string behind each is found."""
    assert table(Cursor(b"\1n" + kind + bytes(size) + b"\1sS\0\0\0\3abc")) == {b"s": b"abc"}


@pytest.mark.parametrize("kind", [b"A", b"F", b"x"])
def test_values_with_a_length(kind: bytes) -> None:
    assert table(Cursor(b"\1n" + kind + b"\0\0\0\2zz" + b"\1sS\0\0\0\3abc")) == {b"s": b"abc"}


def test_a_table_is_read_to_its_bound() -> None:
    found = table(Cursor(b"".join(b"\3%03dS\0\0\0\1v" % number for number in range(ENTRIES + 5))))
    assert len(found) == ENTRIES
    found_list = described_list(Cursor(b"\0\x53\x10\xd0\0\0\x01\x00\0\0\0\xfc" + b"\x40" * 252))
    assert len(found_list[1]) == ENTRIES


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x44", 0), (b"\x45", None), (b"\x56\x01", 1), (b"\x60\1\2", 258), (b"\x80" + bytes(7) + b"\5", 5),
        (b"\x98" + bytes(15) + b"\6", 6), (b"\xa3\3abc", b"abc"), (b"\xb1\0\0\0\3abc", b"abc"),
        (b"\xd0\0\0\0\4abcd", None), (b"\xe0\2ab", None), (b"\xf0\0\0\0\2ab", None), (b"\xd1\0\0\0\1a", None),
    ],
)  # fmt: skip
def test_primitives_of_every_width(data: bytes, expected: object) -> None:
    """AMQP 1.0 part 1, figure 1.2: the high half of the code is the width; what stands behind is not touched."""
    cursor = Cursor(data + b"\x50\x2a")
    assert value(cursor) == expected
    assert value(cursor) == 0x2A


@pytest.mark.parametrize(
    "data", [b"\0\x53", b"\1\x53\x10\x45", b"\0\xa1\1x\x45", b"\0\x53\x10\x40", b"\0\x53\x10\xc1\2\0\0"]
)
def test_what_is_no_described_list(data: bytes) -> None:
    with pytest.raises(Malformed):
        described_list(Cursor(data))


@pytest.mark.parametrize("code", [0x10, 0x20, 0x30])
def test_codes_that_are_no_width(code: int) -> None:
    """AMQP 1.0 part 1, 1.2: the high halves 4 to 9 are fixed, A and B variable, C and D compound, E and F arrays."""
    with pytest.raises(Malformed):
        value(Cursor(bytes([code]) + bytes(20)))


def test_a_described_value_is_passed_over_whole() -> None:
    """Descriptor and value; the next value is read at its place."""
    cursor = Cursor(b"\0\x53\x24\xa1\2hi" + b"\x50\x2a")
    assert value(cursor) is None and value(cursor) == 0x2A
    for absent in (b"\x40", b"\x45"):
        assert described_list(Cursor(b"\0\x53\x10\xc0\3\2" + absent + b"\x43")) == (0x10, [None, 0])
