"""`compare`: runs from captures, files and a store, exit status 3 on worse, sentences for what cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import click
import pytest

from sensor.cli.main import cli
from tests.replaying import PCAPS, capture_in
from tests.store.several import several

LOGIN, SAFE = capture_in(PCAPS / "ftp_login"), capture_in(PCAPS / "ftp_tls")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))


def run(*arguments: object) -> int:
    return int(cli.main([str(one) for one in arguments], standalone_mode=False) or 0)


def test_a_capture_against_itself_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compare", LOGIN, LOGIN) == 0
    assert "Nothing got worse" in capsys.readouterr().out


def test_worse_is_exit_status_3_and_the_way_back_is_no_pass(tmp_path: Path) -> None:
    worse, back, cases = (tmp_path / name for name in ("worse.json", "back.json", "cases.xml"))
    assert run("compare", SAFE, LOGIN, "--json", worse, "--junit", cases) == 3
    assert json.loads(worse.read_text())["counts"]["new"] > 0
    assert int(Xml.parse(cases).getroot().get("failures") or 0) > 0
    assert run("compare", LOGIN, SAFE, "--json", back) == 0
    counts = json.loads(back.read_text())["counts"]
    assert counts["not_seen_again"] > 0 and counts["gone"] == 0


def test_files_and_runs_of_a_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records, store = tmp_path / "both.jsonl", tmp_path / "home.db"
    run("replay", "--plain", "--json", records, "--store", store, LOGIN, SAFE)
    capsys.readouterr()
    runs = list(dict.fromkeys(json.loads(line).get("run") for line in records.read_text().splitlines()))[:2]
    assert run("compare", f"{records}#{runs[1]}", LOGIN, "--json", tmp_path / "a.json") == 3
    assert run("compare", *reversed(runs), "--store", store, "--json", tmp_path / "b.json") == 3
    one, other = (json.loads((tmp_path / f"{name}.json").read_text()) for name in "ab")
    assert one["counts"] == other["counts"]
    assert [len(each["findings"]) for each in one["devices"]] == [len(each["findings"]) for each in other["devices"]]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing-here", LOGIN], "--store"),
        ([LOGIN, LOGIN, "--as", "02:00:5e:00:53:99=02:00:5e:00:53:98"], "02:00:5e:00:53:99"),
        ([LOGIN, LOGIN, "--as", "one"], "MAC=MAC"),
        ([__file__, LOGIN], "capture"),
    ],
)
def test_what_cannot_be_used_is_said(arguments: list[object], sentence: str) -> None:
    with pytest.raises(click.ClickException, match=sentence):
        run("compare", *arguments)


def test_sensors_of_a_store_and_what_they_knew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "hub.db"
    several(path)
    assert run("compare", "attic@yesterday", "attic", "--store", path) == 0
    assert "Nothing got worse" in capsys.readouterr().out
    assert run("compare", "hall", "attic", "--store", path, "--json", tmp_path / "c.json") == 3
    assert json.loads((tmp_path / "c.json").read_text())["counts"]["new"] > 0
    assert run("compare", "site:Home@yesterday", "site:Home", "--store", path, "--json", tmp_path / "c.json") == 0
    for name, said in (("nobody", "no sensor has that name"), ("attic@1999-01-01", "nothing was heard by then")):
        with pytest.raises(click.ClickException, match=said):
            run("compare", name, "attic", "--store", path)
    with pytest.raises(click.ClickException, match="what follows @ is no time"):
        run("compare", "attic@never", "attic", "--store", path)
