"""Revision 0006 over stores of all earlier revisions, and over an empty PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from sensor.store.database import open_store
from sensor.store.location import StoreLocation, store_location
from sensor.store.schema import MOST_DATA, metadata


@pytest.mark.parametrize("revision", ["0001", "0002", "0003", "0004", "0005"])
def test_every_released_store_is_brought_up_to_date(released: Callable[[str], Path], revision: str) -> None:
    path = released(revision)
    before = sqlite3.connect(path)
    found = {name for (name,) in before.execute("SELECT id FROM findings")}
    before.close()
    engine = open_store(store_location(str(path)), write=True)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    after = sqlite3.connect(path)
    assert {name for (name,) in after.execute("SELECT id FROM findings")} == found and found
    assert after.execute("SELECT count(*) FROM orders").fetchall() == [(0,)]
    (made,) = after.execute("SELECT sql FROM sqlite_master WHERE name = 'orders'").fetchone()
    assert f"length(data) <= {MOST_DATA}" in made
    after.close()


def test_postgresql_comes_to_the_same(where: StoreLocation) -> None:
    engine = open_store(where, write=True)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
