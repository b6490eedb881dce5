"""The pages of the first ten minutes: each command is run word for word, in order."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.page_commands import ROOT, commands, run, with_program

NAMES = ("home", "laboratory", "research")
Outputs = tuple[str, Path, dict[str, str]]


@pytest.fixture(scope="module", params=NAMES)
def outputs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, dict[str, str]]:
    """The page's name, the folder after all of its commands, and what each printed."""
    name = str(request.param)
    folder = with_program(tmp_path_factory.mktemp(name))
    (folder / "pcaps").symlink_to(ROOT / "pcaps")
    found = {}
    for command in commands((ROOT / "docs" / f"first-steps-{name}.md").read_text("utf-8")):
        assert command.startswith("lanwitness "), command
        done = run(folder, "/bin/sh", "-c", command)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        found[command] = done.stdout
    return name, folder, found


def test_the_commands_do_what_the_page_says(outputs: Outputs) -> None:
    name, folder, printed = outputs
    assert len(printed) >= 3
    for command, text in printed.items():
        if "--format csv" in command:
            rows = list(csv.DictReader(text.splitlines()))
            assert rows and all(rows[0][field] for field in rows[0] if field in ("severity", "rule", "packets"))
    if name == "home":
        first = next(iter(printed.values()))
        assert "factory password" in first and "<h1" in (folder / "report.html").read_text("utf-8")
    elif name == "laboratory":
        report = json.loads((folder / "report.json").read_text("utf-8"))
        violated = [one for device in report["devices"] for one in device["provisions"] if one["status"] == "violated"]
        assert violated and (folder / "junit.xml").stat().st_size > 1000
        assert any("EN 303 645" in text for command, text in printed.items() if "procedures 5.1-1" in command)
    else:
        records = [json.loads(line)["record"] for line in (folder / "records.jsonl").read_text("utf-8").splitlines()]
        assert records.count("capture") == 3 and "verdict" in records
        logins = [json.loads(text) for text in next(text for text in printed.values() if "basis" in text).splitlines()]
        assert logins and all(one["evidence"][0]["frames"] for one in logins)
