"""Times of devices beyond a run: first seen by any run, silent for a day."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sensor.store.location import store_location
from sensor.store.metric_queries import TotalsReader
from sensor.store.reader import StoreReader
from sensor.store.types import Change, Sensor, SensorIdentity
from sensor.store.writer import Writer
from tests.store.test_seen import FIRST, LATER, ME, PHONE, PLUG, change, device

NOW = "2026-06-01T23:59:00.000000Z"
LAST = 1_780_358_400_000_000
"""A minute later than `NOW`, a day later than `LATER`."""


def heard(made: Change, last: int = LAST) -> Change:
    return replace(made, sensor=Sensor(LAST, "ok", "", "eth1", 1, 1, 0, last))


def filled(path: Path) -> None:
    """A sensor of two runs, the first one lost: the plug is known, the phone is new and here."""
    with Writer(store_location(str(path))) as writer:
        writer.change(change("w1", device(PLUG, FIRST, FIRST)))
        writer.remove("w1")
        writer.change(heard(change("w2", device(PLUG, LATER, LATER), device(PHONE, NOW, NOW, random=True))))


def test_a_device_that_an_earlier_run_knew_is_not_new(tmp_path: Path) -> None:
    filled(tmp_path / "home.db")
    with StoreReader(store_location(str(tmp_path / "home.db"))) as reader:
        first = {one["id"]: one["first_seen"] for one in reader.devices("w2")}
        assert first == {PLUG: FIRST, PHONE: NOW}
        assert {one["id"]: one["first_seen"] for one in reader.records("w2")} == first
    with TotalsReader(store_location(str(tmp_path / "home.db"))) as totals:
        assert {one["id"]: one["first_seen"] for one in totals.totals().devices} == {
            PLUG: 1_767_225_600_000_000,
            PHONE: 1_780_358_340_000_000,
        }


def test_who_was_silent_for_a_day_says_so(tmp_path: Path) -> None:
    filled(tmp_path / "home.db")
    with StoreReader(store_location(str(tmp_path / "home.db"))) as reader:
        assert {one["id"]: one.get("not_heard_since") for one in reader.devices("w2")} == {PLUG: LATER, PHONE: None}


def test_another_sensor_of_the_site_knows_the_makers_mac_alone(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    filled(path)
    with Writer(store_location(str(path))) as writer:
        for site, run in (("home", "w3"), ("cottage", "w4")):
            other = SensorIdentity(f"{run}-sensor", "attic", site, "", "eth1")
            records = (device(PLUG, NOW, NOW), device(PHONE, "2026-06-02T00:00:00.000000Z", NOW, random=True))
            writer.change(heard(change(run, *records, identity=other)))
    with StoreReader(store_location(str(path))) as reader:
        found = {run: {one["id"]: one["first_seen"] for one in reader.devices(run)} for run in ("w3", "w4")}
    assert found["w3"] == {PLUG: FIRST, PHONE: "2026-06-02T00:00:00.000000Z"}
    assert found["w4"][PLUG] == NOW and ME.site == "home"
