"""`export`: captures, files and stores into each format, sentences for what cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from sensor.cli.main import cli
from sensor.export.formats._format import formats
from tests.replaying import PCAPS, capture_in

LOGIN, HOME = capture_in(PCAPS / "ftp_login"), capture_in(PCAPS / "home")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))


def run(*arguments: object) -> int:
    return int(cli.main([str(one) for one in arguments], standalone_mode=False) or 0)


@pytest.mark.parametrize("form", formats())
def test_a_capture_and_its_records_give_the_same(form: str, tmp_path: Path) -> None:
    records = tmp_path / "login.jsonl"
    run("replay", "-q", "--flows", "--reveal", "--json", records, LOGIN)
    one, other = tmp_path / "one", tmp_path / "other"
    assert run("export", "--format", form, "--out", one, LOGIN) == 0
    assert run("export", "--format", form, "--out", other, records) == 0
    names = sorted(path.name for path in one.iterdir()) if one.is_dir() else [""]
    assert names and all((one / name).stat().st_mode & 0o077 == 0 for name in names)
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), "what --reveal shows is left out"
    revealed = [json.loads(line) for line in records.read_text("utf-8").splitlines()]
    secrets = {one["detail"]["secret"]["value"] for one in revealed if (one.get("detail") or {}).get("secret")}
    content = b"".join((other / name).read_bytes() for name in names)
    assert secrets and not [one for one in secrets if len(one) > 5 and one.encode() in content]


def test_a_run_of_a_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = tmp_path / "home.db"
    run("replay", "-q", "--store", store, HOME)
    assert run("export", "--format", "ocsf", "--store", store) == 0
    stored = capsys.readouterr().out
    assert run("export", "--format", "ocsf", HOME) == 0
    assert sorted(stored.splitlines()) == sorted(capsys.readouterr().out.splitlines())
    run("export", "--format", "csv", "--store", store, "--out", tmp_path / "csv")
    assert (tmp_path / "csv" / "ledgers.csv").exists(), "made again of what is stored"


def test_what_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    camera = "ec:71:db:1c:44:02"
    run("export", "--format", "sarif", HOME, "--severity", "high", "--device", camera)
    [made] = json.loads(capsys.readouterr().out)["runs"]
    assert {one["level"] for one in made["results"]} == {"error"}
    places = [one["locations"][0]["logicalLocations"][0] for one in made["results"]]
    assert {one["fullyQualifiedName"] for one in places} == {camera}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--format", "ecs"], "either a SOURCE or --store"),
        (["--format", "zeek", LOGIN], "--out names the folder"),
        (["--format", "ecs", "no-such-file"], "no such file"),
        (["--format", "ecs", __file__], "not a capture"),
        (["--format", "ecs", "--out", "/proc/nowhere", LOGIN], "no such file"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(arguments: list[object], sentence: str) -> None:
    with pytest.raises(click.ClickException, match=sentence):
        run("export", *arguments)


def test_what_could_be_read_of_a_damaged_capture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(LOGIN.read_bytes()[:-20])
    assert run("export", "--format", "sarif", cut) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["runs"][0]["results"] and f"{cut}: " in shown.err


def test_records_that_are_not_whole(tmp_path: Path) -> None:
    path = tmp_path / "old.jsonl"
    path.write_text('{"record":"device","run":"r1","id":"a"}\n')
    with pytest.raises(click.ClickException, match="line 1 is no whole device record"):
        run("export", "--format", "ecs", path)
