"""Readings of a stretch: their places and their bounds."""

from __future__ import annotations

import base64

import pytest

from sensor.evidence.encoded_forms import (
    EncodedRun,
    ReadingBudget,
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
