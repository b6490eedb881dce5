"""A store beside other commands: reports of it, its failures, and no database where there is no store."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from sensor.cli.main import cli
from tests.cli.stored import HOME, records, store
from tests.cli.test_main import CAPTURE, lanwitness
from tests.replaying import PCAPS

__all__ = ["store"]


def test_a_report_in_both_forms(store: Path, tmp_path: Path) -> None:
    run = lanwitness("report", "--store", store, "--html", tmp_path / "r.html", "--json", tmp_path / "r.json")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    report = json.loads((tmp_path / "r.json").read_text())
    # The one put in last, if none is named.
    assert report["run"] == next(r["run"] for r in records(store) if r.get("capture") == str(CAPTURE))
    assert (tmp_path / "r.html").read_text().count("<html") == 1
    mine = next(r["run"] for r in records(store) if r.get("capture") == str(HOME))
    named = lanwitness("report", "--store", store, "--run", mine, "--json", "-", "--fail-on", "violated")
    assert named.returncode == 3 and json.loads(named.stdout)["run"] == mine


def test_what_is_not_there_is_a_sentence(store: Path, tmp_path: Path) -> None:
    for arguments in (
        ("report", "--store", store),
        ("report", "--store", store, "--html", "-", "--json", "-"),
        ("report", "--store", store, "--run", "r0", "--json", "-"),
        ("report", "--store", store, "--device", "02:ff:00:00:00:01", "--json", "-"),
        ("report", "--store", store, "--html", tmp_path / "no" / "x.html"),
        ("replay", CAPTURE, "--store", "sqlite://"),
    ):
        run = lanwitness(*arguments, state=str(tmp_path))
        assert run.returncode == 2 and run.stderr and len(run.stderr.splitlines()) <= 4, arguments


@pytest.mark.parametrize("trouble", ["locked", "newer", "foreign", "folder"])
def test_a_store_that_cannot_be_used_is_refused_before_a_packet_is_read(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    copy = tmp_path / "home.db"
    copy.write_bytes(store.read_bytes() if trouble != "foreign" else b"no store\n" * 100)
    if trouble == "folder":
        copy = tmp_path
    other = sqlite3.connect(copy if trouble in ("locked", "newer") else ":memory:", isolation_level=None)
    if trouble == "newer":
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    elif trouble == "locked":
        other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("sensor.store.database.WAIT", 0.1)
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path))
    sentences: list[str] = []
    monkeypatch.setattr("sensor.replay.complain", sentences.append)
    records = tmp_path / "records.jsonl"
    records.write_text("of before\n")
    # Of a capture that is not there nothing is said: it was not looked for.
    arguments = ["replay", str(tmp_path / "no.pcap"), "--store", str(copy), "--json", str(records)]
    assert cli.main(arguments, standalone_mode=False) == 2
    other.close()
    reasons = {
        "locked": "another program is writing", "newer": "newer version", "foreign": "no SQLite",
        "folder": "is a folder",
    }  # fmt: skip
    assert len(sentences) == 1 and reasons[trouble] in sentences[0]
    assert records.read_text() == "of before\n"


def test_a_store_that_fills_the_disk_costs_nothing_else_of_the_replay(store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "home.db"
    copy.write_bytes(store.read_bytes())
    run = subprocess.run(
        [
            "bash", "-c", 'ulimit -f 100 && exec "$0" -m sensor replay "$1" --store "$2" --json -', sys.executable,
            str(HOME), str(copy),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=PCAPS.parent,
        check=False,
        env={"PATH": "/usr/bin:/bin", "LANWITNESS_STATE": str(tmp_path)},
    )  # fmt: skip
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 2 and len(run.stderr.splitlines()) == 1 and "what was in the store stands" in run.stderr
    assert lines[-1]["record"] == "summary" and sum(r["record"] == "device" for r in lines) > 5


def test_without_a_store_no_database_is_loaded(tmp_path: Path) -> None:
    script = (
        "import sys, sensor.cli.main as c\nsys.argv = ['lanwitness', *sys.argv[1:]]\n"
        "try: c.main()\nexcept SystemExit: pass\n"
        "names = ('sqlalchemy', 'alembic', 'jinja2', 'sqlite3', 'sensor.report', 'sensor.store.schema')\n"
        "print([m for m in names if m in sys.modules])"
    )
    for arguments in (["--version"], ["replay", str(CAPTURE), "--plain"]):
        run = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=PCAPS.parent,
            check=False,
            env={"PATH": "/usr/bin", "LANWITNESS_STATE": str(tmp_path)},
        )
        assert run.stdout.splitlines()[-1] == "[]", run.stdout[-300:]


def test_each_command_on_a_store_takes_it_from_the_configuration() -> None:
    """Every command with --store has --config, but `setup`, which writes one."""

    def walk(command: click.Command, name: str) -> Iterator[tuple[str, set[str]]]:
        if isinstance(command, click.Group):
            for each in command.list_commands(click.Context(command)):
                found = command.get_command(click.Context(command), each)
                assert found is not None
                yield from walk(found, f"{name} {each}".strip())
        else:
            yield name, {option for one in command.params for option in one.opts}

    found = dict(walk(cli, ""))
    assert {name for name, options in found.items() if "--store" in options and "--config" not in options} == {"setup"}


def test_a_command_reads_the_store_that_the_configuration_names(store: Path, tmp_path: Path) -> None:
    config = tmp_path / "home.toml"
    config.write_text(f'[store]\npath = "{store}"\nstate = "{tmp_path}"\n', "utf-8")
    plain = lanwitness("runs", "--store", store, state=str(tmp_path))
    named = lanwitness("runs", "--config", config, state=str(tmp_path))
    by_name = lanwitness("runs", state=str(tmp_path), LANWITNESS_RUNS_CONFIG=str(config))
    assert plain.returncode == 0 and plain.stdout == named.stdout == by_name.stdout != ""
