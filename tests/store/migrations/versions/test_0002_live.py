"""A store of the first schema after the migration: it says what it said, and findings can be found by what was not kept
before."""

from __future__ import annotations

import importlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from sensor.store.database import open_store
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from sensor.store.schema import metadata
from sensor.store.types import TrafficCell
from tests.replaying import of

RUN = "r7b117b8cb13a"


def test_it_follows_the_first() -> None:
    module = importlib.import_module("sensor.store.migrations.versions.0002_live")
    assert (module.revision, module.down_revision) == ("0002", "0001")


def test_a_store_of_the_first_schema_gives_the_same_records(released: Callable[[str], Path]) -> None:
    path = released("0001")
    before = sqlite3.connect(path)
    rows = {row[0]: row[1:] for row in before.execute("SELECT id, severity, device, summary FROM findings")}
    hours = before.execute(
        "SELECT device, hour, protection, party, bytes FROM traffic WHERE run = ?", (RUN,)
    ).fetchall()
    before.close()
    engine = open_store(store_location(str(path)), write=True)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        found = connection.exec_driver_sql("SELECT id, rank, peer FROM findings").all()
        shared = connection.exec_driver_sql("SELECT device FROM concerned WHERE finding = 'f00000000shared'").all()
    engine.dispose()
    ranks = {"high": 1, "medium": 2, "low": 3, "info": 4}
    assert {row.id: row.rank for row in found} == {id: ranks[severity] for id, (severity, _, _) in rows.items()}
    assert {row.peer for row in found} == {None, "192.168.50.10", "192.168.50.90"}
    with StoreReader(store_location(str(path))) as reader:
        records = reader.records(RUN)
        assert reader.traffic(RUN) == sorted(TrafficCell(*row) for row in hours) and len(reader.runs()) == 2
    found = of(records, "finding")
    assert {r["id"]: (r["severity"], r["device"], r["summary"]) for r in found} == rows
    assert not {"rank", "peer", "peer_name"} & {key for r in found for key in r}
    assert {row.device for row in shared} == set(next(r for r in found if r["device"] is None)["detail"]["devices"])
