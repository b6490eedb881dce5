"""Readings: rows as a replay has them, resumed after a kill, the same by Dask."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sensor.cli._options import vault_of
from sensor.corpus.folder import KINDS
from sensor.export.arrow import arrow_table
from sensor.replay import read_records
from sensor.run import Options
from tests.corpus.corpora import files, manifest, read, rows
from tests.replaying import PCAPS, capture_in

KILLING = """
import os, signal, sys, threading, time
from pathlib import Path
import psutil
from sensor.corpus import reading
from sensor.corpus.folder import CorpusFolder, CorpusSettings

reading.MOST = 1

def kill():
    while True:
        for one in psutil.Process().children(recursive=True):
            try:
                if "sensor.corpus.batch" in one.cmdline() and one.ppid() not in (1, os.getpid()):
                    os.kill(one.ppid(), signal.SIGKILL)
                    print("killed", flush=True)
                    return
            except (OSError, psutil.Error):
                pass  # it has ended by now
        time.sleep(0.02)

if __name__ == "__main__":
    threading.Thread(target=kill, daemon=True).start()
    out, captures = sys.argv[1:]
    found = reading.read_corpus(CorpusFolder(Path(out)), CorpusSettings((captures,)), reading.How(workers=2), print)
    print(dict(found.counts))
"""
"""A reading by two workers of Dask, one of which is killed while it waits for its reader."""


def test_the_rows_are_the_records_of_a_replay(tmp_path: Path, captures: Path) -> None:
    found = read(tmp_path / "out", captures)
    assert found.counts == {"read": 3} and not found.failures
    records = [one for path in captures.iterdir() for one in read_records(str(path), vault_of(reveal=False), Options())]
    expected = {
        kind: sorted(arrow_table(kind, [one for one in records if one["record"] == kind]).to_pylist(), key=repr)
        for kind in KINDS
    }
    assert len(expected["finding"]) > 5 and rows(tmp_path / "out") == expected


def test_a_second_reading_reads_nothing_and_a_new_capture_alone(tmp_path: Path, captures: Path) -> None:
    out = tmp_path / "out"
    read(out, captures)
    before = files(out)
    found = read(out, captures)
    assert not found.counts and found.known == 3 and files(out) == before
    shutil.copy(captures / "mqtt.pcap", captures / "equal.pcap")
    shutil.copy(capture_in(PCAPS / "http_basic"), captures / "new.pcap")
    found = read(out, captures)
    assert found.counts == {"read": 1}
    listed = manifest(out)
    assert (
        listed["equal.pcap"].same_as == str(captures / "mqtt.pcap")
        and listed["equal.pcap"].run == listed["mqtt.pcap"].run
    )
    before = files(out)
    assert not read(out, captures).counts and files(out) == before


def test_two_workers_of_dask_give_the_same_and_one_may_die(tmp_path: Path, captures: Path) -> None:
    pytest.importorskip("distributed")
    read(tmp_path / "alone", captures)
    script = tmp_path / "run.py"
    script.write_text(KILLING)
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, script, tmp_path / "out", captures],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.stdout.split() == ["killed", "{'read':", "3}"], done.stdout + done.stderr
    assert rows(tmp_path / "out") == rows(tmp_path / "alone")


def test_a_killed_reading_is_resumed(tmp_path: Path, captures: Path) -> None:
    out = tmp_path / "out"
    root = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-m", "sensor", "corpus", "read", str(captures), "--out", str(out), "--workers", "0"]
    child = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": root}, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (out / "_corpus.json").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    read(out, captures)
    read(tmp_path / "alone", captures)
    assert rows(out) == rows(tmp_path / "alone")
