"""The report's content: everything of a run, sorted, and nothing that the run does not say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sensor.model import STATUSES
from sensor.records import Record
from sensor.report.build import UNTESTED, build, name_of
from sensor.store.reader import RunInfo
from sensor.store.types import TrafficCell
from sensor.verdicts.baseline import baseline
from tests.replaying import of, replayed
from tests.store.keeping import TOOL, capture


def info(records: list[Record]) -> RunInfo:
    first = of(records, "capture")[0]
    file = {"capture": first["capture"], "sha256": "c" * 64, "size": 9}
    return RunInfo(
        first["run"],
        (first["capture"],),
        first["first_time"],
        first["last_time"],
        len(of(records, "device")),
        len(of(records, "finding")),
        None,
        "2026-05-01T10:00:00.000000Z",
        TOOL,
        0,
        {},
        (file,),
    )


@pytest.fixture(scope="module")
def home() -> list[Record]:
    return replayed(capture("home"))


@pytest.fixture(scope="module")
def report(home: list[Record]) -> dict[str, Any]:
    device = of(home, "device")[0]["id"]
    return build(info(home), home, [TrafficCell(device, 1, "cleartext", "local", 5)])


def test_every_device_finding_provision_and_verdict_is_in_it(home: list[Record], report: dict[str, Any]) -> None:
    devices = [*report["devices"], *report["not_judged"]]
    assert {one["id"] for one in devices} == {r["id"] for r in of(home, "device")}
    assert {one["id"] for one in report["devices"]} == {r["device"] for r in of(home, "verdict")}
    found = {r["id"] for one in devices for r in one["findings"]} | {r["id"] for r in report["other_findings"]}
    assert found == {r["id"] for r in of(home, "finding")}
    for one in report["devices"]:
        marks = {mark["capability"]: mark["status"] for mark in one["marks"]}
        assert marks == {r["capability"]: r["status"] for r in of(home, "verdict") if r["device"] == one["id"]}
        assert len(marks) == 5 and len(one["provisions"]) == len(baseline())
    assert json.loads(json.dumps(report)) == report


def test_the_worst_device_comes_first(report: dict[str, Any]) -> None:
    broken = ["violated" in [mark["status"] for mark in one["marks"]] for one in report["devices"]]
    assert any(broken) and broken == sorted(broken, reverse=True)


def test_what_traffic_could_not_settle_says_what_a_laboratory_does(report: dict[str, Any]) -> None:
    labs = {(one.v2, one.v3): one for one in baseline()}
    for one in report["devices"]:
        for row in one["not_tested"]:
            shipped = labs[row["provision"]["v2.1.1"], row["provision"]["v3.1.3"]]
            assert (row["lab"], row["why"], row["title"]) == (shipped.lab, shipped.why, shipped.title)
            assert not any(shipped.lab in reason for reason in row["because"])
        assert {row["status"] for row in one["provisions"] if row not in one["not_tested"]} <= {
            "violated",
            "concern",
            "recommendation_missed",
            "sign_seen",
            "no_violation_seen",
            "none_on_record",
            "partly_on_record",
            "on_record",
        }


def test_one_device_alone(home: list[Record]) -> None:
    device = of(home, "verdict")[0]["device"]
    alone = build(info(home), home, [TrafficCell(device, 1, "cleartext", "local", 5)], device)
    assert (
        [one["id"] for one in alone["devices"]] == [device] and not alone["not_judged"] and not alone["other_findings"]
    )
    assert alone["devices"][0]["hourly_bytes"] == [
        {"device": device, "hour": 1, "protection": "cleartext", "party": "local", "bytes": 5}
    ]
    assert alone["needs"] and {one["device"] for one in alone["needs"]} == {device}
    with pytest.raises(KeyError):
        build(info(home), home, [], "02:00:00:00:00:00")


def test_a_name_is_there_for_every_device() -> None:
    claim = {"value": "Example", "confidence": 0.9, "because": []}
    device: Record = {
        "id": "02:00:00:00:00:07",
        "hostname": None,
        "addresses": [],
        "vendor": None,
        "category": None,
        "model": None,
    }
    assert name_of(device) == "02:00:00:00:00:07"
    assert name_of({**device, "addresses": ["192.0.2.7"]}) == "192.0.2.7"
    assert name_of({**device, "vendor": claim}) == "Example"
    assert name_of({**device, "vendor": {**claim, "confidence": 0.4}}) == "02:00:00:00:00:07"
    assert name_of({**device, "vendor": claim, "hostname": "cam"}) == "cam"


def test_what_traffic_did_not_settle_is_listed_and_nothing_else(report: dict[str, Any]) -> None:
    """Not observable, too little seen, or nothing on record: docs/verdicts.md. A verdict of any other kind is one."""
    assert {"not_observable", "insufficient_evidence"} <= UNTESTED < set(STATUSES)
    for device in report["devices"]:
        listed = [one["provision"]["v3.1.3"] for one in device["not_tested"]]
        assert listed == [one["provision"]["v3.1.3"] for one in device["provisions"] if one["status"] in UNTESTED]
        assert 0 < len(listed) < len(device["provisions"])


def test_what_stands_once_for_the_whole_report_is_in_no_part_of_it(report: dict[str, Any]) -> None:
    assert not {"record", "run"} & set(report["captures"][0])
    for device in report["devices"]:
        for one in device["provisions"]:
            assert not {"record", "run", "device"} & set(one)
