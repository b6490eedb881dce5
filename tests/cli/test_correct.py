"""`lanwitness correct` from outside: corrections reach every reader, and a refusal is one sentence."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from sensor.cli.main import cli
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from tests.cli.test_main import lanwitness
from tests.replaying import of
from tests.store.keeping import capture, stored_run, writer

FTP = stored_run(capture("ftp_login"))
NAS = next(r["device"] for r in of(FTP.records, "finding") if r["rule"] == "credential.cleartext")
OTHER = next(r["id"] for r in of(FTP.records, "device") if r["id"] != NAS)
FINDING = of(FTP.records, "finding")[0]["id"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with writer(tmp_path / "home.db") as store:
        store.keep(FTP)
    return tmp_path / "home.db"


def correct(path: Path, *arguments: str) -> str:
    run = lanwitness("correct", *arguments, "--store", path)
    assert (run.returncode, run.stderr) == (0, ""), arguments
    return run.stdout


def records(path: Path) -> list[dict[str, Any]]:
    with StoreReader(store_location(str(path))) as reader:
        return reader.records(FTP.run)


def test_each_has_its_say_and_takes_it_back(path: Path) -> None:
    assert "number 1;" in correct(path, "name", NAS, "Cellar")
    correct(path, "kind", NAS, "printer")
    correct(path, "mute", "--rule", "credential.cleartext", "--device", NAS, "--days", "2", "--note", "old box")
    correct(path, "accept", FINDING, "--note", "known")
    correct(path, "merge", OTHER, NAS)
    found = records(path)
    (nas,) = of(found, "device")
    assert (nas["hostname"], nas["category"]["value"], nas["merged"]) == ("Cellar", "printer", [OTHER])
    assert (
        any("muted" in r for r in of(found, "finding"))
        and next(r for r in of(found, "finding") if r["id"] == FINDING)["accepted"]["note"] == "known"
    )
    lines = correct(path, "list").splitlines()
    assert len(lines) == 5 and f"{NAS} is called Cellar: " in lines[0] and "(command line), 20" in lines[0]
    assert (
        f"quiet about rule credential.cleartext, device {NAS} until 20" in lines[2]
        and "(old box)" in lines[2]
        and f"finding {FINDING}" in lines[3]
    )
    correct(path, "apart", OTHER, NAS)
    for number in range(1, 7):
        assert correct(path, "undo", str(number)) == f"{number} is undone\n"
    assert records(path) == json.loads(json.dumps(FTP.records))
    assert correct(path, "list") == "" and correct(path, "list", "--all").count("undone by ") == 6


def test_names_are_taken_back_without_a_number_too(path: Path) -> None:
    correct(path, "name", NAS, "Cellar")
    correct(path, "name", NAS)
    assert records(path) == json.loads(json.dumps(FTP.records))


def test_what_cannot_be_is_a_sentence(path: Path, tmp_path: Path) -> None:
    for arguments in (
        ("name", "02:ff:00:00:00:01", "x"),
        ("kind", NAS, "toaster"),
        ("merge", NAS, NAS),
        ("mute",),
        ("mute", "--rule", "x y"),
        ("accept", "f0"),
        ("undo", "7"),
        ("mute", "--rule", "tls.version", "--days", "0"),
    ):
        run = lanwitness("correct", *arguments, "--store", path)
        assert run.returncode == 2 and run.stdout == "" and 0 < len(run.stderr.splitlines()) <= 4, arguments
    for arguments in (("correct", "list"), ("correct", "undo", "1"), ("tidy",)):
        run = lanwitness(*arguments, "--store", tmp_path / "none.db")
        assert run.returncode == 2 and "there is no store" in run.stderr
    assert not (tmp_path / "none.db").exists()


def test_the_printed_command_takes_it_back(path: Path) -> None:
    printed = correct(path, "name", NAS, "Cellar")
    command = printed.split("`")[1]
    assert lanwitness(*shlex.split(command)[1:]).returncode == 0
    assert correct(path, "list") == ""


def test_the_printed_command_holds_in_another_folder(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    cli.main(["correct", "name", NAS, "Cellar", "--store", path.name], standalone_mode=False)
    command = capsys.readouterr().out.split("`")[1]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert cli.main(shlex.split(command)[1:], standalone_mode=False) == 0
