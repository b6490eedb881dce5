"""Records into rows and back: nothing is lost but secrets' values, and nothing goes in that a database refuses."""

from __future__ import annotations

import json

import pytest

from sensor.store.rows import microseconds, record_of, rows_of, storable, timestamp
from sensor.store.schema import captures, findings, traffic


@pytest.mark.parametrize(
    "text", ["1970-01-01T00:00:00.000001Z", "2026-05-01T10:00:01.120034Z", "9999-12-31T23:59:59.999999Z", None]
)
def test_times_come_back_as_they_were(text: str | None) -> None:
    assert timestamp(microseconds(text)) == text
    assert microseconds("1970-01-01T00:00:01.000000Z") == 1_000_000


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("a\0b", "a\\x00b"),
        ("\udcff", "\\xff"),
        ("\ud800", "\\ud800"),
        ("Küche", "Küche"),
        ("'; DROP TABLE runs", "'; DROP TABLE runs"),
    ],
)
def test_text_is_what_postgresql_takes(text: str, stored: str) -> None:
    assert storable({"k": [text]}) == {"k": [stored]}
    storable(text).encode("utf-8")


def test_a_secret_leaves_its_value_wherever_it_stands() -> None:
    secret = {
        "mask": "c",
        "length": "16+",
        "fingerprint": "k1:00",
        "value": "canary-of-a-test",
        "new_field": "canary-too",
    }
    found = storable({"detail": {"secret": secret, "deep": [{"more": (secret,)}]}})
    assert "canary" not in json.dumps(found) and found["detail"]["secret"] == {
        "mask": "c",
        "length": "16+",
        "fingerprint": "k1:00",
    }


def test_a_field_without_a_column_is_stored_and_other_kinds_are_left_out() -> None:
    record = {"record": "capture", "run": "r", "capture": "x", "packets": 3, "new": [1], "first_time": None}
    rows = rows_of("r", [record, {"record": "flow", "run": "r"}, {"record": "summary", "run": None}])
    assert set(rows) == {captures} and rows[captures][0]["more"] == {"new": [1]} and rows[captures][0]["packets"] == 3
    assert findings not in rows and traffic not in rows


def test_what_is_stored_beside_the_columns_changes_none_of_them() -> None:
    """A sensor of a hub may write anything there: its columns alone were checked to be its own."""
    more = {"record": "verdict", "run": "another", "id": "f2", "time": "x", "rule": "x", "severity": "high", "extra": 1}
    row = {"run": "own", "id": "f1", "time": 1_000_000, "more": more}
    found = record_of("finding", row, sentences=False)
    assert found == {
        "record": "finding",
        "run": "own",
        "id": "f1",
        "time": "1970-01-01T00:00:01.000000Z",
        "rule": "x",
        "severity": "high",
        "extra": 1,
    }


@pytest.mark.parametrize("severity", [None, "", "HIGH", "<b>", 1])
def test_a_severity_that_is_none_makes_no_finding(severity: object) -> None:
    with pytest.raises(ValueError, match="severity"):
        record_of("finding", {"run": "r", "id": "f", "severity": severity, "more": None}, sentences=False)
