"""`report`: its forms, a period, and the sentences where there is nothing to report."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from xml.etree import ElementTree as Xml

import click
import pytest

from sensor.cli.main import cli
from tests.canary.plant import pcap
from tests.replaying import PCAPS, capture_in


def run(*arguments: object) -> int:
    return int(cli.main([str(one) for one in arguments], standalone_mode=False) or 0)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))
    run(
        "replay",
        "--plain",
        "--json",
        tmp_path / "records.jsonl",
        "--store",
        tmp_path / "home.db",
        capture_in(PCAPS / "ftp_login"),
    )
    return tmp_path / "home.db"


def test_forms_say_the_same(store: Path, tmp_path: Path) -> None:
    page, data, cases = (tmp_path / f"r.{name}" for name in ("html", "json", "xml"))
    status = run("report", "--store", store, "--html", page, "--json", data, "--junit", cases, "--fail-on", "violated")
    content = json.loads(data.read_text())
    violated = [mark for one in content["devices"] for mark in one["marks"] if mark["status"] == "violated"]
    assert violated and status == 3
    root = Xml.parse(cases).getroot()
    failures = {case.get("name") for case in root.iter("testcase") if case.find("failure") is not None}
    assert {mark["capability"] for mark in violated} <= failures
    assert content["run"] in str(root.get("name")) and 'id="lab"' in page.read_text()
    assert {one["provision"]["v3.1.3"] for one in content["untested"]} >= {"5.1-4", "5.2-3"}


def test_a_time_between(store: Path, tmp_path: Path) -> None:
    data, page = tmp_path / "r.json", tmp_path / "r.html"
    run("report", "--store", store, "--json", data)
    first = json.loads(data.read_text())["first_time"]
    run("report", "--store", store, "--from", first[:10], "--json", data, "--html", page)
    part = json.loads(data.read_text())
    assert part["period"] == {"from": f"{first[:10]}T00:00:00Z", "to": None} and part["devices"][0]["findings"]
    assert "the marks are those of the whole run" in page.read_text()
    with pytest.raises(click.ClickException, match="no run was heard in that time"):
        run("report", "--store", store, "--to", "2001-01-01", "--json", data)
    with pytest.raises(click.UsageError, match="no day or time"):
        run("report", "--store", store, "--from", "soon", "--json", data)
    name = part["run"]
    run("report", "--store", store, "--run", name, "--to", "2001-01-01", "--json", data, "--html", page)
    assert all(not one["findings"] for one in json.loads(data.read_text())["devices"])


@pytest.mark.parametrize(
    "frames,words",
    [([], "No device of the local network"), ([b"\xff" * 6 + b"\x02" * 6 + b"\x88\xb5hello"], "No device")],
)
def test_an_empty_capture_has_a_report_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: list[bytes], words: str
) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))
    (tmp_path / "a.pcap").write_bytes(pcap(frames))
    run("replay", "--plain", "--store", tmp_path / "home.db", tmp_path / "a.pcap")
    assert (
        run(
            "report",
            "--store",
            tmp_path / "home.db",
            "--html",
            tmp_path / "r.html",
            "--junit",
            tmp_path / "r.xml",
            "--fail-on",
            "violated",
        )
        == 0
    )
    assert words in (tmp_path / "r.html").read_text()


def test_what_cannot_be_written_is_a_sentence(store: Path, tmp_path: Path) -> None:
    for arguments in ((), ("--html", "-", "--junit", "-"), ("--junit", tmp_path / "no" / "r.xml")):
        with pytest.raises(click.UsageError):
            run("report", "--store", store, *arguments)


def test_a_new_report_is_its_owners_alone(store: Path, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        assert run("report", "--store", store, "--json", tmp_path / "r.json") == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "r.json").stat().st_mode) == 0o600
