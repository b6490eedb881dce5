"""What is loaded at first use is loaded by then."""

from __future__ import annotations

import subprocess
import sys

from sensor.live.warmup import warm_up
from tests.replaying import ROOT


def test_the_run_that_is_thrown_away_reaches_parsers_detectors_and_verdicts() -> None:
    assert warm_up() >= 2  # a password and data that crossed readable


def test_nothing_of_ours_is_loaded_after_it() -> None:
    """A capture of ours afterwards needs no module that was not there."""
    code = (
        "import sys\n"
        "from sensor.live.warmup import warm_up\n"
        "warm_up()\n"
        "before = set(sys.modules)\n"
        "from tests.replaying import PCAPS, read, capture_in\n"
        "between = set(sys.modules)\n"
        "read(capture_in(PCAPS / 'http_basic'))\n"
        "ours = ('sensor', 'signatures', 'hyperscan', 'cryptography')\n"
        "print(sorted(name for name in set(sys.modules) - between if name.startswith(ours)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"
