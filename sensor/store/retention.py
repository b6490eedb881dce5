"""Retention: what is too old or too much leaves the store.

Hours become days first; then what was last seen too long ago goes, then the oldest of what is left.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, Table, delete, func, not_, or_, select, text, true, update

from sensor.light_dataclass import dataclass
from sensor.store import schema

DAY = 86_400_000_000
"""µs."""

STEP = 10
"""Where a single run is too large: the oldest tenth of it goes at a time."""

STEPS = 60

STREAM = "-"
"""The source of a sensor that reads standard input."""

ROOM = 8_000_000
"""Bytes of free pages that a file may carry along; more than that, and a quarter of it, are given back to the disk."""


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """For how long and how much. ``days``: findings, devices, changes and daily bytes since they were last seen,
    finished runs since they were put in. ``hours``: days for which a live run's bytes are kept by the hour. ``size``:
    bytes of an SQLite file; another database's disk is its administrator's."""

    days: int = 365
    hours: int = 60
    size: int = 2_000_000_000


@dataclass(frozen=True, slots=True)
class RetentionResult:
    """What went: whole runs (their names, for who keeps their packets), and rows of runs that stay."""

    runs: tuple[str, ...]
    rows: int


def by_age(
    connection: Connection, retention: RetentionLimits, now: int, whose: ColumnElement[bool] | None = None
) -> RetentionResult:
    """Take out what is too old at ``now`` (µs since 1970 UTC), in the caller's transaction. ``whose``: which runs; None
    for all."""
    which = true() if whose is None else whose
    before = now - retention.days * DAY
    ended = list(connection.scalars(select(schema.runs.c.id).where(schema.runs.c.written < before, which)))
    for run in ended:
        _remove(connection, run)
    # A finished capture is as old as it is: only what a sensor wrote ages by its own clock.
    rows = 0
    for run, behind in _sensors(connection, which):
        removed = _by_age(connection, run, retention, now - behind)
        if removed:
            connection.execute(update(schema.runs).where(schema.runs.c.id == run).values(tidied=now))
        rows += removed
    _orphaned_corrections(connection)
    return RetentionResult(tuple(ended), rows)


def by_age_of_sensors(connection: Connection, retention: RetentionLimits, now: int) -> RetentionResult:
    """The same on a database of several sensors: each sensor's rows by its own days, all others by ``retention``."""
    sensors, run = schema.sensor_identities.c, schema.runs.c
    own = connection.execute(
        select(sensors.id, sensors.days, sensors.hours).where(
            or_(sensors.days.is_not(None), sensors.hours.is_not(None))
        )
    ).all()
    others = run.sensor.is_(None) | run.sensor.not_in([one.id for one in own])
    done = [by_age(connection, retention, now, others)]
    for one in own:
        limits = replace(retention, days=one.days or retention.days, hours=one.hours or retention.hours)
        done.append(by_age(connection, limits, now, run.sensor == one.id))
    return RetentionResult(tuple(name for each in done for name in each.runs), sum(each.rows for each in done))


def _by_age(connection: Connection, run: str, retention: RetentionLimits, now: int) -> int:
    """Take the rows of a sensor's run that are too old at ``now`` (µs, by its packets' clock); how many went."""
    before = now - retention.days * DAY
    return sum(
        connection.execute(delete(table).where(table.c.run == run, column < limit)).rowcount
        for table, column, limit in (
            (schema.traffic, schema.traffic.c.hour, (now - retention.hours * DAY) // (DAY // 24)),
            (schema.capture_counts, schema.capture_counts.c.hour, before // (DAY // 24)),
            (schema.days, schema.days.c.day, before // DAY),
            (schema.changes, schema.changes.c.at, before),
            (schema.findings, func.coalesce(schema.findings.c.last_time, schema.findings.c.time), before),
            (schema.devices, schema.devices.c.last_seen, before),
        )
    )


def _sensors(connection: Connection, which: ColumnElement[bool]) -> list[tuple[str, int]]:
    """The runs of sensors of those ``which``, and how far (µs) the packets of each are behind this machine's clock.

    A stream may bring an old capture: what was put in just now is not old. Interfaces have the machine's clock.
    """
    found = connection.execute(
        select(schema.sensors.c.run, schema.sensors.c.source, schema.sensors.c.at, schema.sensors.c.last_packet)
        .join(schema.runs, schema.runs.c.id == schema.sensors.c.run)
        .where(which)
    )
    return [(run, max(0, at - last) if source == STREAM and last is not None else 0) for run, source, at, last in found]


def by_size(connection: Connection, retention: RetentionLimits) -> RetentionResult:
    """Take out the oldest until what is left has room: finished runs, then runs of sensors but the newest, then the
    beginning of that."""
    runs: list[str] = []
    rows = 0
    live = select(schema.sensors.c.run)
    order = (schema.runs.c.id.in_(live), schema.runs.c.written, schema.runs.c.id)
    for _ in range(STEPS):
        if used(connection) <= retention.size:
            break
        oldest = list(connection.scalars(select(schema.runs.c.id).order_by(*order).limit(2)))
        if len(oldest) > 1:
            _remove(connection, oldest[0])
            runs.append(oldest[0])
            continue
        removed = sum(
            _oldest(connection, table, column)
            for table, column in (
                (schema.traffic, "hour"),
                (schema.days, "day"),
                (schema.changes, "at"),
                (schema.findings, "last_time"),
            )
        )
        if not removed:
            break
        rows += removed
    _orphaned_corrections(connection)
    return RetentionResult(tuple(runs), rows)


def used(connection: Connection) -> int:
    """Bytes that rows take in an SQLite file; 0 for another database."""
    if connection.dialect.name != "sqlite":
        return 0
    pages, free, size = (
        connection.execute(text(f"PRAGMA {name}")).scalar() or 0
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def wasted(connection: Connection) -> bool:
    """Whether so much of an SQLite file is free that it is worth writing anew."""
    pages, free, size = (
        connection.execute(text(f"PRAGMA {name}")).scalar() or 0
        for name in ("page_count", "freelist_count", "page_size")
    )
    return bool(free * size > ROOM and free * 4 > pages)


def _remove(connection: Connection, run: str) -> None:
    connection.execute(delete(schema.corrections).where(schema.corrections.c.run == run))
    connection.execute(delete(schema.runs).where(schema.runs.c.id == run))


def _oldest(connection: Connection, table: Table, name: str) -> int:
    """The oldest tenth of a table's rows, by time; how many went."""
    column = table.c[name]
    first, last = connection.execute(select(func.min(column), func.max(column))).one()
    if first is None or first == last:
        return 0
    return connection.execute(delete(table).where(column <= first + (last - first) // STEP)).rowcount


def _orphaned_corrections(connection: Connection) -> None:
    """What users said of findings that are gone, and of devices that no run has any more, goes with them."""
    corrections, found = schema.corrections, schema.findings.c
    there = select(found.id).where(found.run == corrections.c.run, found.id == corrections.c.finding).exists()
    devices = select(schema.devices.c.id)
    lone = [corrections.c[name].is_not(None) & corrections.c[name].not_in(devices) for name in ("device", "other")]
    connection.execute(delete(corrections).where(or_(*lone, (corrections.c.kind == "accept") & not_(there))))
