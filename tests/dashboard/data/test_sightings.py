"""A device that several sensors saw: what one could judge stands before what another could not, then the worst."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.data.sightings import Sighting, joined, kind_of, row_of_seen
from sensor.records import rank_of
from sensor.store.fleet_reader import FleetSensor
from tests.store.several import ATTIC, HALL


def sighting(identity: Any, statuses: dict[str, str], **more: Any) -> Sighting:
    marks = [{"capability": name, "status": status, "severity": None} for name, status in statuses.items()]
    record: dict[str, Any] = {
        "id": "00:00:5e:00:53:01",
        "addresses": [],
        "hostname": None,
        "last_seen": "2026-01-01T00:00:00.000000Z",
        "bytes": {"encrypted": 1, "cleartext": 0, "unknown": 0},
        **dict.fromkeys(("vendor", "category", "model", "platform")),
        **more,
        "marks": [{**one, "headline": None, "headline_id": None, "headline_parameters": None} for one in marks],
    }
    sensor = FleetSensor(identity, "1.0", 0, 0, {}, None)
    return Sighting(sensor, f"r-{identity.name}", record, sorted(map(rank_of, marks)), statuses, None)


@pytest.mark.parametrize(
    ("one", "other", "counts", "whose"),
    [
        ("violated", "no_violation_seen", "violated", "attic"),
        ("no_violation_seen", "concern", "concern", "hall"),
        ("insufficient_evidence", "sign_seen", "sign_seen", "hall"),
        ("concern", "not_observable", "concern", "attic"),
    ],
)
def test_the_worst_that_was_judged_counts(one: str, other: str, counts: str, whose: str) -> None:
    seen = [sighting(ATTIC, {"secure_communication": one}), sighting(HALL, {"secure_communication": other})]
    found = joined(seen)
    assert dict(found.marks) == {"secure_communication": counts} and found.seen[0].sensor.identity.name == whose
    row = row_of_seen(found.seen, "en")
    assert row["run"] == f"r-{whose}" and [mark["status"] for mark in row["marks"]] == [counts]
    (differ,) = row["differ"]
    assert differ["worst"] == whose and dict(differ["says"]) == {"attic": one, "hall": other}


def test_what_each_knows_is_in_the_row() -> None:
    claim = {"value": "camera", "confidence": 0.9, "because": []}
    long = {"encrypted": 900, "cleartext": 0, "unknown": 0}
    seen = [
        sighting(ATTIC, {"secure_communication": "concern"}, addresses=["10.0.0.2"]),
        sighting(HALL, {}, addresses=["10.0.0.2", "10.0.0.3"], category=claim, hostname="garden", bytes=long),
    ]
    row = row_of_seen(joined(seen).seen, "en")
    assert kind_of(seen) == "camera" and row["category"] == "camera" and row["differ"] == []
    assert row["addresses"] == ["10.0.0.2", "10.0.0.3"] and row["bytes"] == 900
    assert [one["sensor"] for one in row["seen_by"]] == ["attic", "hall"]
