"""Stores of several sensors for tests: records of our captures as three sensors of two sites report them."""

from __future__ import annotations

import time
from pathlib import Path

from sensor.export.records import records
from sensor.records import Record
from sensor.store.location import StoreLocation, store_location
from sensor.store.types import Change, Sensor, SensorIdentity
from sensor.store.writer import Writer
from tests.replaying import read
from tests.store.keeping import TOOL, capture

CAMERA = "ec:71:db:1c:44:02"

ATTIC = SensorIdentity("5f0c0000-0000-4000-8000-00000000000a", "attic", "Home", "", "eth1")
HALL = SensorIdentity("5f0c0000-0000-4000-8000-00000000000b", "hall", "Home", "", "eth0")
BENCH = SensorIdentity("5f0c0000-0000-4000-8000-00000000000c", "bench-3", "Lab", "3", "eth2")

SENSORS = (ATTIC, HALL, BENCH)


def run_of(identity: SensorIdentity) -> str:
    """The run into which a sensor listens."""
    return f"live-{identity.name}"


def of_devices(found: list[Record], devices: set[str]) -> list[Record]:
    """What of these records is about some devices, and the captures."""
    own = ("device", "id")
    return [
        one
        for one in found
        if one["record"] == "capture" or one.get("id" if one["record"] == own[0] else own[0]) in devices
    ]


def change_of(identity: SensorIdentity, found: list[Record], at: float, *, state: str = "ok") -> Change:
    """What a sensor writes of these records at a time (seconds since 1970), with how it does."""
    run, stamp = run_of(identity), int(at * 1_000_000)
    kinds = ("capture", "device", "finding", "provision", "verdict")
    own = [{**one, "run": run} for one in found if one["record"] in kinds]
    health = Sensor(stamp, state, "", identity.interface, 5000, 900_000, 25, stamp - 3_000_000)
    return Change(run, TOOL, stamp, own, sensor=health, identity=identity)


def several(path: Path, now: float | None = None, *, silent: float = 0.0) -> None:
    """Make the store: the sensor of the attic sees all of `home`, that of the hall its camera alone and can judge
    nothing of it, the bench `http_basic`. ``silent``: seconds since the hall's sensor was heard."""
    fill(store_location(str(path)), time.time() if now is None else now, silent=silent)


def fill(where: StoreLocation, now: float, *, silent: float = 0.0) -> None:
    """The same at a location."""
    home = list(records(read(capture("home"))))
    unclear = [
        {**one, "status": "insufficient_evidence", "severity": None, "against": [], "headline": None}
        if one["record"] == "verdict"
        else one
        for one in of_devices(home, {CAMERA})
        if one["record"] != "finding"
    ]
    with Writer(where) as writer:
        writer.change(change_of(ATTIC, home, now - 2))
        writer.change(change_of(HALL, unclear, now - 1 - silent))
        writer.change(change_of(BENCH, list(records(read(capture("http_basic")))), now))
