"""Tables of a run: a row for each thing, in the order of the pages (CSV: test_routes)."""

from pathlib import Path

from dashboard.data import tables
from dashboard.queries import Queries
from sensor.store.location import store_location
from tests.dashboard.site import CAMERA, store


def rows(table: tables.Table) -> list[dict[str, object]]:
    titles, found = table
    return [dict(zip(titles, row, strict=True)) for row in found]


def test_tables_of_a_run(tmp_path: Path) -> None:
    queries = Queries(store_location(str(store(tmp_path))))
    run = queries.runs()[0]["id"]
    devices = rows(tables.devices(queries, None))
    assert {one["device"] for one in devices} >= {one["id"] for one in queries.home(run)["devices"]}
    camera = next(one for one in devices if one["device"] == CAMERA)
    assert camera["category"] == "camera" and camera["no_default_passwords"] == "concern" and camera["findings"] == 10
    hours = rows(tables.hours(queries, run, CAMERA))
    assert len(hours) == 30 and hours[0] == {
        "hour": "2026-05-10T08:00:00.000000Z",
        "protection": "cleartext",
        "party": "vendor",
        "bytes": 1000,
    }
    assert {one["party"] for one in rows(tables.destinations(queries, run, CAMERA))} >= {"local"}
    assert {one["status"] for one in rows(tables.provisions(queries, run, CAMERA))} >= {"violated"}


def test_all_findings_over_several_pages(tmp_path: Path, monkeypatch: object) -> None:
    queries = Queries(store_location(str(store(tmp_path))))
    tables.SHEET, before = 20, tables.SHEET
    try:
        found = rows(tables.findings(queries, None, {"severity": "info"}, "rule"))
    finally:
        tables.SHEET = before
    assert len({one["id"] for one in found}) == len(found) > 40
    assert [one["rule"] for one in found] == sorted(str(one["rule"]) for one in found)
