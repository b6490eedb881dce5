"""The same store in a real PostgreSQL, started for these tests on a socket of its own: what SQLite does, it does."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sensor.records import Record
from sensor.store.corrections import Corrections
from sensor.store.finding_queries import ORDERS, FindingQuery
from sensor.store.location import StoreFailed, StoreLocation, StoreState, store_location
from sensor.store.reader import StoreReader
from sensor.store.recorder import Recorder
from sensor.store.retention import RetentionLimits
from sensor.store.types import CaptureCount, Change, Removed, Sensor, StoredRun, TrafficCell
from sensor.store.writer import Writer
from tests.replaying import capture_in, folders, of
from tests.store.keeping import TOOL, stored_run
from tests.store.postgresql import Server
from tests.store.scale import RUN, START, mac, records
from tests.store.test_finding_queries import WANTED

pytestmark = pytest.mark.nightly

DAY = 86_400_000_000


def plain(found: list[Record]) -> list[Record]:
    return [json.loads(json.dumps(one).replace("\\u0000", "\\\\x00")) for one in found]


def test_every_capture_of_ours_comes_back_record_for_record(where: StoreLocation) -> None:
    given = [stored_run(capture_in(folder), written=number) for number, folder in enumerate(folders())]
    with Writer(where) as store:
        for one in given:
            store.keep(one)
        with StoreReader(where) as reader:
            assert [one.id for one in reader.runs()] == [one.run for one in given]
            assert all(reader.records(one.run) == plain(one.records) for one in given)
        device = of(given[0].records, "device")[0]["id"]
        assert store.forget(device).runs and store.remove(given[1].run)
        store.keep(given[1])


def test_a_run_that_goes_on(where: StoreLocation) -> None:
    found = records(5, 30)
    sensor = Sensor(5, "ok", "", "eth0", 10, 1000, 0, 4, {"mirror": "both ways"})
    cells = [TrafficCell(mac(0), hour, "unknown", "", hour) for hour in (5, 6, 30)]
    with Writer(where) as store:
        for number in range(2):
            store.change(
                Change(
                    RUN,
                    TOOL,
                    1 + number,
                    found,
                    traffic=cells,
                    captured=[CaptureCount(1, 2, 3, 4)],
                    sensor=sensor,
                    at=100 + number,
                )
            )
        verdict = {**of(found, "verdict")[0], "status": "concern"}
        store.change(
            Change(RUN, TOOL, 3, [verdict], removed=[Removed("finding", of(found, "finding")[0]["id"])], at=200)
        )
    with StoreReader(where) as reader:
        assert reader.sensor(RUN) == sensor and reader.capture_counts(RUN) == [CaptureCount(1, 4, 6, 8)]
        assert reader.traffic(RUN) == [cell._replace(bytes=2 * cell.bytes) for cell in cells]
        assert [(one.at, one.bytes) for one in reader.days(RUN)] == [(0, 22), (1, 60)]
        assert reader.by_protection(RUN, [mac(0)], 5, 7) == {mac(0): {"unknown": 22}}
        assert [one.after for one in reader.history(mac(0))][:1] == ["concern"]
        assert len(of(reader.records(RUN), "finding")) == 29


def test_questions_have_the_same_answers(where: StoreLocation, tmp_path: Path) -> None:
    found = records(20, 400)
    shared = {"device": None, "role": None, "client": None, "server": None, "detail": {"devices": [mac(1), mac(2)]}}
    found.append({**of(found, "finding")[0], "id": "shared", "rule": "credential.shared", **shared})
    both = (where, store_location(str(tmp_path / "home.db")))
    for one in both:
        with Writer(one) as store:
            store.keep(StoredRun(RUN, found, TOOL, START))
        with Corrections(one, clock=lambda: 1.0) as corrections:
            corrections.merge(mac(4), mac(3), by="anna")
            corrections.name(mac(3), "Küche", by="anna")
            corrections.mute(rule="tls.version", by="anna")
            corrections.mute(device=mac(7), by="anna")
            corrections.mute(destination="203.0.113.9", by="anna")
            corrections.accept(RUN, of(found, "finding")[3]["id"], by="anna")
            corrections.undo(corrections.name(mac(5), "x", by="anna"), by="ben")
    with StoreReader(both[0], clock=lambda: 1.0) as one, StoreReader(both[1], clock=lambda: 1.0) as other:
        for wanted in (*(wanted for wanted, _ in WANTED), FindingQuery(state=["open"], device=[mac(1)])):
            assert one.findings(RUN, wanted) == other.findings(RUN, wanted)
        for order in ORDERS:
            assert one.findings(RUN, order=order, page=3) == other.findings(RUN, order=order, page=3)
        assert sorted(one.counts(RUN)) == sorted(other.counts(RUN)) and one.choices(RUN) == other.choices(RUN)
        assert one.devices(RUN) == other.devices(RUN) and one.device(RUN, mac(3), findings=5) == other.device(
            RUN, mac(3), findings=5
        )
        assert one.urgent(RUN) == other.urgent(RUN) and one.records(RUN) == other.records(RUN)
        assert one.corrections(everything=True) == other.corrections(everything=True)


def test_retention(where: StoreLocation) -> None:
    now = 20_000 * DAY
    sensor = Sensor(now, "ok", "", "eth0", 1, 1, 0, None)
    with Writer(where) as store:
        store.keep(StoredRun("old", [{**one, "run": "old"} for one in records(2, 5)], TOOL, now - 400 * DAY))
        cells = [
            TrafficCell(mac(0), now // DAY * 24 - 24 * 61, "unknown", "", 5),
            TrafficCell(mac(0), now // DAY * 24, "unknown", "", 5),
        ]
        young = [
            {**one, "run": "live", "last_seen": "2024-10-03T00:00:00.000000Z"} for one in of(records(1, 0), "device")
        ]
        store.change(Change("live", TOOL, now, young, traffic=cells, sensor=sensor))
        removed = store.tidy(RetentionLimits(), now)
    assert removed.runs == ("old",) and removed.rows == 1
    with StoreReader(where) as reader:
        assert reader.traffic("live") == cells[1:] and sum(one.bytes for one in reader.days("live")) == 10


def test_a_server_that_goes_away_is_reported_and_nothing_is_lost(
    server: Server, where: StoreLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sensor.store.recorder.PATIENCE", (0.05,))
    states: list[StoreState] = []
    recorder = Recorder(where, lambda health: states.append(health.state), every=0.01)
    found = records(3, 20)

    def until(count: int) -> None:
        end = time.monotonic() + 60
        while len(states) < count:
            assert time.monotonic() < end
            time.sleep(0.01)

    recorder.put(Change(RUN, TOOL, 1, found[:2]))
    while recorder.health.written is None:
        time.sleep(0.01)
    server.stop()
    recorder.put(Change(RUN, TOOL, 2, found))
    until(1)
    with pytest.raises(StoreFailed) as failed:
        StoreReader(where)
    assert states == [failed.value.state] == [StoreState.UNREACHABLE]
    server.start()
    until(2)
    assert states[1] is StoreState.OK and recorder.close()
    with StoreReader(where) as reader:
        assert len(of(reader.records(RUN), "finding")) == 20


def test_a_refused_user_is_reported(server: Server, where: StoreLocation) -> None:
    nobody = replace(where, url=(where.url or "").replace("anna@", "nobody@"))
    with pytest.raises(StoreFailed) as failed:
        Writer(nobody)
    assert failed.value.state is StoreState.UNREACHABLE and "nobody" not in str(failed.value)
