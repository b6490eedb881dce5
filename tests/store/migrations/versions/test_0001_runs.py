"""The first revision, as it was released: its tables must not change any more."""

from __future__ import annotations

import importlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

TABLES = {
    "runs",
    "captures",
    "devices",
    "claims",
    "reasons",
    "destinations",
    "traffic",
    "findings",
    "evidence",
    "provisions",
    "verdicts",
}


def test_it_is_the_first_and_its_store_is_what_was_released(released: Callable[[str], Path]) -> None:
    module = importlib.import_module("sensor.store.migrations.versions.0001_runs")
    assert module.revision == "0001" and module.down_revision is None
    connection = sqlite3.connect(released("0001"))
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert found == TABLES | {"alembic_version"}
