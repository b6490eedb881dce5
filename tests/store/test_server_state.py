"""A PostgreSQL of several sensors: started at once on an empty database, rights, clock, certificate, password."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sensor.setup import doctor
from sensor.store.database import open_store, server_url
from sensor.store.location import StoreFailed, StoreLocation, StoreState, failure, store_location
from sensor.store.reader import StoreReader
from sensor.store.server_state import server_state
from tests.replaying import PCAPS, capture_in

ROOT = Path(__file__).resolve().parents[2]


def test_twenty_that_start_at_once_find_one_schema(where: StoreLocation) -> None:
    def start(_: int) -> str:
        engine = open_store(where, write=True)
        engine.dispose()
        return "open"

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(start, range(20))) == ["open"] * 20


def test_three_replays_at_once_are_all_stored(where: StoreLocation, tmp_path: Path) -> None:
    names = ("ftp_login", "mqtt", "telnet")
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "sensor", "replay", "-q", "--store", where.url or "", capture_in(PCAPS / name)],
            env={**os.environ, "PYTHONPATH": str(ROOT), "LANWITNESS_STATE": str(tmp_path / name)},
        )
        for name in names
    ]
    assert [child.wait(300) for child in children] == [0, 0, 0]
    with StoreReader(where) as reader:
        assert {Path(run.captures[0]).parent.name for run in reader.runs()} == set(names)


def test_the_server_says_how_it_is(where: StoreLocation) -> None:
    open_store(where, write=True).dispose()
    found = server_state(where)
    assert found is not None and found.superuser and not found.tls and abs(found.ahead) < 5
    states = {(one.state, one.message.partition(" ")[0]) for one in doctor.store(where.url or "")}
    assert {("look", "the"), ("well", "PostgreSQL")} <= states and not any(state == "wrong" for state, _ in states)


def test_a_file_has_no_server(tmp_path: Path) -> None:
    assert server_state(store_location(str(tmp_path / "a.db"))) is None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("postgresql+psycopg://lw@db.example/lan", "db.example"),
        ("postgresql+psycopg://lw@192.0.2.7:5432/lan", "192.0.2.7"),
        ("postgresql+psycopg://lw@[2001:db8::1]/lan", "2001:db8::1"),
        ("postgresql+psycopg://lw@/lan?host=db.example", "db.example"),
        ("postgresql+psycopg://lw@localhost/lan", None),
        ("postgresql+psycopg://lw@127.0.0.1/lan", None),
        ("postgresql+psycopg://lw@[::1]/lan", None),
        ("postgresql+psycopg://lw@/lan?host=/run/postgresql", None),
        ("home.db", None),
    ],
)
def test_which_server_is_another_machine_and_must_show_its_certificate(url: str, host: str | None) -> None:
    place = store_location(url)
    assert place.server == host
    if place.url is not None:
        assert server_url(place).query.get("sslmode") == (None if host is None else "verify-full")
        more = "&" if "?" in url else "?"
        assert server_url(store_location(f"{url}{more}sslmode=require")).query["sslmode"] == "require"


def test_the_password_comes_out_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("p@ss:word\n")
    place = store_location(f"postgresql+psycopg://lw@db.example/lan?password_file={tmp_path}/password")
    url = server_url(place)
    assert url.password == "p@ss:word" and "password_file" not in url.query
    assert "p@ss" not in place.name and "p@ss" not in place.argument and "p@ss" not in repr(url)
    with pytest.raises(StoreFailed, match="its password cannot be read"):
        server_url(store_location(f"postgresql+psycopg://lw@db.example/lan?password_file={tmp_path}/none"))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ('connection failed: root certificate file "/root/.postgresql/root.crt" does not exist', "cannot be checked"),
        ("connection failed: SSL error: certificate verify failed", "is not trusted"),
        ('server certificate for "a.example" does not match host name "b.example"', "for another name"),
        ("connection failed: server does not support SSL, but SSL was required", "offers no TLS"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said(said: str, sentence: str) -> None:
    place = store_location("postgresql+psycopg://lw@db.example/lan")
    found = failure(place, RuntimeError(said))
    assert found.state is StoreState.UNREACHABLE and sentence in str(found) and "root/" not in str(found)
