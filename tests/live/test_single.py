"""One `watch` for a store and an interface."""

from __future__ import annotations

import os
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
