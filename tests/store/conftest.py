"""Stores of every released schema, as they were written then: `stores/REVISION.sql`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

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
