"""Corpora: every capture in the manifest, rows as a replay has them, one failure for the guilty, resumed readings."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")

from sensor.cli._options import vault_of
from sensor.corpus import batch as batch_module
from sensor.corpus.folder import KINDS, CorpusFolder, CorpusSettings, ManifestRow, NoCorpus
from sensor.corpus.inventory import capture_paths
from sensor.corpus.reading import How, Outcomes, read_corpus
from sensor.export.arrow import arrow_table
from sensor.replay import read_records
from sensor.run import Options
from tests.replaying import PCAPS, capture_in

NAMES = ("ftp_login", "mqtt", "telnet")

HOOKED = """
import os, sys
import sensor.replay
from sensor.corpus import batch

read = sensor.replay.read_records

def hooked(path, vault, options):
    name = os.path.basename(path)
    if name.startswith("exits"):
        os._exit(9)
    if name.startswith("grows"):
        held = bytearray(1 << 40)
    if name.startswith("raises"):
        raise ValueError("secret payload")
    return read(path, vault, options)

sensor.replay.read_records = hooked
sys.exit(batch.main())
"""
"""A reader that fails at captures with these names."""


KILLING = """
import os, signal, sys, threading, time
from pathlib import Path
import psutil
from sensor.corpus import reading
from sensor.corpus.folder import CorpusFolder, CorpusSettings

reading.MOST = 1

def kill():
    while True:
        children = psutil.Process().children(recursive=True)
        readers = [one for one in children if "sensor.corpus.batch" in one.cmdline()]
        if readers:
            os.kill(readers[0].ppid(), signal.SIGKILL)
            print("killed", flush=True)
            return
        time.sleep(0.02)

if __name__ == "__main__":
    threading.Thread(target=kill, daemon=True).start()
    out, captures = sys.argv[1:]
    found = reading.read_corpus(CorpusFolder(Path(out)), CorpusSettings((captures,)), reading.How(workers=2), print)
    print(dict(found.counts))
"""
"""A reading by two workers of Dask, one of which is killed while it waits for its reader."""


@pytest.fixture(autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path_factory.getbasetemp() / "corpus-state"))


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    """A folder with captures of ours."""
    folder = tmp_path / "captures"
    folder.mkdir()
    for name in NAMES:
        shutil.copy(capture_in(PCAPS / name), folder / f"{name}.pcap")
    return folder


def settings(*paths: Path, **more: Any) -> CorpusSettings:
    return CorpusSettings(tuple(map(str, paths)), **more)


def read(out: Path, *paths: Path, how: How | None = None, again: bool = False) -> Outcomes:
    return read_corpus(CorpusFolder(out), settings(*paths), how or How(), pytest.fail, again=again)


def rows(out: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of each kind, by what they say."""
    import pyarrow.parquet

    found = {
        kind: [
            row for part in (out / kind).rglob("part-*.parquet") for row in pyarrow.parquet.read_table(part).to_pylist()
        ]
        for kind in KINDS
    }
    return {
        kind: sorted(({k: v for k, v in row.items() if k != "tool"} for row in some), key=repr)
        for kind, some in found.items()
    }


def manifest(out: Path) -> dict[str, ManifestRow]:
    return {Path(row.path).name: row for row in CorpusFolder(out).manifest()}


def files(out: Path) -> set[Path]:
    return {path for path in out.rglob("*") if path.is_file()}


def test_the_rows_are_the_records_of_a_replay(tmp_path: Path, captures: Path) -> None:
    found = read(tmp_path / "out", captures)
    assert found.counts == {"read": 3} and not found.failures
    records = [one for path in captures.iterdir() for one in read_records(str(path), vault_of(reveal=False), Options())]
    expected = {
        kind: sorted(arrow_table(kind, [one for one in records if one["record"] == kind]).to_pylist(), key=repr)
        for kind in KINDS
    }
    assert len(expected["finding"]) > 5 and rows(tmp_path / "out") == expected


def test_every_capture_is_in_the_manifest_and_only_the_guilty_failed(
    tmp_path: Path, captures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (captures / "telnet.pcap").unlink()
    whole = (captures / "mqtt.pcap").read_bytes()
    for number, name in enumerate(("exits", "grows", "raises")):
        # Other bytes, so that none is equal to another.
        (captures / f"{name}.pcap").write_bytes(whole[: len(whole) - number * 7 - 7])
    (captures / "cut.pcap").write_bytes(whole[:-3])
    with gzip.open(captures / "bomb.pcap.gz", "wb") as bomb:
        bomb.write(whole[:24] + bytes(32 * 1024 * 1024))
    (captures / "text.pcap").write_text("no capture at all")
    script = tmp_path / "reader.py"
    script.write_text(HOOKED)
    monkeypatch.setattr(batch_module, "COMMAND", (sys.executable, str(script)))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    found = read(tmp_path / "out", captures)
    listed = manifest(tmp_path / "out")
    assert set(listed) == {Path(path).name for path in capture_paths([str(captures)])}
    assert {name: row.kind for name, row in listed.items() if row.kind} == {
        "exits.pcap": "killed",
        "grows.pcap": "memory",
        "raises.pcap": "bug",
        **({"text.pcap": "unreadable"} if "text.pcap" in listed else {}),
    }
    assert all(
        listed[f"{name}.pcap"].outcome == "read" and listed[f"{name}.pcap"].run for name in ("ftp_login", "mqtt")
    )
    assert listed["cut.pcap"].outcome == "damaged" and "cut" in (listed["cut.pcap"].reason or "")
    assert "secret payload" not in repr(listed)
    assert len(found.failures) == sum(row.kind is not None for row in listed.values())
    monkeypatch.undo()
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))
    again = read(tmp_path / "out", captures, again=True)
    assert again.counts["damaged"] + again.counts["read"] == 3 and again.known >= 3
    assert {row.kind for row in manifest(tmp_path / "out").values()} <= {None, "unreadable"}


def test_a_capture_that_takes_too_long_is_a_failure(tmp_path: Path, captures: Path) -> None:
    found = read(tmp_path / "out", captures / "mqtt.pcap", how=How(timeout=0.05))
    assert [(row.kind, row.reason) for row in found.failures] == [("timeout", "reading took more than 0.05 seconds")]
    assert not rows(tmp_path / "out")["finding"]


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


def test_what_a_killed_reader_left_is_removed(tmp_path: Path, captures: Path) -> None:
    out = tmp_path / "out"
    read(out, captures)
    expected = rows(out)
    (part,) = (out / "finding").rglob("part-*.parquet")
    shutil.copy(part, part.with_name("part-0000.parquet"))
    (part.parent / ".part-1.parquet.abcd").write_bytes(b"half")
    assert rows(out) != expected
    read(out, captures)
    assert rows(out) == expected and not list(out.rglob(".part-*"))


def test_a_part_that_cannot_be_written_is_said_and_counts_as_not_read(tmp_path: Path, captures: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "_corpus.lock").touch()
    (out / "finding").symlink_to("/proc/nowhere")
    with pytest.raises((OSError, NoCorpus)):
        read(out, captures)


def test_other_options_and_another_writer_are_refused(tmp_path: Path, captures: Path) -> None:
    out = tmp_path / "out"
    read(out, captures)
    with pytest.raises(NoCorpus, match="other options"):
        read_corpus(CorpusFolder(out), settings(captures, flows=True), How(), print)
    with CorpusFolder(out).locked(), pytest.raises(NoCorpus, match="another process"):
        read(out, captures)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(NoCorpus, match="empty folder"):
        read(tmp_path / "other", captures)


def test_shards_are_parts_of_the_whole(captures: Path) -> None:
    whole = set(capture_paths([str(captures)]))
    parts = [set(capture_paths([str(captures)], (number, 3))) for number in (1, 2, 3)]
    assert set().union(*parts) == whole and sum(map(len, parts)) == len(whole) == 3


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
