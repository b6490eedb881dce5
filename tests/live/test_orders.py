"""A sensor's orders: packets, what waits and alerts forget a device; masked packets are sent; nothing else is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sensor.evidence import pcapng
from sensor.evidence.packet import EvidencePacket
from sensor.evidence.recorder import EvidenceRecorder
from sensor.evidence.storage import EvidenceFolder
from sensor.live.local_state import LocalState, read_local
from sensor.live.orders import OrderDesk
from sensor.store.orders import DONE, NONE, Order
from sensor.store.outage_queue import OutageQueue
from sensor.vault import MaskedValues
from tests.replaying import of
from tests.store.scale import mac, records
from tests.store.test_outage_queue import batch

RAW = bytes.fromhex(mac(0).replace(":", ""))


class Hub:
    """A store that has orders, and what was answered."""

    def __init__(self, *orders: Order) -> None:
        self.open = {one.id: one for one in orders}
        self.answers: dict[str, tuple[str, bytes | None]] = {}
        self.asked = 0

    def orders(self, sensor: str) -> list[Order]:
        self.asked += 1
        return list(self.open.values()) if sensor == "me" else []

    def answer(self, order: str, sensor: str, state: str, at: int, data: bytes | None = None) -> None:
        assert sensor == "me"
        self.answers[order] = state, data
        self.open.pop(order, None)


@pytest.fixture
def packets(tmp_path: Path) -> EvidenceRecorder:
    folder = EvidenceFolder(tmp_path / "evidence")
    both = [
        EvidencePacket("-", 1, 5, 1, RAW + b"****", 60, ((6, 10),), (("f1", "a"),)),
        EvidencePacket("-", 2, 6, 1, b"\2" * 20, 60, (), (("f2", "b"),)),
    ]
    folder.put("r1", both)
    folder.put("older", both)
    return EvidenceRecorder(folder, "r1", "-", MaskedValues())


def desk(tmp_path: Path) -> OrderDesk:
    return OrderDesk("me", tmp_path, every=0.0)


def test_a_device_is_forgotten_in_packets_and_in_what_waits(tmp_path: Path, packets: EvidenceRecorder) -> None:
    hub, mine = Hub(Order("o1", "forget", mac(0), (mac(0),), frozenset({"f1"}))), desk(tmp_path)
    queue = OutageQueue(tmp_path / "q")
    queue.add(batch(1, records(2, 4)))
    mine.look(hub, queue)
    assert hub.answers == {} and hub.open
    waiting = queue.first()
    assert waiting is not None and mac(0) not in str(waiting) and len(of(waiting.records, "device")) == 1
    mine.look(hub, queue)
    mine.carry_out(packets)
    mine.look(hub, queue)
    assert hub.answers == {"o1": (DONE, None)}
    left = b"".join(one.read_bytes() for one in (tmp_path / "evidence").iterdir())
    assert RAW not in left and left.count(b"\2" * 20) == 2
    queue.close()


def test_packets_are_sent_as_they_are_on_the_disk(tmp_path: Path, packets: EvidenceRecorder) -> None:
    hub = Hub(
        Order("one", "evidence", run="r1", finding="f1"),
        Order("all", "evidence", run="older"),
        Order("no", "evidence", run="r1", finding="f9"),
        Order("out", "evidence", run="../../etc/passwd"),
        Order("rm", "rm -rf /", run="r1"),
    )
    mine = desk(tmp_path)
    mine.look(hub, None)
    mine.carry_out(packets)
    mine.look(hub, None)
    (found,) = pcapng.read(hub.answers["one"][1] or b"")
    assert found.data == RAW + b"****" and len(pcapng.read(hub.answers["all"][1] or b"")) == 2
    assert hub.answers["no"] == hub.answers["out"] == (NONE, None) and list(hub.open) == ["rm"]


def test_more_than_the_bound_is_not_sent(
    tmp_path: Path, packets: EvidenceRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sensor.live.orders.MOST_BYTES", 50)
    hub, mine = Hub(Order("all", "evidence", run="r1")), desk(tmp_path)
    mine.look(hub, None)
    mine.carry_out(packets)
    mine.look(hub, None)
    assert hub.answers == {"all": (NONE, None)}


def test_it_looks_seldom_but_always_before_what_waits_is_written(tmp_path: Path) -> None:
    now = [0.0]
    hub, mine = Hub(), OrderDesk("me", tmp_path, steady=lambda: now[0])
    queue = OutageQueue(tmp_path / "q")
    for at in (0.0, 1.0, 4.0, 5.0, 6.0):
        now[0] = at
        mine.look(hub, queue)
    assert hub.asked == 2
    queue.add(batch(1))
    mine.look(hub, queue)
    assert hub.asked == 3
    queue.close()


def test_packets_that_cannot_be_removed_are_tried_again(
    tmp_path: Path, packets: EvidenceRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, mine = Hub(Order("o1", "forget", mac(0), (mac(0),))), desk(tmp_path)
    mine.look(hub, None)
    with monkeypatch.context() as patched:

        def refuse(*_: Any) -> None:
            raise OSError("read-only")

        patched.setattr("sensor.evidence.storage.EvidenceFolder.forget", refuse)
        with pytest.raises(OSError, match="read-only"):
            mine.carry_out(packets)
    mine.look(hub, None)
    assert hub.answers == {}
    mine.carry_out(packets)
    mine.look(hub, None)
    assert hub.answers == {"o1": (DONE, None)}


def test_a_device_is_forgotten_in_what_the_run_goes_on_with(tmp_path: Path, packets: EvidenceRecorder) -> None:
    copy = LocalState(tmp_path / "runs" / "one.jsonl", "r1", {("device", mac(0)): "it", ("device", mac(1)): mac(0)})
    copy.add({("run", ""): "r"})
    mine = desk(tmp_path)
    mine.look(Hub(Order("o1", "forget", mac(0), (mac(0),), frozenset())), None)
    assert mac(0) not in copy.path.read_text()
    found = read_local(copy.path)
    assert found is not None and set(found.parts) == {("run", ""), ("device", mac(1))}


def test_an_answer_is_given_once_with_its_time(tmp_path: Path, packets: EvidenceRecorder) -> None:
    given: list[tuple[str, int]] = []

    class Lasting(Hub):
        def answer(self, order: str, sensor: str, state: str, at: int, data: bytes | None = None) -> None:
            given.append((order, at))

    mine = OrderDesk("me", tmp_path, every=60.0, steady=lambda: 100.0, clock=lambda: 3.5)
    hub = Lasting(Order("o1", "evidence", run="r1", finding="f1"))
    mine.look(hub, None)
    mine.carry_out(packets)
    for _ in range(2):
        mine.look(hub, None)
    assert given == [("o1", 3_500_000)] and hub.asked == 1
    mine.carry_out(packets)
    mine.look(hub, None)
    assert given == [("o1", 3_500_000)]


def test_an_order_that_is_open_is_not_taken_again(
    tmp_path: Path, packets: EvidenceRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[tuple[Any, ...]] = []
    monkeypatch.setattr("sensor.live.orders.forget_local", lambda *given: forgotten.append(given))
    hub = Hub(Order("o1", "forget", "dev", ("name",), frozenset({"f1"})), Order("o2", "evidence", run="r1"))
    mine = desk(tmp_path)
    mine.look(hub, None)
    mine.look(hub, None)
    assert forgotten == [(tmp_path, ["dev", "name"], {"dev", "f1"})]


def test_a_disk_that_refuses_leaves_the_order_and_takes_the_others(
    tmp_path: Path, packets: EvidenceRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, mine = Hub(Order("o1", "forget", "dev"), Order("o2", "evidence", run="r1")), desk(tmp_path)
    with monkeypatch.context() as patched:

        def refuse(*_: Any) -> None:
            raise OSError("read-only")

        patched.setattr("sensor.live.orders.forget_alerts", refuse)
        mine.look(hub, None)
    mine.carry_out(packets)
    mine.look(hub, None)
    assert list(hub.answers) == ["o2"] and list(hub.open) == ["o1"]
    mine.carry_out(packets)
    mine.look(hub, None)
    assert hub.answers["o1"] == (DONE, None)


def test_the_most_that_is_sent_is_sent(
    tmp_path: Path, packets: EvidenceRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sensor.live.orders.pcapng.write", lambda found, tool: bytes(50))
    for bound, answer in ((50, (DONE, bytes(50))), (49, (NONE, None))):
        monkeypatch.setattr("sensor.live.orders.MOST_BYTES", bound)
        hub, mine = Hub(Order("all", "evidence", run="r1")), desk(tmp_path)
        mine.look(hub, None)
        mine.carry_out(packets)
        mine.look(hub, None)
        assert hub.answers == {"all": answer}
