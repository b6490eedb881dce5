"""Sides of a comparison by sensors: which are meant, what they knew at a time, which run that was."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sensor.comparison.runs import compare
from sensor.sites.sides import NoSide, side, split
from sensor.store.fleet_reader import FleetReader
from sensor.store.location import store_location
from sensor.store.writer import Writer
from tests.replaying import of, replayed
from tests.store.keeping import capture
from tests.store.several import ATTIC, CAMERA, HALL, change_of, several

NOW = datetime(2026, 6, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("sides") / "hub.db"
    several(made)
    return made


@pytest.mark.parametrize(
    ("name", "called", "day"),
    [
        ("cellar", "cellar", None),
        ("cellar@yesterday", "cellar", 1),
        ("site:Home@2026-06-01", "site:Home", 1),
        ("a@b@2026-06-01T00:00Z", "a@b", 1),
    ],
)
def test_a_name_and_a_time(name: str, called: str, day: int | None) -> None:
    time = None if day is None else int(datetime(2026, 6, day, tzinfo=UTC).timestamp() * 1_000_000)
    assert split(name, NOW) == (called, time)
    with pytest.raises(ValueError, match="day or time"):
        split("cellar@never", NOW)


def test_sensors_by_name_id_and_site(path: Path) -> None:
    with FleetReader(store_location(str(path))) as reader:
        for name in ("attic", ATTIC.id):
            found = side(reader, name, NOW)
            assert {one["id"] for one in of(found, "finding")} == {
                one["id"] for one in of(reader.records("live-attic"), "finding")
            }
        whole = side(reader, "site:", NOW)
        assert {one["run"] for one in of(whole, "device")} >= {"live-attic", "live-bench-3"}
        home = side(reader, "site:Home", NOW)
        assert len([one for one in of(home, "device") if one["id"] == CAMERA]) == 1
        for name in ("nobody", "site:Nowhere", "attic@1999-01-01"):
            with pytest.raises(NoSide):
                side(reader, name, NOW)


def test_two_sensors_that_saw_the_same_device(path: Path) -> None:
    """The hall's sensor found nothing of it: what it did not see again is not mended."""
    with FleetReader(store_location(str(path))) as reader:
        found = compare(side(reader, "attic", NOW), side(reader, "hall", NOW))
        back = compare(side(reader, "hall", NOW), side(reader, "attic", NOW))
    camera = next(one for one in found.devices if one.before == one.after == CAMERA)
    assert {one.change for one in camera.findings} == {"not_seen_again"}
    camera = next(one for one in back.devices if one.before == one.after == CAMERA)
    assert {one.change for one in camera.findings} == {"new"} and camera.got_worse


def test_what_a_sensor_found_since_a_time(tmp_path: Path) -> None:
    records = replayed(capture("home"))
    path = tmp_path / "one.db"
    with Writer(store_location(str(path))) as writer:
        writer.change(change_of(HALL, records, datetime(2026, 6, 1, tzinfo=UTC).timestamp()))
    times = sorted(one["time"] for one in of(records, "finding"))
    middle = times[len(times) // 2]
    with FleetReader(store_location(str(path))) as reader:
        then, now = side(reader, f"hall@{middle}", NOW), side(reader, "hall", NOW)
        found = compare(then, now)
    new = {name for one in found.devices for each in one.findings if each.change == "new" for name in each.after}
    known = {one["id"] for one in of(then, "finding")}
    later = {one["id"] for one in of(now, "finding") if one["time"] >= middle}
    assert new and known and not new & known and new <= later
    changes = {each.change for one in found.devices for each in one.findings}
    assert changes <= {"new", "same", "worse", "better"}
