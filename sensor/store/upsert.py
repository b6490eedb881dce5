"""Rows written in place of those of the same key, or added to them, in SQLite and PostgreSQL alike."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Row = dict[str, Any]


def upsert(
    connection: Connection, table: Table, rows: list[Row], *, set_: Row | None = None, only: tuple[str, ...] = ()
) -> None:
    """Rows in place of those of the same key. ``only``: of a row that is there these columns alone; ``set_``: with
    these values."""
    made = insert_into(connection, table)
    keys = [column.name for column in table.primary_key.columns]
    names = only or [name for name in rows[0] if name not in keys]
    values = set_ if set_ is not None else {name: made.excluded[name] for name in names}
    if values:
        made = made.on_conflict_do_update(index_elements=keys, set_=values)
    connection.execute(made, rows)


def add(connection: Connection, table: Table, rows: list[Row], amounts: tuple[str, ...]) -> None:
    """Rows whose amounts are added to those of the same key; no key may be there twice."""
    if not rows:
        return
    made = insert_into(connection, table)
    keys = [column.name for column in table.primary_key.columns]
    sums = {name: table.c[name] + made.excluded[name] for name in amounts}
    connection.execute(made.on_conflict_do_update(index_elements=keys, set_=sums), rows)


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """The two databases say ON CONFLICT alike; SQLAlchemy has a class for each."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
