"""Searches for reference cycles: none while a replay loads, rare ones later, none changed for others."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from sensor.cycle_search import LOADING_OBJECTS, NEW_OBJECTS, begin_loading, end_loading, search_rarely
from tests.replaying import PCAPS, ROOT


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_loading_ends_with_rare_searches_over_what_is_new() -> None:
    begin_loading()
    assert gc.get_threshold()[0] == LOADING_OBJECTS
    end_loading()
    assert gc.get_threshold()[0] == NEW_OBJECTS and gc.get_freeze_count() > 10_000


def test_a_program_that_uses_ours_keeps_its_own_rule() -> None:
    gc.set_threshold(700)
    end_loading()
    assert gc.get_threshold()[0] == 700 and gc.get_freeze_count() == 0


def test_every_command_searches_rarely() -> None:
    search_rarely()
    assert gc.get_threshold()[0] == NEW_OBJECTS and gc.get_freeze_count() > 10_000


def test_a_replay_loads_without_a_search_and_reads_with_rare_ones() -> None:
    code = (
        "import gc, sys\n"
        "searched = []\n"
        "gc.callbacks.append(lambda when, _: searched.append('sensor.parsing.registry' in sys.modules))\n"
        "from sensor import run\n"
        "made = run.Run.__init__\n"
        "def first(self, *a, **k):\n"
        "    made(self, *a, **k)\n"
        "    print(len(searched) - before, file=sys.stderr)\n"
        "run.Run.__init__ = first\n"
        "from sensor.cli.main import main\n"
        "import sensor.cli.replay\n"
        "before = len(searched)\n"
        "main()\n"
    )
    capture = PCAPS / "ftp_login" / "capture.pcap"
    done = subprocess.run(
        [sys.executable, "-c", code, "replay", "--json", "-", str(capture)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stderr.splitlines()[-1] == "0"


def test_nothing_is_left_to_search_when_a_command_is_over() -> None:
    code = (
        "import atexit, gc, sys\n"
        "from sensor.cli.main import main\n"
        "atexit.register(lambda: print(len(gc.get_objects()), file=sys.stderr))\n"
        "main()\n"
    )
    capture = PCAPS / "ftp_login" / "capture.pcap"
    done = subprocess.run(
        [sys.executable, "-c", code, "replay", "--json", "-", str(capture)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert int(done.stderr.splitlines()[-1]) < 1000
