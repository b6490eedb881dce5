"""Packets kept of a finished capture and of a run that goes on: the same ones, and none before what is secret in them is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.capture import open_capture
from sensor.evidence.fetch import read_again
from sensor.evidence.recorder import SETTLE, EvidenceRecorder, keep
from sensor.evidence.storage import Folder
from sensor.export.records import records
from sensor.run import Options, Run
from sensor.vault import Seen, Vault
from tests.replaying import PCAPS, capture_in

PATH = str(capture_in(PCAPS / "telnet"))


def seen_and_records() -> tuple[Seen, list[dict[str, object]]]:
    vault = Vault(bytes(32))
    vault.seen = Seen()
    run = Run(vault, Options(strict=True))
    with open_capture(PATH) as capture:
        for block in capture:
            run.feed(block)
        return vault.seen, list(records(run.finish(PATH, capture.link_types, None)))


def test_live_keeps_what_a_replay_keeps(tmp_path: Path) -> None:
    seen, told = seen_and_records()
    once, bit = Folder(tmp_path / "once"), Folder(tmp_path / "bit")
    assert keep(once, "r1", told, seen, read_again, 10.0) == len(once.packets("r1")) > 20
    live = EvidenceRecorder(bit, "r1", PATH, seen)
    with open_capture(PATH) as capture:
        for block in capture:
            live.block(block)
    live.found(told, 1_000)
    live.settle(1_000 + SETTLE - 1, 10.0)
    assert bit.packets("r1") == []
    live.settle(1_000 + SETTLE, 10.0)
    assert bit.packets("r1") == once.packets("r1")


def test_all_is_kept_when_the_run_is_over(tmp_path: Path) -> None:
    seen, told = seen_and_records()
    live = EvidenceRecorder(Folder(tmp_path), "r1", PATH, seen)
    with open_capture(PATH) as capture:
        for block in capture:
            live.block(block)
    live.found(told, 5)
    live.settle(6, 10.0, over=True)
    assert len(Folder(tmp_path).packets("r1")) > 20


def test_what_was_forgotten_covers_all(tmp_path: Path) -> None:
    seen, told = seen_and_records()
    seen.forgotten = 1
    folder = Folder(tmp_path)
    keep(folder, "r1", told, seen, read_again, 10.0)
    assert all(set(packet.data[66:]) <= {ord("*")} for packet in folder.packets("r1"))


def test_what_cannot_be_afforded_is_left_and_the_worst_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, told = seen_and_records()
    monkeypatch.setattr("sensor.evidence.recorder.BYTES", 600)
    folder = Folder(tmp_path)
    count = keep(folder, "r1", told, seen, read_again, 10.0)
    findings = {record["id"]: record for record in told if record["record"] == "finding"}
    shown = {findings[name]["severity"] for packet in folder.packets("r1") for name, _ in packet.findings}
    assert 1 < count < 15 and "high" in shown


def test_a_finding_told_again_is_not_kept_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, told = seen_and_records()
    folder = Folder(tmp_path)
    live = EvidenceRecorder(folder, "r1", PATH, seen)
    with open_capture(PATH) as capture:
        for block in capture:
            live.block(block)
    written = []
    monkeypatch.setattr(Folder, "add", lambda self, run, packets: written.append(len(list(packets))))
    for moment in range(1, 4):
        live.found(told, moment * 10 * SETTLE)
        live.settle(moment * 10 * SETTLE + SETTLE, 10.0)
    assert len(written) == 1 and written[0] > 20
