"""Names by RFC 1035 3.1 and 4.1.4, and such as cannot be."""

from __future__ import annotations

import random

import pytest

from sensor.parsing.cursor import Malformed
from sensor.parsing.formats.dns_name import POINTER_LIMIT, name_end, name_text, query_text, read_name


def test_names_and_where_they_end() -> None:
    assert read_name(b"\x03www\x07example\x00rest", 0) == ((b"www", b"example"), 13)
    assert read_name(b"\x07example\x00\x03www\xc0\x00!", 9) == ((b"www", b"example"), 15)
    assert name_text(()) == "."
    assert query_text((b"WWW", b"Example")) == "www.example"


@pytest.mark.parametrize(
    "data",
    [
        b"\xc0\x00",  # points at itself
        b"\x01a\xc0\x02",  # points at the pointer
        b"\x40abc\x00",  # reserved label type
        b"\x05abc",  # runs out
        (b"\x3f" + b"a" * 63) * 4 + b"\0",  # 257 octets, RFC 1035 allows 255
    ],
)
def test_names_that_cannot_be(data: bytes) -> None:
    start = 2 if data.startswith(b"\x01a\xc0") else 0
    with pytest.raises(Malformed):
        read_name(data, start)


def test_a_stair_of_pointers_is_not_climbed_without_end() -> None:
    stair = b"\0\0" + b"".join(bytes([0xC0 | (2 * i) >> 8, (2 * i) & 255]) for i in range(POINTER_LIMIT + 10))
    with pytest.raises(Malformed):
        read_name(stair, len(stair) - 2)


@pytest.mark.parametrize("data", [b"", b"\x03www", b"\xc0", b"\x01"])
def test_names_that_run_out(data: bytes) -> None:
    with pytest.raises(Malformed):
        read_name(data, 0)


def test_a_label_may_end_with_the_message_but_the_name_may_not() -> None:
    with pytest.raises(Malformed):
        read_name(b"\x03abc", 0)
    assert read_name(b"\x03abc\0", 0) == ((b"abc",), 5)
    assert read_name(b"\0", 0) == ((), 1)


def test_what_follows_a_pointer_is_behind_the_first_one() -> None:
    data = b"\x01c\0" + b"\x01b\xc0\x00" + b"\x01a\xc0\x03" + b"next"
    assert read_name(data, 7) == ((b"a", b"b", b"c"), 11)
    assert read_name(b"\0\xc0\x00", 1) == ((), 3)


@pytest.mark.parametrize("length", range(64, 192))
def test_label_types_that_are_reserved(length: int) -> None:
    """The two bits 01 and 10 (RFC 6891 5, RFC 1035 4.1.4); 63 octets are a label."""
    with pytest.raises(Malformed):
        read_name(bytes((length,)) + b"a" * length + b"\0", 0)
    assert read_name(b"\x3f" + b"a" * 63 + b"\0", 0) == ((b"a" * 63,), 65)


def test_a_name_has_255_octets_at_most() -> None:
    """With its lengths and its root (RFC 1035 3.1)."""
    labels = (b"\x3f" + b"a" * 63) * 3
    assert read_name(labels + b"\x3d" + b"b" * 61 + b"\0", 0)[1] == 255
    with pytest.raises(Malformed):
        read_name(labels + b"\x3e" + b"b" * 62 + b"\0", 0)


def test_names_that_were_read_before_are_not_read_again() -> None:
    data = b"\x03www\x07example\x00" + b"\x04mail\xc0\x04" + b"\xc0\x00" + b"\x01a\xc0\x0d"
    known: dict[int, tuple[tuple[bytes, ...], int]] = {}
    assert read_name(data, 0, known) == ((b"www", b"example"), 13)
    assert read_name(data, 13, known) == ((b"mail", b"example"), 20)
    # Octets without the root's: 1 + 3 + 1 + 7, and 1 + 7 of what the pointer led to.
    assert known == {0: ((b"www", b"example"), 12), 4: ((b"example",), 8)}
    known[0] = (b"WWW", b"EXAMPLE"), 12
    assert read_name(data, 20, known) == ((b"WWW", b"EXAMPLE"), 22)
    assert read_name(data, 22, known) == ((b"a", b"mail", b"example"), 26)


def test_a_known_name_counts_with_its_octets() -> None:
    """RFC 1035 3.1: 255 octets with the root's."""
    behind = (b"\x3f" + b"a" * 63) * 3
    for last, fits in ((61, True), (62, False)):
        data = behind + b"\0" + bytes((last,)) + b"b" * last + b"\xc0\x00"
        for known in (None, {}):
            read_name(data, 0, known)
            if fits:
                assert len(read_name(data, len(behind) + 1, known)[0]) == 4
            else:
                with pytest.raises(Malformed):
                    read_name(data, len(behind) + 1, known)


@pytest.mark.parametrize("seed", range(8))
def test_the_end_of_a_name_and_known_names_agree_with_reading_it(seed: int) -> None:
    chosen = random.Random(seed)
    for _ in range(500):
        data = b""
        while len(data) < 60:
            label = bytes((chosen.randrange(4),))
            data += chosen.choice((label + b"xyz"[: label[0]], b"\0", bytes((0xC0, chosen.randrange(60))), b"\x50"))
        known: dict[int, tuple[tuple[bytes, ...], int]] = {}
        for place in range(0, 66, 3):
            try:
                expected = read_name(data, place)
            except Malformed as error:
                for call in (lambda: name_end(data, place), lambda: read_name(data, place, known)):  # noqa: B023
                    with pytest.raises(Malformed, match=str(error)):
                        call()
            else:
                assert name_end(data, place) == expected[1]
                assert read_name(data, place, known) == expected
