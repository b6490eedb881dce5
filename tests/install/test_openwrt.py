"""The remote tap of an OpenWrt router, checked by parts: its two scripts in dash, with programs that stand in."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "openwrt"
CAPTURE = ROOT / "pcaps" / "home" / "capture.pcapng"


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f'#!/bin/sh\necho $$ >{folder}/{name}.pid\necho "$*" >{folder}/{name}.args\n{text}\n')
    (folder / name).chmod(0o755)


def tap(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["sh", str(FOLDER / "lanwitness-tap"), "br-lan", "/etc/key", "lanwitness@192.0.2.7"],
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def runs(folder: Path, name: str) -> bool:
    return Path(f"/proc/{(folder / f'{name}.pid').read_text().strip()}").exists()


def wait_for(condition: object, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)


def test_what_the_router_hears_reaches_the_sensor_whole(tmp_path: Path) -> None:
    program(tmp_path, "tcpdump", f"exec cat {CAPTURE}")
    program(tmp_path, "dbclient", f"exec cat >{tmp_path}/got")
    assert tap(tmp_path).wait(20) == 1
    assert (tmp_path / "got").read_bytes() == CAPTURE.read_bytes()
    assert (tmp_path / "tcpdump.args").read_text() == "-i br-lan -U -s 0 -w - not port 22\n"
    assert (tmp_path / "dbclient.args").read_text() == "-T -K 30 -i /etc/key lanwitness@192.0.2.7\n"


@pytest.mark.parametrize("end", ["the sensor", "procd"])
def test_no_end_outlives_the_other(end: str, tmp_path: Path) -> None:
    program(tmp_path, "tcpdump", "exec sleep 60")
    program(tmp_path, "dbclient", "exec sleep 60")
    running = tap(tmp_path)
    pids = [tmp_path / "tcpdump.pid", tmp_path / "dbclient.pid"]
    wait_for(lambda: all(path.exists() and path.read_text().strip() for path in pids))
    if end == "procd":
        running.terminate()
    else:
        os.kill(int(pids[1].read_text()), signal.SIGTERM)
    assert running.wait(20) == (0 if end == "procd" else 1)
    wait_for(lambda: not runs(tmp_path, "tcpdump") and not runs(tmp_path, "dbclient"))


@pytest.mark.parametrize(
    ("sensor", "expected"),
    [
        (
            "lanwitness@192.0.2.7",
            "command /usr/sbin/lanwitness-tap br-lan /etc/dropbear/lanwitness.key lanwitness@192.0.2.7",
        ),
        ("", "no sensor"),
    ],
    ids=["a sensor", "none"],
)
def test_the_service_starts_the_tap_where_a_sensor_is_named(sensor: str, expected: str) -> None:
    stand_in = (
        "config_load() { :; }; procd_open_instance() { :; }; procd_close_instance() { :; }\n"
        'logger() { echo "$*"; }; procd_set_param() { echo "$*"; }\n'
        'config_get() { if [ $1 = sensor ]; then sensor=$SENSOR; else eval "$1=\\$4"; fi; }\n'
        f". {FOLDER / 'lanwitness-tap.init'}; start_service"
    )
    done = subprocess.run(["sh", "-c", stand_in], env={**os.environ, "SENSOR": sensor}, capture_output=True, text=True)
    assert expected in done.stdout and done.stderr == ""
    assert done.returncode == (0 if sensor else 1)
    assert ("respawn 3600 10 0" in done.stdout) == bool(sensor)
