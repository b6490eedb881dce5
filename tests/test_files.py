"""Files written whole or not at all, their modes, and the sentence for what failed."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sensor.files import error_reason, private_open, replacement, write_atomic


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_a_file_has_its_mode_whatever_the_umask(tmp_path: Path, mode: int, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_atomic(tmp_path / "state", b"one", mode)
    finally:
        os.umask(before)
    assert (tmp_path / "state").read_bytes() == b"one" and mode_of(tmp_path / "state") == mode


def test_the_old_file_stays_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_atomic(tmp_path / "state", b"one")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomic(tmp_path / "state", b"two")
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    assert (tmp_path / "state").read_bytes() == b"one"


def test_the_new_file_is_on_the_disk_before_it_replaces_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_atomic(tmp_path / "state", b"one")
    at_sync: list[tuple[int, bytes]] = []
    monkeypatch.setattr(
        os,
        "fsync",
        lambda descriptor: at_sync.append((os.fstat(descriptor).st_size, (tmp_path / "state").read_bytes())),
    )
    write_atomic(tmp_path / "state", b"second")
    assert at_sync == [(6, b"one")] and (tmp_path / "state").read_bytes() == b"second"


def test_a_link_is_replaced_and_its_target_untouched(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"other")
    (tmp_path / "state").symlink_to(tmp_path / "other")
    write_atomic(tmp_path / "state", b"one")
    assert (tmp_path / "other").read_bytes() == b"other" and not (tmp_path / "state").is_symlink()


def test_a_block_that_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), replacement(tmp_path / "state") as (file, part):
        file.write(b"half")
        assert part.parent == tmp_path and mode_of(part) == 0o600
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_private_file_is_made_for_its_owner_and_no_link_is_followed(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        os.close(private_open(tmp_path / "log", os.O_WRONLY | os.O_APPEND))
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "log") == 0o600
    (tmp_path / "link").symlink_to(tmp_path / "log")
    with pytest.raises(OSError) as caught:
        private_open(tmp_path / "link", os.O_WRONLY | os.O_APPEND)
    assert caught.value.errno == errno.ELOOP


def test_the_reason_is_the_systems_own_or_the_callers() -> None:
    assert (
        error_reason(OSError(errno.ENOENT, "No such file or directory"), "cannot be read")
        == "no such file or directory"
    )
    assert error_reason(OSError("made up"), "cannot be read") == "cannot be read"
    assert error_reason(ValueError("x"), "cannot be used") == "cannot be used"
