"""The walk-through of docs/laboratory.md: each of its commands is run word for word, with its files."""

from __future__ import annotations

import json
import re
import zipfile
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from tests.page_commands import ROOT, commands, run, with_program

PAGE = (ROOT / "docs" / "laboratory.md").read_text("utf-8")
DEVICE = "90:02:a9:5f:33:e1"
FILE = re.compile(r"^`([\w.-]+)`[^\n]*\n```\w+\n(.*?)^```$", re.M | re.S)
COMMANDS = commands(PAGE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder after all commands of the page."""
    folder = with_program(tmp_path_factory.mktemp("laboratory"))
    (folder / "pcaps").symlink_to(ROOT / "pcaps")
    for name, text in FILE.findall(PAGE):
        (folder / name).write_text(text, "utf-8")
    for command in COMMANDS:
        expected = re.search(r"# exits with (\d+)$", command)
        done = run(folder, "/bin/sh", "-c", command)
        assert done.returncode == (int(expected[1]) if expected else 0), f"{command}\n{done.stderr}"
    return folder


def test_the_page_has_commands_and_files() -> None:
    assert len(COMMANDS) >= 8 and all(command.startswith("lanwitness ") for command in COMMANDS)
    assert {name for name, _ in FILE.findall(PAGE)} == {"lab.toml", "interfaces.csv", "wrong-logins.log"}


def test_the_report_says_what_the_page_says(folder: Path) -> None:
    report = json.loads((folder / "report.json").read_text("utf-8"))
    (device,) = report["devices"]
    outcomes = {one["v3.1.3"]: one["outcome"] for one in device["provisions"]}
    assert (outcomes["5.1-1"], outcomes["5.1-5"], outcomes["5.3-14"]) == ("FAIL", "PASS", "NOT_APPLICABLE")
    assert outcomes["5.3-1"] == "INCONCLUSIVE" and device["outcome"] == "FAIL"
    factory = next(one for one in device["provisions"] if one["v3.1.3"] == "5.1-1")
    assert factory["cases"][0]["evidence"][0]["frames"]
    undeclared = [device["channels"][one["seen"][0]] for one in device["comparison"] if one["result"] == "undeclared"]
    assert "telnet" in {channel["protocol"] for channel in undeclared if channel["role"] == "server"}
    assert report["laboratory"]["name"] == "Example Test House" and device["product"]["hardware"] == "rev B"
    page = (folder / "report.html").read_text("utf-8")
    assert "Example Test House" in page and "wrong-logins.log" in page


def test_the_digest_of_the_evidence_is_that_of_the_file(folder: Path) -> None:
    report = json.loads((folder / "report.json").read_text("utf-8"))
    digests = {case["sha256"] for one in report["devices"][0]["provisions"] for case in one["cases"] if case["file"]}
    assert digests == {sha256((folder / "wrong-logins.log").read_bytes()).hexdigest()}


def test_the_bundle_holds_the_facts_with_their_files(folder: Path) -> None:
    with zipfile.ZipFile(folder / "evidence.zip") as bundle:
        facts = bundle.read("facts.toml").decode()
    assert "[[enclosed]]" in facts and "If-2,tcp,rtsp,554" in facts


def test_the_file_for_ci_has_a_failed_case(folder: Path) -> None:
    root = Xml.fromstring((folder / "junit.xml").read_text("utf-8"))
    assert any(case.find("failure") is not None for case in root.iter("testcase"))


def test_the_session_was_heard_and_what_does_not_apply_is_said(folder: Path) -> None:
    records = [json.loads(line) for line in (folder / "records.jsonl").read_text("utf-8").splitlines()]
    mine = [one for one in records if one.get("device") == DEVICE]
    assert {tuple(one["coverage"]["sessions"]) for one in mine if one["record"] == "verdict"} == {("use",)}
    others = [one for one in records if one["record"] == "verdict" and one["device"] != DEVICE]
    assert others and not any(one["coverage"]["sessions"] for one in others)
    statuses = {one["provision"]["v3.1.3"]: one["status"] for one in mine if one["record"] == "provision"}
    assert statuses["5.3-14"] == "not_applicable"
