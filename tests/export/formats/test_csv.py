"""CSV files, read back by the standard library."""

from __future__ import annotations

import csv
import io

from tests.export.exported import files_of, hostile, run_of


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_all_fields_of_all_records_are_there() -> None:
    run = run_of("home")
    files = files_of("csv", run)
    assert set(files) == {f"{kind}s.csv" for kind in run.by_kind()}
    devices = rows(files["devices.csv"])
    assert [one["id"] for one in devices] == [one["id"] for one in run.devices]
    assert [one["vendor"] for one in devices] == [(one["vendor"] or {}).get("value", "") for one in run.devices]
    assert len(rows(files["findings.csv"])) == len(run.findings)


def test_a_spreadsheet_calculates_nothing_and_rows_stay_rows() -> None:
    run = hostile()
    found = rows(files_of("csv", run)["findings.csv"])
    assert len(found) == len(run.findings)
    assert all(one["summary"].startswith("'=cmd") and "\x1b" not in one["summary"] for one in found)
