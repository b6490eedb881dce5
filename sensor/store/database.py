"""Opening of a store: the SQLAlchemy engine of an SQLite file or a PostgreSQL database.

SQLite is used with WAL, foreign keys and secure_delete. The schema is migrated when writing and checked when reading.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from sensor.store.location import StoreFailed, StoreLocation, StoreState, failure
from sensor.store.schema import HEAD

WAIT = 5.0
"""Seconds to wait for another writer: a run of a large capture is written in one."""

SCHEMA_LOCK = int.from_bytes(b"lanwit")
"""The number of PostgreSQL's advisory lock for changes of the schema."""

TIDY_LOCK = int.from_bytes(b"lanold")
"""The same for the removal of what is too old from a shared store."""

STILL_THERE = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "5",
    "keepalives_count": "2",
    "tcp_user_timeout": "15000",
}
"""libpq's settings (its manual, 34.1.2) by which a server that was switched off is noticed within seconds; the kernel's
own take hours."""

UNREADABLE = (UnicodeDecodeError, json.JSONDecodeError, OverflowError)
"""Python's errors for a row whose bytes are no text, no JSON or no number that a column may hold."""


@contextmanager
def translate_errors(where: StoreLocation) -> Iterator[None]:
    """A database's errors as StoreFailed with a sentence."""
    try:
        yield
    except SQLAlchemyError as error:
        raise failure(where, getattr(error, "orig", None) or error) from None
    except (sqlite3.Error, OSError) as error:
        raise failure(where, error) from None
    except UNREADABLE:
        raise StoreFailed(f"{where.name}: the file is damaged", StoreState.DAMAGED) from None


def open_store(where: StoreLocation, *, write: bool) -> Engine:
    """The engine of a store whose schema is this program's. ``write``: made and migrated where needed; else it must be
    there. StoreFailed."""
    with translate_errors(where):
        engine = _sqlite(where, write=write) if where.path is not None else _other(where)
        try:
            with engine.begin() as connection:
                if write and connection.dialect.name == "postgresql" and _version(connection) != HEAD:
                    # Sensors that start together wait for the one that makes or migrates the schema; where there is
                    # nothing to make, nobody can be held up.
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SCHEMA_LOCK})
                _check(where, connection, write=write)
        except BaseException:
            engine.dispose()
            raise
    return engine


def server_url(where: StoreLocation) -> URL:
    """The URL of a database, with the password of its ``password_file``. A PostgreSQL on another machine must show a
    certificate for its name, where the URL has no ``sslmode`` of its own. StoreFailed, ArgumentError."""
    url = make_url(where.url or "")
    query = dict(url.query)
    if (path := query.pop("password_file", None)) is not None:
        try:
            password = Path(str(path)).read_text("utf-8").strip("\r\n")
        except (OSError, ValueError):
            raise StoreFailed(f"{where.name}: the file with its password cannot be read") from None
        url = url.set(password=password)
    if where.server is not None and url.get_backend_name() == "postgresql":
        query.setdefault("sslmode", "verify-full")
        for name, value in STILL_THERE.items():
            query.setdefault(name, value)
    return url.set(query=query)


def _other(where: StoreLocation) -> Engine:
    try:
        # Asked before each use whether it still stands: a server may have been restarted.
        return create_engine(server_url(where), poolclass=QueuePool, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError):
        raise StoreFailed(f"{where.name}: not a database URL that is understood", StoreState.FOREIGN) from None
    except ImportError as error:
        raise StoreFailed(
            f"{where.name}: the driver {error.name} is not installed (pip install {error.name})"
        ) from None


def _sqlite(where: StoreLocation, *, write: bool) -> Engine:
    path = where.path
    assert path is not None
    if path.is_dir():
        raise StoreFailed(f"{where.name}: is a folder; a store is a file", StoreState.FOREIGN)
    if write:
        # Nobody else on the machine is to read it: it says what was said in a home. -wal and -shm take over the file's
        # mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    elif not path.exists():
        raise StoreFailed(f"{where.name}: there is no store; replay --store makes one", StoreState.MISSING)
    uri = path.absolute().as_uri() + ("?mode=rw" if write else _how_to_read(path))

    def connect() -> sqlite3.Connection:
        # isolation_level None: transactions begin where SQLAlchemy says so, also before DDL.
        made = sqlite3.connect(uri, uri=True, timeout=WAIT, isolation_level=None, check_same_thread=False)
        made.execute("PRAGMA foreign_keys = ON")
        if write:
            made.execute("PRAGMA secure_delete = ON")
            made.execute("PRAGMA journal_mode = WAL")
            # In WAL mode a power cut may cost the last run, never the store
            # (sqlite.org/pragma.html#pragma_synchronous).
            made.execute("PRAGMA synchronous = NORMAL")
        return made

    # Who writes keeps his connection: the last one to be closed copies the whole log into the file, which costs a
    # memory card more than the rows do.
    pool: dict[str, Any] = {"poolclass": QueuePool, "pool_size": 1} if write else {"poolclass": NullPool}
    engine = create_engine("sqlite://", creator=connect, **pool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes its lock at once: two that had both read would otherwise refuse each other in the middle.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _how_to_read(path: os.PathLike[str]) -> str:
    """WAL needs to write beside the file even for reading; where nothing can be written, and no log is left over, the
    file alone is the store."""
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 (os.access follows the same string)
    log = os.fspath(path) + "-wal"
    empty = not os.path.exists(log) or os.path.getsize(log) == 0  # noqa: PTH110, PTH202
    alone = empty and not os.access(folder, os.W_OK)
    return "?mode=ro&immutable=1" if alone else "?mode=ro"


def _version(connection: Connection) -> str | None:
    """The revision of the schema; None where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _check(where: StoreLocation, connection: Connection, *, write: bool) -> None:
    version = _version(connection)
    if version is None:
        if set(inspect(connection).get_table_names()) - {"alembic_version"}:
            raise StoreFailed(
                f"{where.name}: is not a store of LANwitness: the database holds other tables", StoreState.FOREIGN
            )
        if not write:
            raise StoreFailed(f"{where.name}: the store is empty; replay --store fills it", StoreState.MISSING)
    if version == HEAD:
        return
    from sensor.store.migrations import known, upgrade

    if version is not None and version not in known():
        raise StoreFailed(
            f"{where.name}: the store was written by a newer version of LANwitness (schema {version[:40]}, "
            f"this program knows {HEAD}); update LANwitness to use it",
            StoreState.NEWER,
        )
    if not write:
        raise StoreFailed(
            f"{where.name}: the store has the schema of an older version; replay --store brings it up to date",
            StoreState.OLDER,
        )
    from sensor.store.policies import enrolled_as, is_shared, protect

    if version is not None and enrolled_as(connection) is not None:
        raise StoreFailed(
            f"{where.name}: the hub's store has the schema of an older version; `lanwitness hub init` on the hub "
            "brings it up to date",
            StoreState.OLDER,
        )
    shared = version is not None and is_shared(connection)
    upgrade(connection)
    if shared:
        # Tables that are new have no policy yet.
        protect(connection)
