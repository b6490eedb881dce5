"""A recorder never waits and never raises: trouble is a state with a sentence, what came meanwhile is in the store once
it is over."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sensor.records import Record
from sensor.store.journal import Journal
from sensor.store.location import StoreFailed, StoreState, store_location
from sensor.store.reader import StoreReader
from sensor.store.recorder import Health, Recorder
from sensor.store.types import Change, TrafficCell
from tests.replaying import PCAPS, of
from tests.store.keeping import TOOL, writer
from tests.store.scale import mac, records

SOME = records(3, 20)


def change(found: list[Record], run: str = "rbig", written: int = 1, **more: Any) -> Change:
    return Change(run, TOOL, written, found, **more)


class Fake:
    """A store whose trouble a test decides."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.written: list[Change] = []
        self.opened = self.closed = 0

    def open(self, _: object) -> Fake:
        if self.trouble is not None:
            raise self.trouble
        self.opened += 1
        return self

    def change(self, one: Change) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.written.append(one)

    def batch(self, run: str) -> str | None:
        return next((one.batch for one in reversed(self.written) if one.run == run), None)

    def corrections(self) -> list[Any]:
        return []

    def tidy(self, *_: object) -> Any:
        return None

    def close(self) -> None:
        self.closed += 1


@contextmanager
def recording(where: Path, **more: Any) -> Iterator[tuple[Recorder, list[Health]]]:
    healths: list[Health] = []
    recorder = Recorder(store_location(str(where)), healths.append, every=0.01, **more)
    try:
        yield recorder, healths
    finally:
        recorder.close()


def until(done: Callable[[], bool]) -> None:
    """Wait for another thread; only a bug makes it wait long."""
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.store.recorder.PATIENCE", (0.01, 0.02))
    monkeypatch.setattr("sensor.store.database.WAIT", 0.05)


def test_what_is_put_is_soon_in_the_store(tmp_path: Path) -> None:
    with recording(tmp_path / "home.db") as (recorder, healths):
        for record in SOME:
            recorder.put(change([record]))
        until(lambda: recorder.health.written is not None and not recorder.health.waiting)
        with StoreReader(store_location(str(tmp_path / "home.db"))) as reader:
            assert len(of(reader.records("rbig"), "finding")) == 20
        assert recorder.health.state is StoreState.OK and healths == []
        recorder.put(change([], written=9, traffic=[TrafficCell(mac(0), 1, "unknown", "", 5)]))
        assert recorder.close()
    with StoreReader(store_location(str(tmp_path / "home.db"))) as reader:
        assert reader.traffic("rbig") == [TrafficCell(mac(0), 1, "unknown", "", 5)]


def test_trouble_is_reported_once_and_nothing_is_lost(tmp_path: Path) -> None:
    fake = Fake()
    with recording(tmp_path / "home.db", opener=fake.open) as (recorder, healths):
        fake.trouble = StoreFailed("home.db: the disk is full", StoreState.FULL)
        recorder.put(change([SOME[1]], traffic=[TrafficCell("a", 1, "unknown", "", 5)]))
        until(lambda: len(healths) == 1)
        recorder.put(change([SOME[2], SOME[1]], written=2, traffic=[TrafficCell("a", 1, "unknown", "", 6)]))
        recorder.put(change([SOME[2]], run="other"))
        until(lambda: recorder.health.waiting == 4)
        assert (healths[0].state, healths[0].message) == (
            StoreState.FULL,
            "home.db: the disk is full",
        ) and fake.written == []
        assert recorder.health.since == healths[0].since and recorder.health.written is None
        fake.trouble = None
        until(lambda: len(healths) == 2)
        assert healths[1].state is StoreState.OK and healths[1].message == ""
        until(lambda: not recorder.health.waiting)
    first = [one for one in fake.written if one.run == "rbig"]
    assert [one.traffic for one in first] == [[TrafficCell("a", 1, "unknown", "", 11)]] and first[0].written == 2
    assert {record["id"] for record in first[0].records} == {SOME[1]["id"], SOME[2]["id"]}
    assert len(fake.written) == 2 and fake.closed == fake.opened


def test_what_waits_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.store.waiting_changes.RECORDS", 10)
    monkeypatch.setattr("sensor.store.waiting_changes.CELLS", 3)
    fake = Fake()
    fake.trouble = StoreFailed("home.db: locked", StoreState.LOCKED)
    with recording(tmp_path / "home.db", opener=fake.open) as (recorder, _):
        for record in SOME[:24]:
            recorder.put(change([record]))
        recorder.put(change([], traffic=[TrafficCell("a", hour, "unknown", "", 5) for hour in range(5)]))
        assert (recorder.health.waiting, recorder.health.lost) == (13, 16)
        fake.trouble = None
        until(lambda: bool(fake.written) and not recorder.health.waiting)
    found = [record for one in fake.written for record in one.records]
    # Devices stay, of the findings the last.
    assert [record["record"] for record in found[:4]] == ["capture", "device", "device", "device"]
    assert found[4:] == SOME[18:24] and [cell.hour for cell in fake.written[0].traffic] == [2, 3, 4]


def test_a_change_that_no_store_takes_does_not_hold_up_the_next(tmp_path: Path) -> None:
    fake = Fake()
    with recording(tmp_path / "home.db", opener=fake.open) as (recorder, healths):
        fake.trouble = ValueError("canary")
        recorder.put(change(SOME[:1]))
        until(lambda: recorder.health.lost == 1)
        assert (
            healths[0].state is StoreState.FAILED
            and "ValueError" in healths[0].message
            and "canary" not in healths[0].message
        )
        fake.trouble = None
        recorder.put(change(SOME[1:2], written=2))
        until(lambda: bool(fake.written))
    assert [one.written for one in fake.written] == [2] and healths[-1].state is StoreState.OK


def test_what_cannot_be_written_at_the_end_is_left_for_the_next(tmp_path: Path) -> None:
    fake = Fake()
    fake.trouble = StoreFailed("home.db: locked", StoreState.LOCKED)
    recorder = Recorder(store_location(str(tmp_path / "home.db")), every=0.01, opener=fake.open)
    recorder.put(change(SOME))
    recorder.put(counts(1), urgent=False)
    assert recorder.close(30) is False
    assert not [one for one in threading.enumerate() if one.name == "store"]
    fake.trouble = None
    assert Recorder(store_location(str(tmp_path / "home.db")), every=0.01, opener=fake.open).close(30)
    assert [(one.records, [cell.hour for cell in one.traffic]) for one in fake.written] == [(SOME, [1])]


def test_a_locked_store(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    writer(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with recording(path) as (recorder, healths):
        recorder.put(change(SOME))
        until(lambda: len(healths) == 1)
        assert healths[0].state is StoreState.LOCKED and "another program is writing" in healths[0].message
        other.execute("ROLLBACK")
        other.close()
        until(lambda: len(healths) == 2)
    assert healths[1].state is StoreState.OK
    with StoreReader(store_location(str(path))) as reader:
        assert len(of(reader.records("rbig"), "finding")) == 20


def test_a_file_that_was_taken_away_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    with recording(path) as (recorder, healths):
        recorder.put(change(SOME[:4]))
        until(lambda: recorder.health.written is not None)
        for one in tmp_path.glob("home.db*"):
            one.rename(one.with_name("away-" + one.name))
        recorder.put(change(SOME[1:]))
        until(lambda: len(healths) == 2)
        assert [one.state for one in healths] == [StoreState.MISSING, StoreState.OK]
    with StoreReader(store_location(str(path))) as reader:
        assert len(of(reader.records("rbig"), "device")) == 3


def counts(hour: int) -> Change:
    return change([], traffic=[TrafficCell(mac(0), hour, "unknown", "", 5)])


def hours(path: Path) -> list[int]:
    with StoreReader(store_location(str(path))) as reader:
        return [cell.hour for cell in reader.traffic("rbig") for _ in range(cell.bytes // 5)]


def test_mere_counts_go_into_the_journal_and_later_into_the_store(tmp_path: Path) -> None:
    path, journal = tmp_path / "home.db", tmp_path / "home.db-tail"
    with recording(path, counts=1e9) as (recorder, _):
        recorder.put(change(SOME))
        until(lambda: recorder.health.written is not None)
        recorder.put(counts(1), urgent=False)
        until(lambda: journal.stat().st_size > 0)
        recorder.put(counts(2), urgent=False)
        until(lambda: journal.read_text().count("\n") == 3)
        assert hours(path) == [] and recorder.health.waiting == 2
        recorder.put(change([SOME[1]], written=2))
        until(lambda: not recorder.health.waiting)
        assert hours(path) == [1, 2] and journal.stat().st_size == 0
        recorder.put(counts(3), urgent=False)
    assert hours(path) == [1, 2, 3] and not journal.exists()
    with recording(path, counts=0.02) as (recorder, _):
        recorder.put(counts(4), urgent=False)
        until(lambda: hours(path) == [1, 2, 3, 4])


def test_a_killed_programs_journal_is_taken_once(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    with writer(path) as store:
        store.change(change(SOME))
    for taken in (False, True):
        journal = Journal(tmp_path / "home.db-tail")
        journal.add(counts(1))
        journal.add(counts(2))
        batch = journal.batch
        journal.close()
        if taken:  # it was killed after the transaction, before it could empty the tail
            with writer(path) as store:
                store.change(replace(counts(3), batch=batch))
        with (tmp_path / "home.db-tail").open("ab") as stream:
            stream.write(b'{"run":"rbig","tool"')  # it was killed in the middle of a line
        with recording(path) as (recorder, _):
            assert recorder.close(30)
    assert hours(path) == [1, 2, 3]


def test_a_journal_that_another_program_has_is_left_to_it(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    other = Journal(tmp_path / "home.db-tail")
    other.add(counts(9))
    with recording(path, counts=1e9) as (recorder, _):
        recorder.put(change(SOME))
        recorder.put(counts(1), urgent=False)
        until(lambda: recorder.health.written is not None and not recorder.health.waiting)
        assert hours(path) == [1]
    other.close()


def test_counts_in_the_journal_outlast_a_store_in_trouble(tmp_path: Path) -> None:
    fake = Fake()
    with recording(tmp_path / "home.db", opener=fake.open, counts=1e9) as (recorder, healths):
        recorder.put(counts(0))
        until(lambda: len(fake.written) == 1)
        recorder.put(counts(1), urgent=False)
        until(lambda: (tmp_path / "home.db-tail").stat().st_size > 0)
        fake.trouble = StoreFailed("home.db: locked", StoreState.LOCKED)
        recorder.put(change([SOME[1]], written=2))
        until(lambda: bool(healths))
        recorder.put(counts(2), urgent=False)
        fake.trouble = None
        until(lambda: not recorder.health.waiting)
    assert sorted(cell.hour for one in fake.written for cell in one.traffic) == [0, 1, 2]


def test_a_newer_schema_is_reported_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    writer(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with recording(path) as (recorder, healths):
        recorder.put(change(SOME))
        until(lambda: len(healths) == 1)
        assert healths[0].state is StoreState.NEWER and "update LANwitness" in healths[0].message


FULL = """
import resource, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
import sensor.store.recorder as module
module.PATIENCE = (0.05,)
from sensor.store.location import store_location
from tests.store.test_recorder import SOME, change, mac
from tests.store.scale import records
healths = []
recorder = module.Recorder(store_location({path!r}), healths.append, every=0.01)
recorder.put(change(SOME))
while recorder.health.written is None: time.sleep(0.01)
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
recorder.put(change(records(60, 3000), written=2))
while not healths: time.sleep(0.01)
print(healths[0].state.value, healths[0].message)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
while len(healths) < 2: time.sleep(0.01)
print(healths[1].state.value, recorder.close())
"""


def test_a_full_disk_that_gets_room_again(tmp_path: Path) -> None:
    """The limit on a file's size (RLIMIT_FSIZE) stands in for a disk that ends."""
    path = tmp_path / "home.db"
    run = subprocess.run(
        [sys.executable, "-c", FULL.format(root=str(PCAPS.parent), path=str(path))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.stderr == ""
    first, second = run.stdout.splitlines()
    assert first.split()[0] in ("full", "disk") and "what was in the store stands" in first and second == "ok True"
    with StoreReader(store_location(str(path))) as reader:
        assert len(of(reader.records("rbig"), "finding")) == 3000


DISKS = """
import os, subprocess, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
import sensor.store.recorder as module
module.PATIENCE = (0.05,)
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from tests.store.keeping import writer
from tests.store.test_recorder import SOME, change
from tests.store.scale import records
folder = Path({folder!r})
path = folder / "home.db"
healths = []
def until(count):
    end = time.monotonic() + 60
    while len(healths) < count and time.monotonic() < end: time.sleep(0.01)
def there():
    with StoreReader(store_location(str(path))) as reader: return len(reader.records("rbig"))
def mount(how): subprocess.run(["mount", "-o", "remount," + how, str(folder)], check=True)
with writer(path) as store: store.change(change(SOME))
if {kind!r} == "ro": mount("ro")
recorder = module.Recorder(store_location(str(path)), healths.append, every=0.01)
if {kind!r} == "full":
    recorder.put(change([]))
    while recorder.health.written is None: time.sleep(0.01)
    room = os.statvfs(folder)
    (folder / "big").write_bytes(bytes(room.f_bavail * room.f_frsize))
recorder.put(change(records(60, 3000), written=2))
until(1)
print(healths[0].state.value)
print(there())
mount("rw") if {kind!r} == "ro" else (folder / "big").unlink()
until(2)
print(healths[1].state.value, recorder.close())
print(there())
"""


@pytest.mark.parametrize("kind", ["full", "ro"])
def test_a_small_disk_that_is_full_or_read_only_for_a_while(tmp_path: Path, kind: str) -> None:
    """A real file system in memory, in a mount namespace of its own: what was there can be read meanwhile, and all of
    it is there afterwards."""
    script = DISKS.format(root=str(PCAPS.parent), folder=str(tmp_path / "disk"), kind=kind)
    (tmp_path / "disk").mkdir()
    command = f'mount -t tmpfs -o size=20m none {tmp_path}/disk && exec "$0" -c "$1"'
    if (
        shutil.which("unshare") is None
        or subprocess.run(
            ["unshare", "-m", "mount", "-t", "tmpfs", "none", str(tmp_path)], capture_output=True
        ).returncode
    ):
        assert not os.environ.get("CI"), "CI must be able to mount"
        pytest.skip("needs the right to mount in a namespace of its own")
    run = subprocess.run(
        ["unshare", "-m", "sh", "-c", command, sys.executable, script],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.stderr == ""
    state, during, after, end = run.stdout.splitlines()
    assert state in {"full": ("full", "disk"), "ro": ("read_only",)}[kind] and after == "ok True"
    assert (int(during), int(end)) == (len(SOME), len(records(60, 3000)))


KILLED = """
import sys, time
sys.path.insert(0, {root!r})
from sensor.store.recorder import Recorder
from sensor.store.location import store_location
from tests.store.test_recorder import change, finding
recorder = Recorder(store_location({path!r}))
number = first = int(sys.argv[1])
while True:
    recorder.put(change([finding(number)], written=number), urgent=number % 5 == 0 and {urgent})
    waiting = recorder.health.waiting
    written = recorder.health.written is not None and not waiting
    print(number, time.monotonic(), int(written), flush=True)
    if number == first:
        while recorder.health.written is None: time.sleep(0.001)
        print(number, time.monotonic(), 1, flush=True)
        print("ready", flush=True)
    number += 1
    time.sleep(0.002)
"""


def finding(number: int) -> Record:
    return {**of(SOME, "finding")[0], "id": f"f{number:08}", "count": number}


def killed(path: Path, start: int, after: float, *, within: float, urgent: bool = True) -> int:
    """A recorder that is killed ``after`` seconds; the next number. What is there is whole, in the order in which it
    was put, and nothing is missing that was put ``within`` seconds before, or of which the recorder said that it is
    written."""
    script = KILLED.format(root=str(PCAPS.parent), path=str(path), urgent=urgent)
    process = subprocess.Popen([sys.executable, "-c", script, str(start)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines: list[str] = []
    while (line := process.stdout.readline()) != "ready\n":
        assert line, "the recorder ended before it was ready"
        lines.append(line)
    drained: list[str] = []
    reading = threading.Thread(target=lambda: drained.extend(process.stdout or ()))
    reading.start()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(after)
    at = time.monotonic()
    process.send_signal(signal.SIGKILL)
    process.wait()
    reading.join()
    process.stdout.close()
    put = [
        (int(words[0]), float(words[1]), words[2] == "1")
        for words in map(str.split, [*lines, *drained])
        if len(words) == 3
    ]
    # The next program that listens brings in what was left in the tail.
    assert Recorder(store_location(str(path))).close(30)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    there = [count for (count,) in connection.execute("SELECT count FROM findings ORDER BY position")]
    connection.close()
    mine = [number for number in there if number >= start]
    assert mine == list(range(start, start + len(mine)))
    due = {number for number, when, written in put if written or when < at - within}
    assert due and due <= set(mine)
    return start + len(mine)


def test_kill_9_corrupts_nothing_and_loses_nothing_that_was_written(tmp_path: Path) -> None:
    """Two seconds are measured in the nightly test, which has the machine to itself; a minute holds on any."""
    start = 0
    for number, after in enumerate((0.05, 1.2, 2.6, 2.1)):
        start = killed(tmp_path / "home.db", start, after, within=60, urgent=number % 2 == 0)
    assert start > 4


@pytest.mark.nightly
def test_kill_9_again_and_again_loses_at_most_two_seconds(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    start = 0
    for number in range(40):
        start = killed(path, start, (number * 0.137) % 4, within=2, urgent=number % 2 == 0)
    with StoreReader(store_location(str(path))) as reader:
        assert len(of(reader.records("rbig"), "finding")) == start > 3_000
