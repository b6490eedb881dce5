"""The store's commands from outside: what they print, their exit statuses, sentences instead of tracebacks."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sensor.store.location import store_location
from sensor.store.reader import Reader
from tests.cli.test_main import CAPTURE, lanwitness
from tests.replaying import PCAPS

HOME = PCAPS / "home" / "capture.pcapng"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    run = lanwitness(
        "replay", HOME, CAPTURE, "--store", folder / "home.db", "--json", folder / "home.jsonl", state=str(folder)
    )
    assert run.returncode == 0 and run.stderr == ""
    return folder / "home.db"


def records(store: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in store.with_name("home.jsonl").read_text().splitlines()]


def test_runs_lists_what_was_read(store: Path) -> None:
    run = lanwitness("runs", "--store", store)
    lines = run.stdout.splitlines()
    assert run.returncode == 0 and len(lines) == 3 and lines[0].startswith("run ")
    for line, path in zip(lines[1:], (HOME, CAPTURE), strict=True):
        mine = next(r["run"] for r in records(store) if r["record"] == "capture" and r["capture"] == str(path))
        counts = [
            sum(r["record"] == kind and r["run"] == mine for r in records(store)) for kind in ("device", "finding")
        ]
        assert line.split()[0] == mine and line.endswith(str(path)) and "violated" in line
        assert line.split()[5:7] == [str(count) for count in counts]
    assert lanwitness("runs", "--store", f"sqlite:///{store}").stdout == run.stdout


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
        ("runs", "--store", tmp_path / "none.db"),
        ("forget", "02:00:00:00:00:01", "--store", tmp_path / "none.db"),
        ("forget", "02:ff:00:00:00:01", "--store", store),
        ("report", "--store", store),
        ("report", "--store", store, "--html", "-", "--json", "-"),
        ("report", "--store", store, "--run", "r0", "--json", "-"),
        ("report", "--store", store, "--device", "02:ff:00:00:00:01", "--json", "-"),
        ("report", "--store", store, "--html", tmp_path / "no" / "x.html"),
        ("replay", CAPTURE, "--store", "sqlite://"),
    ):
        run = lanwitness(*arguments, state=str(tmp_path))
        assert run.returncode == 2 and run.stderr and len(run.stderr.splitlines()) <= 4, arguments
    assert not (tmp_path / "none.db").exists()


def test_forget(store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "home.db"
    copy.write_bytes(store.read_bytes())
    kept = shutil.copytree(f"{store}.evidence", f"{copy}.evidence")
    device = next(str(r["id"]) for r in records(store) if r["record"] == "device" and r["hostname"] == "IPC-Garden")
    run = lanwitness("forget", device, "--store", copy)
    assert run.returncode == 0 and device in run.stdout and "1 run" in run.stdout
    assert device.encode() not in copy.read_bytes() and device.encode() in store.read_bytes()
    raw = bytes.fromhex(device.replace(":", ""))
    before, after = (
        b"".join(one.read_bytes() for one in Path(folder).iterdir()) for folder in (f"{store}.evidence", kept)
    )
    assert raw in before and raw not in after and len(after) > 10_000
    assert lanwitness("forget", device, "--store", copy).returncode == 2


def test_forget_says_what_is_in_its_way(store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "home.db"
    copy.write_bytes(store.read_bytes())
    with Reader(store_location(str(copy))) as reader:
        run_of_home = next(one.id for one in reader.runs() if one.captures == (str(HOME),))
    # A folder in the packets' place: even root cannot unlink it.
    (Path(f"{copy}.evidence") / f"{run_of_home}.pcapng").mkdir(parents=True)
    device = next(str(r["id"]) for r in records(store) if r["record"] == "device")
    run = lanwitness("forget", device, "--store", copy)
    assert run.returncode == 2 and run.stdout == ""
    assert "its packets beside the store cannot be removed" in run.stderr and "still in the store" in run.stderr
    assert device.encode() in copy.read_bytes()


@pytest.mark.parametrize("trouble", ["locked", "newer", "full"])
def test_trouble_with_the_store_costs_nothing_else_of_the_replay(store: Path, tmp_path: Path, trouble: str) -> None:
    copy = tmp_path / "home.db"
    copy.write_bytes(store.read_bytes())
    other = sqlite3.connect(copy, isolation_level=None)
    if trouble == "newer":
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    elif trouble == "locked":
        other.execute("BEGIN IMMEDIATE")
    limit = "ulimit -f 100 && " if trouble == "full" else ""
    command = f'{limit}exec "$0" -m sensor replay "$1" --store "$2" --json -'
    run = subprocess.run(
        ["bash", "-c", command, sys.executable, str(HOME), str(copy)], capture_output=True, text=True, timeout=60, cwd=PCAPS.parent, check=False,
        env={"PATH": "/usr/bin:/bin", "LANWITNESS_STATE": str(tmp_path)},
    )  # fmt: skip
    other.close()
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    told = {"locked": "another program is writing", "newer": "newer version", "full": "what was in the store stands"}
    assert run.returncode == 2 and len(run.stderr.splitlines()) == 1 and told[trouble] in run.stderr
    assert lines[-1]["record"] == "summary" and sum(r["record"] == "device" for r in lines) > 5


def test_nobody_pays_for_a_store_who_has_none(tmp_path: Path) -> None:
    script = (
        "import sys, sensor.cli.main as c\nsys.argv = ['lanwitness', *sys.argv[1:]]\ntry: c.main()\nexcept SystemExit: pass\n"
        "print([m for m in ('sqlalchemy', 'alembic', 'jinja2', 'sqlite3', 'sensor.report', 'sensor.store.schema') if m in sys.modules])"
    )
    for arguments in (["--version"], ["replay", str(CAPTURE), "--plain"]):
        run = subprocess.run(
            [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60, cwd=PCAPS.parent, check=False,
            env={"PATH": "/usr/bin", "LANWITNESS_STATE": str(tmp_path)},
        )  # fmt: skip
        assert run.stdout.splitlines()[-1] == "[]", run.stdout[-300:]
