"""A device that several sensors saw: what one could judge stands before what another could not, then the worst."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.data.sightings import RunPart, Sighting, joined, kind_of, new_in, row_of_seen
from sensor.records import rank_of
from sensor.store.fleet_reader import FleetSensor
from sensor.store.reader import RunInfo
from tests.store.keeping import TOOL
from tests.store.several import ATTIC, BENCH, HALL


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


def test_a_finding_that_two_sensors_of_a_site_find_is_new_once() -> None:
    def part(identity: Any, run: str, key: str | None) -> RunPart:
        time = "2026-01-01T00:00:00.000000Z"
        found = {"id": f"f-{run}", "severity": "high", "summary": "x", "time": time, "key": key}
        new: dict[str, Any] = {"since": time, "devices": [], "devices_count": 0, "findings": [found], "changes": []}
        info = RunInfo(run, (), None, None, 1, 1, None, "", TOOL, 0, {}, ())
        return RunPart(info, {(identity.site, "k"): sighting(identity, {})}, [], new, {}, [], ())

    both = new_in([part(ATTIC, "r1", "camera/rule/place"), part(HALL, "r2", "camera/rule/place")])
    assert both is not None and [one["run"] for one in both["findings"]] == ["r1"]
    for other in (part(BENCH, "r2", "camera/rule/place"), part(HALL, "r2", "other"), part(HALL, "r2", None)):
        apart = new_in([part(ATTIC, "r1", "camera/rule/place"), other])
        assert apart is not None and {one["run"] for one in apart["findings"]} == {"r1", "r2"}
