"""The log of changes: one line each, for its owner's eyes, bounded."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.auth import audit
from dashboard.auth.audit import VALUE, Audit


def test_a_line_says_who_when_and_what(tmp_path: Path) -> None:
    log = Audit(tmp_path / "state", lambda: datetime(2026, 5, 1, 10, tzinfo=UTC))
    log.write("device.rename", user="anna", of="00:0c:29:00:00:01", number=3)
    log.write("log-in.failed", user=None, name="\u202e\n" + "x" * 1000)
    lines = log.path.read_text().splitlines()
    assert json.loads(lines[0]) == {
        "time": "2026-05-01T10:00:00.000000Z",
        "user": "anna",
        "action": "device.rename",
        "of": "00:0c:29:00:00:01",
        "number": 3,
    }
    assert len(lines) == 2 and len(json.loads(lines[1])["name"]) == VALUE
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
    assert [one["action"] for one in log.last()] == ["log-in.failed", "device.rename"]


def test_a_full_log_makes_room_and_the_one_before_stays(tmp_path: Path, monkeypatch: object) -> None:
    log = Audit(tmp_path)
    audit.LARGEST, before = 300, audit.LARGEST
    try:
        for number in range(10):
            log.write("x", user="anna", number=number)
    finally:
        audit.LARGEST = before
    assert log.path.with_suffix(".1.jsonl").exists()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 1200


def test_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    log = Audit(tmp_path)
    log.path.write_text('{"action": "cut\n')
    log.write("fine", user=None)
    assert [one["action"] for one in log.last()] == ["fine"]
    assert Audit(tmp_path / "new").last() == []


def test_text_of_any_script_is_one_line_of_ascii(tmp_path: Path) -> None:
    """What a user typed turns no line around in a terminal, and begins no line of its own."""
    log = Audit(tmp_path)
    log.write("x", user="anna", name="\u202e\u2028\r\nb\u00fcro")
    raw = log.path.read_bytes()
    assert raw.isascii() and raw.count(b"\n") == 1 and b"\r" not in raw
    assert log.last()[0]["name"] == "\u202e\u2028\r\nb\u00fcro"


def test_the_newest_entries_come_first_and_as_many_as_are_asked_for(tmp_path: Path) -> None:
    log = Audit(tmp_path)
    for number in range(5):
        log.write("x", user="anna", number=number)
    assert [one["number"] for one in log.last(3)] == [4, 3, 2] and len(log.last()) == 5


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    log = Audit(tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        log.write("x", user=None)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(("over", "moved"), [(-1, True), (0, False), (1, False)])
def test_a_log_is_full_beyond_its_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, over: int, moved: bool
) -> None:
    log = Audit(tmp_path, lambda: datetime(2026, 5, 1, tzinfo=UTC))
    log.write("one", user="anna")
    size = log.path.stat().st_size
    monkeypatch.setattr(audit, "LARGEST", 2 * size + over)
    log.write("two", user="anna")
    older = log.path.with_suffix(".1.jsonl")
    assert (older.exists(), log.path.exists()) == (moved, not moved)
    log.write("ten", user="anna")
    assert [one["action"] for one in log.last()] == ["ten", "two", "one"]
    assert [one["action"] for one in log.last(2)] == ["ten", "two"]
    assert older.exists() and stat.S_IMODE(older.stat().st_mode) == 0o600


@pytest.mark.parametrize("size", [VALUE - 1, VALUE, VALUE + 1])
def test_a_value_is_cut_at_its_bound(tmp_path: Path, size: int) -> None:
    """Two hundred characters (VALUE); what is no text stays as it is."""
    log = Audit(tmp_path)
    log.write("x", user="u" * size, name="n" * size, number=10**300, nothing=None)
    (line,) = log.last()
    assert (line["name"], line["number"], line["nothing"]) == ("n" * min(size, 200), 10**300, None)


def test_only_as_much_is_read_as_is_shown(tmp_path: Path) -> None:
    """A full log of 4 MiB is not read for each view of the page: a KiB for each line that is asked for."""
    log = Audit(tmp_path)
    for number in range(40):
        log.write("x", user="anna", **{f"v{each}": "y" * VALUE for each in range(4)}, number=number)
    assert [one["number"] for one in log.last(10)] == list(range(39, 29, -1))
    log.path.write_bytes(b"[1]\n" * 2048)
    assert len(log.last(3)) == 3 and len(log.last(4096)) == 2048
