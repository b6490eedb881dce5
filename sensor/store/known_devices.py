"""What is known of a live run's devices beyond the run: when each was seen first, and which are not heard any more."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from sensor.store import schema

SILENT = 24 * 3_600_000_000
"""µs without a sign of a device, while the sensor heard others, after which it is said."""


def first_times(connection: Connection, run: str) -> dict[str, int]:
    """Device -> when a sensor of its site saw it first (µs since 1970 UTC); empty for a run that is no sensor's."""
    mine, seen = schema.device_seen, schema.device_seen.alias()
    query = (
        select(mine.c.device, func.min(seen.c.first_seen))
        .join(schema.runs, schema.runs.c.sensor == mine.c.sensor)
        .join(seen, (seen.c.site == mine.c.site) & (seen.c.key == mine.c.key))
        .where(schema.runs.c.id == run)
        .group_by(mine.c.device)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def last_packet(connection: Connection, run: str) -> int | None:
    """When the sensor of a live run heard anything last (µs); None for a finished capture."""
    time: int | None = connection.scalar(select(schema.sensors.c.last_packet).where(schema.sensors.c.run == run))
    return time


def with_times(connection: Connection, run: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of devices, with the time at which each was seen first by any run; of those that were silent for a day
    ``not_heard_since``."""
    first, last = first_times(connection, run), last_packet(connection, run)
    found = []
    for row in rows:
        before, seen = first.get(row["id"]), row["last_seen"]
        if before is not None and row["first_seen"] is not None and before < row["first_seen"]:
            row = {**row, "first_seen": before}
        if last is not None and seen is not None and last - seen >= SILENT:
            row = {**row, "not_heard_since": seen}
        found.append(row)
    return found
