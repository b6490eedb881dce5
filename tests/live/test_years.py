"""A sensor over weeks and years, restarted each night: one run, first seen right, each thing told once, 24 hours.

The home is our own captures at other times and under other addresses (`tests/live/home.py`). Time is the packets'.
"""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sensor.cli.main import cli
from sensor.store.location import store_location
from sensor.store.metric_queries import TotalsReader
from sensor.store.reader import StoreReader
from tests.live.home import (
    AWAKE,
    BEGIN,
    CAMERA,
    CLIENT,
    DAY,
    HOUR,
    NEW_CAMERA,
    NEW_SWITCH,
    SWITCH,
    Household,
    day,
    first_day,
    households,
)
from tests.live.watching import signals_restored
from tests.replaying import ROOT

DEVICES = (CAMERA, CLIENT, NEW_CAMERA, NEW_SWITCH, SWITCH)

CONFIGURATION = """
[sensor]
name = "cellar"
site = "home"
[alerts]
learn_minutes = 0
at_most_an_hour = 1000
finding = "info"
[alerts.file]
path = "alerts.jsonl"
"""


def arguments(folder: Path) -> list[str]:
    return ["watch", "-", "--plain", "--store", str(folder / "home.db"), "--config", str(folder / "lanwitness.toml")]


def told_right(folder: Path, homes: list[Household], days: int, hours: int) -> None:
    """What holds after so many days, whatever was restarted."""
    with StoreReader(store_location(str(folder / "home.db"))) as reader:
        (run,) = reader.runs()
        devices = {one["id"]: one for one in reader.devices(run.id)}
        sensor = reader.sensor(run.id)
        provisions = [one for one in reader.records(run.id) if one["record"] == "provision"]
    assert sensor is not None and sensor.more["starts"] == days
    # Between the last word of a day and the first of the next one nobody listened.
    assert sensor.more["not_heard_seconds"] == pytest.approx((days - 1) * (DAY - (hours - 1) * HOUR - 600), rel=0.02)
    assert set(devices) == set(DEVICES)
    for name in DEVICES:
        first = datetime.fromisoformat(devices[name]["first_seen"]).astimezone(UTC).timestamp()
        assert 0 <= first - (BEGIN + first_day(homes, name) * DAY) < 3600, name
        gone = name in (CAMERA, SWITCH)
        assert ("not_heard_since" in devices[name]) is gone, name
    with TotalsReader(store_location(str(folder / "home.db"))) as totals:
        assert {one["id"] for one in totals.totals().devices} == set(DEVICES)
    reached = {one["device"] for one in provisions if one["status"] == "no_violation_seen"}
    assert {CLIENT, NEW_SWITCH} <= reached
    alerts = [json.loads(line) for line in (folder / "alerts.jsonl").read_text().splitlines()]
    new = [one["device"] for one in alerts if one["kind"] == "new_device"]
    assert sorted(new) == sorted(DEVICES)
    repeated = Counter(
        (one["kind"], one["device"], one["rule"], one["capability"], one["status"], one["title"], one["text"])
        for one in alerts
        if one["kind"] != "sensor"
    )
    assert max(repeated.values()) == 1, repeated.most_common(1)


def test_two_weeks_with_a_restart_each_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days, homes = 14, households(14)
    (tmp_path / "lanwitness.toml").write_text(CONFIGURATION)
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))
    # A day takes a second or two here: a new device has no minute to show what it is.
    monkeypatch.setattr("sensor.alerts.presence.UNDECIDED", 0.0)
    # This process is to start programs for other tests.
    monkeypatch.setattr("sensor.cli.watch._give_up_root", lambda options: None)
    sizes = []
    for number in range(days):
        (tmp_path / "day.pcap").write_bytes(day(number, homes, hours=6))
        with (tmp_path / "day.pcap").open("rb") as stdin, signals_restored():
            monkeypatch.setattr(sys, "stdin", stdin_of(stdin))
            assert cli.main(arguments(tmp_path), standalone_mode=False) in (0, None)
        if number == 0:
            # Six hours on the first day are no 24.
            with StoreReader(store_location(str(tmp_path / "home.db"))) as reader:
                records = reader.records(reader.runs()[0].id)
            assert not [one for one in records if one["record"] == "provision" and one["status"] == "no_violation_seen"]
        sizes.append(state_size(tmp_path / "home.db"))
    told_right(tmp_path, homes, days, 6)
    # What it goes on with grows with devices and findings, not with days.
    assert sizes[-1] < 1.2 * sizes[-4]


def stdin_of(stream: Any) -> Any:
    """What `sys.stdin` is: text over a buffer over the file."""
    return io.TextIOWrapper(stream)


def state_size(path: Path) -> int:
    connection = sqlite3.connect(path)
    (found,) = connection.execute("SELECT sum(length(value)) FROM live_state").fetchone()
    connection.close()
    return int(found)


WATCH = """
import sensor.alerts.presence
from sensor.cli.main import main

sensor.alerts.presence.UNDECIDED = 0.0
main()
"""
"""The program; a day takes a second or two here: a new device has no minute to show what it is."""


@pytest.mark.nightly
@pytest.mark.parametrize("days", [18, 365])
def test_a_year_with_a_restart_each_night(tmp_path: Path, days: int) -> None:
    """Each day a process of its own: memory stays flat and small, the store too."""
    homes = households(days)
    (tmp_path / "lanwitness.toml").write_text(CONFIGURATION)
    environment = {**os.environ, "LANWITNESS_STATE": str(tmp_path / "state")}
    peaks = []
    for number in range(days):
        process = subprocess.Popen(
            [sys.executable, "-c", WATCH, *arguments(tmp_path)],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(day(number, homes))
        process.stdin.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        peaks.append(usage.ru_maxrss / 1024)
    told_right(tmp_path, homes, days, AWAKE)
    month = days // 12
    early, late = peaks[month : 3 * month], peaks[-2 * month :]
    assert max(peaks) < 200 and max(late) < 1.1 * max(early), (peaks[:3], peaks[-3:])
    assert (tmp_path / "home.db").stat().st_size < 50_000_000
