"""Readings of a stretch: their places and their bounds."""

from __future__ import annotations

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensor.evidence import encoded_forms
from sensor.evidence.encoded_forms import (
    ESCAPE_BYTES,
    EncodedRun,
    ReadingBudget,
    TextReading,
    TooManyReadings,
    decoded_pieces,
    encoded_runs,
    text_readings,
)


def test_each_byte_keeps_its_place() -> None:
    """Of an escape in an escape the whole of it."""
    data = b"a%2541b"
    by_text = {reading.data: reading for reading in text_readings(data, ReadingBudget(len(data)))}
    assert list(by_text) == [data, b"a%41b", b"aAb"]
    twice = by_text[b"aAb"]
    assert [twice.place(at, at + 1) for at in range(3)] == [(0, 1), (1, 6), (6, 7)]
    assert twice.place(0, 3) == (0, 7)


def test_what_framing_split_is_joined() -> None:
    data = b"Open\r\nSesame"
    joined = next(one for one in text_readings(data, ReadingBudget(len(data))) if one.data == b"OpenSesame")
    assert joined.place(2, 6) == (2, 8) and joined.place(4, 5) == (6, 7)
    assert joined.fresh(2) == [(2, 6)] and joined.is_fresh(3, 5) and not joined.is_fresh(0, 3)


def test_runs_that_a_parent_has_are_not_read_again() -> None:
    data = b"QWxhZGRpbg== x%41y QWxhZGRpbh=="
    runs = [[run.data for run in encoded_runs(one)] for one in text_readings(data, ReadingBudget(len(data)))]
    assert runs[0] == [b"QWxhZGRpbg", b"QWxhZGRpbh"] and not any(runs[1:])


def test_a_run_is_decoded_again() -> None:
    inner = base64.b64encode(b"aladdin opens")
    run = EncodedRun(base64.b64encode(inner), False, 1, (0, 1), True, True)
    assert b"aladdin opens" in [piece.data for piece in decoded_pieces(run)]
    assert {piece.data for piece in decoded_pieces(run._replace(depth=3))} & {b"aladdin opens"} == set()


def test_readings_stay_within_their_budget() -> None:
    """Bytes of readings grow with the stretch, whatever it holds."""
    for size in (1000, 2000, 4000, 8000):
        data = b"%41\\x41=41+&lt;" * size
        budget, read = ReadingBudget(len(data)), 0
        most = budget.left
        with pytest.raises(TooManyReadings):
            for reading in text_readings(data, budget):
                read += len(reading.data)
        assert read <= most


def test_what_the_budget_does_not_reach_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Escapes are undone when a reading's turn comes, and no more of them than the budget pays for."""
    undone: list[bytes] = []
    unescape = encoded_forms._unescape
    monkeypatch.setattr(encoded_forms, "_unescape", lambda found: (undone.append(found), unescape(found))[1])
    data = b"%41\\x41=41+&lt;" * 8000
    budget = ReadingBudget(len(data))
    most = budget.left
    with pytest.raises(TooManyReadings):
        list(text_readings(data, budget))
    assert 0 < len(undone) <= most // ESCAPE_BYTES


@pytest.mark.parametrize("nested", [1, 2, 3, 4])
def test_how_deep_encodings_are_undone(nested: int) -> None:
    """Three in one another, of base64 and of escapes alike; a fourth would cost too much."""
    run = b"aladdin opens"
    escaped = b"%41b"
    for turn in range(nested):
        run = base64.b64encode(run)
        escaped = escaped.replace(b"%", b"%25") if turn else escaped
    found = [
        piece.data
        for reading in text_readings(run, ReadingBudget(len(run)))
        for one in encoded_runs(reading)
        for piece in decoded_pieces(one)
    ]
    assert (b"aladdin opens" in found) is (nested <= 3)
    assert (b"Ab" in [one.data for one in text_readings(escaped, ReadingBudget(len(escaped)))]) is (nested <= 3)


@pytest.mark.parametrize("before", [b"", b"A", b"AB", b"ABC", b"ABCD", b"ABCDE"])
def test_base64_behind_other_letters(before: bytes) -> None:
    """The letters join the run: its groups of four begin at any of four places."""
    run = EncodedRun(before + base64.b64encode(b"aladdin opens."), False, 1, (0, 1), True, True)
    assert any(piece.data.endswith(b"aladdin opens.") for piece in decoded_pieces(run))


@pytest.mark.parametrize("before", [b"", b"a", b"ab", b"abc"])
@pytest.mark.parametrize("between", [b"", b":", b"-", b".", b" "])
def test_hex_behind_other_digits(before: bytes, between: bytes) -> None:
    digits = between.join(b"%02x" % byte for byte in b"aladdin opens")
    run = EncodedRun(before + digits, True, 1, (0, 1), True, True)
    assert any(piece.data.endswith(b"aladdin opens") for piece in decoded_pieces(run))


@pytest.mark.parametrize(
    ("data", "meaning"),
    [
        (b"%41b", b"Ab"), (b"a+b", b"a b"), (b"\\u0041b", b"Ab"), (b"\\x41b", b"Ab"), (b"a\\nb", b"a\nb"),
        (b"a\\uz", b"auz"), (b"a\\xz", b"axz"),
        (b'a\\"b', b'a"b'), (b"&#65;b", b"Ab"), (b"&#x41;b", b"Ab"), (b"a&amp;b", b"a&b"), (b"a&lt;b", b"a<b"),
        (b"a&quot;b", b'a"b'), (b"a&apos;b", b"a'b"), (b"=41b", b"Ab"), (b"a=\r\nb", b"ab"), (b"a\r\n5\r\nb", b"ab"),
        (b"a\r\n b", b"ab"), (b"a\n\tb", b"ab"), (b"a\0b\0", b"ab"), (b"a\xff\xffb", b"a\xffb"),
    ],
)  # fmt: skip
def test_each_escape_and_framing_is_undone(data: bytes, meaning: bytes) -> None:
    """RFC 3986 §2.1, RFC 8259 §7, XML 1.0 §4, RFC 2045 §6.7, RFC 9112 §7.1, RFC 854."""
    assert meaning in [one.data for one in text_readings(data, ReadingBudget(len(data)))]


@pytest.mark.parametrize(
    ("before", "after", "left", "right"),
    [(b"", b"", True, True), (b"<", b"", False, True), (b"", b">", True, False), (b"<", b">", False, False)],
)
def test_an_inner_run_is_open_where_it_touches_an_open_end(
    before: bytes, after: bytes, left: bool, right: bool
) -> None:
    outer = base64.b64encode(before + base64.b64encode(b"aladdin opens..") + after)
    for open_left, open_right in ((True, True), (True, False), (False, True)):
        run = EncodedRun(outer, False, 1, (0, 1), open_left, open_right)
        inner = next(one for one in decoded_pieces(run) if one.data.startswith(b"aladdin opens"))
        assert (inner.open_left, inner.open_right) == (left and open_left, right and open_right)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_escapes_are_undone_in_steps(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step ends between two escapes: neither the text nor its places show where."""
    monkeypatch.setattr(encoded_forms, "ESCAPES_AT_ONCE", step)
    data = b"%41%42c%43+d\r\n5\r\n\r\nee%44"
    by_text = {reading.data: reading for reading in text_readings(data, ReadingBudget(len(data)))}
    escapes = by_text[b"ABcC d\r\n5\r\n\r\neeD"]
    assert [escapes.place(at, at + 1) for at in range(6)] == [(0, 3), (3, 6), (6, 7), (7, 10), (10, 11), (11, 12)]
    assert escapes.place(15, 16) == (21, 24) and escapes.place(1, 15) == (3, 21)
    chunks = by_text[b"%41%42c%43+d\r\nee%44"]
    assert chunks.place(11, 14) == (11, 19)


@pytest.mark.parametrize(("spare", "made"), [(0, True), (-1, False)])
def test_a_reading_has_as_many_escapes_as_the_budget_pays_for(
    spare: int, made: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted over all steps."""
    monkeypatch.setattr(encoded_forms, "ESCAPES_AT_ONCE", 3)
    budget = ReadingBudget(0)
    budget.left = 10 * ESCAPE_BYTES + spare
    reading = encoded_forms.TextReading(b"a%41" * 10)
    pattern = encoded_forms._ESCAPES[0]
    if made:
        assert reading.rewritten(pattern, budget).data == b"aA" * 10
    else:
        with pytest.raises(TooManyReadings):
            reading.rewritten(pattern, budget)


@given(st.lists(st.sampled_from([b"a", b"b", b"%41", b"%%", b"%2541"]), max_size=12), st.integers(1, 4))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_where_each_byte_comes_from_and_what_is_new(parts: list[bytes], around: int) -> None:
    """Beside a list of all bytes with the ranges that they stand for: of two readings, one made of the other."""
    data = b"".join(parts)
    reading = TextReading(data)
    sources = [(at, at + 1) for at in range(len(data))]
    for _ in range(2):
        made, meant, at, text = [], set(), 0, reading.data
        while at < len(text):
            escape = (
                text[at] == ord("%") and len(text[at + 1 : at + 3].strip(b"0123456789abA")) == 0 and at + 3 <= len(text)
            )
            size = 3 if escape else 1
            if escape:
                meant.add(len(made))
            made.append(
                (sources[at][0], sources[at + size - 1][1], int(text[at + 1 : at + 3], 16) if escape else text[at])
            )
            at += size
        if not meant:
            return
        reading = reading.rewritten(encoded_forms._ESCAPES[0], ReadingBudget(1000))
        sources = [one[:2] for one in made]
        assert reading.data == bytes(one[2] for one in made)
        fresh = {n for at in meant for n in range(at - around, at + 1 + around) if 0 <= n < len(made)}
        assert {n for span in reading.fresh(around) for n in range(*span)} == fresh
        for start in range(len(made)):
            for end in range(start + 1, len(made) + 1):
                assert reading.place(start, end) == (sources[start][0], sources[end - 1][1])
                assert reading.is_fresh(start, end) is any(start - 1 <= at <= end for at in meant)


def test_which_bytes_are_text_that_may_be_encoded_again() -> None:
    """Tab, line feed, carriage return and ASCII that is printed; a quarter may be other bytes."""
    inner = base64.b64encode(b"aladdin opens")
    for byte in range(1, 256):
        run = EncodedRun(base64.b64encode(bytes((byte,)) * 12 + b" " + inner), False, 1, (0, 1), False, False)
        read = any(piece.data == b"aladdin opens" for piece in decoded_pieces(run))
        assert read is (byte in (9, 10, 13) or 32 <= byte < 127), byte


@pytest.mark.parametrize(("odd", "read"), [(6, True), (7, True), (8, False), (20, False)])
def test_how_much_of_it_may_be_other_bytes(odd: int, read: bool) -> None:
    """One in four: here of 27 to 29; with two bytes a character two in five, which are zero."""
    inner = base64.b64encode(b"aladdin opens")
    run = EncodedRun(base64.b64encode(b"\x80" * odd + b" " + inner), False, 1, (0, 1), False, False)
    assert any(piece.data == b"aladdin opens" for piece in decoded_pieces(run)) is read
    for zeros, wide in ((13, False), (14, True), (20, True)):
        run = EncodedRun(base64.b64encode(b"\0" * zeros + b" " + inner), False, 1, (0, 1), False, False)
        assert any(piece.data == b"aladdin opens" for piece in decoded_pieces(run)) is wide
