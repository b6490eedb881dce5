"""The recipes of docs/recipes.md: each command is run word for word where its tool is installed."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.page_commands import BLOCK, ROOT, commands, run, with_program
from tests.replaying import PCAPS, capture_in

PAGE = (ROOT / "docs" / "recipes.md").read_text("utf-8")
COMMANDS = commands(PAGE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the captures that the page names and the program on its path."""
    folder = with_program(tmp_path_factory.mktemp("recipes"))
    (folder / "home.pcapng").symlink_to(capture_in(PCAPS / "home"))
    (folder / "captures").mkdir()
    for name in ("ftp_login", "mqtt"):
        (folder / "captures" / f"{name}.pcap").symlink_to(capture_in(PCAPS / name))
    return folder


def printed(folder: Path, *command: str) -> str:
    done = run(folder, *command)
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def outputs(folder: Path) -> dict[str, str | None]:
    """What each command printed, in the order of the page; None where its tool is missing."""
    tools = {command: command.split()[0] for command in COMMANDS}
    return {
        command: printed(folder, "/bin/sh", "-c", command) if shutil.which(tool) or tool == "lanwitness" else None
        for command, tool in tools.items()
    }


def test_the_page_has_commands_of_each_tool() -> None:
    assert {command.split()[0] for command in COMMANDS} == {"lanwitness", "grep", "sort", "jq", "duckdb"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_what_it_says(command: str, outputs: dict[str, str | None]) -> None:
    found = outputs[command]
    if found is None:
        pytest.skip(f"{command.split()[0]} is not installed")
    if command.startswith(("lanwitness replay -q", "lanwitness compare")) or " > " in command:
        assert found == ""  # a quiet one, or one into a file
    else:
        assert found.strip()


def test_the_files_hold_what_was_asked(folder: Path, outputs: dict[str, str | None]) -> None:
    assert outputs
    lines = (folder / "devices.csv").read_text("utf-8").splitlines()
    assert lines[0] == "id,vendor,category,model,addresses" and len(lines) == 15
    transfers = [json.loads(line) for line in (folder / "transfers.jsonl").read_text("utf-8").splitlines()]
    assert transfers and all(one["detail.bytes"] > 0 for one in transfers)
    assert "| --- |" in (folder / "logins.md").read_text("utf-8")
    assert "Nothing got worse" in (folder / "changes.md").read_text("utf-8")


def test_pandas_reads_the_records(folder: Path, outputs: dict[str, str | None]) -> None:
    assert outputs
    if importlib.util.find_spec("pandas") is None:
        pytest.skip("pandas is not installed")
    (code,) = [block for _, kind, block in BLOCK.findall(PAGE) if kind == "python"]
    assert "telemetry" in printed(folder, sys.executable, "-c", code)
