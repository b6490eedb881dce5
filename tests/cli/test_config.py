"""`--config`: the file stands in for options that were not given, and only for those."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from sensor.cli import _files as files
from sensor.cli._config import config_option, settings
from sensor.settings.keys import Settings, option_defaults
from sensor.settings.read import parse

TEXT = """
[capture]
local_nets = ["10.0.0.0/8", "192.168.7.0/24"]
people = true
[store]
path = "home.db"
state = "state"
[dashboard]
port = 9000
[alerts]
finding = "low"
"""


@click.command()
@click.option("--local-net", "local", multiple=True)
@click.option("--people", is_flag=True)
@click.option("--store", required=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8080)
@config_option
def command(**given: Any) -> dict[str, Any]:
    return {**given, "finding": settings().alerts.finding, "state": os.environ.get("LANWITNESS_STATE") or None}


@pytest.fixture(autouse=True)
def _no_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANWITNESS_STATE", raising=False)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "home.toml"
    path.write_text(TEXT, "utf-8")
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, standalone_mode=False)


def test_the_file_stands_in(config: Path, tmp_path: Path) -> None:
    assert run("--config", str(config)).return_value == {
        "local": ("10.0.0.0/8", "192.168.7.0/24"),
        "people": True,
        "store": str(tmp_path / "home.db"),
        "port": 9000,
        "finding": "low",
        "state": str(tmp_path / "state"),
    }
    assert not os.environ.get("LANWITNESS_STATE"), "for this command alone"


@pytest.mark.parametrize("first", [True, False])
def test_the_command_line_wins_wherever_it_stands(config: Path, first: bool) -> None:
    given, named = ["--port", "7", "--local-net", "10.1.0.0/16", "--store", "x"], ["--config", str(config)]
    found = run(*(given + named if first else named + given)).return_value
    assert (found["port"], found["local"], found["store"]) == (7, ("10.1.0.0/16",), "x")


def test_the_environments_state_folder_wins(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", "/elsewhere")
    assert run("--config", str(config)).return_value["state"] == "/elsewhere"
    assert os.environ["LANWITNESS_STATE"] == "/elsewhere"


def test_without_a_file_nothing_changes() -> None:
    found = run("--store", "x").return_value
    assert (found["port"], found["people"], found["finding"], found["state"]) == (8080, False, "high", None)


def test_a_mistake_is_reported(config: Path) -> None:
    config.write_text("[stoer]\n", "utf-8")
    result = run("--config", str(config))
    assert isinstance(result.exception, click.BadParameter) and "did you mean store?" in result.exception.message
    assert "no such file" in str(run("--config", str(config.with_name("none"))).exception)


def test_what_the_file_leaves_open_stays_open() -> None:
    expected = {"store": "/var/lib/lanwitness/home.db", "port": 8080, "max_upload": 2048, "memory": 100}
    assert option_defaults(Settings()) == expected
    assert option_defaults(parse('[capture]\nfolder = "/x"', "x"))["folder"] == "/x"


def test_names_are_those_of_the_commands() -> None:
    from sensor.cli.main import command

    capture = '[capture]\nlocal_nets = ["10.0.0.0/8"]\npeople = true\nusers = "u"\nfacts = "f"\n'
    text = capture + '[dashboard]\nbind = "::"\ncontact = "mailto:x"\nhosts = ["h"]\ntls_cert = "c"\ntls_key = "k"'
    text += '\nlanguage = "de"\n[metrics]\nport = 1\ntoken_file = "t"'
    names = set(option_defaults(parse(text, "x")))
    known = {parameter.name for name in ("watch", "serve") for parameter in command(name).params}
    assert names <= known and {"metrics_port", "listen", "token_file", "language"} <= names


MAKER = """
[[maker]]
name = "Example Devices"
policy = "https://maker.example/policy"
contact = "psirt@maker.example"
date = 2026-06-01
"""


def facts_with(tmp_path: Path, text: str, facts: str | None = None) -> Any:
    """The facts that a command takes with this configuration, or its complaint."""

    @click.command()
    @config_option
    def taking() -> Any:
        return files.facts(facts)

    config = tmp_path / "config.toml"
    config.write_text(text)
    return CliRunner().invoke(taking, ["--config", str(config)], standalone_mode=False)


def test_makers_of_the_configuration_are_taken_and_those_of_the_facts_win(tmp_path: Path) -> None:
    found = facts_with(tmp_path, TEXT + MAKER).return_value
    assert set(found.makers) == {"example devices"} and found.devices == {}
    (tmp_path / "lab.toml").write_text(MAKER.replace("/policy", "/newer") + '[[device]]\nid = "x"\n')
    found = facts_with(tmp_path, TEXT + MAKER, str(tmp_path / "lab.toml")).return_value
    assert "/newer" in str(found.makers["example devices"]["disclosure"].parts[0]) and set(found.devices) == {"x"}
    assert facts_with(tmp_path, TEXT).return_value is None


def test_a_wrong_key_of_a_maker_is_refused_with_its_line(tmp_path: Path) -> None:
    result = facts_with(tmp_path, MAKER.replace("contact", "contakt"))
    assert "config.toml:5: unknown key 'contakt' in maker; did you mean contact?" in str(result.exception)
