"""Orders are given to the sensors that saw a device, answered by each, and gone when all have done them."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from sensor.store import orders as module
from sensor.store.location import StoreFailed, StoreLocation, store_location
from sensor.store.orders import DONE, EVIDENCE, FORGET, NONE, OPEN, Orders, OrderState, without_device
from sensor.store.types import Change, SensorIdentity, TrafficCell
from sensor.store.writer import Writer
from tests.replaying import of
from tests.store.keeping import TOOL
from tests.store.scale import mac, records

ONE, OTHER = "11111111-0000-4000-8000-000000000000", "22222222-0000-4000-8000-000000000000"


def lived(where: StoreLocation, sensor: str, run: str, written: int = 7) -> None:
    found = [{**one, "run": run} for one in records(2, 5)]
    with Writer(where) as store:
        store.change(Change(run, TOOL, written, found, identity=SensorIdentity(sensor, run, "home", "", "eth0")))


@pytest.fixture
def place(tmp_path: Path) -> StoreLocation:
    where = store_location(str(tmp_path / "home.db"))
    lived(where, ONE, "cellar")
    lived(where, OTHER, "attic", 9)
    return where


def test_each_sensor_that_saw_it_answers_for_itself(place: StoreLocation) -> None:
    with Orders(place) as orders, Writer(place) as store:
        assert orders.holders([mac(0)]) == {ONE, OTHER} and orders.holders(["nobody"]) == set()
        order = orders.forget(mac(0), [mac(0), "10.0.0.1"], ["f1"], {ONE, OTHER}, 5)
        assert orders.about(mac(0)) == order and orders.about(mac(1)) is None
        (mine,) = store.orders(ONE)
        assert (mine.kind, mine.device, mine.findings) == (FORGET, mac(0), {"f1"})
        assert mine.names == ("02:00:5e:00:00:00", "10.0.0.1")
        store.answer(order, ONE, DONE, 6)
        connection = sqlite3.connect(str(place.path))
        assert "10.0.0.1" not in str(connection.execute(f"SELECT * FROM orders WHERE sensor = '{ONE}'").fetchall())
        connection.close()
        assert store.orders(ONE) == [] and len(store.orders(OTHER)) == 1
        assert orders.states(order) == [OrderState("attic", OPEN, 9), OrderState("cellar", DONE, 7)]
        orders.tidy(10)
        assert orders.about(mac(0)) == order
        store.answer(order, OTHER, NONE, 8)
        orders.tidy(10)
        assert orders.about(mac(0)) is None and orders.states(order) == []


def test_a_second_order_takes_up_the_first(place: StoreLocation) -> None:
    with Orders(place) as orders, Writer(place) as store:
        orders.forget(mac(0), ["10.0.0.1"], ["f1"], [ONE], 5)
        second = orders.forget(mac(0), ["10.0.0.9"], ["f2"], [OTHER], 6)
        for sensor in (ONE, OTHER):
            (order,) = store.orders(sensor)
            assert (order.id, order.names, order.findings) == (second, ("10.0.0.1", "10.0.0.9"), {"f1", "f2"})


def test_packets_come_once_and_within_bounds(place: StoreLocation, monkeypatch: pytest.MonkeyPatch) -> None:
    with Orders(place) as orders, Writer(place) as store:
        assert orders.evidence("nowhere", "", 5) is None
        order = orders.evidence("cellar", "f1", 5)
        assert order is not None and orders.evidence("cellar", "f1", 6) == order
        (mine,) = store.orders(ONE)
        assert (mine.kind, mine.run, mine.finding) == (EVIDENCE, "cellar", "f1") and store.orders(OTHER) == []
        store.answer(order, ONE, DONE, 6, b"packets")
        assert orders.data(order) == b"packets" and orders.data(order) is None
        order = orders.evidence("cellar", "f1", 7) or ""
        monkeypatch.setattr(module, "MOST_BYTES", 3)
        store.answer(order, ONE, DONE, 8, b"packets")
        assert orders.data(order) == b"pac"
        old = orders.evidence("cellar", "f2", 5) or ""
        orders.tidy(5 + 31 * module.DAY)
        assert orders.states(old) == []


def test_what_a_hostile_sensor_writes_is_none(place: StoreLocation) -> None:
    with Orders(place) as orders, Writer(place) as store:
        for data in ("no base64 \u00e9", "AAA", "A" * 10):
            order = orders.evidence("cellar", "f1", 5) or ""
            with sqlite3.connect(str(place.path)) as connection:
                connection.execute("UPDATE orders SET data = ?, state = '<b>', answered = 1 << 62", (data,))
            connection.close()
            assert [one.state for one in orders.states(order)] == [OPEN] and orders.data(order) is None
        order = orders.evidence("cellar", "f1", 5) or ""
        with sqlite3.connect(str(place.path)) as connection, pytest.raises(sqlite3.IntegrityError):
            connection.execute("UPDATE orders SET data = ?", ("A" * 67_000_001,))
        connection.close()
        with sqlite3.connect(str(place.path)) as connection:
            connection.execute("UPDATE orders SET kind = 'run rm', state = 'open'")
        connection.close()
        assert store.orders(ONE) == []


def test_nothing_of_a_forgotten_device_is_left_in_a_batch_that_waits(place: StoreLocation) -> None:
    found = records(3, 9)
    device, names = mac(1), next(r for r in of(found, "device") if r["id"] == mac(1))
    with Orders(place) as orders, Writer(place) as store:
        orders.forget(device, [device, *names["addresses"]], [], [ONE], 5)
        (order,) = store.orders(ONE)
    cells = [TrafficCell(mac(n), 1, "unknown", "", 5) for n in range(3)]
    keys = (("device", device), ("device", mac(0)), ("network", ""))
    state: dict[tuple[str, str], str | None] = dict.fromkeys(keys, "{}")
    change = Change("r1", TOOL, 1, found, traffic=cells, state=state, batch="b1")
    left = without_device(change, order)
    text = str(replace(left, batch=None))
    assert device not in text and not any(one in text for one in names["addresses"]) and left.batch == "b1"
    assert {r["id"] for r in of(left.records, "device")} == {mac(0), mac(2)}
    assert [cell.device for cell in left.traffic] == [mac(0), mac(2)] and set(left.state) == {("device", mac(0))}
    others = [r["id"] for r in of(found, "finding") if r["device"] != device]
    assert [r["id"] for r in of(left.records, "finding")] == others
    with Writer(place) as store:
        store.change(replace(left, run="after"))


def test_a_store_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed):
        Orders(store_location(str(tmp_path)))


@pytest.mark.parametrize(("later", "there"), [(30 * module.DAY, True), (30 * module.DAY + 1, False)])
def test_packets_that_nobody_fetches_wait_for_thirty_days(place: StoreLocation, later: int, there: bool) -> None:
    with Orders(place) as orders:
        order = orders.evidence("cellar", "f1", 5)
        other = orders.evidence("attic", "", 5 + later)
        orders.tidy(5 + later)
        assert (orders.of_finding("cellar", "f1") == order) is there and orders.of_finding("attic", "") == other
        assert orders.of_finding("cellar", "") is None and orders.of_finding("attic", "f1") is None
        assert (orders.sensor_of("cellar"), orders.sensor_of("nowhere")) == ("cellar", None)


@pytest.mark.parametrize(
    ("data", "found"),
    [("QUJD", b"ABC"), ("QU!JD", None), ("QUJD\n", None), (" QUJD", None), ("QUI=", b"AB"), ("", None), ("QUI", None)],
)
def test_only_whole_base64_is_taken(place: StoreLocation, data: str, found: bytes | None) -> None:
    with Orders(place) as orders:
        order = orders.evidence("cellar", "f1", 5) or ""
        with sqlite3.connect(str(place.path)) as connection:
            connection.execute("UPDATE orders SET data = ?", (data,))
        connection.close()
        assert orders.data(order) == found and orders.of_finding("cellar", "f1") is None


def test_a_sensor_gets_its_orders_oldest_first(place: StoreLocation) -> None:
    with Orders(place) as orders, Writer(place) as store:
        later = orders.evidence("cellar", "f2", 9)
        first = orders.forget(mac(0), ["b", "a", "a"], ["f2", "f1"], [ONE, ONE], 5)
        between = orders.evidence("cellar", "f1", 7)
        assert [one.id for one in store.orders(ONE)] == [first, between, later]
        assert store.orders(ONE)[0].names == ("a", "b")
