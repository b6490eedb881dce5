"""Sensors of a store as one run: the newest run of each, the user's corrections, versions of the program."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sensor.report.build import build
from sensor.sites.sides import side
from sensor.sites.stored import called, info_of, joined
from sensor.store.corrections import Corrections
from sensor.store.finding_queries import FindingQuery
from sensor.store.fleet_reader import FleetReader
from sensor.store.location import StoreFailed, store_location
from sensor.store.writer import Writer
from tests.replaying import of
from tests.store.several import CAMERA, HALL, change_of, run_of, several


def test_the_users_word_holds_for_what_sensors_saw_together(tmp_path: Path) -> None:
    where = store_location(str(several_in(tmp_path)))
    with FleetReader(where) as reader:
        before = joined(reader, reader.fleet()[:2])
        finding = next(one for one in of(before.records, "finding") if one["device"] == CAMERA)
        with Corrections(where) as corrections:
            corrections.name(CAMERA, "Garden", by="anna")
            corrections.accept(finding["run"], finding["id"], by="anna")
        after = joined(reader, reader.fleet()[:2])
    camera = next(one for one in of(after.records, "device") if one["id"] == CAMERA)
    assert camera["hostname"] == "Garden" and after.seen_by[CAMERA] == ["attic", "hall"]
    assert [one["id"] for one in of(after.records, "finding") if "accepted" in one] == [finding["id"]]


def test_the_report_of_them_is_as_of_one_run(tmp_path: Path) -> None:
    path = several_in(tmp_path)
    later = change_of(HALL, [], time.time())
    with Writer(store_location(str(path))) as writer:
        writer.change(replace(later, tool=replace(later.tool, version="9.9", sha256="d" * 64)))
    with FleetReader(store_location(str(path))) as reader, reader.at_once():
        sensors = [one for one in reader.fleet() if one.identity.site == "Home"]
        found = joined(reader, sensors)
        info = info_of("Home", reader, sensors, found.records)
        alone = {one["id"] for one in of(reader.records("live-attic"), "device")}
    report = build(info, found.records, found.cells, seen_by=found.seen_by)
    assert {one["id"] for one in (*report["devices"], *report["not_judged"])} == alone
    assert [one["sensor"] for one in report["captures"]] == ["attic", "hall"]
    assert "9.9" in report["tool"]["version"] and report["tool"]["sha256"] is None
    assert report["run"] == "Home" and run_of(HALL) not in str(report["devices"])


@pytest.mark.parametrize(
    ("table", "column", "value", "place"),
    [
        # No record can be made of it.
        ("provisions", "because", "[{}]", "run live-attic holds rows that cannot be read"),
        ("verdicts", "because", "[null]", "run live-attic holds rows that cannot be read"),
        ("claims", "more", "[null]", "run live-attic holds rows that cannot be read"),
        ("findings", "severity", "<b>", "run live-attic holds rows that cannot be read"),
        # A record of another shape.
        ("devices", "probably_same", "[1]", "rows that cannot be read .device: probably_same"),
        ("findings", "detail", "[]", "rows that cannot be read .finding: detail"),
    ],
)
def test_rows_that_no_sensor_of_ours_wrote_are_a_sentence(
    tmp_path: Path, table: str, column: str, value: str, place: str
) -> None:
    """Any sensor of a hub may write anything into its own rows."""
    path = several_in(tmp_path)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE run = ?', (value, "live-attic"))
    with FleetReader(store_location(str(path))) as reader:
        sensors = reader.fleet()
        with pytest.raises(StoreFailed, match=place):
            joined(reader, sensors)
        with pytest.raises(StoreFailed, match=place):
            side(reader, "site:Home", datetime.now(UTC))
        if (table, column) == ("findings", "severity"):
            with pytest.raises(StoreFailed, match=place):
                reader.findings_of_runs(["live-attic"], FindingQuery())
        assert joined(reader, [one for one in sensors if one.identity.name != "attic"]).records


def test_a_fault_of_ours_is_blamed_on_no_sensor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr("sensor.sites.stored.join", fault)
    with FleetReader(store_location(str(several_in(tmp_path)))) as reader, pytest.raises(KeyError, match="ours"):
        joined(reader, reader.fleet())


def several_in(folder: Path) -> Path:
    path = folder / "hub.db"
    several(path)
    return path


def test_a_report_of_sensors_is_called_by_their_site_or_their_names(tmp_path: Path) -> None:
    with FleetReader(store_location(str(several_in(tmp_path)))) as reader:
        known = reader.fleet()
    assert called(known, "Home\u202e") == "Home?" and called(known) == "attic, hall, bench-3"
    assert called(known * 8) == ", ".join(["attic", "hall", "bench-3"] * 6 + ["attic", "hall"]) + " (+4)"
