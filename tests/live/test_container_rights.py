"""Listening as root of a container, which has few capabilities: none to change priorities."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

RIGHTS = "-all,+net_raw,+setuid,+setgid,+setpcap"


def test_the_launcher_needs_no_right_to_change_priorities() -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root, and setpriv")
    code = (
        "import os; from sensor.live import child, launcher; launcher.keep_listening_alone(child);"
        "print(os.getresuid());"
        "print(next(line for line in open('/proc/self/status') if line.startswith('CapEff')).split()[1])"
    )
    done = subprocess.run(
        ["setpriv", f"--bounding-set={RIGHTS}", "--inh-caps=-all", sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    # CAP_NET_RAW is number 13, CAP_SETPCAP number 8 (linux/capability.h).
    assert done.stdout.splitlines() == ["(65534, 65534, 65534)", f"{1 << 13 | 1 << 8:016x}"]
