"""The log on standard error: plain or JSON, by level, and never a command to a terminal."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from sensor import log
from sensor.replay import complain
from tests.cli.test_main import CAPTURE, lanwitness


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger("sensor")
    before = (root.level, list(root.handlers))
    yield
    log.configure(0, "plain")
    root.setLevel(before[0])
    root.handlers[:] = before[1]


def test_a_line_of_json_for_each_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(0, "json")
    complain("two\nlines\x1b[2J")
    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["source"], entry["message"]) == ("warning", "lanwitness", "two\nlines\x1b[2J")
    assert "\x1b" not in line and entry["time"].endswith("+00:00")


@pytest.mark.parametrize(("verbosity", "levels"), [(0, "we"), (1, "iwe"), (2, "diwe"), (9, "diwe")])
def test_what_is_said_by_verbosity(verbosity: int, levels: str, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(verbosity, "plain")
    logger = logging.getLogger("sensor.some.module")
    for level in ("debug", "info", "warning", "error"):
        getattr(logger, level)(f"said at {level}")
    assert "".join(line.split()[-1][0] for line in capsys.readouterr().err.splitlines()) == levels


def test_an_exception_is_logged_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    """It may hold payload."""
    log.configure(0, "plain")
    try:
        raise ValueError("hunter2")
    except ValueError:
        logging.getLogger("sensor.x").exception("a parser failed")
    assert capsys.readouterr().err == "lanwitness: a parser failed\n"


def test_options_of_a_command_by_flag_and_environment() -> None:
    plain = lanwitness("replay", CAPTURE, "nosuch.pcap", "-q")
    assert plain.stderr == "lanwitness: nosuch.pcap: no such file or directory\n"
    run = lanwitness("replay", CAPTURE, "nosuch.pcap", "-q", "--log-format", "json")
    assert json.loads(run.stderr)["message"] == "nosuch.pcap: no such file or directory"
    named = lanwitness(
        "replay", CAPTURE, "nosuch.pcap", LANWITNESS_REPLAY_LOG_FORMAT="json", LANWITNESS_REPLAY_QUIET="1"
    )
    assert named.stdout == "" and json.loads(named.stderr)["message"] == "nosuch.pcap: no such file or directory"
