"""What is too old or too much goes, the oldest first, and nothing else does; what was said of it goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, insert, select

from sensor import removal
from sensor.records import Record
from sensor.store import retention, schema
from sensor.store.corrections import Corrections
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from sensor.store.recorder import Recorder
from sensor.store.retention import RetentionLimits, by_age, by_age_of_sensors
from sensor.store.rows import timestamp
from sensor.store.types import CaptureCount, Change, Sensor, StoredRun, TrafficCell
from tests.replaying import of
from tests.store.keeping import TOOL, writer
from tests.store.scale import mac, records

DAY = 86_400_000_000
NOW = 20_000 * DAY + 7
SENSOR = Sensor(NOW, "ok", "", "eth0", 1, 1, 0, None)


def seen(found: list[Record], days: dict[str, int], run: str = "live") -> list[Record]:
    """Records of devices and findings that were last seen so many days ago, by id; 0 for all others."""
    return [
        {
            **one,
            "run": run,
            **{
                name: timestamp(NOW - days.get(one["id"], 0) * DAY)
                for name in ("last_seen", "last_time", "time")
                if name in one
            },
        }
        if one["record"] in ("device", "finding")
        else {**one, "run": run}
        for one in found
    ]


def live(path: Path, found: list[Record], *, run: str = "live", written: int = NOW, **more: Any) -> None:
    with writer(path) as store:
        store.change(Change(run, TOOL, written, found, sensor=SENSOR, **more))


def tidy(path: Path, **more: int) -> tuple[tuple[str, ...], int]:
    with writer(path) as store:
        gone = store.tidy(RetentionLimits(**more), NOW)
    return gone.runs, gone.rows


def test_what_a_sensor_wrote_ages(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    found = records(3, 4)
    old, new = of(found, "finding")[0]["id"], of(found, "finding")[1]["id"]
    hours = [NOW // DAY * 24 - 24 * days for days in (1, 61, 400)]
    cells = [TrafficCell(mac(0), hour, "unknown", "", 5) for hour in hours]
    live(
        path,
        seen(found, {old: 366, mac(2): 366}),
        traffic=cells,
        captured=[CaptureCount(hour, 1, 1, 1) for hour in hours],
        at=NOW - 400 * DAY,
    )
    live(path, [{**one, "status": "concern", "run": "live"} for one in of(found, "verdict")[:1]], at=NOW)
    with Corrections(store_location(str(path)), clock=lambda: NOW / 1e6) as corrections:
        for finding in (old, new):
            corrections.accept("live", finding, by="anna")
        corrections.name(mac(2), "gone", by="anna")
        corrections.name(mac(1), "stays", by="anna")
    runs, rows = tidy(path)
    assert runs == () and rows > 0
    with StoreReader(store_location(str(path)), clock=lambda: NOW / 1e6) as reader:
        stored = reader.records("live")
        assert {r["id"] for r in of(stored, "device")} == {mac(0), mac(1)} and mac(2) not in {
            r["device"] for r in of(stored, "verdict")
        }
        assert {r["id"] for r in of(stored, "finding")} == {r["id"] for r in of(found, "finding")} - {old}
        assert [cell.hour for cell in reader.traffic("live")] == hours[:1]
        assert [one.at for one in reader.days("live")] == [hours[1] // 24, hours[0] // 24]
        assert [one.hour for one in reader.capture_counts("live")] == [hours[1], hours[0]]
        assert [one.at for one in reader.history(mac(0), kinds=("verdict",))] == [NOW]
        assert [
            (one.kind, one.finding, one.device) for one in reader.corrections() if one.kind == "name" or one.finding
        ] == [
            ("accept", new, of(found, "finding")[1]["device"]),
            ("name", None, mac(1)),
        ]
    assert tidy(path) == ((), 0)


@pytest.mark.parametrize(("source", "stays"), [("-", True), ("eth0", False)])
def test_an_old_capture_that_a_stream_brings_is_not_old(source: str, stays: bool, tmp_path: Path) -> None:
    """Its packets' clock counts; an interface's is this machine's."""
    path = tmp_path / "home.db"
    found = seen(
        records(2, 2), dict.fromkeys([mac(0), mac(1), *(one["id"] for one in of(records(2, 2), "finding"))], 900)
    )
    sensor = Sensor(NOW, "ok", "", source, 1, 1, 0, NOW - 900 * DAY)
    with writer(path) as store:
        store.change(Change("live", TOOL, NOW, found, sensor=sensor))
    tidy(path)
    with StoreReader(store_location(str(path))) as reader:
        assert bool(of(reader.records("live"), "device")) is stays
    # It ages from then on, as all that is put in.
    with writer(path) as store:
        later = store.tidy(RetentionLimits(), NOW + 366 * DAY)
    assert later.runs == ("live",)


def test_what_a_stream_brought_ages_by_its_packets(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    found = seen(records(3, 2), {mac(0): 900, mac(1): 900, mac(2): 900 + 366})
    sensor = Sensor(NOW, "ok", "", "-", 1, 1, 0, NOW - 900 * DAY)
    with writer(path) as store:
        store.change(Change("live", TOOL, NOW, found, sensor=sensor))
    tidy(path)
    with StoreReader(store_location(str(path))) as reader:
        assert {one["id"] for one in of(reader.records("live"), "device")} == {mac(0), mac(1)}


def test_a_finished_capture_is_as_old_as_its_day_in_the_store(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    ancient = seen(records(2, 3), dict.fromkeys([mac(0), mac(1)], 5000), "r1")
    with writer(path) as store:
        store.keep(StoredRun("r1", ancient, TOOL, NOW - 10 * DAY, traffic=[TrafficCell(mac(0), 1, "unknown", "", 5)]))
        store.keep(StoredRun("r2", [{**one, "run": "r2"} for one in ancient], TOOL, NOW - 400 * DAY))
    live(path, [], run="dead", written=NOW - 366 * DAY)
    assert set(tidy(path)[0]) == {"r2", "dead"}
    with StoreReader(store_location(str(path))) as reader:
        assert (
            [one.id for one in reader.runs()] == ["r1"]
            and reader.records("r1") == ancient
            and len(reader.traffic("r1")) == 1
        )


def test_too_much_is_cut_from_the_oldest_and_the_room_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sensor.store.retention.ROOM", 100_000)
    path = tmp_path / "home.db"
    found = records(20, 1500)
    with writer(path) as store:
        for number in range(4):
            store.keep(StoredRun(f"r{number}", [{**one, "run": f"r{number}"} for one in found], TOOL, NOW - number))
    live(path, seen(found, {}), written=NOW - 9)
    whole = path.stat().st_size
    # A sensor's own run is the last to go, whenever it was written.
    assert tidy(path, size=whole // 2)[0] == ("r3", "r2", "r1")
    assert path.stat().st_size < whole * 0.6
    with StoreReader(store_location(str(path))) as reader:
        assert [one.id for one in reader.runs()] == ["live", "r0"] and len(reader.records("live")) == len(found)


def test_one_run_that_is_too_large_loses_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    found = records(5, 3000)
    ages = {one["id"]: 3000 - number for number, one in enumerate(of(found, "finding"))}
    live(
        path,
        seen(found, {id: age // 10 for id, age in ages.items()}),
        traffic=[TrafficCell(mac(0), NOW // DAY * 24 - hour, "unknown", "", 5) for hour in range(1400)],
    )
    size = path.stat().st_size
    runs, rows = tidy(path, size=size // 2)
    assert runs == () and rows > 500
    with StoreReader(store_location(str(path))) as reader:
        left = of(reader.records("live"), "finding")
        youngest = min(ages[one["id"]] for one in left)
        assert youngest == 1 and len(left) == max(ages[one["id"]] for one in left) < 2500
        assert len(of(reader.records("live"), "device")) == 5 and reader.traffic("live")


def test_a_recorder_tidies_once_a_day(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    with writer(path) as store:
        store.keep(StoredRun("r1", [{**one, "run": "r1"} for one in records(1, 1)], TOOL, 1))
    now = NOW / 1e6
    sentences: list[str] = []
    where = store_location(str(path))
    retain = removal.daily(where, tmp_path, RetentionLimits(days=1), sentences.append)
    recorder = Recorder(where, retain=retain, every=0.01, clock=lambda: now)
    recorder.put(Change("live", TOOL, NOW, [], sensor=SENSOR))
    assert recorder.close()
    with StoreReader(store_location(str(path))) as reader:
        assert [one.id for one in reader.runs()] == ["live"]
    assert sentences == []


@pytest.fixture
def connection() -> Iterator[Connection]:
    """An empty store in memory: its rows alone, for what is looked at by time."""
    engine = create_engine("sqlite://")
    schema.metadata.create_all(engine)
    with engine.begin() as made:
        yield made
    engine.dispose()


def filled(table: Any, **given: Any) -> dict[str, Any]:
    """A row with what is given, and a value of its kind in each other column that must have one."""
    kinds = {int: 0, str: "", float: 0.0, bool: False}
    needed = [one for one in table.c if one.name not in given and (one.primary_key or not one.nullable)]
    return {**{one.name: kinds.get(one.type.python_type, {}) for one in needed}, **given}


def a_run(
    connection: Connection, name: str, written: int, *, sensor: str | None = None, live: bool = True, **more: Any
) -> None:
    connection.execute(insert(schema.runs).values(**filled(schema.runs, id=name, written=written, sensor=sensor)))
    if live:
        state = {"run": name, "at": NOW, "source": "eth0", "last_packet": NOW, **more}
        connection.execute(insert(schema.sensors).values(**filled(schema.sensors, **state)))


def put(connection: Connection, table: Any, run: str, column: str, *times: int) -> None:
    """A row for each time; their names are numbers."""
    names = [one.name for one in table.c if one.type.python_type is str and one.name != "run" and one.primary_key]
    for number, at in enumerate(times):
        row = filled(table, run=run, **{column: at}, **dict.fromkeys(names, str(number)))
        connection.execute(insert(table).values(**row))


def times(connection: Connection, table: Any, column: str, run: str = "live") -> list[int]:
    return sorted(connection.scalars(select(table.c[column]).where(table.c.run == run)))


HOUR_OF = DAY // 24


@pytest.mark.parametrize(
    ("table", "column", "unit", "bound"),
    [
        (schema.traffic, "hour", HOUR_OF, NOW - 60 * DAY), (schema.capture_counts, "hour", HOUR_OF, NOW - 365 * DAY),
        (schema.days, "day", DAY, NOW - 365 * DAY), (schema.changes, "at", 1, NOW - 365 * DAY),
        (schema.devices, "last_seen", 1, NOW - 365 * DAY), (schema.findings, "last_time", 1, NOW - 365 * DAY),
    ],
)  # fmt: skip
@pytest.mark.parametrize("behind", [0, 10 * DAY])
def test_each_table_is_kept_to_its_bound(
    connection: Connection, table: Any, column: str, unit: int, bound: int, behind: int
) -> None:
    """The hour, the day or the moment of the bound stays, the one before goes. A stream's packets have a clock of their
    own, an interface's are of this machine."""
    limits = RetentionLimits()
    edge = (bound - behind) // unit
    a_run(connection, "live", NOW, source="-" if behind else "eth0", last_packet=NOW - behind)
    put(connection, table, "live", column, edge - 1, edge, edge + 1)
    found = by_age(connection, limits, NOW)
    assert (found.runs, found.rows) == ((), 1) and times(connection, table, column) == [edge, edge + 1]
    assert connection.scalar(select(schema.runs.c.tidied)) == NOW
    assert by_age(connection, limits, NOW + 1).rows == 0 or unit == 1
    a_run(connection, "other", NOW, source="eth0", last_packet=NOW - 10 * DAY)
    put(connection, table, "other", column, edge)
    by_age(connection, limits, NOW)
    assert times(connection, table, column, "other") == ([edge] if not behind else []), "an interface that is silent"


@pytest.mark.parametrize(("age", "stays"), [(365 * DAY - 1, True), (365 * DAY, True), (365 * DAY + 1, False)])
@pytest.mark.parametrize("live", [True, False])
def test_a_run_goes_as_a_whole_by_its_day_in_the_store(
    connection: Connection, age: int, stays: bool, live: bool
) -> None:
    a_run(connection, "live", NOW - age, live=live)
    a_run(connection, "young", NOW, live=False)
    assert by_age(connection, RetentionLimits(), NOW).runs == (() if stays else ("live",))
    assert sorted(connection.scalars(select(schema.runs.c.id))) == (["live", "young"] if stays else ["young"])


def test_each_sensor_of_a_hub_has_its_own_days(connection: Connection) -> None:
    """The hub's limits hold for those without, and for what is no sensor's."""
    own = {"a": (10, None), "b": (None, 1), "c": (None, None), "d": (20, 2)}
    for name, (days, hours) in own.items():
        row = filled(schema.sensor_identities, id=name, days=days, hours=hours)
        connection.execute(insert(schema.sensor_identities).values(**row))
    limits = RetentionLimits(days=100, hours=50)
    for name in (*own, None):
        run = f"run-{name}"
        a_run(connection, run, NOW, sensor=name)
        put(connection, schema.changes, run, "at", *(NOW - days * DAY for days in (5, 15, 50, 101)))
        put(connection, schema.traffic, run, "hour", *((NOW - days * DAY) // HOUR_OF for days in (1, 2, 3, 49, 51)))
        a_run(connection, f"old-{name}", NOW - 15 * DAY, sensor=name, live=False)
    found = by_age_of_sensors(connection, limits, NOW)
    assert found.runs == ("old-a",)
    left = {
        name: (
            len(times(connection, schema.changes, "at", f"run-{name}")),
            len(times(connection, schema.traffic, "hour", f"run-{name}")),
        )
        for name in (*own, None)
    }
    assert left == {"a": (1, 4), "b": (3, 1), "c": (3, 4), "d": (2, 2), None: (3, 4)}
    assert found.rows == sum(9 - sum(counts) for counts in left.values())


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ([], []), ([5], [5]), ([5, 5], [5, 5]), ([0, 100], [100]), ([0, 9, 10, 11, 100], [11, 100]),
        ([0, 1, 2], [1, 2]),
        ([1000, 1009, 1010, 1011, 1100], [1011, 1100]),
    ],
)  # fmt: skip
def test_the_oldest_tenth_by_time(connection: Connection, values: list[int], left: list[int]) -> None:
    """Of the span of time, not of the rows; nothing where all are of one time."""
    a_run(connection, "live", NOW)
    put(connection, schema.changes, "live", "at", *values)
    assert retention._oldest(connection, schema.changes, "at") == len(values) - len(left)
    assert times(connection, schema.changes, "at") == left


def test_finished_runs_go_before_those_of_sensors_and_the_newest_stays(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, written, live in (("s-old", 1, True), ("f-new", 9, False), ("f-old", 2, False), ("s-new", 5, True)):
        a_run(connection, name, written, live=live)
    order: list[list[str]] = []
    sizes = iter([4, 3, 2, 1, 0])

    def used(_: Connection) -> int:
        order.append(sorted(connection.scalars(select(schema.runs.c.id))))
        return next(sizes)

    monkeypatch.setattr(retention, "used", used)
    found = retention.by_size(connection, RetentionLimits(size=0))
    assert found.runs == ("f-old", "f-new", "s-old") and found.rows == 0
    assert order[-1] == ["s-new"]


@pytest.mark.parametrize(("used", "left"), [(10, 1), (11, 0)])
def test_room_at_the_bound_is_room(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, used: int, left: int
) -> None:
    a_run(connection, "one", 1, live=False)
    a_run(connection, "two", 2, live=False)
    monkeypatch.setattr(retention, "used", lambda _: used)
    found = retention.by_size(connection, RetentionLimits(size=10))
    assert len(found.runs) == 1 - left


@pytest.mark.parametrize(
    ("pages", "free", "size", "worth"),
    [(4001, 1001, 8192, True), (4004, 1001, 8192, False), (4003, 1001, 8192, True), (3000, 976, 8192, False),
     (3000, 977, 8192, True),
     (0, 0, 4096, False)],
)  # fmt: skip
def test_when_a_file_is_written_anew(pages: int, free: int, size: int, worth: bool) -> None:
    """More than 8 MB and more than a quarter of it are free."""
    figures = {"page_count": pages, "freelist_count": free, "page_size": size}
    made: Any = SimpleNamespace(
        execute=lambda query: SimpleNamespace(scalar=lambda: figures[str(query).split()[1]]),
        dialect=SimpleNamespace(name="sqlite"),
    )
    assert retention.wasted(made) is worth
    assert retention.used(made) == (pages - free) * size
    made.dialect.name = "postgresql"
    assert retention.used(made) == 0
