"""Sensors and the devices that they have seen: beyond runs, by MAC or by sensor and id."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sensor.store.location import store_location
from sensor.store.seen import device_key
from sensor.store.types import Change, SensorIdentity
from sensor.store.writer import Writer
from tests.store.keeping import TOOL

ME = SensorIdentity("11111111-1111-4111-8111-111111111111", "cellar", "home", "", "eth1")
DAY = 86_400_000_000


def device(name: str, first: str, last: str, *, random: bool = False) -> dict[str, Any]:
    return {
        "record": "device", "run": "w1", "id": name, "mac": name, "mac_randomized": random, "addresses": [],
        "hostname": None, "first_seen": first, "last_seen": last, "probably_same": [], "in_scope": True,
        "bytes": {"encrypted": 0, "cleartext": 0, "unknown": 0}, "destinations": [],
    }  # fmt: skip


def change(run: str, *records: dict[str, Any], written: int = DAY, identity: SensorIdentity = ME) -> Change:
    return Change(run, TOOL, written, list(records), identity=identity)


def rows(path: Path, query: str) -> list[Any]:
    connection = sqlite3.connect(path)
    found = connection.execute(query).fetchall()
    connection.close()
    return found


PLUG, PHONE = "50:c7:bf:00:53:02", "02:00:5e:00:53:01"
FIRST, LATER = "2026-01-01T00:00:00.000000Z", "2026-06-01T00:00:00.000000Z"


def test_the_first_time_outlives_runs_and_the_last_one_moves(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    with Writer(store_location(str(path))) as writer:
        writer.change(change("w1", device(PLUG, FIRST, FIRST), device(PHONE, FIRST, FIRST, random=True)))
        writer.change(change("w2", device(PLUG, LATER, LATER), written=2 * DAY))
        writer.change(change("w2", device(PLUG, LATER, FIRST), written=3 * DAY))
        writer.remove("w1")
    first, later = 1_767_225_600_000_000, 1_780_272_000_000_000
    assert rows(path, "SELECT key, site, sensor, device, first_seen, last_seen FROM device_seen ORDER BY device") == [
        (f"{ME.id}/{PHONE}", "home", ME.id, PHONE, first, first),
        (PLUG, "home", ME.id, PLUG, first, later),
    ]
    assert rows(path, "SELECT id, name, site, interface, first_seen, last_seen FROM sensor") == [
        (ME.id, "cellar", "home", "eth1", DAY, 3 * DAY)
    ]
    assert rows(path, "SELECT id, sensor FROM runs") == [("w2", ME.id)]


def test_two_sensors_of_a_site_share_a_makers_mac_and_no_other_key() -> None:
    assert device_key("a", device(PLUG, FIRST, FIRST)) == device_key("b", device(PLUG, FIRST, FIRST)) == PLUG
    phone = device(PHONE, FIRST, FIRST, random=True)
    assert device_key("a", phone) != device_key("b", phone)
    assert device_key("a", {**device("192.168.1.9", FIRST, FIRST), "mac": None}) == "a/192.168.1.9"


def test_another_name_of_the_site_moves_what_was_seen(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    there = SensorIdentity(ME.id, ME.name, "cottage", "", ME.interface)
    with Writer(store_location(str(path))) as writer:
        writer.change(change("w1", device(PLUG, FIRST, FIRST)))
        writer.change(change("w1", device(PLUG, LATER, LATER), identity=there))
    ((site, first),) = rows(path, "SELECT site, first_seen FROM device_seen")
    assert (site, first) == ("cottage", 1_767_225_600_000_000)


def test_a_sensor_takes_over_what_it_wrote_before_it_had_an_id(released: Callable[[str], Path]) -> None:
    path = released("0003")
    with Writer(store_location(str(path))) as writer:
        before = rows(path, "SELECT key, first_seen FROM device_seen ORDER BY device")
        writer.change(change("w9"))
    assert before
    assert rows(path, "SELECT key, first_seen FROM device_seen ORDER BY device") == [
        (f"{ME.id}{key}" if key.startswith("/") else key, first) for key, first in before
    ]
    assert set(rows(path, "SELECT site, sensor FROM device_seen")) == {("home", ME.id)}
    assert set(rows(path, "SELECT sensor FROM runs WHERE id IN (SELECT run FROM sensors)")) == {(ME.id,)}
    assert rows(path, "SELECT count(*) FROM runs WHERE sensor IS NULL") == [(1,)]


def test_a_forgotten_device_was_never_seen(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    state = {("device", PLUG): PLUG, ("device", PHONE): f"{PLUG} {PHONE}", ("network", ""): PLUG, ("run", ""): "{}"}
    with Writer(store_location(str(path))) as writer:
        made = change("w1", device(PLUG, FIRST, FIRST), device(PHONE, FIRST, FIRST, random=True))
        writer.change(Change(made.run, TOOL, DAY, made.records, identity=ME, state=dict(state)))
        writer.forget(PLUG)
    assert [name for (name,) in rows(path, "SELECT device FROM device_seen")] == [PHONE]
    left = rows(path, "SELECT part, key, value FROM live_state ORDER BY part")
    assert [one[:2] for one in left] == [("device", PHONE), ("run", "")]
    assert PLUG not in str(left) and PLUG.encode() not in b"".join(p.read_bytes() for p in tmp_path.iterdir())
