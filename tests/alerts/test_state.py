"""What was told is kept across restarts, bounded, and a damaged file is no end."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sensor.alerts import state as module
from sensor.alerts.derive import Step
from sensor.alerts.state import AlertState, write_whole


def test_it_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "alerts" / "memory.json"
    first = AlertState(path, 60, 1000.0)
    assert first.learning and first.learn_until == 1060.0
    first.learn(Step(devices={"a": "cam"}, findings={"f": 1}, verdicts={"a secure_communication": "concern"}))
    first.sent["k"] = [5.0, 2.0]
    first.health, first.node = "blind", "ab12"
    first.save()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    again = AlertState(path, 60, 9000.0)
    assert again.learn_until == 1060.0, "learning is not begun anew by a restart"
    assert (again.devices, again.findings, again.verdicts) == (first.devices, first.findings, first.verdicts)
    assert (again.sent, again.health, again.node) == (first.sent, "blind", "ab12") and not again.damaged


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', "null", '{"version":1,"devices":[]}', "[" * 100_000])
def test_a_damaged_file_starts_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "memory.json"
    path.write_text(text, "utf-8")
    memory = AlertState(path, 60, 0.0)
    assert memory.damaged and memory.learning and not memory.devices


def test_it_is_bounded_and_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DEVICES", 3)
    monkeypatch.setattr(module, "FINDINGS", 3)
    memory = AlertState(None, 0, 0)
    for number in range(10):
        memory.learn(Step(devices={str(number): "x"}, findings={str(number): 1}))
    assert list(memory.devices) == ["7", "8", "9"] and list(memory.findings) == ["7", "8", "9"]


def test_a_device_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    memory = AlertState(path, 0, 0)
    memory.learn(Step(devices={"a": "cam", "b": "plug"}, verdicts={"a x": "concern", "b x": "concern"}))
    memory.sent = {"new_device a": [0, 0], "verdict a x concern": [0, 0], "new_device b": [0, 0]}
    memory.forget("a")
    memory.save()
    assert "cam" not in path.read_text("utf-8") and list(memory.sent) == ["new_device b"]
    assert list(memory.verdicts) == ["b x"]


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    AlertState(path, 0, 0).save()
    assert not path.exists()


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    write_whole(path, b"one")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError):
        write_whole(path, b"two")
    assert path.read_bytes() == b"one" and [one.name for one in tmp_path.iterdir()] == ["a.json"]


def test_whether_another_program_wrote_the_file(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    mine = AlertState(path, 0, 0)
    assert not mine.replaced(), "there is none yet"
    mine.changed = True
    mine.save()
    assert not mine.replaced()
    other = AlertState(path, 0, 0)
    assert not other.replaced()
    other.forget("02:00:00:00:00:01")
    other.save()
    assert mine.replaced() and not other.replaced()
    mine.read()
    assert not mine.replaced()
    path.unlink()
    assert not mine.replaced(), "one that is gone was written by nobody"


def test_a_state_without_a_file_is_written_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    state = AlertState(None, 0, 0)
    state.forget("02:00:00:00:00:01")
    assert state.changed
    state.save()
    assert not state.replaced() and not list(tmp_path.iterdir())
