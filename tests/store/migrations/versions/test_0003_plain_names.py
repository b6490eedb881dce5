"""Revision 0003 over a store that the released program of revision 0002 wrote."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from sensor.store.writer import Writer


def test_old_names_become_new_ones(released: Callable[[str], Path]) -> None:
    path = released("0002")
    connection = sqlite3.connect(path)
    sentence = connection.execute("SELECT told FROM sensors").fetchone()[0]
    disclosed = [
        json.loads(d) for (d,) in connection.execute("SELECT detail FROM findings WHERE rule = 'exposure.disclosure'")
    ]
    connection.close()
    assert sentence and len(disclosed) > 3 and all(one["told"] for one in disclosed)

    Writer(store_location(str(path))).close()

    connection = sqlite3.connect(path)
    state, message, more = connection.execute("SELECT state, message, more FROM sensors").fetchone()
    details = [
        json.loads(d) for (d,) in connection.execute("SELECT detail FROM findings WHERE rule = 'exposure.disclosure'")
    ]
    others = [
        json.loads(d) for (d,) in connection.execute("SELECT detail FROM findings WHERE rule <> 'exposure.disclosure'")
    ]
    connection.close()
    assert (state, message) == ("ended", sentence)
    assert [(one["source"], one["message"]) for one in json.loads(more)["sources"]] == [("-", sentence)]
    assert [one["kind"] for one in details] == [one["told"] for one in disclosed]
    assert [one["values"] for one in details] == [one["values"] for one in disclosed]
    assert not any("told" in one for one in (*details, *others))


def test_the_reader_gives_its_records(released: Callable[[str], Path]) -> None:
    path = str(released("0002"))
    Writer(store_location(path)).close()
    reader = StoreReader(store_location(path))
    runs = reader.runs()
    assert len(runs) == 2
    found = [record for run in runs for record in reader.records(run.id)]
    assert {record["detail"]["kind"] for record in found if record.get("rule") == "exposure.disclosure"} >= {
        "name",
        "identity",
    }
