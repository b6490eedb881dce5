"""What is typed after --store."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sensor.store.location import StoreFailed, StoreLocation, StoreState, failure, store_location


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("home.db", "home.db"),
        ("sqlite:///home.db", "home.db"),
        ("sqlite:////var/lib/x.db", "/var/lib/x.db"),
        ("a b/ü.db", "a b/ü.db"),
    ],
)
def test_paths(text: str, path: str) -> None:
    assert store_location(text).path == Path(path)


@pytest.mark.parametrize("text", ["", ":memory:", "sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_store_must_last(text: str) -> None:
    with pytest.raises(StoreFailed, match="--store"):
        store_location(text)


def test_a_url_is_named_without_its_user() -> None:
    found = store_location("postgresql+psycopg://anna@db.example:5432/lan?sslmode=require")
    assert found.path is None and found.url is not None and found.name == "postgresql+psycopg://db.example:5432/lan"
    assert store_location("postgresql://anna@home@db.example/lan").name == "postgresql://db.example/lan"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://anna:canary@db.example/lan",
        "postgresql+psycopg://anna:c%61nary@/lan?host=/run/postgresql",
        "postgresql://anna:canary@home@db.example/lan",
        "postgresql://anna:@db.example/lan",
        "postgresql://anna@db.example/lan?password=canary",
        "postgresql://anna@db.example/lan?password=",
        "postgresql://anna@db.example/lan?sslpassword&x=y",
        "postgresql://anna@db.example/lan?sslmode=require&p%61ssword=canary",
        "postgresql://anna@db.example/lan?sslkey=a.key&sslpassword=canary",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(StoreFailed, match=r"\?password_file=FILE") as refused:
        store_location(url)
    assert "canary" not in str(refused.value)


def test_a_file_with_the_password_may_be_named() -> None:
    url = "postgresql+psycopg://anna@db.example/lan?password_file=/etc/lanwitness/canary"
    assert store_location(url).url == url


def test_an_address_that_is_none_is_a_sentence() -> None:
    with pytest.raises(StoreFailed, match="not a database URL"):
        store_location("postgresql://[::1/lan")


class ServerError(Exception):
    """As psycopg's: with a code."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("canary")
        self.sqlstate = sqlstate


HERE = StoreLocation("home.db", Path("home.db"))


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (sqlite3.OperationalError("database is locked"), StoreState.LOCKED),
        (sqlite3.OperationalError("database or disk is full"), StoreState.FULL),
        (sqlite3.OperationalError("attempt to write a readonly database"), StoreState.READ_ONLY),
        (sqlite3.OperationalError("disk I/O error"), StoreState.DISK),
        (sqlite3.DatabaseError("database disk image is malformed"), StoreState.DAMAGED),
        (sqlite3.DatabaseError("file is not a database"), StoreState.FOREIGN),
        (sqlite3.OperationalError("unable to open database file"), StoreState.MISSING),
        (sqlite3.IntegrityError("UNIQUE constraint failed: canary"), StoreState.FAILED),
        (PermissionError(13, "Permission denied"), StoreState.READ_ONLY),
        (OSError(28, "No space left on device"), StoreState.FULL),
        (FileNotFoundError(2, "No such file"), StoreState.MISSING),
        (ServerError("53100"), StoreState.FULL),
        (ServerError("08006"), StoreState.UNREACHABLE),
        (ServerError("25006"), StoreState.READ_ONLY),
        (ServerError("23505"), StoreState.FAILED),
    ],
)
def test_trouble_is_a_state_and_a_sentence_that_shows_nothing_of_the_errors_own_text(
    error: Exception, state: StoreState
) -> None:
    found = failure(HERE, error)
    assert found.state is state and str(found).startswith("home.db: ") and "canary" not in str(found)


def test_a_server_that_does_not_answer() -> None:
    error = type("OperationalError", (Exception,), {})("canary")
    found = failure(StoreLocation("postgresql://db.example/x", None, "postgresql://db.example/x"), error)
    assert found.state is StoreState.UNREACHABLE and "cannot be reached" in str(found)


def test_every_state_has_a_sentence() -> None:
    sources = "".join(path.read_text("utf-8") for path in Path("sensor/store").rglob("*.py"))
    assert not [state for state in StoreState if f"State.{state.name}" not in sources]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("postgresql://db.example/lan", "db.example"), ("postgresql://anna@192.0.2.5:5432/lan", "192.0.2.5"),
        ("postgresql://[2001:db8::5]/lan", "2001:db8::5"), ("postgresql://localhost/lan", None),
        ("postgresql://127.0.0.9/lan", None),
        ("postgresql://[::1]/lan", None), ("postgresql:///lan", None), ("postgresql:///lan?host=/run/postgresql", None),
        ("postgresql:///lan?host=db.example", "db.example"),
        ("postgresql://localhost/lan?host=db.example", "db.example"),
        ("postgresql://db.example/lan?host=127.0.0.1", None),
    ],
)  # fmt: skip
def test_on_which_machine_a_store_is(url: str, host: str | None) -> None:
    """libpq 34.1.2: the parameter `host` comes before the address, and a path is a socket here."""
    assert store_location(url).server == host
    assert StoreLocation("home.db", Path("home.db")).server is None
    assert StoreLocation("x", None, "postgresql://[::1/lan").server is None


def test_the_argument_for_another_process() -> None:
    """A relative path is of this working directory; a URL stays as it is."""
    assert store_location("home.db").argument == str(Path.cwd() / "home.db")
    assert store_location("/var/lib/x.db").argument == "/var/lib/x.db"
    assert store_location("postgresql://anna@db.example/lan?a=b").argument == "postgresql://anna@db.example/lan?a=b"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://db.example/lan?sslmode=require", "postgresql://db.example/lan"),
        ("postgresql:///lan", "postgresql:///lan"),
        ("postgresql://db.example", "postgresql://db.example/"),
        ("postgresql://anna@db.example:5/l@n", "postgresql://db.example:5/l@n"),
        ("sqlite+pysqlite:///home.db?mode=ro", "home.db"),
    ],
)  # fmt: skip
def test_names_for_messages(url: str, name: str) -> None:
    assert store_location(url).name == name
