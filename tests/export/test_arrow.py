"""Arrow tables: the same columns for every run, values as in the records, read by pandas and DuckDB."""

from __future__ import annotations

import datetime
import sys

import duckdb
import pyarrow as pa
import pytest

from sensor.export.arrow import TYPES, arrow_table, pyarrow
from tests.export.exported import run_of


@pytest.mark.parametrize("kind", TYPES)
def test_a_table_has_a_row_for_each_record_and_always_the_same_columns(kind: str) -> None:
    records = run_of("home").by_kind()[kind]
    table = arrow_table(kind, records)
    assert table.num_rows == len(records) > 0
    assert table.schema == arrow_table(kind, []).schema
    assert table.column_names == list(TYPES[kind].__annotations__)


def test_values_are_those_of_the_records() -> None:
    run = run_of("home")
    rows = arrow_table("device", run.devices).to_pylist()
    for row, device in zip(rows, run.devices, strict=True):
        assert (row["id"], row["addresses"], row["bytes"]) == (device["id"], device["addresses"], device["bytes"])
        assert row["first_seen"] == datetime.datetime.fromisoformat(device["first_seen"] or "")
        assert (row["vendor"] or {}).get("value") == (device["vendor"] or {}).get("value")
    schema = arrow_table("device", []).schema
    assert schema.field("first_seen").type == pa.timestamp("us", "UTC")
    assert pa.types.is_list(schema.field("channels").type)


def test_maps_and_nulls() -> None:
    run = run_of("home")
    [row] = arrow_table("capture", [{**run.captures[0], "undecoded": {"arp": 2}, "dropped_packets": None}]).to_pylist()
    assert row["undecoded"] == [("arp", 2)] and row["dropped_packets"] is None


def test_duckdb_and_pandas_read_it() -> None:
    findings = arrow_table("finding", run_of("home").findings)
    counted = duckdb.sql("SELECT rule, count(*) FROM findings WHERE severity = 'critical' GROUP BY rule").fetchall()
    frame = findings.to_pandas()
    critical = frame[frame.severity == "critical"]
    assert dict(counted) == dict(critical.groupby("rule").size()) != {}


def test_without_the_library_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"pip install 'lanwitness\[parquet\]'"):
        pyarrow()
