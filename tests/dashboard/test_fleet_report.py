"""The report of several sensors on the dashboard: the one of the command, narrowed, without runs that are damaged."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.data.sensors import Narrowed
from dashboard.fleet import Fleet
from dashboard.fleet_report import report
from dashboard.queries import Queries, Unknown
from sensor.cli.main import cli
from sensor.store.corrections import Corrections
from sensor.store.location import store_location
from tests.store.several import ATTIC, BENCH, CAMERA, HALL, run_of, several


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("several") / "hub.db"
    several(path)
    return path


def fleet_of(path: Path) -> Fleet:
    return Fleet(Queries(store_location(str(path))))


def damage(path: Path, *runs: str) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        for one in runs:
            raw.execute("UPDATE provisions SET because = '[{}]' WHERE run = ?", (one,))


def test_it_is_the_report_of_the_command(made: Path, tmp_path: Path) -> None:
    file = tmp_path / "home.json"
    cli.main(["report", "--store", str(made), "--site", "Home", "--json", str(file)], standalone_mode=False)
    written = json.loads(file.read_text("utf-8"))
    found = json.loads(json.dumps(report(fleet_of(made), {"site": "Home"})))
    assert written.pop("made") and found == written and found["run"] == "Home"


@pytest.mark.parametrize(
    ("narrowed", "name", "sensors"),
    [
        ({}, "attic, hall, bench-3", ["attic", "hall", "bench-3"]),
        ({"site": "Lab"}, "Lab", ["bench-3"]),
        ({"bench": "3"}, "bench-3", ["bench-3"]),
        ({"site": "Home", "sensor": HALL.id}, "hall", ["hall"]),
    ],
)
def test_it_is_narrowed_by_site_bench_and_sensor(made: Path, narrowed: Narrowed, name: str, sensors: list[str]) -> None:
    found = report(fleet_of(made), narrowed)
    assert found["run"] == name and [one["sensor"] for one in found["captures"]] == sensors
    heard = {each for one in (*found["devices"], *found["not_judged"]) for each in one["seen_by"]}
    assert heard == set(sensors) and "left_out" not in found


def test_it_is_of_one_device_also_by_the_id_that_was_merged(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    several(path)
    fleet = fleet_of(path)
    whole = report(fleet, {})
    other = next(one["id"] for one in whole["devices"] if one["id"] != CAMERA)
    with Corrections(store_location(str(path))) as corrections:
        corrections.merge(other, CAMERA, by="anna")
    for asked in (CAMERA, other):
        found = report(fleet, {}, asked)
        assert [one["id"] for one in (*found["devices"], *found["not_judged"])] == [CAMERA]
    with pytest.raises(Unknown, match="no such device"):
        report(fleet, {"site": "Lab"}, CAMERA)


def test_no_sensor_is_no_report(made: Path) -> None:
    for narrowed in ({"site": "Nowhere"}, {"site": "Lab", "sensor": HALL.id}):
        with pytest.raises(Unknown, match="no such sensor"):
            report(fleet_of(made), narrowed)


def test_a_run_that_cannot_be_read_is_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    several(path)
    damage(path, run_of(ATTIC))
    found = report(fleet_of(path), {})
    assert found["left_out"] == ["attic"] and [one["sensor"] for one in found["captures"]] == ["hall", "bench-3"]
    assert not any("attic" in one["seen_by"] for one in (*found["devices"], *found["not_judged"]))
    damage(path, run_of(HALL), run_of(BENCH))
    found = report(fleet_of(path), {})
    assert found["left_out"] == ["attic", "hall", "bench-3"] and not found["captures"] + found["devices"]
