"""Shared options: one declaration, a field each, refusals as a sentence."""

from __future__ import annotations

import inspect
import os
import stat
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path

import click
import pytest

from sensor.cli import main
from sensor.cli._options import RunOptions, check_networks, output, vault_of
from sensor.cli.watch import WatchOptions


def test_nothing_given_is_nothing() -> None:
    with ExitStack() as stack:
        assert output(stack, None, private=False) == (None, "")


def test_networks() -> None:
    check_networks(("192.168.1.0/24", "fd00::/8"))
    with pytest.raises(click.BadParameter, match="is not a network"):
        check_networks(("kitchen",))


def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    with ExitStack() as stack, pytest.raises(click.BadParameter):
        output(stack, str(tmp_path), private=False)


def test_the_vaults_key_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path))
    assert vault_of(reveal=False).fingerprint(b"x") == vault_of(reveal=True).fingerprint(b"x")


@pytest.mark.parametrize(("command", "options"), [("replay", RunOptions), ("watch", WatchOptions)])
def test_each_option_has_its_field(command: str, options: type[RunOptions]) -> None:
    """A parameter is a field of the options, or the command's function names it as an argument of its own."""
    declared = {str(parameter.name) for parameter in main.command(command).params if parameter.expose_value}
    callback = main.command(command).callback
    assert callback is not None
    arguments = inspect.signature(callback).parameters.values()
    own = {one.name for one in arguments if one.kind is not inspect.Parameter.VAR_KEYWORD}
    assert own <= declared
    assert {field.name for field in fields(options)} == declared - own


def test_flows_need_a_file_and_reveal_warns(capsys: pytest.CaptureFixture[str]) -> None:
    for options in (RunOptions(flows=True), WatchOptions(flows=True, folder="drop")):
        with pytest.raises(click.UsageError, match="it needs --json FILE"):
            options.check()
    RunOptions(flows=True, json_path="-").check()
    assert capsys.readouterr().err == ""
    RunOptions(reveal=True).check()
    assert "secrets in the clear" in capsys.readouterr().err


def test_the_users_files_are_read(tmp_path: Path) -> None:
    assert RunOptions(local=("10.0.0.0/8",)).sensor_options(people=False).local == ("10.0.0.0/8",)
    with pytest.raises(click.BadParameter) as error:
        RunOptions(facts=str(tmp_path / "none.toml")).sensor_options()
    assert error.value.param_hint == "--facts"


@pytest.mark.parametrize(("private", "mode"), [(True, 0o600), (False, 0o644)])
def test_a_file_of_revealed_secrets_is_its_owners_alone(tmp_path: Path, private: bool, mode: int) -> None:
    before = os.umask(0o022)
    try:
        for name in ("new", "there"):
            path = tmp_path / name
            if name == "there":
                path.write_text("")
                path.chmod(0o644)
            with ExitStack() as stack:
                output(stack, str(path), private=private)
            assert stat.S_IMODE(path.stat().st_mode) == mode
    finally:
        os.umask(before)
