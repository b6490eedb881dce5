"""Sensors that start together on one empty PostgreSQL: none loses its capture (`bench/start_race.py`)."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.replaying import ROOT
from tests.store.postgresql import BIN


@pytest.mark.parametrize("sensors", [20, pytest.param(50, marks=pytest.mark.nightly)])
def test_no_sensor_loses_its_capture(sensors: int) -> None:
    """On a busy machine one may be ended before its turn: then it says so (status 2), and the next start writes it."""
    if BIN is None:
        pytest.skip("needs Debian's postgresql")
    pytest.importorskip("psycopg")
    done = subprocess.run(
        [sys.executable, "bench/start_race.py", str(sensors)], capture_output=True, text=True, timeout=600, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["sensors"] == sensors and found["lost"] == 0, found
    assert found["exit_0"] + found["waiting"] == sensors and found["again_exit_0"] == found["waiting"], found
    assert found["connections"] <= 3 * sensors, found
