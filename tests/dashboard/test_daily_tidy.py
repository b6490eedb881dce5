"""Retention of a hub once a day: by its owner alone, one program at a time, whatever fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from dashboard.daily_tidy import DailyTidy, Times, hub_retention, owns_hub
from sensor.store.database import TIDY_LOCK
from sensor.store.location import StoreFailed, StoreLocation, store_location
from sensor.store.reader import StoreReader
from sensor.store.retention import RetentionLimits
from sensor.store.roles import Enrolment, HubRoles
from sensor.store.types import StoredRun
from sensor.store.writer import Writer
from tests.store.conftest import server, where
from tests.store.keeping import TOOL
from tests.store.scale import START

__all__ = ["server", "where"]

SOON = Times(first=0.0, every=0.01, again=0.02)


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_it_goes_on_whatever_fails() -> None:
    outcomes: list[str | Exception] = ["", StoreFailed("hub: away"), ValueError("a row's text"), "packets are left", ""]
    sentences: list[str] = []

    def tidy() -> str:
        outcome = outcomes.pop(0) if outcomes else ""
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    daily = DailyTidy(tidy, sentences.append, SOON)
    until(lambda: not outcomes)
    daily.close()
    assert sentences == [
        "hub: away; what is too old stays, and it is tried again",
        "what is too old could not be removed (ValueError)",
        "packets are left",
    ]


def test_it_ends_at_once_between_two_times() -> None:
    calls: list[int] = []
    daily = DailyTidy(lambda: calls.append(1) or "", lambda _: None, Times(first=0.0, every=1000.0))  # type: ignore[func-returns-value]
    until(lambda: bool(calls))
    began = time.monotonic()
    daily.close()
    assert time.monotonic() - began < 0.9 and not [one for one in threading.enumerate() if one.name == "retention"]


def test_a_file_is_no_hub(tmp_path: Path) -> None:
    assert not owns_hub(store_location(str(tmp_path / "home.db")))


def as_role(where: StoreLocation, role: str | None) -> StoreLocation:
    return store_location((where.url or "").replace("anna@", f"{role}@"))


def runs_of(where: StoreLocation) -> set[str]:
    with StoreReader(where) as reader:
        return {one.id for one in reader.runs()}


def test_the_owner_removes_what_is_too_old_and_nobody_else(where: StoreLocation, tmp_path: Path) -> None:
    with Writer(where) as store:
        store.keep(StoredRun("old", [], TOOL, START))
        store.keep(StoredRun("young", [], TOOL, time.time_ns() // 1000))
    limits = RetentionLimits(days=10)
    # No hub was made of it yet: its sensors tidy for themselves.
    assert not owns_hub(where) and hub_retention(where, tmp_path, limits)() == "" and "old" in runs_of(where)
    with HubRoles(where) as hub:
        hub.prepare()
        made = hub.enrol(Enrolment("cellar"), START)
    for role in (made.role, "lw_read"):
        other = as_role(where, role)
        assert not owns_hub(other) and hub_retention(other, tmp_path, limits)() == ""
    assert runs_of(where) == {"old", "young"}
    owner = as_role(where, "lw_hub")
    assert owns_hub(owner)
    assert hub_retention(owner, tmp_path, limits)() == "" and runs_of(where) == {"young"}


def test_two_programs_wait_for_each_other(where: StoreLocation, tmp_path: Path) -> None:
    with HubRoles(where) as hub:
        hub.prepare()
    with Writer(where) as store:
        store.keep(StoredRun("old", [], TOOL, START))
    engine = create_engine(where.url or "")
    tidy = hub_retention(as_role(where, "lw_hub"), tmp_path, RetentionLimits(days=10))
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": TIDY_LOCK})
        daily = DailyTidy(tidy, pytest.fail, Times(first=0.0))
        until(lambda: connection.scalar(waiting) == 1)
        assert runs_of(where) == {"old"}
    until(lambda: runs_of(where) == set())
    daily.close()
    engine.dispose()
