"""`lanwitness tidy` from outside: what is too old leaves the store."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from tests.cli.test_correct import path
from tests.cli.test_main import lanwitness
from tests.store.keeping import capture, stored_run, writer

__all__ = ["path"]


def test_tidy(path: Path) -> None:
    with writer(path) as store:
        store.keep(stored_run(capture("ntp"), written=2_000_000_000_000_000_000 // 1000))
    run = lanwitness("tidy", "--days", "30", "--store", path)
    assert run.returncode == 0 and run.stdout.startswith("1 runs and 0 rows")
    with StoreReader(store_location(str(path))) as reader:
        assert [one.captures for one in reader.runs()] == [(str(capture("ntp")),)]
        [info] = reader.runs()
    # A folder in the packets' place: even root cannot unlink it.
    (path.with_name(f"{path.name}.evidence") / f"{info.id}.pcapng").mkdir(parents=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE runs SET written = 1")
    run = lanwitness("tidy", "--days", "30", "--store", path)
    assert run.returncode == 2 and run.stdout.startswith("1 runs and 0 rows")
    assert f"the packets of run {info.id} are still beside the store" in run.stderr
