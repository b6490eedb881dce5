"""Runs of several sensors as one: two that hear the same give what one gives; ids stay apart; the worst counts."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.records import Record
from sensor.sites.joined import JoinedRuns, SensorRun, join
from sensor.store.types import TrafficCell
from tests.replaying import of, replayed
from tests.store.keeping import capture
from tests.store.several import ATTIC, BENCH, CAMERA, HALL, of_devices


@pytest.fixture(scope="module")
def home() -> list[Record]:
    return replayed(capture("home"))


def run_of(sensor: Any, records: list[Record], cells: tuple[TrafficCell, ...] = ()) -> SensorRun:
    run = f"live-{sensor.name}"
    return SensorRun(sensor, run, [{**one, "run": run} for one in records], list(cells))


def judgements(records: list[Record]) -> dict[tuple[str, ...], tuple[object, ...]]:
    return {
        (one["record"], one["device"], one.get("capability") or "", (one.get("provision") or {}).get("v3.1.3", "")): (
            one["status"],
            one["severity"],
            one["strength"],
            sorted(one["against"]),
            sorted(one["for"]),
            one["editions"],
            one["headline"],
            sorted(one["because"]),
        )
        for one in records
        if one["record"] in ("provision", "verdict")
    }


@pytest.mark.parametrize("name", ["home", "http_basic"])
def test_two_sensors_that_hear_the_same_give_what_one_gives(name: str) -> None:
    alone = replayed(capture(name))
    found = join([run_of(ATTIC, alone), run_of(HALL, alone)])
    assert judgements(found.records) == judgements(alone) and judgements(alone)
    # A random MAC may be another device for each sensor.
    random = {one["id"] for one in of(alone, "device") if one["mac_randomized"]}
    mine = [one for one in of(found.records, "finding") if "@" not in one["id"]]
    assert {one["id"] for one in mine} == {one["id"] for one in of(alone, "finding")}
    assert {(one["id"], one["count"]) for one in mine} == {(one["id"], one["count"]) for one in of(alone, "finding")}
    assert all(one["sensors"] == ["attic", "hall"] for one in mine if one["device"] not in random)
    sizes = {one["id"]: one["bytes"] for one in of(found.records, "device")}
    assert {one: sizes[one] for one in sizes if "@" not in one} == {
        one["id"]: one["bytes"] for one in of(alone, "device")
    }
    assert len(sizes) == len(of(alone, "device")) + len(random)


def test_a_sensor_that_hears_a_part_changes_no_verdict_of_the_one_that_hears_all(home: list[Record]) -> None:
    part = [one for one in of_devices(home, {CAMERA}) if one["record"] != "finding"]
    unclear = [
        {**one, "status": "insufficient_evidence", "against": [], "for": [], "because": [], "reasons": []}
        if one["record"] in ("provision", "verdict")
        else one
        for one in part
    ]
    for runs in ((run_of(ATTIC, home), run_of(HALL, unclear)), (run_of(HALL, unclear), run_of(ATTIC, home))):
        found = join(list(runs))
        statuses = {key: value[0] for key, value in judgements(found.records).items()}
        assert statuses == {key: value[0] for key, value in judgements(home).items()}
        assert set(found.seen_by[CAMERA]) == {"attic", "hall"}
        assert all(names == ["attic"] for device, names in found.seen_by.items() if device != CAMERA)


def test_devices_of_two_sites_are_never_one(home: list[Record]) -> None:
    found = join([run_of(ATTIC, home), run_of(BENCH, home)])
    ids = [one["id"] for one in of(found.records, "device")]
    assert len(ids) == len(set(ids)) == 2 * len(of(home, "device"))
    findings = [one["id"] for one in of(found.records, "finding")]
    assert len(findings) == len(set(findings)) == 2 * len(of(home, "finding"))
    other = f"{CAMERA}@bench-3"
    mine = [one for one in of(found.records, "verdict") if one["device"] == other]
    known = {one["id"]: one for one in of(found.records, "finding")}
    named = {name for one in mine for name in one["against"]}
    assert named and {known[name]["device"] for name in named} == {other}
    assert {known[name]["sensors"][0] for name in named} == {"bench-3"}


def test_an_address_without_a_makers_mac_is_another_device_for_each_sensor(home: list[Record]) -> None:
    random = [{**one, "mac_randomized": True} if one["record"] == "device" else one for one in home]
    found = join([run_of(ATTIC, random), run_of(HALL, random)])
    assert len(of(found.records, "device")) == 2 * len(of(home, "device"))


def test_the_worst_proof_counts(home: list[Record]) -> None:
    refused = [
        {**one, "detail": {**one["detail"], "accepted": False}, "severity": "info", "count": 99}
        if one["record"] == "finding"
        else one
        for one in home
    ]
    found = join([run_of(HALL, refused), run_of(ATTIC, home)])
    was = {one["id"]: one for one in of(home, "finding")}
    shared = [one for one in of(found.records, "finding") if one["sensors"] == ["hall", "attic"]]
    assert len(shared) > len(was) / 2
    for one in shared:
        assert one["severity"] == was[one["id"]]["severity"] and one["count"] == max(99, was[one["id"]]["count"])


def test_a_finding_is_silent_where_it_is_at_both(home: list[Record]) -> None:
    runs = [run_of(ATTIC, home), run_of(HALL, home)]
    one_of_them = join(runs, lambda finding: finding["run"] == "live-attic")
    shared = [one for one in of(one_of_them.records, "finding") if len(one["sensors"]) == 2]
    assert shared and {one["run"] for one in shared} == {"live-hall"}


def quiet(sensor: Any, home: list[Record], day: int) -> SensorRun:
    """A device of which nothing was found in 13 hours and 6 conversations, by a sensor on one day."""
    coverage = {**of(home, "verdict")[0]["coverage"], "hours": 13.0, "flows": 6, "bytes": 100, "bytes_understood": 100}
    coverage |= {"packets_lost": 0, "flows_served": 6, "flows_outside": 6, "bytes_outside_protected": 0}
    found = [
        {**one, "status": "insufficient_evidence", "severity": None, "against": [], "for": [], "reasons": []}
        if one["record"] in ("provision", "verdict")
        else one
        for one in of_devices(home, {CAMERA})
        if one["record"] != "finding"
    ]
    times = {"first_time": f"2026-05-0{day}T00:00:00.000000Z", "last_time": f"2026-05-0{day}T13:00:00.000000Z"}
    return run_of(
        sensor,
        [
            {**one, "coverage": coverage}
            if one["record"] == "verdict"
            else {**one, **times}
            if "packets" in one
            else one
            for one in found
        ],
    )


def status_of(found: JoinedRuns, number: str) -> str:
    (one,) = [one for one in of(found.records, "provision") if one["provision"]["v3.1.3"] == number]
    return str(one["status"])


def test_silence_counts_only_where_enough_was_heard_together(home: list[Record]) -> None:
    """5.5-5 needs a day, ten conversations and one that the device answered."""
    alone = join([quiet(ATTIC, home, 1)])
    assert status_of(alone, "5.5-5") == "insufficient_evidence"
    apart = join([quiet(ATTIC, home, 1), quiet(HALL, home, 2)])
    assert status_of(apart, "5.5-5") == "no_violation_seen"
    same_time = join([quiet(ATTIC, home, 1), quiet(HALL, home, 1)])
    assert status_of(same_time, "5.5-5") == "insufficient_evidence"


def test_bytes_of_an_hour_are_those_of_the_sensor_that_heard_more(home: list[Record]) -> None:
    first = TrafficCell(CAMERA, 5, "cleartext", "local", 100)
    runs = [run_of(ATTIC, home, (first,)), run_of(HALL, home, (first._replace(bytes=70), first._replace(hour=6)))]
    assert join(runs).cells == [first, first._replace(hour=6)]
