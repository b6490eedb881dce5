"""The log of changes: one line each, for its owner's eyes, bounded."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

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
