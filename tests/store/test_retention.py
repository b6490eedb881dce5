"""What is too old or too much goes, the oldest first, and nothing else does; what was said of it goes with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sensor import removal
from sensor.records import Record
from sensor.store.corrections import Corrections
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from sensor.store.recorder import Recorder
from sensor.store.retention import RetentionLimits
from sensor.store.rows import timestamp
from sensor.store.types import CaptureCount, Change, Sensor, StoredRun, TrafficCell
from tests.replaying import of
from tests.store.keeping import TOOL, writer
from tests.store.scale import mac, records

DAY = 86_400_000_000
NOW = 20_000 * DAY + 7
SENSOR = Sensor(NOW, "ok", "", "eth0", 1, 1, 0, None)


def seen(found: list[Record], days: dict[str, int], run: str = "live") -> list[Record]:
    """Records of devices and findings that were last seen so many days ago, by id; 0 for all others."""
    return [
        {
            **one,
            "run": run,
            **{
                name: timestamp(NOW - days.get(one["id"], 0) * DAY)
                for name in ("last_seen", "last_time", "time")
                if name in one
            },
        }
        if one["record"] in ("device", "finding")
        else {**one, "run": run}
        for one in found
    ]


def live(path: Path, found: list[Record], *, run: str = "live", written: int = NOW, **more: Any) -> None:
    with writer(path) as store:
        store.change(Change(run, TOOL, written, found, sensor=SENSOR, **more))


def tidy(path: Path, **more: int) -> tuple[tuple[str, ...], int]:
    with writer(path) as store:
        gone = store.tidy(RetentionLimits(**more), NOW)
    return gone.runs, gone.rows


def test_what_a_sensor_wrote_ages(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    found = records(3, 4)
    old, new = of(found, "finding")[0]["id"], of(found, "finding")[1]["id"]
    hours = [NOW // DAY * 24 - 24 * days for days in (1, 61, 400)]
    cells = [TrafficCell(mac(0), hour, "unknown", "", 5) for hour in hours]
    live(
        path,
        seen(found, {old: 366, mac(2): 366}),
        traffic=cells,
        captured=[CaptureCount(hour, 1, 1, 1) for hour in hours],
        at=NOW - 400 * DAY,
    )
    live(path, [{**one, "status": "concern", "run": "live"} for one in of(found, "verdict")[:1]], at=NOW)
    with Corrections(store_location(str(path)), clock=lambda: NOW / 1e6) as corrections:
        for finding in (old, new):
            corrections.accept("live", finding, by="anna")
        corrections.name(mac(2), "gone", by="anna")
        corrections.name(mac(1), "stays", by="anna")
    runs, rows = tidy(path)
    assert runs == () and rows > 0
    with StoreReader(store_location(str(path)), clock=lambda: NOW / 1e6) as reader:
        stored = reader.records("live")
        assert {r["id"] for r in of(stored, "device")} == {mac(0), mac(1)} and mac(2) not in {
            r["device"] for r in of(stored, "verdict")
        }
        assert {r["id"] for r in of(stored, "finding")} == {r["id"] for r in of(found, "finding")} - {old}
        assert [cell.hour for cell in reader.traffic("live")] == hours[:1]
        assert [one.at for one in reader.days("live")] == [hours[1] // 24, hours[0] // 24]
        assert [one.hour for one in reader.capture_counts("live")] == [hours[1], hours[0]]
        assert [one.at for one in reader.history(mac(0), kinds=("verdict",))] == [NOW]
        assert [
            (one.kind, one.finding, one.device) for one in reader.corrections() if one.kind == "name" or one.finding
        ] == [
            ("accept", new, of(found, "finding")[1]["device"]),
            ("name", None, mac(1)),
        ]
    assert tidy(path) == ((), 0)


@pytest.mark.parametrize(("source", "stays"), [("-", True), ("eth0", False)])
def test_an_old_capture_that_a_stream_brings_is_not_old(source: str, stays: bool, tmp_path: Path) -> None:
    """Its packets' clock counts; an interface's is this machine's."""
    path = tmp_path / "home.db"
    found = seen(
        records(2, 2), dict.fromkeys([mac(0), mac(1), *(one["id"] for one in of(records(2, 2), "finding"))], 900)
    )
    sensor = Sensor(NOW, "ok", "", source, 1, 1, 0, NOW - 900 * DAY)
    with writer(path) as store:
        store.change(Change("live", TOOL, NOW, found, sensor=sensor))
    tidy(path)
    with StoreReader(store_location(str(path))) as reader:
        assert bool(of(reader.records("live"), "device")) is stays
    # It ages from then on, as all that is put in.
    with writer(path) as store:
        later = store.tidy(RetentionLimits(), NOW + 366 * DAY)
    assert later.runs == ("live",)


def test_what_a_stream_brought_ages_by_its_packets(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    found = seen(records(3, 2), {mac(0): 900, mac(1): 900, mac(2): 900 + 366})
    sensor = Sensor(NOW, "ok", "", "-", 1, 1, 0, NOW - 900 * DAY)
    with writer(path) as store:
        store.change(Change("live", TOOL, NOW, found, sensor=sensor))
    tidy(path)
    with StoreReader(store_location(str(path))) as reader:
        assert {one["id"] for one in of(reader.records("live"), "device")} == {mac(0), mac(1)}


def test_a_finished_capture_is_as_old_as_its_day_in_the_store(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    ancient = seen(records(2, 3), dict.fromkeys([mac(0), mac(1)], 5000), "r1")
    with writer(path) as store:
        store.keep(StoredRun("r1", ancient, TOOL, NOW - 10 * DAY, traffic=[TrafficCell(mac(0), 1, "unknown", "", 5)]))
        store.keep(StoredRun("r2", [{**one, "run": "r2"} for one in ancient], TOOL, NOW - 400 * DAY))
    live(path, [], run="dead", written=NOW - 366 * DAY)
    assert set(tidy(path)[0]) == {"r2", "dead"}
    with StoreReader(store_location(str(path))) as reader:
        assert (
            [one.id for one in reader.runs()] == ["r1"]
            and reader.records("r1") == ancient
            and len(reader.traffic("r1")) == 1
        )


def test_too_much_is_cut_from_the_oldest_and_the_room_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sensor.store.retention.ROOM", 100_000)
    path = tmp_path / "home.db"
    found = records(20, 1500)
    with writer(path) as store:
        for number in range(4):
            store.keep(StoredRun(f"r{number}", [{**one, "run": f"r{number}"} for one in found], TOOL, NOW - number))
    live(path, seen(found, {}), written=NOW - 9)
    whole = path.stat().st_size
    # A sensor's own run is the last to go, whenever it was written.
    assert tidy(path, size=whole // 2)[0] == ("r3", "r2", "r1")
    assert path.stat().st_size < whole * 0.6
    with StoreReader(store_location(str(path))) as reader:
        assert [one.id for one in reader.runs()] == ["live", "r0"] and len(reader.records("live")) == len(found)


def test_one_run_that_is_too_large_loses_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    found = records(5, 3000)
    ages = {one["id"]: 3000 - number for number, one in enumerate(of(found, "finding"))}
    live(
        path,
        seen(found, {id: age // 10 for id, age in ages.items()}),
        traffic=[TrafficCell(mac(0), NOW // DAY * 24 - hour, "unknown", "", 5) for hour in range(1400)],
    )
    size = path.stat().st_size
    runs, rows = tidy(path, size=size // 2)
    assert runs == () and rows > 500
    with StoreReader(store_location(str(path))) as reader:
        left = of(reader.records("live"), "finding")
        youngest = min(ages[one["id"]] for one in left)
        assert youngest == 1 and len(left) == max(ages[one["id"]] for one in left) < 2500
        assert len(of(reader.records("live"), "device")) == 5 and reader.traffic("live")


def test_a_recorder_tidies_once_a_day(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    with writer(path) as store:
        store.keep(StoredRun("r1", [{**one, "run": "r1"} for one in records(1, 1)], TOOL, 1))
    now = NOW / 1e6
    sentences: list[str] = []
    where = store_location(str(path))
    retain = removal.daily(where, tmp_path, RetentionLimits(days=1), sentences.append)
    recorder = Recorder(where, retain=retain, every=0.01, clock=lambda: now)
    recorder.put(Change("live", TOOL, NOW, [], sensor=SENSOR))
    assert recorder.close()
    with StoreReader(store_location(str(path))) as reader:
        assert [one.id for one in reader.runs()] == ["live"]
    assert sentences == []
