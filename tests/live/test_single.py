"""One `watch` for a store and an interface."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sensor.live.single import AlreadyWatched, lock


def test_a_second_one_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    held = lock(tmp_path / "locks", "home.db", "eth1")
    with pytest.raises(AlreadyWatched, match=rf"eth1 .*process {os.getpid()}"):
        lock(tmp_path / "locks", "home.db", "eth1")
    for store, interface in (("home.db", "eth2"), ("other.db", "eth1")):
        os.close(lock(tmp_path / "locks", store, interface))
    os.close(held)
    os.close(lock(tmp_path / "locks", "home.db", "eth1"))


def test_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from sensor.live.single import lock\n"
        "lock(Path(sys.argv[1]), 'home.db', 'eth1'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parents[2], timeout=60)
    assert ended.returncode == -9
    os.close(lock(tmp_path, "home.db", "eth1"))


def test_the_folder_of_locks_is_made_for_its_owner_and_used_again(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "locks"
    first, second = lock(folder, "home.db", "eth1"), lock(folder, "home.db", "eth2")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert len(files) == 2 and {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    assert [one.read_bytes() for one in files] == [b"%d\n" % os.getpid()] * 2
    for one in (first, second):
        os.close(one)


@pytest.mark.parametrize("found", [b"", b"4194304\n", b"x" * 40, b"\xff\xfe"])
def test_what_a_lock_said_before_is_written_over(tmp_path: Path, found: bytes) -> None:
    """Of an earlier process, longer or shorter; while it is locked, that one is named as far as it can be read."""
    os.close(lock(tmp_path, "home.db", "eth1"))
    (file,) = tmp_path.iterdir()
    file.write_bytes(found)
    held = lock(tmp_path, "home.db", "eth1")
    assert file.read_bytes() == b"%d\n" % os.getpid()
    file.write_bytes(found)
    with pytest.raises(AlreadyWatched) as refused:
        lock(tmp_path, "home.db", "eth1")
    named = {b"": "unknown", b"4194304\n": "4194304", b"x" * 40: "x" * 20}.get(found, "\ufffd\ufffd")
    assert f"(process {named})" in str(refused.value) and file.read_bytes() == found
    os.close(held)


def test_a_refusal_leaves_no_descriptor(tmp_path: Path) -> None:
    held = lock(tmp_path, "home.db", "eth1")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(AlreadyWatched):
            lock(tmp_path, "home.db", "eth1")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    os.close(held)
