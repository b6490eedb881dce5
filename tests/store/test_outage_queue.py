"""The outage queue: in order, each batch once, bounded; a killed program costs its last batch at most."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sensor.records import Record
from sensor.store import outage_queue as module
from sensor.store.location import StoreLocation, store_location
from sensor.store.outage_queue import OutageQueue, QueueLimits, queue_path, waiting_state
from sensor.store.types import CaptureCount, Change, Removed, TrafficCell
from tests.replaying import PCAPS, of
from tests.store.keeping import TOOL
from tests.store.scale import mac, records

SOME = records(2, 10)
HOUR = 3_600_000_000


def finding(number: int) -> Record:
    return {**of(SOME, "finding")[0], "id": f"f{number:08}", "count": number}


def batch(number: int, found: list[Record] | None = None, cells: int = 1, *, run: str = "r1", at: int = 0) -> Change:
    traffic = [TrafficCell(mac(0), hour, "unknown", "", 5) for hour in range(cells)]
    counted = [CaptureCount(number, 1, 1, 0)]
    return Change(run, TOOL, at or number, found or [], traffic=traffic, captured=counted, batch=f"b{number}")


def opened(folder: Path, **limits: float) -> OutageQueue:
    return OutageQueue(folder, QueueLimits(**limits))  # type: ignore[arg-type]


def drained(queue: OutageQueue, *, alone: bool = True) -> Iterator[Change]:
    while (change := queue.first(alone=alone)) is not None:
        assert queue.first(alone=alone) == change
        queue.taken()
        yield change


def test_batches_come_back_in_order_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.store.outage_queue.SEGMENT", 3000)
    given = [batch(number, [finding(number)]) for number in range(40)]
    queue = opened(tmp_path / "q")
    for one in given[:20]:
        queue.add(one)
    assert len(list((tmp_path / "q").glob("*.batches"))) > 3 and queue.waiting == 20 * 3
    queue.close()
    queue = opened(tmp_path / "q")
    for one in given[20:]:
        queue.add(one)
    assert queue.waiting == 40 * 3 and list(drained(queue)) == given
    assert not queue and queue.waiting == queue.size == 0
    queue.close()
    assert not (tmp_path / "q").exists()


def test_what_comes_while_it_is_emptied_comes_last(tmp_path: Path) -> None:
    queue = opened(tmp_path / "q")
    queue.add(batch(1))
    assert queue.first() == batch(1)
    queue.add(batch(2))
    queue.taken()
    assert list(drained(queue)) == [batch(2)]
    queue.close()


def test_mere_counts_are_written_together_and_statuses_by_themselves(tmp_path: Path) -> None:
    queue = opened(tmp_path / "q")
    verdict = of(SOME, "verdict")[0]
    for number in range(5):
        queue.add(batch(number, [verdict] if number == 2 else [finding(number)]))
    queue.add(batch(9, run="r2"))
    found = list(drained(queue, alone=False))
    assert [(one.batch, len(one.captured), sum(c.bytes for c in one.traffic)) for one in found] == [
        ("b1", 2, 10),
        ("b2", 1, 5),
        ("b4", 2, 10),
        ("b9", 1, 5),
    ]
    assert [record["id"] for record in found[0].records] == ["f00000000", "f00000001"]
    queue.close()


@pytest.mark.parametrize("known", [None, "b0", "b2", "b4", "elsewhere"])
def test_what_the_store_has_is_not_given_again(tmp_path: Path, known: str | None) -> None:
    queue = opened(tmp_path / "q")
    for number in range(5):
        queue.add(batch(number))
    queue.add(batch(9, run="r2"))
    queue.resume({"r1": known}.get)
    left = {None: 0, "b0": 1, "b2": 3, "b4": 5, "elsewhere": 0}[known]
    assert [one.batch for one in drained(queue)] == [f"b{number}" for number in range(left, 5)] + ["b9"]
    queue.close()


@pytest.mark.parametrize("cut", [1, 2, 50, 200, 350])
def test_a_line_that_was_cut_off_costs_itself_alone(tmp_path: Path, cut: int) -> None:
    queue = opened(tmp_path / "q")
    for number in range(3):
        queue.add(batch(number))
    queue.close()
    (file,) = (tmp_path / "q").glob("*.batches")
    assert file.stat().st_mode & 0o777 == 0o600 and (tmp_path / "q").stat().st_mode & 0o777 == 0o700
    os.truncate(file, file.stat().st_size - cut)
    queue = opened(tmp_path / "q")
    queue.add(batch(3))
    assert [one.batch for one in drained(queue)] == ["b0", "b1", "b3"]
    queue.close()


def test_a_line_that_was_changed_costs_itself_alone(tmp_path: Path) -> None:
    queue = opened(tmp_path / "q")
    for number in range(3):
        queue.add(batch(number))
    queue.close()
    (file,) = (tmp_path / "q").glob("*.batches")
    lines = file.read_bytes().split(b"\n")
    for damage in (lines[1][:-3] + b"\xff}}", b"", b"nonsense", b"00000000 1 1 0 1 {}", lines[1].replace(b"b1", b"b2")):
        file.write_bytes(b"\n".join([lines[0], damage, *lines[2:]]))
        queue = opened(tmp_path / "q")
        queue.resume({}.get)
        assert queue.first(alone=True) == batch(0) and queue.waiting == 4
        queue.close()
    queue = opened(tmp_path / "q")
    assert [one.batch for one in drained(queue)] == ["b0", "b2"]
    queue.close()


def test_the_oldest_counts_go_first_and_findings_never(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.store.outage_queue.SEGMENT", 20_000)
    monkeypatch.setattr("sensor.store.outage_queue.SYNCHRONOUS", frozenset())
    queue = opened(tmp_path / "q", size=200_000)
    for number in range(300):
        queue.add(batch(number, [finding(number)] if number % 10 == 0 else None, cells=50))
        assert queue.size <= 240_000
    dropped = queue.dropped
    assert dropped > 2000
    queue.close()
    queue = opened(tmp_path / "q", size=200_000)
    assert queue.dropped == dropped
    found = list(drained(queue))
    queue.close()
    assert [r["id"] for one in found for r in one.records] == [f"f{number:08}" for number in range(0, 300, 10)]
    counted = [one.captured[0].hour for one in found if one.captured]
    assert counted == list(range(counted[0], 300)) and sum(len(one.traffic) + len(one.captured) for one in found) == (
        300 * 51 - dropped
    )


def test_counts_older_than_the_hours_go(tmp_path: Path) -> None:
    queue = opened(tmp_path / "q", hours=24)
    for hour in range(48):
        queue.add(batch(hour, [finding(hour)], at=(1000 + hour) * HOUR))
    found = list(drained(queue))
    queue.close()
    assert len(found) == 48 and [one.captured[0].hour for one in found if one.captured] == list(range(23, 48))
    assert queue.dropped == 23 * 2


def test_findings_that_are_told_again_and_again_wait_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.store.outage_queue.SEGMENT", 20_000)
    monkeypatch.setattr("sensor.store.outage_queue.JOINED", 60_000)
    monkeypatch.setattr("sensor.store.outage_queue.SYNCHRONOUS", frozenset())
    queue = opened(tmp_path / "q", size=200_000)
    for number in range(1000):
        queue.add(batch(number, [{**finding(number % 40), "count": number}]))
    assert queue.size < 260_000
    last = {record["id"]: record["count"] for one in drained(queue) for record in one.records}
    queue.close()
    assert last == {f"f{number:08}": 960 + number for number in range(40)}


def test_it_has_one_owner(tmp_path: Path) -> None:
    queue = opened(tmp_path / "q")
    with pytest.raises(BlockingIOError):
        opened(tmp_path / "q")
    queue.close()
    opened(tmp_path / "q").close()


def test_a_disk_that_is_full_costs_no_other_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = opened(tmp_path / "q")
    queue.add(batch(1))
    real = os.write
    with monkeypatch.context() as patched:
        patched.setattr("sensor.store.outage_queue.os.write", lambda file, line: real(file, line[:100]))
        with pytest.raises(OSError, match="cut short"):
            queue.add(batch(2))
    queue.add(batch(3))
    assert [one.batch for one in drained(queue)] == ["b1", "b3"]
    queue.close()


def test_what_no_store_takes_goes_and_is_counted(tmp_path: Path) -> None:
    queue = opened(tmp_path / "q")
    queue.add(batch(1, [finding(1)]))
    queue.add(batch(2))
    assert queue.first(alone=True) == batch(1, [finding(1)]) and queue.refused() == 3
    assert [one.batch for one in drained(queue)] == ["b2"]
    queue.close()


def test_what_waits_can_be_rewritten(tmp_path: Path) -> None:
    queue = opened(tmp_path / "q")
    queue.add(batch(1, [finding(1), finding(2)]))
    queue.forget(lambda change: replace(change, records=change.records[1:]))
    queue.add(batch(2))
    assert [[r["id"] for r in one.records] for one in drained(queue)] == [["f00000002"], []]
    queue.close()


def test_what_waits_says_what_a_run_goes_on_with(tmp_path: Path) -> None:
    queue = opened(tmp_path / "q")
    given: list[dict[tuple[str, str], str | None]] = [
        {("run", ""): "old", ("device", "a"): "1", ("device", "b"): "1"},
        {},
        {("run", ""): "new", ("device", "b"): None},
    ]
    for number, state in enumerate(given):
        queue.add(replace(batch(number), state=state))
    queue.add(replace(batch(9, run="r2"), state={("run", ""): "another's"}))
    queue.close()
    found = waiting_state(tmp_path / "q", "r1")
    assert found == {("run", ""): "new", ("device", "a"): "1", ("device", "b"): None}
    assert waiting_state(tmp_path / "none", "r1") == {}


def test_secrets_are_masked(tmp_path: Path) -> None:
    secret = {"mask": "", "length": "8-11", "fingerprint": "k1:0", "value": "canary-of-a-test"}
    queue = opened(tmp_path / "q")
    queue.add(Change("r1", TOOL, 1, [{"record": "finding", "id": "f", "detail": {"secret": secret}}]))
    assert b"canary" not in b"".join(one.read_bytes() for one in (tmp_path / "q").iterdir())
    assert next(drained(queue)).records[0]["detail"]["secret"]["length"] == "8-11"
    queue.close()


def test_each_source_of_a_database_has_its_own_and_a_file_none(tmp_path: Path) -> None:
    one = store_location("postgresql+psycopg://anna@hub/lan?sslmode=require")
    moved = store_location("postgresql+psycopg://anna@hub/lan?password_file=/x")
    assert queue_path(one, tmp_path, "eth0") == queue_path(moved, tmp_path, "eth0") != queue_path(one, tmp_path, "eth1")
    sockets = [store_location(f"postgresql+psycopg://anna@/lan?host=/run/{name}") for name in ("a", "b")]
    assert len({queue_path(place, tmp_path, "eth0") for place in sockets}) == 2
    assert queue_path(StoreLocation("x", tmp_path / "home.db"), tmp_path, "eth0") is None


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from sensor.store.outage_queue import OutageQueue
from tests.store.test_outage_queue import batch, finding
queue = OutageQueue(Path({folder!r}))
number = 0
while True:
    queue.add(batch(number, [finding(number)] * 20))
    print(number, flush=True)
    number += 1
"""


@pytest.mark.parametrize("lines", [1, 60])
def test_kill_9_costs_the_last_batch_at_most(tmp_path: Path, lines: int) -> None:
    script = KILLED.format(root=str(PCAPS.parent), folder=str(tmp_path / "q"))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(lines):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    left = process.stdout.read().split()
    process.wait()
    process.stdout.close()
    queue = opened(tmp_path / "q")
    found = [one.batch for one in drained(queue)]
    queue.close()
    said = lines + len(left)
    assert found == [f"b{number}" for number in range(len(found))] and said <= len(found) <= said + 1


@pytest.mark.parametrize(("room", "segments"), [(0, 2), (1, 1)])
def test_a_segment_is_full_at_its_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, segments: int
) -> None:
    """The batch that would pass it begins another one."""
    size = len(module._line(batch(1)))
    monkeypatch.setattr(module, "SEGMENT", 2 * size - 1 + room)
    queue = opened(tmp_path / "q")
    queue.add(batch(1))
    queue.add(batch(2))
    assert len(queue._segments) == segments and queue.size == 2 * size
    assert list(drained(queue)) == [batch(1), batch(2)]
    queue.close()


@pytest.mark.parametrize(("later", "segments"), [(599_999_999, 1), (600_000_000, 2), (600_000_001, 2)])
def test_a_segment_lasts_ten_minutes(tmp_path: Path, later: int, segments: int) -> None:
    queue = opened(tmp_path / "q")
    queue.add(batch(1, at=HOUR))
    queue.add(batch(2, at=HOUR + 1))
    queue.add(batch(3, at=HOUR + later))
    assert len(queue._segments) == segments
    queue.close()


@pytest.mark.parametrize(("hours", "left"), [(1.0, False), (1.0001, True), (24.0, True)])
def test_how_long_counts_wait(tmp_path: Path, hours: float, left: bool) -> None:
    """By the last batch of their segment, when another one begins; what is no count stays, and what goes is counted."""
    queue = opened(tmp_path / "q", hours=hours)
    queue.add(batch(1, [finding(1)], cells=3, at=HOUR))
    queue.add(batch(2, at=2 * HOUR + 1))
    assert (queue.waiting, queue.dropped) == ((7, 0) if left else (3, 4)) and queue.counts == (
        queue.waiting,
        queue.dropped,
    )
    queue.close()
    again = opened(tmp_path / "q", hours=hours)
    assert (again.waiting, again.dropped) == ((7, 0) if left else (3, 4)), "also after a restart"
    first, second = drained(again)
    assert (
        first.records == [finding(1)]
        and len(first.traffic) == (3 if left else 0)
        and second == batch(2, at=2 * HOUR + 1)
    )
    again.close()


@pytest.mark.parametrize(
    ("change", "waiting", "counts"),
    [
        (Change("r", TOOL, 1), 0, 0), (batch(1, cells=0), 1, 1), (batch(1, cells=4), 5, 5),
        (batch(1, [finding(1)]), 3, 2),
        (Change("r", TOOL, 1, [{"record": "capture", "run": "r", "capture": "x"}]), 1, 1),
        (Change("r", TOOL, 1, removed=[Removed("device", "a"), Removed("device", "b")]), 2, 0),
    ],
)  # fmt: skip
def test_what_a_batch_weighs(change: Change, waiting: int, counts: int) -> None:
    """Records, what is removed, and counts; a capture's own record is a mere count."""
    line = module._line(change, 7)
    head = module._Head.read(line)
    assert head == module._Head(waiting, counts, 7, change.written) == module._Head.read(line.rstrip(b"\n"))
    without, gone = module._without_counts(change)
    assert gone == counts and module._weigh(without) == (waiting - counts, 0) and without.removed == change.removed


@pytest.mark.parametrize("at", [0, 3, 8, 9, 10, 14, 30, -3])
def test_a_changed_byte_is_seen(at: int) -> None:
    line = bytearray(module._line(batch(1)))
    line[at] ^= 1
    assert module._Head.read(bytes(line)) is None and module._change(bytes(line)) is None


@pytest.mark.parametrize(
    ("one", "other", "fits"),
    [
        (batch(1), batch(2), True), (batch(1), batch(2, run="r2"), False),
        (batch(1, [finding(1)]), batch(2, [finding(2)]), True),
        (batch(1, of(SOME, "verdict")[:1]), batch(2), False), (batch(1), batch(2, of(SOME, "provision")[:1]), False),
        (replace(batch(1), removed=[Removed("finding", "x")]), batch(2), False),
        (batch(1), replace(batch(2), removed=[Removed("finding", "x")]), False),
    ],
)  # fmt: skip
def test_which_batches_are_written_as_one(tmp_path: Path, one: Change, other: Change, fits: bool) -> None:
    """When a status changed is known by its batch alone; what one removed the next may have put in again."""
    queue = opened(tmp_path / "q")
    queue.add(one)
    queue.add(other)
    found = list(drained(queue, alone=False))
    assert len(found) == (1 if fits else 2) and found[-1].batch == "b2"
    assert found == ([replace(one.then(other), batch="b2")] if fits else [one, other])
    queue.close()


@pytest.mark.parametrize(("count", "sizes"), [(59, [59]), (60, [60]), (61, [60, 1]), (125, [60, 60, 5])])
def test_sixty_batches_at_most_are_written_as_one(tmp_path: Path, count: int, sizes: list[int]) -> None:
    queue = opened(tmp_path / "q")
    for number in range(count):
        queue.add(batch(number))
    assert [len(one.captured) for one in drained(queue, alone=False)] == sizes
    queue.close()


@pytest.mark.parametrize(
    ("known", "left"),
    [
        ({}, [1, 2, 3, 4]), ({"r1": "b1"}, [2, 3, 4]), ({"r1": "b3"}, [2, 4]), ({"r2": "b2"}, [1, 3, 4]),
        ({"r1": "b3", "r2": "b4"}, []), ({"r1": "b2"}, [1, 2, 3, 4]), ({"r1": "x"}, [1, 2, 3, 4]),
        ({"r2": "b4"}, [1, 3]),
    ],
)  # fmt: skip
def test_what_the_store_took_of_each_run_is_not_given_again(
    tmp_path: Path, known: dict[str, str], left: list[int]
) -> None:
    """The last batch of a run that it has, and all before it of the same run."""
    queue = opened(tmp_path / "q")
    for number, run in ((1, "r1"), (2, "r2"), (3, "r1"), (4, "r2")):
        queue.add(batch(number, run=run))
    queue.resume(known.get)
    assert [one.batch for one in drained(queue)] == [f"b{number}" for number in left]
    assert not queue and queue.counts == (0, 0)
    queue.close()


def test_a_refused_batch_goes_with_what_was_written_with_it_and_no_other(tmp_path: Path) -> None:
    queue = opened(tmp_path / "q")
    for number in range(3):
        queue.add(batch(number, cells=2))
    queue.add(batch(9, [finding(9)], run="r2"))
    first = queue.first()
    assert first is not None and first.batch == "b2" and queue.refused() == 9
    queue.resume(lambda _: None)
    assert [one.batch for one in drained(queue)] == ["b9"]
    queue.close()


@pytest.mark.parametrize(("room", "joined"), [(0, True), (-1, False)])
def test_two_segments_are_joined_where_they_are_small_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, joined: bool
) -> None:
    """Never the first, of which the store may have a part; each record once, in its last state."""
    monkeypatch.setattr(module, "SEGMENT", 1)
    queue = opened(tmp_path / "q")
    for number in range(3):
        queue.add(replace(batch(number, [{**finding(1), "count": number}]), traffic=[], captured=[]))
        assert number == 2 or not queue._join_two(), "there are no two"
    one, two = list(queue._segments)[1:]
    monkeypatch.setattr(module, "JOINED", one.size + two.size + room)
    assert queue._join_two() is joined
    found = list(drained(queue))
    assert [change.records[0]["count"] for change in found] == ([0, 2] if joined else [0, 1, 2])
    assert found[-1].batch == "b2"
    queue.close()


def test_names_of_segments_go_on_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEGMENT", 1)
    for expected in (
        ["000000000001", "000000000002"],
        ["000000000001", "000000000002", "000000000003", "000000000004"],
    ):
        queue = opened(tmp_path / "q")
        queue.add(batch(1))
        queue.add(batch(2))
        assert [one.path.stem for one in queue._segments] == expected
        assert {one.path.stat().st_mode & 0o777 for one in queue._segments} == {0o600}
        queue.close()
    (tmp_path / "q" / "x.batches").write_bytes(b"")
    queue = opened(tmp_path / "q")
    assert queue._next == 1, "a name that is none is no number"
    queue.close()


def test_a_batch_without_a_name_gets_one_of_its_own(tmp_path: Path) -> None:
    queue = opened(tmp_path / "q")
    for number in range(2):
        queue.add(replace(batch(number), batch=None))
    names = [one.batch for one in drained(queue)]
    assert len(set(names)) == 2 and all(name and len(name) > 8 for name in names)
    queue.close()
