"""The copy of a run's state on this disk: read as it was written, without what was cut off or is to be forgotten."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from sensor.live import local_state
from sensor.live.local_state import FOLDER, LocalState, forget_local, local_path, read_local
from sensor.store.location import store_location
from sensor.store.types import RECENT, StateKey

RUN: StateKey = ("run", "")
MAC = "02:00:5e:00:53:01"


def made(folder: Path, **parts: str) -> LocalState:
    return LocalState(folder / FOLDER / "one.jsonl", "w1", {("device", key): value for key, value in parts.items()})


def parts_of(path: Path) -> dict[StateKey, str]:
    found = read_local(path)
    assert found is not None and found.run == "w1" and found.last_packet is None
    return found.parts


def test_only_a_server_has_one(tmp_path: Path) -> None:
    server = store_location("postgresql+psycopg://hub.example/lan")
    path, other = local_path(server, tmp_path, "eth0"), local_path(server, tmp_path, "eth1")
    assert path is not None and path.parent == tmp_path / FOLDER and path != other
    assert local_path(store_location(str(tmp_path / "home.db")), tmp_path, "eth0") is None


def test_each_saving_stands_on_the_one_before(tmp_path: Path) -> None:
    one = made(tmp_path, a="1", b="1")
    assert read_local(one.path) is None
    one.add({RUN: "first"})
    assert parts_of(one.path) == {RUN: "first", ("device", "a"): "1", ("device", "b"): "1"}
    one.add({RUN: "second", ("device", "b"): None, RECENT: "r"})
    assert parts_of(one.path) == {RUN: "second", ("device", "a"): "1", RECENT: "r"}
    assert one.path.stat().st_mode & 0o777 == 0o600
    # Another start begins the file anew with what it goes on with.
    again = LocalState(one.path, "w1", {("device", "a"): "2"})
    again.add({})
    assert parts_of(one.path) == {("device", "a"): "2"}


def test_a_line_that_was_cut_off_is_none(tmp_path: Path) -> None:
    one = made(tmp_path, a="1")
    one.add({RUN: "first"})
    before = parts_of(one.path)
    one.add({RUN: "second"})
    data = one.path.read_bytes()
    for size in range(len(data) - 1, len(data) - 12, -1):
        one.path.write_bytes(data[:size])
        assert parts_of(one.path) == before
    one.path.write_bytes(data[:-3] + b"7\n")
    assert parts_of(one.path) == before
    for nothing in (b"", b"\n", b'"w1"\n', b"7\n", b"\xff\n"):
        one.path.write_bytes(nothing)
        assert read_local(one.path) is None


def test_what_a_full_disk_refuses_comes_with_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = made(tmp_path, a="1")
    one.add({RUN: "first"})
    write = os.write

    def half(descriptor: int, data: bytes) -> int:
        return write(descriptor, data[: len(data) // 2])

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    for refused in (half, full):
        monkeypatch.setattr(os, "write", refused)
        one.add({("device", "b"): "2"})
        monkeypatch.setattr(os, "write", write)
        assert parts_of(one.path) == {RUN: "first", ("device", "a"): "1"}
    one.add({RUN: "second"})
    assert parts_of(one.path) == {RUN: "second", ("device", "a"): "1", ("device", "b"): "2"}


def test_the_file_does_not_grow_with_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_state, "SPARE", 1000)
    one = made(tmp_path, a="x" * 500)
    sizes = []
    for number in range(200):
        one.add({RUN: f"{number:050}"})
        sizes.append(one.path.stat().st_size)
    assert max(sizes) < 4000 and parts_of(one.path) == {RUN: f"{199:050}", ("device", "a"): "x" * 500}


def test_a_device_is_forgotten_by_row_and_by_name(tmp_path: Path) -> None:
    one = made(tmp_path)
    rows: dict[StateKey, str | None] = {
        RUN: "r", RECENT: MAC, ("network", ""): MAC, ("device", MAC): "it", ("finding", "f1"): "its",
        ("device", "other"): f'{{"mac":"{MAC}"}}',
    }  # fmt: skip
    one.add(rows)
    damaged: Any = tmp_path / FOLDER / "two.jsonl"
    damaged.write_bytes(MAC.encode())
    forget_local(tmp_path, [MAC], {MAC, "f1"})
    assert MAC not in one.path.read_text() and not damaged.exists()
    found = parts_of(one.path)
    assert set(found) == {RUN, ("device", "other")} and found[RUN] == "r"
    # The run goes on writing to the new file.
    one.add({RUN: "later"})
    assert parts_of(one.path)[RUN] == "later"
