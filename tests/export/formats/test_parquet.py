"""Parquet files, read back by DuckDB."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pytest

from sensor.export.formats._format import Missing
from tests.export.exported import files_of, hostile, run_of


def test_duckdb_reads_what_was_written(tmp_path: Path) -> None:
    run = run_of("home")
    files = files_of("parquet", run)
    assert set(files) == {f"{kind}s.parquet" for kind in run.by_kind()}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        [(rows,)] = duckdb.sql(f"SELECT count(*) FROM '{tmp_path / name}'").fetchall()
        assert rows == len(run.by_kind()[name.removesuffix("s.parquet")])
    [(one,)] = duckdb.sql(
        f"SELECT count(*) FROM '{tmp_path}/findings.parquet' f JOIN '{tmp_path}/devices.parquet' d ON f.device = d.id"
    ).fetchall()
    assert one == sum(finding["device"] is not None for finding in run.findings)


def test_hostile_text_is_data() -> None:
    assert files_of("parquet", hostile())


def test_without_the_library_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(Missing, match="pip install"):
        files_of("parquet", run_of("home"))
