"""Batches: only the guilty capture is a failure, with its kind; a reader's death costs no other."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest

from sensor.corpus import batch as batch_module
from sensor.corpus.inventory import capture_paths
from sensor.corpus.reading import How
from tests.corpus.corpora import manifest, read, rows
from tests.replaying import PCAPS, capture_in

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


def test_memory_of_a_bundle_does_not_grow_with_its_captures(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    whole = capture_in(PCAPS / "telnet").read_bytes()
    for number in range(48):
        # A cut capture is another one; its runs hold 14 MB of tables each until they are collected.
        (folder / f"{number}.pcap").write_bytes(whole[: len(whole) - number])
    found = read(tmp_path / "out", folder, how=How(memory=500 * 1024**2))
    assert not found.failures and sum(found.counts.values()) == 48
    assert len(list((tmp_path / "out" / "manifest").glob("part-*"))) == 1, "one process read them all"
