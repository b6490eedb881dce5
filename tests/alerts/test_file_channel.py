"""Alerts as lines in a file that turns over, and that only its owner may read."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from sensor.alerts.file_channel import FileChannel
from sensor.alerts.sender import Undelivered
from sensor.alerts.spool import QueuedMessage
from sensor.settings.keys import FileSettings as Settings


def message(number: int) -> QueuedMessage:
    return QueuedMessage(f"{number:032x}", 0.0, 0.0, {"n": number}, "file")


def read(path: Path) -> list[int]:
    return [json.loads(line)["n"] for line in path.read_text("utf-8").splitlines()]


def test_one_line_each(tmp_path: Path) -> None:
    path = tmp_path / "new" / "alerts.jsonl"
    channel = FileChannel(Settings(str(path)))
    channel.deliver(message(1))
    channel.deliver(message(2))
    assert read(path) == [1, 2] and json.loads(path.read_text("utf-8").splitlines()[0])["id"] == f"{1:032x}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("keep", "files"), [(2, [[5, 6], [3, 4], [1, 2]]), (0, [[5, 6]])])
def test_a_full_file_is_put_aside(tmp_path: Path, keep: int, files: list[list[int]]) -> None:
    path = tmp_path / "alerts.jsonl"
    size = len(json.dumps({"id": "0" * 32, "n": 1})) + 1
    channel = FileChannel(Settings(str(path), keep=keep), size=2 * size)
    for number in range(-1, 7):
        channel.deliver(QueuedMessage("0" * 32, 0.0, 0.0, {"n": abs(number)}, "file"))
    names = ["alerts.jsonl", *(f"alerts.jsonl.{number}" for number in range(1, keep + 1))]
    assert [read(tmp_path / name) for name in names] == files
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(names)


def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    channel = FileChannel(Settings(str(path)))
    channel.deliver(message(1))
    path.rename(tmp_path / "old")
    channel.deliver(message(2))
    assert read(path) == [2]


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "alerts.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Undelivered, match="cannot be written"):
        FileChannel(Settings(str(tmp_path / "alerts.jsonl"))).deliver(message(1))
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "alerts.jsonl"
    channel = FileChannel(Settings(str(path)))
    channel.deliver(message(1))
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:5]))
    with pytest.raises(Undelivered, match="the disk is full"):
        channel.deliver(message(2))
    monkeypatch.undo()
    channel.deliver(message(3))
    assert read(path) == [1, 3]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(Undelivered, match=r"cannot be written \((not a directory|file exists)\)"):
        FileChannel(Settings(str(tmp_path / "file" / "alerts.jsonl"))).deliver(message(1))


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    channel = FileChannel(Settings(str(tmp_path / "new" / "alerts.jsonl")))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(20):
        channel.deliver(message(number))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
