"""The cache of a start: what others could have written, or what was damaged, is as if it were missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sensor import private_cache
from sensor.private_cache import load_cached, store_cached

DATA = b"what takes long to compute"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "lanwitness"


def test_what_was_stored_comes_back_and_is_private(folder: Path) -> None:
    assert load_cached("kind", "1") is None
    store_cached("kind", "1", DATA)
    assert load_cached("kind", "1") == DATA and load_cached("kind", "2") is None and load_cached("other", "1") is None
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in folder.iterdir()] == [0o600]


def test_a_new_key_takes_the_place_of_the_old_one(folder: Path) -> None:
    for kind, key in (("kind", "1"), ("other", "1"), ("kind", "2")):
        store_cached(kind, key, DATA)
    assert sorted(file.name for file in folder.iterdir()) == ["kind-2", "other-1"]


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"\0" + b[1:], lambda b: b + b"\0", lambda b: b""])
def test_a_damaged_file_does_not_count(folder: Path, damage) -> None:  # type: ignore[no-untyped-def]
    store_cached("kind", "1", DATA)
    file = folder / "kind-1"
    file.write_bytes(damage(file.read_bytes()))
    assert load_cached("kind", "1") is None
    store_cached("kind", "1", DATA)
    assert load_cached("kind", "1") == DATA


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_that_others_can_write_is_neither_read_nor_written(folder: Path, mode: int) -> None:
    store_cached("kind", "1", DATA)
    folder.chmod(mode)
    assert load_cached("kind", "1") is None
    store_cached("kind", "2", DATA)
    assert [file.name for file in folder.iterdir()] == ["kind-1"]


def test_a_file_that_others_can_write_does_not_count(folder: Path) -> None:
    store_cached("kind", "1", DATA)
    (folder / "kind-1").chmod(0o622)
    assert load_cached("kind", "1") is None


def test_a_link_does_not_count(folder: Path, tmp_path: Path) -> None:
    store_cached("kind", "1", DATA)
    (folder / "kind-1").rename(tmp_path / "elsewhere")
    (folder / "kind-1").symlink_to(tmp_path / "elsewhere")
    assert load_cached("kind", "1") is None
    (folder / "kind-1").unlink()
    os.mkfifo(folder / "kind-1")  # opening it must not wait for a writer
    assert load_cached("kind", "1") is None
    folder.rename(tmp_path / "moved")
    folder.symlink_to(tmp_path / "moved")
    assert load_cached("kind", "1") is None


def test_a_folder_of_another_user_does_not_count(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store_cached("kind", "1", DATA)
    user = os.geteuid()
    monkeypatch.setattr(private_cache.os, "geteuid", lambda: user + 1)
    assert load_cached("kind", "1") is None


def test_a_home_that_cannot_be_written_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    store_cached("kind", "1", DATA)
    assert load_cached("kind", "1") is None
