"""What comes out of the store is what the records say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sensor.store.finding_queries import FindingQuery
from sensor.store.location import StoreFailed, store_location
from sensor.store.reader import StoreReader
from sensor.store.types import (
    CaptureCount,
    Change,
    Sensor,
    SensorIdentity,
    StoredRun,
    StoredState,
    TrafficCell,
)
from tests.replaying import capture_in, folders, of
from tests.store.keeping import TOOL, capture, stored_run, writer
from tests.store.scale import records


def test_every_capture_of_ours_comes_back_record_for_record(tmp_path: Path) -> None:
    path = tmp_path / "all.db"
    given = [stored_run(capture_in(folder), written=number) for number, folder in enumerate(folders())]
    assert len(given) > 20
    with writer(path) as store:
        for one in given:
            store.keep(one)
    with StoreReader(store_location(str(path))) as reader:
        listed = {one.id: one for one in reader.runs()}
        for one in given:
            expected = json.loads(json.dumps(one.records).replace("\\u0000", "\\\\x00"))
            assert reader.records(one.run) == expected
            info = listed[one.run]
            assert (info.devices, info.findings) == (len(of(expected, "device")), len(of(expected, "finding")))
            assert info.tool == TOOL and [file["size"] for file in info.files] == [one.size]


def test_the_worst_status_is_the_worst_of_the_verdicts(tmp_path: Path) -> None:
    order = ["violated", "concern", "recommendation_missed", "insufficient_evidence", "no_violation_seen"]
    path = tmp_path / "home.db"
    one = stored_run(capture("home"))
    statuses = {r["status"] for r in of(one.records, "verdict")}
    with writer(path) as store:
        store.keep(one)
        store.keep(stored_run(capture("ntp")))
    with StoreReader(store_location(str(path))) as reader:
        worst = {info.id: info.worst for info in reader.runs()}
    assert worst[one.run] == next(status for status in order if status in statuses) == "violated"


def test_traffic_of_known_devices_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    one = stored_run(capture("home"))
    device = of(one.records, "device")[0]["id"]
    cells = [TrafficCell(device, 7, "cleartext", "", 5), TrafficCell(device, 7, "encrypted", "vendor", 9)]
    with writer(path) as store:
        store.keep(replace(one, traffic=[*cells, TrafficCell("nobody", 1, "unknown", "", 1)]))
    with StoreReader(store_location(str(path))) as reader:
        assert reader.traffic(one.run) == cells and reader.traffic("r0") == [] and reader.records("r0") == []


def test_an_empty_file_is_no_store_to_read(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreFailed, match="empty"):
        StoreReader(store_location(str(tmp_path / "empty.db")))


def test_what_was_seen_in_a_run_before(tmp_path: Path) -> None:
    where = store_location(str(tmp_path / "home.db"))
    run = stored_run(capture("home"), written=5)
    first, *rest = [one for one in run.records if one["record"] == "device"]
    with writer(tmp_path / "home.db") as store:
        store.keep(run)
        for name, written, kept in (("before", 4, rest), ("after", 6, [first])):
            store.keep(StoredRun(name, [{**one, "run": name} for one in kept], TOOL, written))
    with StoreReader(where) as reader:
        assert reader.seen_before(run.run) == {one["id"] for one in rest}
        assert reader.seen_before("before") == set() and reader.seen_before("after") == {first["id"]}


def lived(run: str, written: int, sensor: str = "s1", source: str = "eth0", **more: Any) -> Change:
    """A run of a live sensor that has seen one packet at the time 4."""
    state = Sensor(written, "ok", "", source, 1, 60, 0, 4, {"caveats": []})
    identity = SensorIdentity(sensor, sensor, "home", "", source)
    found = [{**one, "run": run} for one in records(1, 0)]
    return Change(run, TOOL, written, found, sensor=state, identity=identity, **more)


def test_a_sensor_goes_on_with_its_newest_run_on_that_source(tmp_path: Path) -> None:
    with writer(tmp_path / "home.db") as store:
        for one in (
            lived("b", 5, state={("network", ""): "old"}),
            lived("a", 7, state={("network", ""): "new", ("device", "x"): "1"}),
            lived("c", 9, source="eth1", state={("network", ""): "elsewhere"}),
            lived("d", 9, sensor="s2", state={("network", ""): "other"}),
            lived("e", 9, sensor="s3"),
            lived("f", 3, sensor="s4", state={("network", ""): "first"}),
            lived("g", 3, sensor="s4", state={("network", ""): "second"}),
        ):
            store.change(one)
    new = StoredState("a", {("network", ""): "new", ("device", "x"): "1"}, 4)
    wanted = {
        ("s1", "eth0"): new,
        ("s1", "eth1"): StoredState("c", {("network", ""): "elsewhere"}, 4),
        ("s2", "eth0"): StoredState("d", {("network", ""): "other"}, 4),
        ("s3", "eth0"): None,
        ("s4", "eth0"): StoredState("g", {("network", ""): "second"}, 4),
        ("s1", "eth2"): None,
        ("nobody", "eth0"): None,
    }
    with StoreReader(store_location(str(tmp_path / "home.db"))) as reader:
        assert {key: reader.live_state(*key) for key in wanted} == wanted


def test_runs_are_listed_as_they_were_written_and_the_last_is_the_one(tmp_path: Path) -> None:
    with writer(tmp_path / "home.db") as store:
        for run, written in (("b", 5), ("a", 5), ("z", 1)):
            store.change(lived(run, written))
    with StoreReader(store_location(str(tmp_path / "home.db"))) as reader:
        assert [one.id for one in reader.runs()] == ["z", "a", "b"] and reader.count() == 3
        last, named = reader.run(), reader.run("z")
        assert last is not None and last.id == "b" and named is not None and named.id == "z"
        assert (named.devices, named.findings) == (1, 0) and reader.run("nobody") is None


def test_a_sensors_state_and_what_it_captured_by_the_hour(tmp_path: Path) -> None:
    counts = [CaptureCount(hour, 1, 60, hour) for hour in (9, 7, 8)]
    with writer(tmp_path / "home.db") as store:
        store.change(lived("a", 5, captured=counts))
        store.change(lived("b", 5, captured=[CaptureCount(8, 5, 5, 5)]))
        store.keep(StoredRun("c", [], TOOL, 6))
    with StoreReader(store_location(str(tmp_path / "home.db"))) as reader:
        assert reader.sensor("a") == Sensor(5, "ok", "", "eth0", 1, 60, 0, 4, {"caveats": []})
        assert reader.sensor("c") is None and reader.capture_counts("c") == []
        for since, hours in ((None, [7, 8, 9]), (0, [7, 8, 9]), (7, [7, 8, 9]), (8, [8, 9]), (9, [9]), (10, [])):
            assert reader.capture_counts("a", since) == [CaptureCount(hour, 1, 60, hour) for hour in hours]


def test_the_stamp_is_another_after_each_change(tmp_path: Path) -> None:
    where = store_location(str(tmp_path / "home.db"))
    with writer(tmp_path / "home.db") as store, StoreReader(where) as reader:
        stamps = [reader.stamp()]
        for one in (lived("a", 5), lived("a", 6), lived("b", 6)):
            store.change(one)
            stamps += [reader.stamp(), reader.stamp()]
    assert len(set(stamps)) == 4 and stamps[1] == stamps[2] and stamps[3] == stamps[4]


def test_findings_are_those_that_were_asked_for(tmp_path: Path) -> None:
    found = records(3, 30)
    with writer(tmp_path / "home.db") as store:
        store.keep(StoredRun("rbig", found, TOOL, 6))
    every = of(found, "finding")
    rule = every[0]["rule"]
    with StoreReader(store_location(str(tmp_path / "home.db"))) as reader:
        assert {one["id"] for one in reader.findings("rbig").findings} == {one["id"] for one in every}
        page = reader.findings("rbig", FindingQuery(rule=[rule]), size=2)
        of_rule = {one["id"] for one in every if one["rule"] == rule}
        assert 2 < len(of_rule) == page.total < page.of == len(every) and len(page.findings) == 2
        assert {one["id"] for one in page.findings} <= of_rule
        for one in every[:2]:
            restored = reader.finding("rbig", one["id"])
            assert restored is not None and restored["id"] == one["id"]
        assert reader.finding("rbig", "nobody") is None
