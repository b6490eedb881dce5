"""A drill over cables of its own: a sensor behind a mirror port that copies all, one direction, no VLAN, nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.drill import mirrored
from tests.live.namespaces import ROOT, Cable, Sensor, cable, ip, run

pytestmark = pytest.mark.namespaces
SECONDS = 150
"""After so long the switch ends by itself, whatever happens to the test."""


@contextmanager
def switch(laid: Cable) -> Iterator[subprocess.Popen[str]]:
    """The program that copies from the drill's cable to a second one, whose end `mirror` the sensor hears."""
    ip("-n", laid.near, "link", "add", "copies", "type", "veth", "peer", "name", "mirror")
    for name in ("copies", "mirror"):
        run("ip", "netns", "exec", laid.near, "sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1")
        ip("-n", laid.near, "link", "set", name, "up")
    command = [sys.executable, mirrored.__file__, str(SECONDS), laid.hears, "copies"]
    with subprocess.Popen(
        ["ip", "netns", "exec", laid.near, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def set_to(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()
    assert process.stdout.readline() == f"{word}\n"


def drill(laid: Cable, folder: Path, *options: str) -> tuple[int, dict[str, str]]:
    """Exit status, and what is printed of each part."""
    command = ["ip", "netns", "exec", laid.far, sys.executable, "-m", "sensor", "drill", laid.sends, "--yes"]
    done = subprocess.run(
        [*command, "--store", str(folder / "home.db"), *options],
        cwd=ROOT,
        env={**os.environ, "LANWITNESS_STATE": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode in (0, 1), done.stderr
    lines = (line.partition(": ") for line in done.stdout.splitlines() if not line.startswith(" "))
    return done.returncode, {part: state for part, _, state in lines if state}


def test_what_the_mirror_copies_is_what_the_drill_says(tmp_path: Path) -> None:
    with cable("d") as laid, switch(laid) as process:
        store = str(tmp_path / "home.db")
        with Sensor(laid, tmp_path, "--store", store, interface="mirror") as sensor:
            sensor.listening()
            sensor.wait("a store", lambda: Path(store).exists() and sensor.of("sensor"))
            status, found = drill(laid, tmp_path, "--vlan", "100")
            assert found["FTP login"] == found["TLS 1.0 hello"] == found["VLAN 100"] == "heard (both directions)"
            assert (status, found["DNS names"]) == (0, "heard (16 of 16 names)")

            set_to(process, "one")
            status, found = drill(laid, tmp_path, "--wait", "4")
            one = "one direction only (of the station a alone)"
            assert (status, found["FTP login"], found["DNS names"], found["TLS 1.0 hello"]) == (1, one, one, one)

            set_to(process, "untagged")
            status, found = drill(laid, tmp_path, "--vlan", "100", "--wait", "4")
            assert (status, found["FTP login"]) == (1, "heard (both directions)")
            assert found["VLAN 100"] == "VLAN not heard"

            set_to(process, "lossy")
            status, found = drill(laid, tmp_path, "--wait", "4")
            names = int(found["DNS names"].removeprefix("heard (").split()[0])
            assert status == 1 and 8 <= names <= 13, found

            set_to(process, "nothing")
            status, found = drill(laid, tmp_path, "--wait", "2")
            assert status == 1
            assert found["FTP login"] == found["DNS names"] == found["TLS 1.0 hello"] == "nothing"
            assert sensor.end() == 0
