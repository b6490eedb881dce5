"""Runs that cannot be read are left out, their sensors named once, and a fault of ours is blamed on none."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text

from dashboard import create_app
from dashboard.readable_runs import MOST, Runs, of_readable, records_of
from sensor.store.fleet_reader import FleetReader
from sensor.store.location import StoreLocation, StoreState, store_location
from sensor.store.misfits import UnreadableRun
from tests.store.conftest import server, where
from tests.store.several import ATTIC, BENCH, HALL, SENSORS, fill, run_of, several

__all__ = ["server", "where"]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetReader]:
    path = tmp_path_factory.mktemp("several") / "hub.db"
    several(path)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE devices SET probably_same = '[1]' WHERE run = ?", (run_of(ATTIC),))
    with FleetReader(store_location(str(path))) as found:
        yield found


def runs_of(reader: FleetReader) -> Runs:
    return {run: one for one in reader.fleet() for run in one.runs}


def test_what_cannot_be_read_is_left_out_and_its_sensor_is_named(reader: FleetReader) -> None:
    tried: list[list[str]] = []

    def make(runs: Runs) -> int:
        tried.append(sorted(runs))
        if run_of(HALL) in runs:
            raise UnreadableRun("hall", run_of(HALL))
        return len(runs)

    assert of_readable(reader, runs_of(reader), make) == (2, ["hall"])
    assert tried == [sorted(map(run_of, SENSORS)), sorted(map(run_of, (ATTIC, BENCH)))]


def test_an_error_over_a_row_that_is_no_record_leaves_its_run_out(reader: FleetReader) -> None:
    def make(runs: Runs) -> list[str]:
        return [same["id"] for one in records_of(reader, runs) for same in one.get("probably_same", ())]

    found, names = of_readable(reader, runs_of(reader), make)
    assert found == [] and names == ["attic"]


def test_a_fault_of_ours_leaves_out_no_run(reader: FleetReader) -> None:
    def fault(_: Runs) -> None:
        raise KeyError("ours")

    fine = {run: one for run, one in runs_of(reader).items() if run != run_of(ATTIC)}
    with pytest.raises(KeyError, match="ours"):
        of_readable(reader, fine, fault)


def test_a_run_that_was_not_asked_for_is_not_left_out(reader: FleetReader) -> None:
    def make(_: Runs) -> None:
        raise UnreadableRun("another", "another")

    with pytest.raises(UnreadableRun) as caught:
        of_readable(reader, runs_of(reader), make)
    assert caught.value.run == "another" and caught.value.state is StoreState.DAMAGED


def test_a_sensor_with_many_such_runs_costs_few_attempts(reader: FleetReader) -> None:
    """Any sensor of a hub may write as many runs as it wants."""
    hall = next(one for one in reader.fleet() if one.identity.name == "hall")
    many = replace(hall, runs={f"run-{number}": 1 for number in range(500)})
    attempts = 0

    def make(runs: Runs) -> list[str]:
        nonlocal attempts
        attempts += 1
        for run in runs:
            if run.startswith("run-"):
                raise UnreadableRun(run, run)
        return list(runs)

    runs = {**dict.fromkeys(many.runs, many), **runs_of(reader)}
    own = [run_of(ATTIC), run_of(BENCH)]
    assert of_readable(reader, runs, make) == (own, ["hall"]) and attempts == MOST + 1


def test_the_pages_of_a_database_server_leave_such_a_run_out(where: StoreLocation) -> None:
    """After an error over a row its transaction goes on, and the other sensors' rows are read in it."""
    fill(where, time.time())
    engine = create_engine(where.url or "")
    with engine.begin() as connection:
        connection.execute(text("UPDATE claims SET more = '[null]' WHERE run = :run"), {"run": run_of(ATTIC)})
    engine.dispose()
    app = create_app(where)
    client = app.test_client()
    for page in ("", "findings", "search?q=http", "compare"):
        found = client.get(f"/api/v1/{page}").json
        assert found is not None and (found.get("fleet") or found)["unread"] == ["attic"], page
        assert "A capture of the sensor attic could not be read." in client.get(f"/{page}").text, page
    report = client.get("/api/v1/report.json").json
    assert report is not None and report["left_out"] == ["attic"]
    assert {one["sensor"] for one in report["captures"]} == {"hall", "bench-3"}
    app.extensions["queries"].reader.close()
