"""Records into rows and back: nothing is lost but secrets' values, and nothing goes in that a database refuses."""

from __future__ import annotations

import json

import pytest

from sensor.store import schema
from sensor.store.rows import (
    SHOWN,
    check_verdict,
    microseconds,
    record_of,
    rows_of,
    storable,
    timestamp,
    traffic_rows,
)
from sensor.store.schema import captures, days, findings, traffic
from sensor.store.types import TrafficCell


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


@pytest.mark.parametrize("name", sorted(SHOWN | {"value", "secret", "digest"}))
def test_what_is_shown_of_a_secret(name: str) -> None:
    """docs/output.md: mask, length and fingerprint, and nothing else that may stand beside them."""
    found = storable({"fingerprint": "k1:0", name: "x"})
    assert (name in found) is (name in {"mask", "length", "fingerprint"})
    assert storable({name: "x"}) == {name: "x"}, "without a fingerprint it is no secret"


@pytest.mark.parametrize("value", [None, 0, 1.5, True, "", "a", [], {}, [None, [0]], {"a": {"b": ["c"]}}])
def test_what_every_database_takes_stays_as_it_is(value: object) -> None:
    assert storable(value) == value


@pytest.mark.parametrize(
    ("text", "stored"),
    [("\udc7f", "\\udc7f"), ("\udc80", "\\x80"), ("\udcff", "\\xff"), ("\udd00", "\\udd00"),
     ("\ud7ff\ue000", "\ud7ff\ue000"),
     ("\udfff", "\\udfff"), ("\0\0", "\\x00\\x00"), ("\0\ud800", "\\x00\\ud800"), ("\U0001f600", "\U0001f600")],
)  # fmt: skip
def test_bytes_that_are_no_text_are_escapes(text: str, stored: str) -> None:
    """PEP 383: U+DC80 to U+DCFF are bytes; every other surrogate is itself."""
    assert storable(text) == stored and storable({text: text}) == {stored: stored}


def test_bytes_of_hours_are_those_of_days_each_key_once() -> None:
    cells = [
        TrafficCell("a", hour, "unknown", party, amount)
        for hour, party, amount in ((0, "", 1), (23, "", 2), (24, "", 4), (23, "lan", 8), (23, "", 16), (47, "", 0))
    ]
    found = traffic_rows("r", cells)
    key = {"run": "r", "device": "a", "protection": "unknown"}
    assert found[traffic] == [
        {**key, "hour": hour, "party": party, "bytes": amount}
        for hour, party, amount in ((0, "", 1), (23, "", 18), (24, "", 4), (23, "lan", 8))
    ]
    assert found[days] == [
        {**key, "day": day, "party": party, "bytes": amount}
        for day, party, amount in ((0, "", 19), (1, "", 4), (0, "lan", 8))
    ]
    assert traffic_rows("r", []) == {traffic: [], days: []}


@pytest.mark.parametrize(
    ("capability", "status", "severity", "field"),
    [
        ("personal_data", "violated", None, None), ("personal_data", "violated", "high", None),
        ("x", "violated", None, "capability"), (None, "violated", None, "capability"),
        ("personal_data", "x", None, "status"),
        ("personal_data", None, None, "status"), ("personal_data", "violated", "x", "severity"),
        ("personal_data", "violated", "", "severity"),
    ],
)  # fmt: skip
def test_words_of_a_verdict(capability: str, status: str, severity: str | None, field: str | None) -> None:
    row = {"run": "r", "device": "d", "capability": capability, "status": status, "severity": severity, "more": None}
    if field is None:
        check_verdict(capability, status, severity)
        assert record_of("verdict", row, sentences=False)["status"] == status
        return
    with pytest.raises(ValueError, match=field):
        check_verdict(capability, status, severity)
    with pytest.raises(ValueError, match=field):
        record_of("verdict", row, sentences=False)


@pytest.mark.parametrize(
    ("detail", "fine"), [(None, True), ({}, True), ({"a": 1}, True), ([], True), ([1], False), ("x", False), (5, False)]
)
def test_a_detail_is_an_object_or_nothing(detail: object, fine: bool) -> None:
    row = {"run": "r", "id": "f", "severity": "low", "detail": detail, "more": None}
    if fine:
        assert record_of("finding", row, sentences=False)["detail"] == detail
    else:
        with pytest.raises(ValueError, match="detail"):
            record_of("finding", row, sentences=False)


def finding(**more: object) -> dict[str, object]:
    return {"record": "finding", "id": "f", "severity": "low", "detail": {}, "evidence": [], **more}


@pytest.mark.parametrize(
    ("more", "name", "concerned"),
    [
        ({"device": "d", "detail": {"devices": ["a"]}}, None, []),
        ({"device": None, "detail": {"devices": ["a", "b", "a"]}}, None, ["a", "b"]),
        ({"device": None}, None, []), ({"device": None, "detail": None}, None, []),
        ({"detail": {"server_name": "API.Example"}}, "api.example", []),
        ({"detail": {"host": "B.example"}}, "b.example", []), ({"detail": {"host": "b", "server_name": "a"}}, "a", []),
        ({"detail": {"host": 5}}, None, []),
    ],
)  # fmt: skip
def test_what_findings_are_searched_by(more: dict[str, object], name: str | None, concerned: list[str]) -> None:
    found = rows_of("r", [finding(**{"device": "d", **more})])
    assert found[findings][0]["peer_name"] == name
    assert [row["device"] for row in found.get(schema.concerned, [])] == concerned


def test_findings_are_ordered_by_how_bad_they_are() -> None:
    """docs/output.md: critical, high, medium, low, info; another word comes last."""
    words = ["critical", "high", "medium", "low", "info", "x"]
    found = rows_of("r", [finding(severity=word, device="d") for word in words])[findings]
    assert [row["rank"] for row in found] == [row["position"] for row in found] == list(range(6))
