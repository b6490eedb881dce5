"""Periods: what lies within them, and text that is no time."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.report.period import Period
from sensor.store.types import TrafficCell


def finding(first: str, last: str) -> dict[str, str]:
    return {"time": f"2026-05-01T{first}:00.000000Z", "last_time": f"2026-05-01T{last}:00.000000Z"}


def test_findings_and_hours() -> None:
    period = Period.of("2026-05-01T10:00Z", "2026-05-01T12:00+01:00")
    assert [
        period.has(finding(*one))
        for one in (("08:00", "09:59"), ("09:00", "10:00"), ("10:30", "10:31"), ("11:00", "12:00"))
    ] == [False, True, True, False]
    hour = 493_786  # 2026-05-01T10:00Z: 1,777,629,600 s / 3600
    assert [period.counts(TrafficCell("d", hour + n, "", "", 1)) for n in (-1, 0, 1)] == [False, True, False]
    assert period.shown() == {"from": "2026-05-01T10:00:00Z", "to": "2026-05-01T11:00:00Z"}


def test_open_ends() -> None:
    ever = Period.of(None, None)
    assert not ever and ever.shown() is None and ever.has(finding("00:00", "00:00")) and ever.meets(None, None)
    assert Period.of("2026-05-02", None).meets(*finding("00:00", "23:59").values()) is False
    assert Period.of(None, "2026-05-01").meets(*finding("00:00", "23:59").values()) is False


@pytest.mark.parametrize(
    "since,until",
    [("yesterday", None), (None, "2026-13-01"), ("2026-05-02", "2026-05-01"), ("2026-05-02", "2026-05-02")],
)
def test_what_is_none_is_a_sentence(since: str | None, until: str | None) -> None:
    with pytest.raises(ValueError, match="--"):
        Period.of(since, until)


TEN, NOON = "2026-05-01T10:00:00.000000Z", "2026-05-01T12:00:00.000000Z"


@pytest.mark.parametrize(
    ("since", "until", "first", "last", "meets"),
    [
        ("10:00", None, TEN, TEN, True), ("10:01", None, TEN, TEN, False), (None, "10:00", TEN, TEN, False),
        (None, "10:01", TEN, TEN, True), ("11:00", "13:00", TEN, NOON, True), ("12:01", "13:00", TEN, NOON, False),
        ("09:00", "10:00", TEN, NOON, False), ("11:00", "11:01", TEN, NOON, True),
        # What has no time may have been within.
        ("11:00", None, TEN, None, True), ("11:00", "12:00", None, None, True), (None, "11:00", None, NOON, True),
        ("13:00", None, None, NOON, False), (None, "09:00", TEN, None, False),
    ],
)  # fmt: skip
def test_what_meets_a_period(since: str | None, until: str | None, first: Any, last: Any, meets: bool) -> None:
    period = Period.of(*(None if one is None else f"2026-05-01T{one}Z" for one in (since, until)))
    assert period and period.meets(first, last) is meets


def test_hours_of_a_period_that_is_open_at_one_end() -> None:
    hour = 493_786  # 2026-05-01T10:00Z
    cells = [TrafficCell("d", hour + n, "", "", 1) for n in (-1, 0, 1)]
    assert [Period.of("2026-05-01T10:00Z", None).counts(one) for one in cells] == [False, True, True]
    assert [Period.of(None, "2026-05-01T10:00Z").counts(one) for one in cells] == [True, False, False]
    # An hour that the period begins in counts: its bytes may be of it.
    assert [Period.of("2026-05-01T10:30Z", None).counts(one) for one in cells] == [False, True, True]
    assert all(Period.of(None, None).counts(one) for one in cells)
