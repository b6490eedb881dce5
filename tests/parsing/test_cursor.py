"""Tests for sensor.parsing.cursor: fields, both kinds of end, marks, sub-cursors, hostile lengths."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sensor.parsing.cursor import Cursor, Malformed, NeedMore

DATA = bytes(range(1, 21))


def growing(data: bytes, start: int = 0) -> Cursor:
    return Cursor(bytearray(data), start, final=False)


def test_numbers_are_read_in_either_order() -> None:
    cursor = Cursor(DATA)
    assert (cursor.u8(), cursor.u16(), cursor.u24(), cursor.u32()) == (0x01, 0x0203, 0x040506, 0x0708090A)
    assert cursor.u64() == 0x0B0C0D0E0F101112
    assert (cursor.consumed, cursor.remaining) == (18, 2)
    assert Cursor(DATA).u16("little") == 0x0201
    assert Cursor(DATA).u24("little") == 0x030201
    assert Cursor(DATA).u32("little") == 0x04030201
    assert Cursor(DATA).u64("little") == 0x0807060504030201


READS: list[tuple[Callable[[Cursor], object], int]] = [
    (Cursor.u8, 1),
    (Cursor.u16, 2),
    (Cursor.u24, 3),
    (Cursor.u32, 4),
    (Cursor.u64, 8),
    (lambda cursor: cursor.take(5), 5),
    (lambda cursor: cursor.skip(5), 5),
    (lambda cursor: cursor.sub(5), 5),
    (lambda cursor: cursor.text(5), 5),
]


@pytest.mark.parametrize(("read", "size"), READS)
def test_past_a_declared_end_is_malformed_and_past_what_came_needs_more(
    read: Callable[[Cursor], object], size: int
) -> None:
    for got in range(size):
        with pytest.raises(Malformed, match=f"{size} bytes wanted, {got} left"):
            read(Cursor(DATA[:got]))
        cursor = growing(DATA[:got])
        with pytest.raises(NeedMore) as more:
            read(cursor)
        assert more.value.at_least == size
        assert cursor.consumed == 0
    exact = Cursor(DATA[:size])
    read(exact)
    assert exact.remaining == 0


def test_what_is_needed_counts_from_the_start_of_the_message() -> None:
    cursor = Cursor(bytearray(DATA), 4, 10, final=False)
    cursor.skip(4)
    with pytest.raises(NeedMore) as more:
        cursor.take(3)
    assert more.value.at_least == 7


@pytest.mark.parametrize("read", [Cursor.take, Cursor.skip, Cursor.sub])
def test_a_negative_length_is_malformed(read: Callable[[Cursor, int], object]) -> None:
    cursor = growing(DATA)
    cursor.skip(2)
    with pytest.raises(Malformed, match="negative length"):
        read(cursor, -1)
    assert cursor.consumed == 2


def test_a_look_ahead_moves_nothing_and_ends_with_the_data() -> None:
    cursor = Cursor(DATA, 2, 5)
    assert cursor.peek(2) == b"\x03\x04"
    assert cursor.peek(100) == b"\x03\x04\x05"
    assert (cursor.consumed, cursor.remaining) == (0, 3)
    assert cursor.rest() == b"\x03\x04\x05"
    assert cursor.rest() == b""
    assert cursor.peek(1) == b""


def test_a_cursor_inside_ends_where_it_was_declared() -> None:
    outer = growing(DATA)
    outer.skip(1)
    inner = outer.sub(4)
    assert (inner.u8(), inner.consumed, inner.remaining, outer.consumed) == (2, 1, 3, 5)
    with pytest.raises(Malformed, match="4 bytes wanted, 3 left"):
        inner.u32()
    assert inner.rest() == b"\x03\x04\x05"
    assert outer.u8() == 6


def test_a_field_ends_at_its_mark() -> None:
    cursor = Cursor(b"user\0secret\0rest")
    assert (cursor.until(b"\0", 16), cursor.until(b"\0", 6), cursor.rest()) == (b"user", b"secret", b"rest")
    assert Cursor(b"a--b").until(b"--", 1) == b"a"


def test_a_mark_beyond_the_limit_is_malformed_though_it_is_there() -> None:
    for cursor in (Cursor(b"abcde\0"), growing(b"abcde\0")):
        with pytest.raises(Malformed, match="within 4 bytes"):
            cursor.until(b"\0", 4)


def test_a_mark_that_may_still_come_is_waited_for_up_to_the_limit() -> None:
    for size in range(6):
        with pytest.raises(NeedMore) as more:
            growing(b"x" * size).until(b"\r\n", 4)
        assert more.value.at_least == size + 1
    with pytest.raises(Malformed):
        growing(b"x" * 6).until(b"\r\n", 4)
    with pytest.raises(Malformed):
        Cursor(b"x" * 3).until(b"\r\n", 4)


def test_a_mark_behind_the_end_of_a_cursor_inside_is_not_seen() -> None:
    with pytest.raises(Malformed):
        Cursor(b"abc\0").sub(3).until(b"\0", 10)


def test_lines_end_with_or_without_a_return() -> None:
    cursor = Cursor(b"one\r\ntwo\n\r\n")
    assert [cursor.line() for _ in range(3)] == [b"one", b"two", b""]
    with pytest.raises(Malformed, match="within 8192 bytes"):
        growing(b"x" * 8193 + b"\n").line()


def test_text_shows_what_does_not_decode() -> None:
    assert Cursor(b"m\xc3\xbcll\xfcer").text(8) == "müll\\xfcer"
    assert Cursor("ż".encode("utf-16-le")).text(2, "utf-16-le") == "ż"


def test_what_was_taken_does_not_change_with_the_buffer() -> None:
    buffer = bytearray(b"secret")
    taken = Cursor(buffer).take(6)
    buffer[:] = b"xxxxxx"
    assert taken == b"secret"


def test_an_error_never_shows_payload() -> None:
    with pytest.raises(Malformed) as error:
        Cursor(b"hunter2hunter2").until(b"\0", 4)
    assert "hunter2" not in str(error.value)


def test_a_mark_at_the_very_start_is_an_empty_field() -> None:
    cursor = Cursor(b"\0rest")
    assert (cursor.until(b"\0", 4), cursor.rest()) == (b"", b"rest")
