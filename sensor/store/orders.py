"""Orders of a hub to its sensors: forget a device, send the packets of a finding; no others.

A sensor reads the orders that name it and answers them; what it says is a state of `STATES` or counts as none.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from sensor.light_dataclass import dataclass
from sensor.records import Record
from sensor.store import schema
from sensor.store.database import open_store, translate_errors
from sensor.store.location import StoreLocation
from sensor.store.scrub import names_pattern, scrubbed, without
from sensor.store.types import SHARED_PARTS, Change

FORGET, EVIDENCE = "forget", "evidence"
KINDS = (FORGET, EVIDENCE)

DAY = 86_400_000_000
"""µs."""

OPEN, DONE, NONE = "open", "done", "none"
STATES = (OPEN, DONE, NONE)
"""``none``: the sensor has no packets of it (any more)."""

MOST_BYTES = 50_000_000
"""Bytes of packets that a sensor sends."""

MOST_FINDINGS = 10_000
"""Findings of a device that an order to forget it names; packets of others are known by the device's names."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order as its sensor gets it. ``names``: MAC, addresses and host name of a device to forget."""

    id: str
    kind: str
    device: str = ""
    names: tuple[str, ...] = ()
    findings: frozenset[str] = frozenset()
    run: str = ""
    finding: str = ""


@dataclass(frozen=True, slots=True)
class OrderState:
    """How far a sensor is with an order. ``last_seen``: when it last wrote anything (µs since 1970 UTC)."""

    sensor: str
    state: str
    last_seen: int | None


class Orders:
    """A hub's orders, open to be given and looked at. Every call raises StoreFailed."""

    def __init__(self, where: StoreLocation) -> None:
        """Open the store."""
        self.where = where
        self._engine = open_store(where, write=True)

    def forget(
        self, device: str, names: Iterable[str], findings: Iterable[str], sensors: Iterable[str], at: int
    ) -> str:
        """Order these sensors (ids) to forget a device at ``at`` (µs since 1970 UTC); the order's id. An order of
        before for the same device is in it: who has done that does it again."""
        row = {"device": device, "names": sorted(set(names)), "findings": sorted(set(findings))[:MOST_FINDINGS]}
        with translate_errors(self.where), self._engine.begin() as connection:
            table = schema.orders.c
            before = (table.kind == FORGET) & (table.device == device)
            for old in connection.execute(select(table.sensor, table.names, table.findings).where(before)).all():
                sensors = {*sensors, old.sensor}
                row["names"] = sorted({*row["names"], *(old.names or ())})
                row["findings"] = sorted({*row["findings"], *(old.findings or ())})[:MOST_FINDINGS]
            connection.execute(delete(schema.orders).where(before))
            return _give(connection, FORGET, sensors, at, row)

    def evidence(self, run: str, finding: str, at: int) -> str | None:
        """Order the sensor of a run to send the packets of a finding, "" for all of the run's; the order's id. None
        where the run is no sensor's."""
        with translate_errors(self.where), self._engine.begin() as connection:
            sensor = connection.scalar(select(schema.runs.c.sensor).where(schema.runs.c.id == run))
            if not sensor:
                return None
            table = schema.orders.c
            same = (table.kind == EVIDENCE) & (table.run == run) & (table.finding == finding)
            known: str | None = connection.scalar(select(table.id).where(same))
            if known is not None:
                return known  # it may be answered meanwhile
            return _give(connection, EVIDENCE, [sensor], at, {"run": run, "finding": finding})

    def of_finding(self, run: str, finding: str) -> str | None:
        """The order to send the packets of a finding, if one was given."""
        table = schema.orders.c
        query = select(table.id).where(table.kind == EVIDENCE, table.run == run, table.finding == finding).limit(1)
        with translate_errors(self.where), self._engine.begin() as connection:
            found: str | None = connection.scalar(query)
            return found

    def sensor_of(self, run: str) -> str | None:
        """The name of the sensor whose run it is."""
        runs, known = schema.runs.c, schema.sensor_identities.c
        query = select(known.name).join(schema.runs, runs.sensor == known.id).where(runs.id == run)
        with translate_errors(self.where), self._engine.begin() as connection:
            found: str | None = connection.scalar(query)
            return found

    def about(self, device: str) -> str | None:
        """The order to forget this device that was given last."""
        table = schema.orders.c
        query = select(table.id).where(table.kind == FORGET, table.device == device).order_by(table.at.desc()).limit(1)
        with translate_errors(self.where), self._engine.begin() as connection:
            found: str | None = connection.scalar(query)
            return found

    def holders(self, devices: Iterable[str]) -> set[str]:
        """The sensors (ids) that ever saw one of these devices."""
        names = list(devices)
        seen, there, runs = schema.device_seen.c, schema.devices.c, schema.runs.c
        with translate_errors(self.where), self._engine.begin() as connection:
            found = set(connection.scalars(select(seen.sensor).where(seen.device.in_(names))))
            joined = select(runs.sensor).join(schema.devices, there.run == runs.id).where(there.id.in_(names))
            return {one for one in (*found, *connection.scalars(joined)) if one}

    def states(self, order: str) -> list[OrderState]:
        """How far each sensor is, by name."""
        table, known = schema.orders.c, schema.sensor_identities.c
        query = (
            select(known.name, table.sensor, table.state, known.last_seen)
            .select_from(schema.orders.outerjoin(schema.sensor_identities, known.id == table.sensor))
            .where(table.id == order)
            .order_by(known.name, table.sensor)
        )
        with translate_errors(self.where), self._engine.begin() as connection:
            return [
                OrderState(row.name or row.sensor, row.state if row.state in STATES else OPEN, row.last_seen)
                for row in connection.execute(query)
            ]

    def data(self, order: str) -> bytes | None:
        """What the sensor sent; None where it sent nothing, too much, or what is no base64. It is taken out."""
        table = schema.orders.c
        query = select(table.data).where(table.id == order, func.length(table.data) <= schema.MOST_DATA).limit(1)
        with translate_errors(self.where), self._engine.begin() as connection:
            text = connection.scalar(query)
            connection.execute(delete(schema.orders).where(table.id == order))
        try:
            found = base64.b64decode(text or "", validate=True)
        except (ValueError, binascii.Error):
            return None
        return found if 0 < len(found) <= MOST_BYTES else None

    def tidy(self, now: int) -> None:
        """Remove orders to forget that every sensor has carried out, they name what is forgotten, and packets that
        nobody fetched for a month."""
        table = schema.orders.c
        with translate_errors(self.where), self._engine.begin() as connection:
            still = select(table.id).where(table.state.not_in((DONE, NONE)))
            connection.execute(delete(schema.orders).where(table.kind == FORGET, table.id.not_in(still)))
            connection.execute(delete(schema.orders).where(table.kind == EVIDENCE, table.at < now - 30 * DAY))

    def close(self) -> None:
        """Let go of the store."""
        self._engine.dispose()

    def __enter__(self) -> Orders:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _give(connection: Connection, kind: str, sensors: Iterable[str], at: int, row: dict[str, Any]) -> str:
    name = uuid.uuid4().hex
    rows = [{"id": name, "sensor": one, "kind": kind, "at": at, "state": OPEN, **row} for one in sorted(set(sensors))]
    if rows:
        connection.execute(insert(schema.orders), rows)
    return name


def orders_for(connection: Connection, sensor: str) -> list[Order]:
    """The orders that this sensor has not answered yet, the oldest first; of kinds that are none, none."""
    table = schema.orders.c
    query = select(schema.orders).where(table.sensor == sensor, table.state == OPEN).order_by(table.at, table.id)
    return [
        Order(
            row.id,
            row.kind,
            row.device or "",
            tuple(one for one in row.names or () if isinstance(one, str)),
            frozenset(one for one in row.findings or () if isinstance(one, str)),
            row.run or "",
            row.finding or "",
        )
        for row in connection.execute(query)
        if row.kind in KINDS
    ]


def answer(connection: Connection, order: str, sensor: str, state: str, at: int, data: bytes | None = None) -> None:
    """Say how far this sensor is at ``at`` (µs since 1970 UTC). What it has forgotten it names no longer."""
    table = schema.orders.c
    values: dict[str, Any] = {"state": state, "answered": at, "names": None, "findings": None}
    if data is not None:
        values["data"] = base64.b64encode(data[:MOST_BYTES]).decode()
    connection.execute(update(schema.orders).where(table.id == order, table.sensor == sensor).values(values))


def without_device(change: Change, order: Order) -> Change:
    """A change that waits, with nothing in it of a device to forget."""
    gone = {order.device, *order.findings}
    findings = [record for record in change.records if record["record"] == "finding"]
    gone |= {record["id"] for record in findings if is_finding_of(record, order.device)}
    pattern = names_pattern([order.device, *order.names])
    records = [
        _scrubbed(record, pattern, frozenset(gone))
        for record in change.records
        if record.get("id") not in gone and record.get("device") != order.device
    ]
    return Change(
        change.run,
        change.tool,
        change.written,
        records,
        change.removed,
        [cell for cell in change.traffic if cell.device != order.device],
        change.captured,
        change.sensor,
        change.bounds,
        change.failures,
        change.at,
        change.batch,
        change.identity,
        {key: value for key, value in change.state.items() if key[1] not in gone and key[0] not in SHARED_PARTS},
    )


def _scrubbed(record: Record, pattern: re.Pattern[str] | None, gone: frozenset[str]) -> Record:
    if "reasons" in record:
        record = {**record, "reasons": without(record["reasons"], gone)}
    found: Record = record if pattern is None else scrubbed(record, pattern)
    return found


def is_finding_of(record: Record, device: str) -> bool:
    """Whether a finding is about this device, alone or among others."""
    return device in (record.get("device"), *(record["detail"].get("devices") or ()))
