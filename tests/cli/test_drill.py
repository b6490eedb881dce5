"""`lanwitness drill`: what it refuses, that it asks, that a dry run sends nothing, and what it finds in a capture."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sensor.cli.main import cli
from sensor.drill import sending
from sensor.setup.interfaces import Interface
from tests.drill.pieces import capture

WIRED = Interface("eth0", "ethernet", True)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """How many frames were sent, each time."""
    found = [WIRED, Interface("wlan0", "wifi", True), Interface("eth9", "ethernet", False)]
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path))
    monkeypatch.setattr("sensor.setup.interfaces.interfaces", lambda *a, **k: found)
    monkeypatch.setattr("sensor.setup.listening.may_listen", lambda *a: True)
    counts: list[int] = []
    monkeypatch.setattr(sending, "send", lambda interface, frames: counts.append(len(frames)))
    return counts


def run(*arguments: str, input: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["drill", *arguments], input=input)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "either INTERFACE"),
        (("eth0", "--sent", "abcd"), "either INTERFACE"),
        (("--sent", "abcd"), "needs the sensor's --store"),
        (("--sent", "../x", "--store", "x.db"), "--sent"),
        (("nosuch0",), "There are: eth0, eth9, wlan0"),
        (("wlan0",), "takes a cable"),
        (("eth9",), "no cable"),
        (("eth0", "--store", "x.db", "--capture", "y.pcap"), "either --store or --capture"),
    ],
)
def test_refused(arguments: tuple[str, ...], why: str, sent: list[int]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2 and why in result.output and not sent


def test_not_on_the_interface_that_the_sensor_listens_to(tmp_path: Path, sent: list[int]) -> None:
    """It would hear what this machine sends, whatever the mirror does."""
    config = tmp_path / "home.toml"
    config.write_text('[capture]\ninterfaces = ["eth0"]\n', "utf-8")
    result = run("eth0", "--yes", "--config", str(config))
    assert result.exit_code == 2 and "send from another interface or another machine" in result.output and not sent


def test_a_station_with_one_of_its_addresses_is_left_alone(monkeypatch: pytest.MonkeyPatch, sent: list[int]) -> None:
    monkeypatch.setattr(sending, "taken", lambda: "02:4c:57:00:00:0a")
    result = run("eth0", "--yes")
    assert result.exit_code == 1 and "nothing is sent" in result.output and not sent


def test_without_the_right_it_says_so(monkeypatch: pytest.MonkeyPatch, sent: list[int]) -> None:
    monkeypatch.setattr("sensor.setup.listening.may_listen", lambda *a: False)
    assert "sudo lanwitness drill" in run("eth0", "--yes").output and not sent


def test_a_dry_run_and_a_no_send_nothing_a_yes_does(sent: list[int]) -> None:
    dry = run("eth0", "--dry-run", "--yes")
    frames = [line for line in dry.output.splitlines() if "02:4c:57:00:00:0a" in line]
    assert dry.exit_code == 0 and dry.output.endswith("none was\n") and not sent
    no = run("eth0", input="n\n")
    assert f"Send these {len(frames)} frames on eth0?" in no.output and not sent
    yes = run("eth0", input="y\n")
    assert sent == [len(frames)] and "lanwitness drill --sent " in yes.output
    assert len([line for line in yes.output.splitlines() if "02:4c:57:00:00:0a" in line]) == len(frames)


def test_found_in_a_capture(tmp_path: Path, sent: list[int]) -> None:
    path = capture(tmp_path / "x.pcap", lambda frame: frame.data[12:14] != b"\x81\x00")
    result = run("--sent", "abcd1234", "--vlan", "100", "--wait", "0", "--capture", str(path))
    assert "FTP login: heard (both directions)\nDNS names: heard (16 of 16 names)\n" in result.output
    assert "VLAN 100: VLAN not heard\n      -> let the mirror port keep VLAN tags" in result.output and not sent
