"""`lanwitness hub` as far as no server is needed; `tests/live/test_fleet.py` has all of it with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.cli.main import cli
from sensor.hub.bundle import new_bundle, read_bundle, write_bundle
from sensor.identity import load_id
from tests.cli.stored import lanwitness
from tests.hub.test_bundle import BUNDLE


def run(*arguments: object) -> int:
    status: int = cli.main(["hub", *map(str, arguments)], standalone_mode=False)
    return status


def test_a_file_and_a_password_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))
    for url, sentence in (
        (str(tmp_path / "home.db"), "PostgreSQL"),
        ("postgresql+psycopg://postgres:canary@127.0.0.1/lan", "password_file"),
    ):
        with pytest.raises(Exception, match=sentence) as failed:
            run("init", url)
        assert "canary" not in str(failed.value)
    assert not (tmp_path / "state" / "hub").exists()


@pytest.mark.parametrize("arguments", [("enrol", "cellar"), ("list",), ("revoke", "cellar"), ("tidy",)])
def test_without_a_hub_the_commands_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Exception, match="hub init"):
        run(*arguments)
    assert not list(tmp_path.iterdir())


def test_join_prints_the_url_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))
    write_bundle(new_bundle(tmp_path / "cellar.bundle"), BUNDLE)
    assert run("join", tmp_path / "cellar.bundle") == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(f"{BUNDLE.url}?sslmode=verify-full&") and shown.out.count("\n") == 1
    assert "PRIVATE" not in shown.out + shown.err
    assert load_id(tmp_path / "state" / "sensor.id") == read_bundle(tmp_path / "cellar.bundle").sensor
    (tmp_path / "cellar.bundle").write_text("x")
    with pytest.raises(Exception, match="hub enrol"):
        run("join", tmp_path / "cellar.bundle")


def test_the_help_names_each_step() -> None:
    shown = lanwitness("hub", "--help").stdout
    assert all(name in shown for name in ("init", "enrol", "join", "list", "revoke", "tidy"))
