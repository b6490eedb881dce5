"""What is known of devices beyond a run: when each was seen first, and which fell silent."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from sensor.store import schema

SILENT = 24 * 3_600_000_000
"""µs without a sign of a device, while the sensor heard others, after which it is said."""


def first_times(connection: Connection, run: str) -> dict[str, int]:
    """Device -> when a sensor of its site saw it first (µs since 1970 UTC); empty for a run that is no sensor's."""
    return _times(connection, run)[0]


def _times(connection: Connection, run: str) -> tuple[dict[str, int], int | None]:
    """The same, and when the sensor of a live run heard anything last (µs); None for a finished capture."""
    state, runs, mine, seen = schema.sensors, schema.runs, schema.device_seen, schema.device_seen.alias()
    tables = (
        state.join(runs, runs.c.id == state.c.run)
        .outerjoin(mine, mine.c.sensor == runs.c.sensor)
        .outerjoin(seen, (seen.c.site == mine.c.site) & (seen.c.key == mine.c.key))
    )
    query = (
        select(state.c.last_packet, mine.c.device, func.min(seen.c.first_seen))
        .select_from(tables)
        .where(state.c.run == run)
        .group_by(state.c.last_packet, mine.c.device)
    )
    rows = connection.execute(query).all()
    return {row[1]: row[2] for row in rows if row[1] is not None}, rows[0][0] if rows else None


def with_times(connection: Connection, run: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of devices, with the time at which each was seen first by any run; of those that were silent for a day
    ``not_heard_since``."""
    first, last = _times(connection, run)
    found = []
    for row in rows:
        before, seen = first.get(row["id"]), row["last_seen"]
        if before is not None and row["first_seen"] is not None and before < row["first_seen"]:
            row = {**row, "first_seen": before}
        if last is not None and seen is not None and last - seen >= SILENT:
            row = {**row, "not_heard_since": seen}
        found.append(row)
    return found
