"""What is typed after --store."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sensor.store.place import Place, StoreFailed, place, sentence


@pytest.mark.parametrize(
    ("text", "path"),
    [("home.db", "home.db"), ("sqlite:///home.db", "home.db"), ("sqlite:////var/lib/x.db", "/var/lib/x.db"), ("a b/ü.db", "a b/ü.db")],
)  # fmt: skip
def test_paths(text: str, path: str) -> None:
    assert place(text).path == Path(path)


@pytest.mark.parametrize("text", ["", ":memory:", "sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_store_must_last(text: str) -> None:
    with pytest.raises(StoreFailed, match="--store"):
        place(text)


def test_a_url_is_named_without_its_password() -> None:
    found = place("postgresql+psycopg://anna:p%40ss@db.example:5432/lan?sslmode=require")
    assert found.path is None and found.url is not None and found.name == "postgresql+psycopg://db.example:5432/lan"
    assert "p@ss" not in place("postgresql://anna:p@ss@db.example/lan").name


def test_an_errors_own_text_is_never_shown() -> None:
    where = Place("home.db", Path("home.db"))
    assert sentence(where, sqlite3.OperationalError("database is locked")).startswith("home.db: another program")
    assert "canary" not in sentence(where, sqlite3.IntegrityError("UNIQUE constraint failed: canary"))
    assert sentence(where, PermissionError(13, "Permission denied")) == "home.db: permission denied"
