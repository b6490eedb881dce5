"""Sensors of a store: their runs, how they do, what the store does not say; findings over several runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.records import Record
from sensor.store.corrections import Corrections
from sensor.store.finding_queries import ORDERS, FindingQuery
from sensor.store.fleet_reader import FleetReader
from sensor.store.location import StoreLocation, store_location
from sensor.store.types import Change, Removed, Sensor, SensorIdentity
from sensor.store.writer import Writer
from tests.store.keeping import TOOL
from tests.store.several import ATTIC, BENCH, CAMERA, HALL, SENSORS, fill, run_of, several

NOW = 1_800_000_000


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("fleet") / "hub.db"
    several(made, NOW, silent=1000)
    return made


def test_each_sensor_has_its_newest_run(path: Path) -> None:
    with FleetReader(store_location(str(path))) as reader:
        found = {one.identity: one for one in reader.fleet()}
    assert list(found) == list(SENSORS)
    assert {identity: list(one.runs) for identity, one in found.items()} == {one: [run_of(one)] for one in SENSORS}
    hall = found[HALL]
    assert hall.heard == (NOW - 1001) * 1_000_000 and hall.lag == 3.0 and hall.version == "0.0.test"
    assert hall.days is None and hall.fingerprint_key is None


def test_two_interfaces_at_once_are_two_runs_and_an_older_one_is_none(tmp_path: Path) -> None:
    path = tmp_path / "one.db"
    here = SensorIdentity("5f0c0000-0000-4000-8000-00000000000a", "attic", "", "", "eth1")
    with Writer(store_location(str(path))) as writer:
        for run, at in (("old", 1000), ("first", 9000), ("second", 9060)):
            health = Sensor(at * 1_000_000, "ok", "", run, 0, 0, 0, None)
            writer.change(Change(run, TOOL, at * 1_000_000, sensor=health, identity=here))
    with FleetReader(store_location(str(path))) as reader:
        (found,) = reader.fleet()
    assert list(found.runs) == ["second", "first"] and found.lag is None
    assert found.health is not None and found.health.source == "second"


@pytest.mark.parametrize(
    ("said", "shown"),
    [("k3f9", "k3f9"), ("k3f9\n", None), ("<b>k3f9</b>", None), ("k" * 9000, None), (7, None), (["k3f9"], None)],
)
def test_the_key_of_fingerprints_is_an_id_or_nothing(tmp_path: Path, said: object, shown: str | None) -> None:
    path = tmp_path / "one.db"
    health = Sensor(1, "ok", "", "eth1", 0, 0, 0, None, {"fingerprint_key": said})
    with Writer(store_location(str(path))) as writer:
        writer.change(Change("w1", TOOL, 1, sensor=health, identity=ATTIC))
    with FleetReader(store_location(str(path))) as reader:
        assert [one.fingerprint_key for one in reader.fleet()] == [shown]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("grouped", [False, True])
def test_pages_over_runs_are_those_of_each_run_in_one_order(path: Path, order: str, grouped: bool) -> None:
    runs = [run_of(ATTIC), run_of(BENCH)]
    wanted = FindingQuery(grouped=grouped)
    with FleetReader(store_location(str(path))) as reader:
        alone = [reader.findings(run, wanted, order=order, size=200) for run in runs]
        assert all(one.pages == 1 for one in alone)
        found, page, pages = [], 1, 1
        while page <= pages:
            each = reader.findings_of_runs(runs, wanted, order=order, page=page, size=7)
            found, page, pages = [*found, *each.findings], page + 1, each.pages
            assert (each.total, each.of) == (sum(one.total for one in alone), sum(one.of for one in alone))
    assert len(found) == each.total
    for run, one in zip(runs, alone, strict=True):
        assert [each for each in found if each["run"] == run] == one.findings


def test_who_sees_a_device(path: Path) -> None:
    with FleetReader(store_location(str(path))) as reader:
        runs = [run_of(one) for one in SENSORS]
        both = [(run_of(ATTIC), CAMERA), (run_of(HALL), CAMERA)]
        assert reader.seen_by(runs, CAMERA, "Home") == both
        assert reader.seen_by(runs, CAMERA, "Lab") == []


def test_the_revision_of_findings_changes_with_them_alone(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    several(path, NOW)
    place, run = store_location(str(path)), run_of(ATTIC)
    with FleetReader(place) as reader:
        records = reader.records(run)
        finding = next(one for one in records if one["record"] == "finding" and one["last_time"])
        device = next(one for one in records if one["record"] == "device")

        def after(*changed: Record, gone: str | None = None) -> tuple[object, ...]:
            with Writer(place) as writer:
                writer.change(
                    Change(run, TOOL, NOW * 1_000_000, list(changed), [Removed("finding", gone)] if gone else [])
                )
            return reader.findings_revision(run)

        first = reader.findings_revision(run)
        assert after() == first and after({**device, "hostname": "other"}) == first
        again = after({**finding, "count": finding["count"] + 1, "last_time": "2031-01-01T00:00:00.000000Z"})
        worse = after({**finding, "severity": "critical"}, {**finding, "id": "new", "severity": "low"})
        left = after(gone="new")
        assert len({first, again, worse, left}) == 4
        assert reader.findings_revision(run_of(BENCH)) == reader.findings_revision(run_of(BENCH)) != left


def test_the_stamp_of_corrections_changes_when_a_mute_ends(path: Path) -> None:
    clock = [float(NOW)]
    with FleetReader(store_location(str(path)), lambda: clock[0]) as reader:
        before = reader.corrections_stamp()
        with Corrections(store_location(str(path))) as corrections:
            corrections.mute(device=CAMERA, until=(NOW + 60) * 1_000_000, by="anna")
        muted = reader.corrections_stamp()
        clock[0] += 120
        assert len({before, muted, reader.corrections_stamp()}) == 3


def test_postgresql_answers_the_same(where: StoreLocation, tmp_path: Path) -> None:
    runs = [run_of(one) for one in SENSORS]
    several(tmp_path / "hub.db", NOW)
    fill(where, NOW)
    with FleetReader(where) as one, FleetReader(store_location(str(tmp_path / "hub.db"))) as other:
        assert one.fleet() == other.fleet()
        for order in ORDERS:
            for grouped in (False, True):
                wanted = FindingQuery(grouped=grouped)
                pages = [each.findings_of_runs(runs, wanted, order=order, page=2, size=9) for each in (one, other)]
                assert pages[0] == pages[1], order
        assert one.seen_by(runs, CAMERA, "Home") == other.seen_by(runs, CAMERA, "Home")
        for run in runs:
            with one.at_once():
                assert one.with_headlines(run, one.light_devices(run)) == other.with_headlines(
                    run, other.light_devices(run)
                )


def test_findings_of_no_run_are_none(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    several(path)
    with FleetReader(store_location(str(path))) as reader:
        found = reader.findings_of_runs([], FindingQuery(), page=7)
    assert (found.findings, found.total, found.of, found.page, found.pages) == ([], 0, 0, 1, 1)
