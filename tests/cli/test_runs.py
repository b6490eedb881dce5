"""`lanwitness runs` from outside: the table, and a store that is not there."""

from __future__ import annotations

from pathlib import Path

from tests.cli.stored import HOME, records, store
from tests.cli.test_main import CAPTURE, lanwitness

__all__ = ["store"]


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


def test_a_store_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    run = lanwitness("runs", "--store", tmp_path / "none.db", state=str(tmp_path))
    assert run.returncode == 2 and len(run.stderr.splitlines()) == 1 and "there is no store" in run.stderr
    assert not (tmp_path / "none.db").exists()
