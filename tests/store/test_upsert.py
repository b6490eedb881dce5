"""Rows in place of others, and rows added to others."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from sensor.store import schema
from sensor.store.database import open_store
from sensor.store.location import store_location
from sensor.store.upsert import add, upsert


def test_rows_replace_and_amounts_add_up(tmp_path: Path) -> None:
    engine = open_store(store_location(str(tmp_path / "home.db")), write=True)
    row = {"id": "w1", "written": 1, "tool_version": "1", "failures": 0, "bounds": {}}
    count = {"run": "w1", "hour": 5, "packets": 2, "bytes": 20, "dropped": 0}
    with engine.begin() as connection:
        upsert(connection, schema.runs, [row])
        upsert(connection, schema.runs, [{**row, "written": 2, "failures": 3}], only=("written",))
        add(connection, schema.capture_counts, [count], ("packets", "bytes"))
        add(connection, schema.capture_counts, [{**count, "dropped": 9}], ("packets", "bytes"))
        add(connection, schema.capture_counts, [], ("packets",))
        found = connection.execute(select(schema.runs.c.written, schema.runs.c.failures)).one()
        counted = connection.execute(select(schema.capture_counts)).one()
    engine.dispose()
    assert tuple(found) == (2, 0) and tuple(counted) == ("w1", 5, 4, 40, 0)
