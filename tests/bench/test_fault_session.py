"""The session of many faults: what its tests see of each, and what it leaves to others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

MODULE = """from functools import cache

LIMIT = 3


def high(level):
    if level > LIMIT:
        return True
    return False


def low(level):
    return level < 1


def never():
    return 0


@cache
def limits():
    return [1, 2]


def within(level):
    return level in limits()


def endless(level):
    while level < 1:
        level += 1
    return level
"""

TESTS = """import pytest
from levels import endless, high, low, within

calls = []

def test_high():
    calls.append(1)
    assert len(calls) == 1  # no run before left anything
    assert high(9) is True

def test_low(tmp_path):
    (tmp_path / "file").write_text("")
    assert low(0)

def test_endless():
    assert endless(0) == 1

def test_within_one():
    assert within(1)

def test_within_two():
    assert within(2)  # of what the test before has cached

def test_broken():
    assert low(0) and high(0)
"""

RUN = """
from pathlib import Path
from bench import fault_session
from bench.fault_code import Fault

fault_session.SECONDS = 1
module = Path("levels.py").resolve()
text = module.read_text()

def fault(before, after):
    start = text.index(before)
    return (Fault(module, text[:start].count("\\n") + 1, start, before, after), ["test_levels.py"])

session = fault_session.run_session([
    fault("level > LIMIT", "False"),
    fault("level > LIMIT", "(level >= LIMIT)"),
    fault("level < 1", "(level < 0)"),
    fault("level += 1", "pass"),
    fault("return 0", "return 1"),
    fault("LIMIT = 3", "LIMIT = 4"),
    fault("level > LIMIT", "(level > LIMIT)"),
    fault("return False", "return ("),
    fault("[1, 2]", "[1]"),
], 2)
print("RESULT", [each.name for each in session.outcomes], session.failing)
"""


def test_each_fault_runs_alone_and_only_before_tests_that_reach_it(tmp_path: Path) -> None:
    (tmp_path / "levels.py").write_text(MODULE)
    (tmp_path / "test_levels.py").write_text(TESTS)
    shown = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    ).stdout
    [result] = [line for line in shown.splitlines() if line.startswith("RESULT")]
    assert result == "RESULT " + str(
        ["SEEN", "NOT_SEEN", "SEEN", "SEEN", "NOT_SEEN", "NEEDS_COPY", "NO_CHANGE", "SEEN", "SEEN"]
    ) + " " + str(["test_levels.py::test_broken"])
