"""What comes out of the store is what the records say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sensor.store.location import StoreFailed, store_location
from sensor.store.reader import StoreReader
from sensor.store.types import StoredRun, TrafficCell
from tests.replaying import capture_in, folders, of
from tests.store.keeping import TOOL, capture, stored_run, writer


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
