"""Queries for bytes by hour and day and for changes of statuses: the data of charts and timelines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, func, select

from sensor.store import schema
from sensor.store.applied_corrections import AppliedCorrections


class Sum(NamedTuple):
    """Payload bytes in an hour or day (``at``, counted from 1970 UTC), by protection and party ("" where not known)."""

    at: int
    protection: str
    party: str
    bytes: int


class StatusChange(NamedTuple):
    """A status that changed: ``kind`` verdict or provision, ``name`` its capability or its number in V3.1.3, ``at`` µs
    since 1970 UTC; ``before`` None the first time."""

    run: str
    device: str
    kind: str
    name: str
    at: int
    before: str | None
    after: str


def by_hour(
    connection: Connection,
    applied: AppliedCorrections,
    run: str,
    device: str | None,
    since: int | None,
    until: int | None,
) -> list[Sum]:
    """Of a device, or of all; hours ``since`` <= hour < ``until``. What is kept by the day only is not in it."""
    return sorted(Sum(*row) for row in _summed(connection, schema.traffic, "hour", applied, run, device, since, until))


def by_day(
    connection: Connection,
    applied: AppliedCorrections,
    run: str,
    device: str | None,
    since: int | None,
    until: int | None,
) -> list[Sum]:
    """The same by days; they go further back than hours."""
    return sorted(Sum(*row) for row in _summed(connection, schema.days, "day", applied, run, device, since, until))


def _summed(
    connection: Connection,
    table: Table,
    at: str,
    applied: AppliedCorrections,
    run: str,
    device: str | None,
    since: int | None,
    until: int | None,
) -> list[tuple[Any, ...]]:
    columns = table.c
    names = (columns[at], columns.protection, columns.party)
    # PostgreSQL sums whole numbers as numeric.
    query = (
        select(*names, func.sum(columns.bytes))
        .where(*_which(table, at, applied, run, device, since, until))
        .group_by(*names)
    )
    return [(*row[:3], int(row[3])) for row in connection.execute(query)]


def _which(
    table: Table,
    at: str,
    applied: AppliedCorrections,
    run: str,
    device: str | None,
    since: int | None,
    until: int | None,
) -> list[ColumnElement[bool]]:
    columns = table.c
    where: list[ColumnElement[bool]] = [columns.run == run]
    if device is not None:
        where.append(columns.device.in_(applied.ids(device)))
    elif since is not None or until is not None:
        # One look into the index for each device instead of a walk over all hours of all.
        where.append(columns.device.in_(select(schema.devices.c.id).where(schema.devices.c.run == run)))
    if since is not None:
        where.append(columns[at] >= since)
    if until is not None:
        where.append(columns[at] < until)
    return where


def by_protection(
    connection: Connection, applied: AppliedCorrections, run: str, devices: Sequence[str], since: int, until: int
) -> dict[str, dict[str, int]]:
    """Device -> protection -> bytes of the hours ``since`` <= hour < ``until``; devices without any are left out."""
    columns = schema.traffic.c
    parts = [part for device in devices for part in applied.ids(device)]
    query = (
        select(columns.device, columns.protection, func.sum(columns.bytes))
        .where(columns.run == run, columns.device.in_(parts), columns.hour >= since, columns.hour < until)
        .group_by(columns.device, columns.protection)
    )
    found: dict[str, dict[str, int]] = {}
    for device, protection, amount in connection.execute(query):
        sums = found.setdefault(applied.merged_into(device), {})
        sums[protection] = sums.get(protection, 0) + int(amount)
    return found


def history(
    connection: Connection,
    applied: AppliedCorrections,
    device: str | None,
    run: str | None,
    kinds: Sequence[str],
    most: int,
) -> list[StatusChange]:
    """What changed, the newest first. Runs of finished captures say their verdicts once, at their last packet; what was
    the same before is left out."""
    found = schema.changes
    where: list[ColumnElement[bool]] = [found.c.kind.in_(kinds)]
    ids = None if device is None else applied.ids(device)
    if ids is not None:
        where.append(found.c.device.in_(ids))
    if run is not None:
        where.append(found.c.run == run)
    query = (
        select(*(found.c[name] for name in StatusChange._fields)).where(*where).order_by(found.c.at.desc()).limit(most)
    )
    rows = [StatusChange(*row)._replace(device=applied.merged_into(row[1])) for row in connection.execute(query)]
    if "verdict" in kinds and ids is not None:
        rows += [one._replace(device=applied.merged_into(one.device)) for one in _of_captures(connection, ids, run)]
    known: dict[tuple[str, ...], str] = {}
    shown = []
    for one in sorted(rows, key=lambda one: (one.at, one.run, one.device, one.kind, one.name)):
        key = (one.device, one.kind, one.name)
        before = known.get(key, one.before)
        known[key] = one.after
        if before != one.after:
            shown.append(one._replace(before=before))
    return shown[::-1][:most]


def _of_captures(connection: Connection, devices: list[str], run: str | None) -> list[StatusChange]:
    verdicts, captures, changes = schema.verdicts.c, schema.captures.c, schema.changes.c
    ended = select(captures.run, func.max(captures.last_time).label("at")).group_by(captures.run).subquery()
    query = select(verdicts.run, verdicts.device, verdicts.capability, ended.c.at, verdicts.status).join(
        ended, ended.c.run == verdicts.run
    )
    live = select(changes.run).where(changes.device.in_(devices))
    where = [verdicts.device.in_(devices), verdicts.run.not_in(live), ended.c.at.is_not(None)]
    rows = connection.execute(query.where(*where, *([verdicts.run == run] if run is not None else [])))
    return [StatusChange(of, device, "verdict", name, at, None, status) for of, device, name, at, status in rows]
