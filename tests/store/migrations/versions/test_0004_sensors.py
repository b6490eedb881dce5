"""Revision 0004 over stores that the released programs of all earlier revisions wrote."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from sensor.store.database import open_store
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from sensor.store.schema import metadata
from sensor.store.writer import Writer


@pytest.mark.parametrize("revision", ["0001", "0002", "0003"])
def test_every_released_store_is_brought_up_to_date(released: Callable[[str], Path], revision: str) -> None:
    path = released(revision)
    before = sqlite3.connect(path)
    found = {name for (name,) in before.execute("SELECT id FROM findings")}
    before.close()
    engine = open_store(store_location(str(path)), write=True)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    with StoreReader(store_location(str(path))) as reader:
        records = [record for run in reader.runs() for record in reader.records(run.id)]
    assert {one["id"] for one in records if one["record"] == "finding"} == found and found


def test_the_devices_of_live_runs_are_those_seen(released: Callable[[str], Path]) -> None:
    """Of a finished capture nobody knows when it was recorded and where: its devices are not the sensor's."""
    path = released("0003")
    Writer(store_location(str(path))).close()
    connection = sqlite3.connect(path)
    devices = connection.execute(
        "SELECT mac, mac_randomized, id, first_seen, last_seen FROM devices WHERE run IN (SELECT run FROM sensors)"
    ).fetchall()
    seen = connection.execute("SELECT key, site, sensor, device, first_seen, last_seen FROM device_seen").fetchall()
    all_devices = connection.execute("SELECT count(*) FROM devices").fetchone()[0]
    connection.close()
    assert len(devices) < all_devices
    assert sorted(seen) == sorted(
        (f"/{device}" if randomized or mac is None else mac, "", "", device, first, last)
        for mac, randomized, device, first, last in devices
    )
    assert any(key.startswith("/") for key, *_ in seen) or all(mac and not random for mac, random, *_ in devices)
