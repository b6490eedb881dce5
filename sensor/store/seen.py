"""Sensors, and when each saw a device first and last: what outlives their runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, select, update

from sensor.records import Record
from sensor.store import schema
from sensor.store.rows import microseconds
from sensor.store.types import Change, SensorIdentity
from sensor.store.upsert import insert_into, upsert


def device_key(sensor: str, device: Record) -> str:
    """What a device is known by for all sensors of a site: its maker's MAC. A randomised MAC and an address alone are
    unique to the sensor that saw them."""
    mac = device["mac"]
    return f"{sensor}/{device['id']}" if mac is None or device["mac_randomized"] else str(mac)


def see(connection: Connection, identity: SensorIdentity, change: Change) -> None:
    """Note the sensor of a change, and its devices, in the caller's transaction."""
    table = schema.sensor_identities
    columns = (table.c.id, table.c.name, table.c.site, table.c.bench, table.c.role)
    known = {one.id: one for one in connection.execute(select(*columns))}
    before = known.get(identity.id)
    enrolled = before is not None and before.role is not None
    if before is not None and enrolled:
        # What it is called and where it stands is the hub's to say.
        identity = replace(identity, name=before.name, site=before.site, bench=before.bench)
    row = {
        "id": identity.id,
        "name": identity.name,
        "site": identity.site,
        "bench": identity.bench,
        "interface": identity.interface,
        "tool_version": change.tool.version,
        "first_seen": change.written,
        "last_seen": change.written,
    }
    if not known:
        _adopt(connection, identity)
    elif before is not None and before.site != identity.site:
        mine = schema.device_seen.c.sensor == identity.id
        connection.execute(update(schema.device_seen).where(mine).values(site=identity.site))
    fixed = {"id", "first_seen", *(("name", "site", "bench") if enrolled else ())}
    changed = {name: value for name, value in row.items() if name not in fixed}
    upsert(connection, table, [row], set_=changed)
    rows = [
        {
            "site": identity.site,
            "key": device_key(identity.id, record),
            "sensor": identity.id,
            "device": record["id"],
            "first_seen": first,
            "last_seen": last,
        }
        for record in change.records
        if record["record"] == "device"
        and (first := microseconds(record["first_seen"])) is not None
        and (last := microseconds(record["last_seen"])) is not None
    ]
    if rows:
        _note(connection, rows)


def _note(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Earliest and latest count: records may come late."""
    table = schema.device_seen
    made = insert_into(connection, table)
    new, keys = made.excluded, [column.name for column in table.primary_key.columns]
    times = {
        "first_seen": func.least(table.c.first_seen, new.first_seen),
        "last_seen": func.greatest(table.c.last_seen, new.last_seen),
    }
    if connection.dialect.name == "sqlite":
        times = {
            "first_seen": func.min(table.c.first_seen, new.first_seen),
            "last_seen": func.max(table.c.last_seen, new.last_seen),
        }
    connection.execute(made.on_conflict_do_update(index_elements=keys, set_={"device": new.device, **times}), rows)


def _adopt(connection: Connection, identity: SensorIdentity) -> None:
    """The first sensor of a store takes over what was written before sensors had an identity: pages showed one only."""
    live = select(schema.sensors.c.run)
    runs = schema.runs.c
    connection.execute(update(schema.runs).where(runs.sensor.is_(None), runs.id.in_(live)).values(sensor=identity.id))
    seen = schema.device_seen.c
    nobody = (seen.site == "", seen.sensor == "")
    own = identity.id + seen.key
    connection.execute(update(schema.device_seen).where(*nobody, seen.key.like("/%")).values(key=own))
    connection.execute(update(schema.device_seen).where(*nobody).values(sensor=identity.id, site=identity.site))
