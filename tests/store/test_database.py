"""Opening a store: what SQLite is told, and every way in which it may not be one."""

from __future__ import annotations

import random
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sensor.store.database import open_store, translate_errors
from sensor.store.location import StoreFailed, store_location
from sensor.store.reader import StoreReader
from sensor.store.schema import HEAD, metadata
from sensor.store.writer import Writer
from tests.store.keeping import capture, stored_run, writer


def test_a_new_store_is_the_owners_alone_and_erases_what_it_deletes(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    engine = open_store(store_location(str(path)), write=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with engine.connect() as connection:
        answers = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "secure_delete", "foreign_keys")
        }
    assert answers == {"journal_mode": "wal", "secure_delete": 1, "foreign_keys": 1}


def test_reading_needs_a_store_and_never_makes_one(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="there is no store"):
        open_store(store_location(str(tmp_path / "none.db")), write=False)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoreFailed, match="folder"):
        open_store(store_location(str(tmp_path)), write=True)
    with pytest.raises(StoreFailed, match="no such file"):
        open_store(store_location(str(tmp_path / "no" / "home.db")), write=True)


@pytest.mark.parametrize("write", [True, False])
def test_what_is_no_store_is_reported(tmp_path: Path, write: bool) -> None:
    text = tmp_path / "text"
    text.write_bytes(b"hello\n" * 1000)
    with pytest.raises(StoreFailed, match="no SQLite database"):
        open_store(store_location(str(text)), write=write)
    assert text.read_bytes() == b"hello\n" * 1000
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    with pytest.raises(StoreFailed, match="other tables"):
        open_store(store_location(str(other)), write=write)


@pytest.mark.parametrize("write", [True, False])
def test_a_newer_schema_is_refused_in_words_and_left_alone(tmp_path: Path, write: bool) -> None:
    path = tmp_path / "home.db"
    open_store(store_location(str(path)), write=True).dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreFailed, match=f"newer version.*9999.*{HEAD}"):
        open_store(store_location(str(path)), write=write)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    connection.close()


def test_an_unknown_database_and_a_missing_driver_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreFailed, match="not a database URL"):
        open_store(store_location("nonsense://somewhere/x"), write=True)
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(StoreFailed, match="psycopg is not installed"):
        open_store(store_location("postgresql+psycopg://db.example/x"), write=True)


def test_a_store_on_a_disk_that_cannot_be_written_can_be_read(tmp_path: Path) -> None:
    """A read-only mount, in a mount namespace of its own."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("needs the right to make a mount namespace")
    path = tmp_path / "disk" / "home.db"
    path.parent.mkdir()
    open_store(store_location(str(path)), write=True).dispose()
    script = (
        "from sensor.store.location import store_location, StoreFailed\n"
        "from sensor.store.reader import StoreReader; from sensor.store.writer import Writer\n"
        f"print(StoreReader(store_location({str(path)!r})).runs())\n"
        f"try: Writer(store_location({str(path)!r}))\nexcept StoreFailed as error: print(error)\n"
    )
    run = subprocess.run(
        [
            "unshare",
            "-m",
            "sh",
            "-c",
            f'mount --bind {path.parent} {path.parent} && mount -o remount,bind,ro {path.parent} && "$0" -c "$1"',
            __import__("sys").executable,
            script,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    if "mount:" in run.stderr:
        pytest.skip("needs the right to mount")
    assert run.stderr == ""
    assert run.stdout.splitlines()[0] == "[]" and "read-only" in run.stdout.splitlines()[1]


def test_only_a_databases_own_errors_are_translated() -> None:
    with pytest.raises(ZeroDivisionError), translate_errors(store_location("home.db")):
        _ = 1 // 0
    assert metadata.tables


def test_damage_anywhere_in_the_file_is_a_sentence(tmp_path: Path) -> None:
    """Bytes of a store overwritten at 150 places, one after another: reading and tidying end with StoreFailed or do."""
    good, path = tmp_path / "good.db", tmp_path / "home.db"
    with writer(good) as made:
        made.keep(stored_run(capture("ftp_login")))
    data = good.read_bytes()
    chance = random.Random(20261130)
    failed = 0
    for _ in range(150):
        broken = bytearray(data)
        for _ in range(chance.choice((1, 20, 300))):
            broken[chance.randrange(100, len(broken))] = chance.randrange(256)
        for left in tmp_path.glob("home.db*"):
            left.unlink()
        path.write_bytes(broken)
        where = store_location(str(path))
        try:
            with StoreReader(where) as reader:
                for run in reader.runs():
                    list(reader.records(run.id))
                    reader.traffic(run.id)
                reader.corrections(everything=True)
            with Writer(where) as again:
                again.forget("50:c7:bf:00:00:05")
        except StoreFailed as error:
            failed += 1
            assert str(path) in str(error)
    assert failed > 20


KILLED = """
import hashlib, os, pathlib, shutil, signal, sqlite3, sys
from sqlalchemy import Engine, event
from sensor.store.database import open_store
from sensor.store.location import store_location
import sensor.store.migrations

old, path = map(pathlib.Path, sys.argv[1:])
counts = "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM devices), (SELECT count(*) FROM findings)"

def look(there):
    with sqlite3.connect(there) as connection:
        version = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        found = connection.execute(counts).fetchone()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    return version, found

def files():
    # What a killed process leaves: the file and its log. The log's index is made anew by who opens them next.
    pieces = [path.read_bytes() for path in (path, path.with_name(path.name + "-wal")) if path.exists()]
    return hashlib.sha256(repr([(len(one), hashlib.sha256(one).digest()) for one in pieces]).encode()).digest()

def migrate(at_statement):
    # In a process of its own: what is killed here is killed as a power button kills it.
    if (child := os.fork()) == 0:
        made = 0
        @event.listens_for(Engine, "before_cursor_execute")
        def count(*_):
            nonlocal made
            made += 1
            at_statement(made)
        open_store(store_location(str(path)), write=True).dispose()
        os._exit(0)
    return os.waitpid(child, 0)[1]

def anew():
    for left in path.parent.glob(path.name + "*"):
        left.unlink()
    shutil.copy(old, path)

version, found = look(old)
anew()
reading, writing = os.pipe()
assert migrate(lambda made: os.write(writing, files())) == 0
os.close(writing)
with os.fdopen(reading, "rb") as stream:
    states = [state for state in iter(lambda: stream.read(32), b"")]
# Statements before which the files are the same leave the same store: one of them is killed, and the last of all.
first = {state: number for number, state in reversed([*enumerate(states, 1)])}
killed = sorted({*first.values(), len(states)})
for at in killed:
    anew()
    status = migrate(lambda made: os.kill(os.getpid(), signal.SIGKILL) if made == at else None)
    assert os.WIFSIGNALED(status), at
    assert look(path) == (version, found), at
    assert migrate(lambda made: None) == 0, at
    assert look(path)[0] != version and look(path)[1] == found, at
print(len(states), len(killed), look(path)[0], look(path)[1] == found)
"""


def test_a_migration_killed_at_any_statement_leaves_a_store_that_opens(
    tmp_path: Path, released: Callable[[str], Path]
) -> None:
    """kill -9 before each statement of all revisions: the old store stands whole, and the next start brings it up to
    date. Statements before which nothing is in the files that was not before the last are one case."""
    made = subprocess.run(
        [sys.executable, "-c", KILLED, str(released("0001")), str(tmp_path / "home.db")],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
    )
    assert made.stderr == ""
    statements, killed, version, whole = made.stdout.split()
    assert (version, whole) == (HEAD, "True") and int(statements) > 10 and 1 < int(killed) <= int(statements)
