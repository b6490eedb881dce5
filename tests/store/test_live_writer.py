"""A run that goes on: what is new or changed is written and nothing else, what is gone is gone, statuses that changed
are noted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sensor.records import Record
from sensor.store.location import StoreFailed, store_location
from sensor.store.reader import StoreReader
from sensor.store.types import CaptureCount, Change, Removed, Sensor, TrafficCell
from sensor.store.writer import Writer
from tests.replaying import of
from tests.store.keeping import TOOL, capture, stored_run, writer

SENSOR = Sensor(5, "ok", "", "eth0", 10, 1000, 0, 4, {"mirror": "both ways"})


@pytest.fixture(scope="module")
def home() -> list[Record]:
    return [json.loads(json.dumps(record)) for record in stored_run(capture("home")).records]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home.db"


@pytest.fixture
def store(path: Path) -> Iterator[Writer]:
    with writer(path) as opened:
        yield opened


def change(records: list[Record], **more: Any) -> Change:
    return Change("r1", TOOL, more.pop("written", 1), [{**record, "run": "r1"} for record in records], **more)


def read(path: Path) -> list[Record]:
    with StoreReader(store_location(str(path))) as reader:
        return reader.records("r1")


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def sorted_records(found: list[Record]) -> list[str]:
    return sorted(json.dumps({**one, "run": ""}, sort_keys=True) for one in found)


def test_in_pieces_it_is_what_it_is_as_a_whole(store: Writer, path: Path, home: list[Record]) -> None:
    first = [record for record in home if record["record"] in ("capture", "device")]
    store.change(change(first))
    for record in home:
        if record not in first:
            store.change(change([record]))
    assert sorted_records(read(path)) == sorted_records(home)
    # Whatever comes first in a change, devices are there before what belongs to them.
    store.change(replace(change(home[::-1]), run="r2"))
    with StoreReader(store_location(str(path))) as reader:
        assert sorted_records(reader.records("r2")) == sorted_records(home)
        assert {one.worst for one in reader.runs()} == {"violated"}


def test_a_record_stands_in_place_of_the_last_and_keeps_its_place(
    store: Writer, path: Path, home: list[Record]
) -> None:
    store.change(change(home))
    order = [(r["record"], r.get("id")) for r in read(path)]
    devices = of(home, "device")
    busy = max(devices, key=lambda r: len(r["destinations"]))
    assert len(busy["destinations"]) > 2 and busy["category"]
    for destinations, category in ((busy["destinations"][:1], None), (busy["destinations"], busy["category"])):
        changed = {
            **busy,
            "destinations": destinations,
            "category": category,
            "last_seen": "2030-01-01T00:00:00.000001Z",
        }
        store.change(change([changed]))
        assert next(r for r in of(read(path), "device") if r["id"] == busy["id"]) == {**changed, "run": "r1"}
    assert [(r["record"], r.get("id")) for r in read(path)] == order


def test_an_unchanged_row_is_not_written_again(store: Writer, path: Path, home: list[Record]) -> None:
    store.change(change(home))
    watched = sqlite3.connect(path)
    names = [
        name
        for (name,) in watched.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('runs', 'alembic_version')"
        )
    ]
    watched.execute("CREATE TABLE touched (name TEXT)")
    for name in names:
        for event in ("INSERT", "UPDATE", "DELETE"):
            watched.execute(
                f"CREATE TRIGGER t_{name}_{event} AFTER {event} ON {name} "
                f"BEGIN INSERT INTO touched VALUES ('{name}'); END"
            )
    watched.commit()
    store.change(change(home, written=2))
    assert watched.execute("SELECT * FROM touched").fetchall() == []
    finding = of(home, "finding")[0]
    store.change(change([{**finding, "count": finding["count"] + 1}], written=3))
    assert watched.execute("SELECT * FROM touched").fetchall() == [("findings",)]
    watched.close()
    with StoreReader(store_location(str(path))) as reader:
        assert reader.runs()[0].written == "1970-01-01T00:00:00.000003Z"


def test_what_is_gone_is_gone_and_can_come_back(store: Writer, path: Path, home: list[Record]) -> None:
    store.change(change(home, traffic=[TrafficCell(r["id"], 1, "unknown", "", 5) for r in of(home, "device")]))
    finding = of(home, "finding")[0]
    device = of(home, "verdict")[0]["device"]
    store.change(change([], removed=[Removed("finding", finding["id"]), Removed("judgement", device)]))
    left = [
        r
        for r in home
        if r.get("id") != finding["id"] and not (r["record"] in ("provision", "verdict") and r["device"] == device)
    ]
    assert sorted_records(read(path)) == sorted_records(left)
    store.change(
        change([finding, *(r for r in home if r.get("device") == device and r["record"] in ("provision", "verdict"))])
    )
    assert sorted_records(read(path)) == sorted_records(home)
    store.change(change([], removed=[Removed("device", device)]))
    assert device not in {r["id"] for r in of(read(path), "device")} | {r["device"] for r in of(read(path), "verdict")}
    assert rows(path, f"SELECT count(*) FROM traffic WHERE device = '{device}'") == [(0,)]


def test_amounts_add_up_and_totals_replace(store: Writer, path: Path, home: list[Record]) -> None:
    device = of(home, "device")[0]["id"]
    cells = [
        TrafficCell(device, 1, "unknown", "", 5),
        TrafficCell(device, 1, "unknown", "", 6),
        TrafficCell("nobody", 1, "unknown", "", 7),
    ]
    store.change(
        change(
            home, traffic=cells, captured=[CaptureCount(1, 3, 300, 0)], sensor=SENSOR, bounds={"flows": 1}, failures=2
        )
    )
    store.change(
        change(
            [],
            traffic=cells[:1],
            captured=[CaptureCount(1, 4, 400, 1), CaptureCount(2, 1, 1, 1)],
            sensor=replace(SENSOR, dropped=9),
        )
    )
    with StoreReader(store_location(str(path))) as reader:
        assert reader.traffic("r1") == [TrafficCell(device, 1, "unknown", "", 16)]
        info = reader.runs()[0]
    assert (info.bounds, info.failures) == ({"flows": 1}, 2)
    assert rows(path, "SELECT hour, packets, bytes, dropped FROM caught ORDER BY hour") == [
        (1, 7, 700, 1),
        (2, 1, 1, 1),
    ]
    assert rows(path, "SELECT source, dropped, last_packet FROM sensors") == [("eth0", 9, 4)]


def test_a_status_that_changed_is_noted_once(store: Writer, path: Path, home: list[Record]) -> None:
    verdict = next(r for r in of(home, "verdict") if r["status"] != "concern")
    store.change(change([*of(home, "device"), verdict], at=100))
    store.change(change([verdict], at=200))
    store.change(change([{**verdict, "status": "concern"}], at=300))
    with writer(path) as again:  # a program that starts again knows what was said before
        again.change(change([{**verdict, "status": "concern"}], at=400))
        again.change(change([verdict], written=500))
    found = rows(path, "SELECT kind, name, at, before, after FROM changes ORDER BY at")
    status = verdict["status"]
    assert found == [
        ("verdict", verdict["capability"], at, *pair)
        for at, pair in ((100, (None, status)), (300, (status, "concern")), (500, ("concern", status)))
    ]


def test_what_belongs_to_no_device_of_the_run_is_left_out(store: Writer, path: Path, home: list[Record]) -> None:
    verdict, finding = of(home, "verdict")[0], of(home, "finding")[0]
    store.change(change([verdict, finding]))
    assert [r["record"] for r in read(path)] == ["finding"]


def test_a_device_forgotten_by_another_program_does_no_harm(store: Writer, path: Path, home: list[Record]) -> None:
    store.change(change(home))
    device = of(home, "verdict")[0]["device"]
    with writer(path) as other:
        assert other.forget(device).runs == 1
    store.change(change(home, traffic=[TrafficCell(device, 1, "unknown", "", 5)]))
    assert sorted_records(read(path)) == sorted_records(home)


def test_a_change_that_failed_can_be_given_again(
    store: Writer, path: Path, home: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.change(change(home[:3]))
    with monkeypatch.context() as patched:
        patched.setattr(
            "sensor.store.live_writer.LiveRunWriter._counts",
            lambda *_: (_ for _ in ()).throw(sqlite3.OperationalError("disk I/O error")),
        )
        with pytest.raises(StoreFailed, match="the disk failed"):
            store.change(change(home))
    assert len(read(path)) == 3
    store.change(change(home))
    assert sorted_records(read(path)) == sorted_records(home)


@pytest.mark.parametrize("kind", ["device", "judgement"])
def test_the_worst_of_a_run_is_of_what_is_there(store: Writer, path: Path, home: list[Record], kind: str) -> None:
    """What is gone does not colour the run, and what comes again is noted as new."""
    one, other = ({**r, "status": status} for r, status in zip(_two(home), ("violated", "concern"), strict=True))
    store.change(change([*of(home, "device"), one, other], at=100))
    assert rows(path, "SELECT worst FROM runs") == [("violated",)]
    store.change(change([], removed=[Removed(kind, one["device"])], at=200))
    assert rows(path, "SELECT worst FROM runs") == [("concern",)]
    store.change(change([], removed=[Removed("judgement", other["device"])], at=300))
    assert rows(path, "SELECT worst FROM runs") == [(None,)]
    store.change(change([*of(home, "device"), one], at=400))
    assert rows(path, "SELECT worst FROM runs") == [("violated",)]
    said = f"SELECT at, before, after FROM changes WHERE device = '{one['device']}' AND kind = 'verdict' ORDER BY at"
    assert rows(path, said)[-1] == (400, None, "violated")


def test_a_finding_that_is_gone_takes_no_status_with_it(store: Writer, path: Path, home: list[Record]) -> None:
    one = {**_two(home)[0], "status": "violated"}
    finding = of(home, "finding")[0]
    store.change(change([*of(home, "device"), one, finding]))
    store.change(change([], removed=[Removed("finding", finding["id"])]))
    assert rows(path, "SELECT worst FROM runs") == [("violated",)] and of(read(path), "finding") == []


def _two(home: list[Record]) -> tuple[Record, Record]:
    """A verdict each of two devices."""
    first = of(home, "verdict")[0]
    return first, next(one for one in of(home, "verdict") if one["device"] != first["device"])
