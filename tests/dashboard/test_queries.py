"""What the pages ask of a store: the same as the records say, cached only until the store changes."""

from pathlib import Path

import pytest

from dashboard.queries import NoRuns, Queries, Unknown
from sensor.report.build import build
from sensor.store.corrections import Corrections
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from sensor.store.types import Change, Sensor
from sensor.store.writer import Writer
from tests.dashboard.site import CAMERA, store
from tests.store.keeping import TOOL


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return store(tmp_path)


def test_home_is_what_the_report_says(path: Path) -> None:
    queries, reader = Queries(store_location(str(path))), StoreReader(store_location(str(path)))
    info = reader.run()
    assert info is not None
    report = build(info, reader.records(info.id), reader.traffic(info.id))
    home = queries.home(None)
    assert home["needs"] == report["needs"]
    assert {one["id"]: {m["capability"]: m["status"] for m in one["marks"]} for one in home["devices"]} == {
        one["id"]: {m["capability"]: m["status"] for m in one["marks"]} for one in report["devices"]
    }
    assert {one["id"] for one in home["not_judged"]} == {one["id"] for one in report["not_judged"]}
    mine = next(one for one in report["devices"] if one["id"] == CAMERA)
    shown = queries.device(info.id, CAMERA)["device"]
    for name in ("marks", "provisions", "coverage", "destinations", "vendor", "category"):
        assert shown[name] == mine[name], name
    assert [one["id"] for one in shown["findings"]][:3] == [one["id"] for one in mine["findings"]][:3]
    assert queries.report_of(info.id, CAMERA)["devices"][0]["hourly_bytes"] == mine["hourly_bytes"]


def test_the_cache_is_dropped_when_the_store_changes(path: Path) -> None:
    queries = Queries(store_location(str(path)))
    first = queries.home(None)
    with Corrections(store_location(str(path))) as corrections:
        corrections.name(CAMERA, "Garden", by="anna")
    names = {one["id"]: one["name"] for one in queries.home(None)["devices"]}
    assert names[CAMERA] == "Garden" and "Garden" not in {one["name"] for one in first["devices"]}
    made: list[int] = []
    for _ in range(3):
        queries.cache.once("x", lambda: made.append(1))
    assert len(made) == 1


def test_what_is_not_there(path: Path, tmp_path: Path) -> None:
    queries = Queries(store_location(str(path)))
    for ask in (
        lambda: queries.home("none"),
        lambda: queries.device("none", CAMERA),
        lambda: queries.finding("none", "x"),
    ):
        with pytest.raises(Unknown, match="no such run"):
            ask()
    run = queries.runs()[0]["id"]
    with pytest.raises(Unknown, match="no such device"):
        queries.device(run, "none")
    with pytest.raises(Unknown, match="no such finding"):
        queries.finding(run, "none")
    Writer(store_location(str(tmp_path / "empty.db"))).close()
    with pytest.raises(NoRuns):
        Queries(store_location(str(tmp_path / "empty.db"))).home(None)


def test_a_run_goes_on_while_its_sensor_writes(path: Path) -> None:
    queries = Queries(store_location(str(path)))
    with Writer(store_location(str(path))) as writer:
        writer.change(Change("rlive", TOOL, 10**15, sensor=Sensor(10**15, "ok", "", "eth0", 1, 1, 0, None)))
    assert queries.goes_on("rlive", 10**9 + 60) and not queries.goes_on("rlive", 10**9 + 200)
    assert not queries.goes_on(queries.runs()[-1]["id"])


def test_a_device_is_said_to_be_muted_only_where_all_of_it_is(path: Path) -> None:
    """Not for the mute of another device, of one rule, or of one destination."""
    queries = Queries(store_location(str(path)))
    run = queries.home(None)["run"]["id"]
    other = next(one["id"] for one in queries.home(None)["devices"] if one["id"] != CAMERA)
    with Corrections(store_location(str(path))) as corrections:
        corrections.mute(device=other, by="anna")
        corrections.mute(device=CAMERA, rule="credential.default", by="anna")
        corrections.mute(device=CAMERA, destination="192.0.2.1", by="anna")
        assert queries.device(run, CAMERA)["muted"] == []
        number = corrections.mute(device=CAMERA, by="ben")
    (shown,) = queries.device(run, CAMERA)["muted"]
    assert (shown["by"], shown["number"]) == ("ben", number)
