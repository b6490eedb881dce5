"""The first revision, as it was released: its tables must not change any more."""

from __future__ import annotations

import importlib
import sqlite3
from pathlib import Path

from sensor.store.database import open_store
from sensor.store.place import place

TABLES = {
    "runs", "captures", "devices", "claims", "reasons", "destinations", "traffic", "findings", "evidence", "provisions", "verdicts",
}  # fmt: skip


def test_it_is_the_first_and_makes_the_tables(tmp_path: Path) -> None:
    module = importlib.import_module("sensor.store.migrations.versions.0001_runs")
    assert module.revision == "0001" and module.down_revision is None
    path = tmp_path / "home.db"
    open_store(place(str(path)), write=True).dispose()
    connection = sqlite3.connect(path)
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert found == TABLES | {"alembic_version"}
