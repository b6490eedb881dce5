"""`lanwitness doctor`: what it prints, its exit status, and a test alert."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sensor.cli.main import cli
from sensor.setup.interfaces import Interface
from tests.alerts.test_webhook import Server
from tests.programs import free_port

MIRROR = Interface("eth1", "ethernet", True, received=100_000, sent=3, recent=50)


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sensor.setup.interfaces.interfaces", lambda *a, **k: [MIRROR])
    monkeypatch.setattr("sensor.setup.listening.may_listen", lambda *a: True)
    monkeypatch.setattr("sensor.setup.doctor._synchronised", lambda: True)
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.setattr("sensor.cli.doctor.SYSTEM", tmp_path / "none" / "lanwitness.toml")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "home.toml"
    path.write_text(
        f'[capture]\ninterfaces = ["eth1"]\n[store]\npath = "home.db"\nstate = "{tmp_path}/state"\n', "utf-8"
    )
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["doctor", "--unit-folder", "/nonexistent", *arguments], standalone_mode=False)


def test_all_is_well(config: Path) -> None:
    result = run("--config", str(config))
    assert result.return_value == 0, result.output
    assert "ok    eth1: looks like a mirror port" in result.output and result.output.endswith("all is well\n")
    assert "look  what is heard: only a drill proves" in result.output


def test_no_drill_is_named_for_a_folder_of_captures(config: Path, tmp_path: Path) -> None:
    config.write_text(
        f"[capture]\nfolder = '{tmp_path}'\n[store]\npath = 'home.db'\nstate = '{tmp_path}/state'\n", "utf-8"
    )
    result = run("--config", str(config))
    assert result.return_value == 0 and "lanwitness drill" not in result.output


def test_what_is_wrong_and_how_to_mend_it(config: Path) -> None:
    config.write_text("[capture]\ninterfaces = ['eth9']\n", "utf-8")
    result = run("--config", str(config))
    assert result.return_value == 1
    assert "WRONG eth9: there is no such interface\n      -> this machine has eth1;" in result.output


def test_a_configuration_with_a_mistake(config: Path) -> None:
    config.write_text("[captrue]\n", "utf-8")
    result = run("--config", str(config))
    assert result.return_value == 1 and "did you mean capture?" in result.output


def test_one_that_was_named_and_is_not_there(tmp_path: Path) -> None:
    assert run("--config", str(tmp_path / "none.toml")).return_value == 1


def test_without_one_it_says_what_to_do() -> None:
    result = run()
    assert result.return_value == 0 and "lanwitness setup writes one" in result.output


def test_for_programs(config: Path) -> None:
    lines = [json.loads(line) for line in run("--config", str(config), "--json").output.splitlines()]
    assert {"check": "configuration", "state": "well", "message": str(config), "mend": None} in lines


def test_a_test_alert_arrives_or_its_failure_is_reported(config: Path, tmp_path: Path) -> None:
    server = Server()
    try:
        text = config.read_text("utf-8")
        config.write_text(text + f'[alerts.webhook]\nurl = "{server.url}"\n', "utf-8")
        result = run("--config", str(config), "--test-alert")
        assert result.return_value == 0 and "ok    test alert by webhook" in result.output
        assert [json.loads(body)["kind"] for _, _, body in server.got] == ["test"]
        config.write_text(text + f'[alerts.webhook]\nurl = "http://127.0.0.1:{free_port()}/"\n', "utf-8")
        result = run("--config", str(config), "--test-alert")
        assert result.return_value == 1
        assert (
            "WRONG test alert by webhook" in result.output
            and "it cannot be reached (connection refused)" in result.output
        )
    finally:
        server.close()


def test_a_test_alert_to_nobody(config: Path) -> None:
    result = run("--config", str(config), "--test-alert")
    assert result.return_value == 0 and "names nobody to tell" in result.output


def test_a_secret_that_is_not_there(config: Path) -> None:
    config.write_text(
        config.read_text("utf-8") + '[alerts.webhook]\nurl = "https://h"\nsecret_file = "none"\n', "utf-8"
    )
    result = run("--config", str(config), "--test-alert")
    assert result.return_value == 1 and "no such file" in result.output
