"""Stores of every released schema, as they were written then (`stores/REVISION.sql`), and a real PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sensor.store.location import StoreLocation
from tests.store.postgresql import Server, running

STORES = Path(__file__).parent / "stores"


@pytest.fixture
def released(tmp_path: Path) -> Callable[[str], Path]:
    """The path of a store of a revision, made anew."""

    def made(revision: str) -> Path:
        path = tmp_path / f"{revision}.db"
        connection = sqlite3.connect(path)
        connection.executescript((STORES / f"{revision}.sql").read_text("utf-8"))
        connection.close()
        return path

    return made


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as made:
        yield made


@pytest.fixture
def where(server: Server) -> Iterator[StoreLocation]:
    """An empty database."""
    yield server.place
    from sqlalchemy import create_engine, text

    engine = create_engine(server.place.url or "")
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
