"""A tail gives back what was put into it, up to the last whole line, with nothing in it that a store may not hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sensor.store.journal import Journal, beside, drop
from sensor.store.location import StoreLocation, store_location
from sensor.store.types import CaptureCount, Change, Removed, Sensor, TrafficCell
from tests.store.keeping import TOOL, writer
from tests.store.scale import mac, records

WHOLE = Change(
    "r1",
    TOOL,
    7,
    records(1, 2),
    [Removed("device", "x")],
    [TrafficCell("a", 1, "unknown", "", 5)],
    [CaptureCount(1, 2, 3, 4)],
    Sensor(1, "ok", "", "eth0", 1, 2, 3, None, {"a": [1]}),
    {"flows": 1},
    2,
    9,
)


def filled(path: Path, *changes: Change) -> str:
    journal = Journal(path)
    for change in changes:
        journal.add(change)
    batch = journal.batch
    journal.close()
    return batch


def test_changes_come_back_as_one_for_each_run(tmp_path: Path) -> None:
    path = tmp_path / "t"
    later = Change("r1", TOOL, 8, [], traffic=[TrafficCell("a", 1, "unknown", "", 6)])
    batch = filled(path, WHOLE, later)
    journal = Journal(path)
    assert journal.batch == batch and journal.left == [WHOLE.then(later)]
    journal.clear()
    assert journal.batch != batch and path.stat().st_size == 0
    journal.close()
    assert not path.exists()


@pytest.mark.parametrize("cut", [0, 1, 10, 60, 200])
def test_what_was_cut_off_is_not_read(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "t"
    later = Change("r1", TOOL, 8, [], traffic=[TrafficCell("a", 1, "unknown", "", 6)] * 9)
    filled(path, WHOLE, later)
    path.write_bytes(path.read_bytes()[: len(path.read_bytes()) - cut])
    journal = Journal(path)
    assert journal.left == [WHOLE if cut else WHOLE.then(later)]
    journal.close()


@pytest.mark.parametrize(
    "text", [b"nonsense\n", b"[]\n{}\n", b"\xff\n\n", b'{"batch":"x"}\n{"run":1}\n', b'{"batch":"x"}\nnull\n']
)
def test_nonsense_is_nothing(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "t").write_bytes(text)
    journal = Journal(tmp_path / "t")
    assert journal.left == [] and journal.batch
    journal.close()


def test_secrets_are_masked_and_nobody_else_may_read(tmp_path: Path) -> None:
    secret = {"mask": "", "length": "8-11", "fingerprint": "k1:0", "value": "canary-of-a-test"}
    filled(tmp_path / "t", Change("r1", TOOL, 1, [{"record": "finding", "id": "f", "detail": {"secret": secret}}]))
    assert b"canary" not in (tmp_path / "t").read_bytes() and (tmp_path / "t").stat().st_mode & 0o777 == 0o600
    assert (
        json.loads((tmp_path / "t").read_text().splitlines()[1])["records"][0]["detail"]["secret"]["length"] == "8-11"
    )


def test_it_has_one_owner_and_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "t")
    with pytest.raises(BlockingIOError):
        Journal(tmp_path / "t")
    monkeypatch.setattr("sensor.store.journal.LARGEST", 3000)
    for _ in range(5):
        journal.add(WHOLE)
    assert (tmp_path / "t").stat().st_size <= 3000
    journal.close()


def test_forgetting_takes_away_what_was_left_behind_but_not_what_is_in_use(tmp_path: Path) -> None:
    where = store_location(str(tmp_path / "home.db"))
    path = beside(where)
    assert path is not None and beside(StoreLocation("x", None, "postgresql://x/y")) is None
    filled(path, WHOLE)
    with writer(tmp_path / "home.db") as store:
        store.forget(mac(0))
    assert not path.exists()
    drop(where)
    journal = Journal(path)
    journal.add(WHOLE)
    drop(where)
    assert path.exists()
    journal.close()


def test_a_journal_is_full_at_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line that would pass it is left out, and a shorter one afterwards is not."""
    journal = Journal(tmp_path / "t")
    journal.add(WHOLE)
    first = (tmp_path / "t").stat().st_size
    line = len((tmp_path / "t").read_bytes().split(b"\n")[1]) + 1
    small = Change("r1", TOOL, 8)
    for room, size in ((line - 1, first), (line, first + line)):
        monkeypatch.setattr("sensor.store.journal.LARGEST", first + room)
        journal.add(WHOLE)
        assert (tmp_path / "t").stat().st_size == size
    monkeypatch.setattr("sensor.store.journal.LARGEST", first + 2 * line - 1)
    journal.add(WHOLE)
    assert (tmp_path / "t").stat().st_size == first + line
    journal.add(small)
    assert (tmp_path / "t").stat().st_size > first + line
    journal.close()
    monkeypatch.undo()
    again = Journal(tmp_path / "t")
    assert again.left == [WHOLE.then(WHOLE).then(small)]
    again.close()


def test_runs_are_apart_and_nothing_after_a_damaged_line_is_read(tmp_path: Path) -> None:
    other = Change("r2", TOOL, 3, records(1, 1))
    batch = filled(tmp_path / "t", WHOLE, other, WHOLE)
    lines = (tmp_path / "t").read_bytes().splitlines(keepends=True)
    assert json.loads(lines[0]) == {"batch": batch} and len(lines) == 4
    for damaged, left in ((None, [WHOLE.then(WHOLE), other]), (3, [WHOLE, other]), (2, [WHOLE]), (1, []), (0, [])):
        (tmp_path / "t").write_bytes(b"".join(b"{}\n" if n == damaged else line for n, line in enumerate(lines)))
        journal = Journal(tmp_path / "t")
        assert journal.left == left and (journal.batch == batch) is (damaged != 0)
        journal.close()


def test_what_is_cut_short_is_an_error_and_an_empty_journal_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "t")
    with monkeypatch.context() as patch:
        patch.setattr("os.write", lambda *_: 3)
        with pytest.raises(OSError, match="cut short"):
            journal.add(WHOLE)
    journal.add(WHOLE)
    journal.clear()
    assert journal.left == [] and (tmp_path / "t").stat().st_size == 0
    journal.add(WHOLE)
    batch = journal.batch
    journal.close()
    assert json.loads((tmp_path / "t").read_text().splitlines()[0]) == {"batch": batch}
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        journal = Journal(tmp_path / "t")
        with pytest.raises(BlockingIOError):
            Journal(tmp_path / "t")
        journal.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_forgetting_makes_no_file_where_nothing_was_left_behind(tmp_path: Path) -> None:
    drop(StoreLocation("x", None, "postgresql://x/y"))
    drop(store_location(str(tmp_path / "nowhere" / "home.db")))
    drop(store_location(str(tmp_path / "home.db")))
    assert list(tmp_path.iterdir()) == []
