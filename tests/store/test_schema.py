"""The tables: what PostgreSQL can do as well, and what the migrations lead to."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import JSON, BigInteger, Boolean, Float, Integer, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from sensor.store.database import open_store
from sensor.store.location import store_location
from sensor.store.migrations import head
from sensor.store.schema import HEAD, metadata

LASTING = ("runs", "corrections", "sensor", "device_seen", "orders")
"""Tables whose rows belong to no run."""


def test_the_migrations_lead_to_these_tables(tmp_path: Path) -> None:
    engine = open_store(store_location(str(tmp_path / "home.db")), write=True)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert head() == HEAD


def test_postgresql_can_have_them() -> None:
    dialect = postgresql.dialect()
    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect)).count("PRIMARY KEY") == 1
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect))
        assert {type(column.type) for column in table.c} <= {JSON, BigInteger, Boolean, Float, Integer, Text}


def test_what_belongs_to_a_run_goes_with_it() -> None:
    for table in metadata.sorted_tables:
        keys = [key for constraint in table.foreign_key_constraints for key in (constraint.ondelete,)]
        assert keys == ([] if table.name in LASTING else ["CASCADE"])
