"""A live run while its database server is away: what comes waits on the disk and is in the store once, in order."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sensor.cli._earlier import _stored
from sensor.cli.main import cli
from sensor.store.location import StoreFailed, StoreLocation, StoreState, store_location
from sensor.store.outage_queue import OutageQueue, QueueLimits, queue_path
from sensor.store.reader import StoreReader
from sensor.store.recorder import Health, Recorder
from sensor.store.types import Change, Sensor, SensorIdentity, TrafficCell
from sensor.store.writer import Writer
from tests.cli.test_main import lanwitness
from tests.live.test_saved_state import pieces
from tests.live.watching import signals_restored
from tests.replaying import PCAPS, capture_in, of, replayed
from tests.store.postgresql import Server
from tests.store.scale import mac, records
from tests.store.test_recorder import SOME, Fake, change, finding, until

HUB = store_location("postgresql+psycopg://hub/lan")
AWAY = StoreFailed("postgresql+psycopg://hub/lan: the database server cannot be reached", StoreState.UNREACHABLE)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.store.recorder.PATIENCE", (0.05,))


def recorder_at(where: StoreLocation, folder: Path, **more: Any) -> tuple[Recorder, list[Health]]:
    healths: list[Health] = []
    limits = more.pop("limits", QueueLimits())
    queue = lambda: OutageQueue(folder / "q", limits)  # noqa: E731
    return Recorder(where, healths.append, every=0.01, queue=queue, **more), healths


def counted(number: int) -> Change:
    """A change with a finding and five bytes of an hour of its own."""
    return change([finding(number)], written=number, traffic=[TrafficCell(mac(0), number, "unknown", "", 5)])


def test_what_comes_meanwhile_is_written_in_its_order(tmp_path: Path) -> None:
    fake = Fake()
    recorder, healths = recorder_at(HUB, tmp_path, opener=fake.open)
    recorder.put(counted(0))
    until(lambda: len(fake.written) == 1)
    fake.trouble = AWAY
    for number in range(1, 6):
        recorder.put(counted(number))
        until(lambda wanted=2 * number: recorder.health.on_disk == wanted)  # type: ignore[misc]
    assert recorder.health.waiting == 10 and recorder.in_journal() == 10
    assert [(one.state, one.lost) for one in healths] == [(StoreState.UNREACHABLE, 0)]
    fake.trouble = None
    until(lambda: not recorder.health.waiting)
    recorder.put(counted(6))
    assert recorder.close(30) and not (tmp_path / "q").exists()
    assert [record["count"] for one in fake.written for record in one.records] == list(range(7))
    assert [cell.hour for one in fake.written for cell in one.traffic] == list(range(7))
    assert healths[-1].state is StoreState.OK and len({one.batch for one in fake.written}) == len(fake.written)


def test_a_batch_whose_answer_was_lost_is_not_written_twice(tmp_path: Path) -> None:
    fake = Fake()
    real = fake.change

    def answered(one: Change) -> None:
        real(one)
        if len(fake.written) == 1:
            raise AWAY

    fake.change = answered  # type: ignore[method-assign]
    recorder, healths = recorder_at(HUB, tmp_path, opener=fake.open)
    recorder.put(counted(1))
    until(lambda: bool(healths))
    recorder.put(counted(2))
    until(lambda: healths[-1].state is StoreState.OK and not recorder.health.waiting)
    assert recorder.close(30)
    assert [cell.hour for one in fake.written for cell in one.traffic] == [1, 2]


def test_a_sensor_that_starts_and_ends_while_the_hub_is_away_leaves_all_of_it_for_the_next(tmp_path: Path) -> None:
    fake = Fake()
    fake.trouble = AWAY
    for number in range(3):
        recorder, _ = recorder_at(HUB, tmp_path, opener=fake.open)
        recorder.put(counted(number))
        assert recorder.close(30) is False and recorder.in_journal() == 2 * (number + 1)
    fake.trouble = None
    recorder, _ = recorder_at(HUB, tmp_path, opener=fake.open)
    assert recorder.close(30)
    assert [cell.hour for one in fake.written for cell in one.traffic] == [0, 1, 2]


def test_a_batch_that_no_store_takes_does_not_hold_up_the_next(tmp_path: Path) -> None:
    fake = Fake()
    real = fake.change

    def choosy(one: Change) -> None:
        if any(record["id"] == finding(1)["id"] for record in one.records):
            raise ValueError("canary")
        real(one)

    fake.change = choosy  # type: ignore[method-assign]
    recorder, healths = recorder_at(HUB, tmp_path, opener=fake.open)
    recorder.put(counted(1))
    until(lambda: bool(healths))
    recorder.put(counted(2))
    until(lambda: bool(fake.written) and not recorder.health.waiting)
    assert recorder.health.lost == 2 and "canary" not in healths[0].message and recorder.close(30)
    assert [record["count"] for one in fake.written for record in one.records] == [2]


def test_counts_that_found_no_room_are_in_the_health(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.store.outage_queue.SEGMENT", 3000)
    fake = Fake()
    fake.trouble = AWAY
    recorder, _ = recorder_at(HUB, tmp_path, opener=fake.open, limits=QueueLimits(size=20_000))
    for number in range(60):
        before = recorder.health.waiting + recorder.health.lost
        recorder.put(counted(number))
        until(lambda seen=before: recorder.health.on_disk + recorder.health.lost > seen)  # type: ignore[misc]
    lost = recorder.health.lost
    assert lost > 10
    fake.trouble = None
    until(lambda: not recorder.health.waiting)
    assert recorder.health.lost == lost and recorder.close(30)
    assert [record["count"] for one in fake.written for record in one.records] == list(range(60))
    assert sum(len(one.traffic) for one in fake.written) == 60 - lost


def test_a_state_folder_that_cannot_be_written_leaves_the_memory(tmp_path: Path) -> None:
    (tmp_path / "q").write_text("a file")
    fake = Fake()
    fake.trouble = AWAY
    recorder, healths = recorder_at(HUB, tmp_path, opener=fake.open)
    recorder.put(counted(1))
    until(lambda: bool(healths))
    assert (recorder.health.waiting, recorder.health.on_disk) == (2, 0)
    fake.trouble = None
    until(lambda: bool(fake.written))
    assert recorder.close(30)


def test_a_real_server_that_is_stopped_and_started(server: Server, where: StoreLocation, tmp_path: Path) -> None:
    """PostgreSQL stops as by ``pg_ctl stop -m immediate``, in the middle of the batches, twice."""
    recorder, healths = recorder_at(where, tmp_path)
    recorder.put(change(SOME))
    until(lambda: recorder.health.written is not None)

    def go_on(numbers: range) -> None:
        for number in numbers:
            recorder.put(counted(number))
            time.sleep(0.02)

    go_on(range(100, 130))
    for start in (130, 160):
        server.stop_immediately()
        go_on(range(start, start + 20))
        until(lambda: healths[-1].state is StoreState.UNREACHABLE and recorder.health.on_disk > 0)
        server.start()
        go_on(range(start + 20, start + 30))
        until(lambda: healths[-1].state is StoreState.OK and not recorder.health.waiting)
    assert recorder.close(30) and recorder.health.lost == 0
    with StoreReader(where) as reader:
        found = {record["count"] for record in of(reader.records("rbig"), "finding")}
        cells = {cell.hour: cell.bytes for cell in reader.traffic("rbig")}
    assert found >= set(range(100, 190)) and cells == dict.fromkeys(range(100, 190), 5)


KILLED = """
import sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
import sensor.store.recorder as module
module.PATIENCE = (0.05,)
from sensor.store.location import store_location
from tests.store.test_outage import counted, recorder_at
recorder, _ = recorder_at(store_location({url!r}), Path({folder!r}))
number = int(sys.argv[1])
while True:
    recorder.put(counted(number))
    number += 1
    time.sleep(0.01)
    if recorder.health.on_disk == {before} + 2 * (number - int(sys.argv[1])):
        print(number, flush=True)
"""


def test_kill_9_in_an_outage_and_in_the_return(server: Server, where: StoreLocation, tmp_path: Path) -> None:
    """What the queue had at the kill is in the store, each count once."""
    recorder, _ = recorder_at(where, tmp_path)
    recorder.put(change(records(3, 20)))
    assert recorder.close(30)
    server.stop_immediately()
    script = KILLED.format(root=str(PCAPS.parent), url=where.url, folder=str(tmp_path), before=0)
    process = subprocess.Popen([sys.executable, "-c", script, "100"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = [int(process.stdout.readline()) for _ in range(5)]
    process.kill()
    lines += [int(line) for line in process.stdout.read().split()]
    process.wait()
    process.stdout.close()
    server.start()
    recorder, _ = recorder_at(where, tmp_path)
    assert recorder.close(60)
    with StoreReader(where) as reader:
        cells = {cell.hour: cell.bytes for cell in reader.traffic("rbig")}
    assert set(cells.values()) == {5} and set(range(100, lines[-1])) <= set(cells)


def test_watch_starts_and_ends_while_the_hub_is_away(server: Server, where: StoreLocation, tmp_path: Path) -> None:
    """From outside: what it saw waits in the state folder, and the next start brings it in before its own."""
    capture = (PCAPS / "dns_dhcp" / "capture.pcap").read_bytes()
    # Root without capabilities reaches no socket in another's private folder.
    server.folder.chmod(0o755)
    server.stop_immediately()
    with_hub = ("watch", "-", "--plain", "-q", "--store", where.argument)
    away = lanwitness(*with_hub, stdin=capture, state=str(tmp_path / "state"))
    assert away.returncode == 2 and "wait on this disk for the next start" in away.stderr, away.stderr
    (file,) = (tmp_path / "state" / "outage").rglob("*.batches")
    assert file.stat().st_mode & 0o777 == 0o600
    server.start()
    back = lanwitness(*with_hub, stdin=capture, state=str(tmp_path / "state"))
    assert back.returncode == 0, back.stderr
    with StoreReader(where) as reader:
        runs = reader.runs()
        findings = [sorted(record["rule"] for record in of(reader.records(one.id), "finding")) for one in runs]
    assert len(runs) == 2 and findings[0] == findings[1] and findings[0]
    assert not list((tmp_path / "state").rglob("*.batches"))


def test_a_run_goes_on_with_what_an_outage_kept_from_the_server(
    server: Server, where: StoreLocation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path))
    identity = SensorIdentity("id", "cellar", "", "", "eth0")
    health = Sensor(5, "ok", "", "eth0", 1, 1, 0, 4)
    with Writer(where) as store:
        state: dict[tuple[str, str], str | None] = {("run", ""): "old", ("device", "a"): "x", ("device", "b"): "x"}
        store.change(change(SOME, identity=identity, sensor=health, state=state))
    path = queue_path(where, tmp_path, "eth0")
    assert path is not None
    queue = OutageQueue(path)
    queue.add(change([], written=2, state={("run", ""): "new", ("device", "b"): None}))
    queue.close()
    found = _stored(where, identity)
    assert found is not None and found.parts == {("run", ""): "new", ("device", "a"): "x"}


def test_a_sensor_that_starts_while_the_server_is_away_goes_on_with_its_run(
    server: Server, where: StoreLocation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three parts of one capture, the second while the server is away: one run with all packets, devices, findings."""
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("sensor.cli._earlier.PATIENCE", (0.1,))
    monkeypatch.setattr("sensor.cli.watch._give_up_root", lambda options: None)
    head, packets = pieces("ftp_login")
    third = len(packets) // 3

    def watch(part: list[tuple[int, bytes]]) -> None:
        (tmp_path / "in.pcap").write_bytes(head + b"".join(data for _, data in part))
        with (tmp_path / "in.pcap").open("rb") as stdin, signals_restored():
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stdin))
            cli.main(["watch", "-", "-q", "--plain", "--store", where.argument], standalone_mode=False)

    watch(packets[:third])
    with StoreReader(where) as reader:
        (begun,) = reader.runs()
    server.stop_immediately()
    watch(packets[third : 2 * third])
    server.start()
    watch(packets[2 * third :])
    with StoreReader(where) as reader:
        (found,) = reader.runs()
        records, health = reader.records(found.id), reader.sensor(found.id)
    assert found.id == begun.id and health is not None and health.more["starts"] == 3
    (capture,) = of(records, "capture")
    assert capture["packets"] == len(packets)
    whole = replayed(capture_in(PCAPS / "ftp_login"))
    assert {one["id"] for one in of(records, "device")} == {one["id"] for one in of(whole, "device")}
    # The first part ends before it is known whose account it is: that is one more.
    assert {one["rule"] for one in of(whole, "finding")} <= {one["rule"] for one in of(records, "finding")}


def test_orders_are_looked_for_in_a_quiet_network_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.store.recorder.ORDERS", 0.02)
    fake, looks = Fake(), list[object]()
    recorder, _ = recorder_at(HUB, tmp_path, opener=fake.open, obey=lambda store, queue: looks.append(store))
    until(lambda: len(looks) > 3)
    # A look is no writing: what would come now and could not be written was never in the store.
    assert recorder.health.written is None
    assert recorder.close(30) and looks[0] is fake and fake.written == []
