"""Recording of evidence: a live run stores what a replay stores, after the settling time."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import MagicMock

import pytest

from sensor.capture import open_capture
from sensor.evidence.fetch import read_frames
from sensor.evidence.recorder import SETTLING_TIME, EvidenceRecorder, forget_device, record_run
from sensor.evidence.storage import EvidenceFolder
from sensor.export.records import records
from sensor.run import Options, Run
from sensor.vault import MaskedValues, Vault
from tests.replaying import PCAPS, capture_in

PATH = str(capture_in(PCAPS / "telnet"))


def seen_and_records() -> tuple[MaskedValues, list[dict[str, object]]]:
    vault = Vault(bytes(32))
    vault.seen = MaskedValues()
    run = Run(vault, Options(strict=True))
    with open_capture(PATH) as capture:
        for block in capture:
            run.feed(block)
        return vault.seen, list(records(run.finish(PATH, capture.link_types, None)))


def test_a_live_run_stores_what_a_replay_stores(tmp_path: Path) -> None:
    seen, run_records = seen_and_records()
    once, bit = EvidenceFolder(tmp_path / "once"), EvidenceFolder(tmp_path / "bit")
    assert record_run(once, "r1", run_records, seen, read_frames, 10.0) == len(once.packets("r1")) > 20
    live = EvidenceRecorder(bit, "r1", PATH, seen)
    with open_capture(PATH) as capture:
        for block in capture:
            live.add_block(block)
    live.add_findings(run_records, 1_000)
    live.settle(1_000 + SETTLING_TIME - 1, 10.0)
    assert bit.packets("r1") == []
    live.settle(1_000 + SETTLING_TIME, 10.0)
    assert bit.packets("r1") == once.packets("r1")


def test_everything_is_stored_at_the_end_of_the_run(tmp_path: Path) -> None:
    seen, run_records = seen_and_records()
    live = EvidenceRecorder(EvidenceFolder(tmp_path), "r1", PATH, seen)
    with open_capture(PATH) as capture:
        for block in capture:
            live.add_block(block)
    live.add_findings(run_records, 5)
    live.settle(6, 10.0, over=True)
    assert len(EvidenceFolder(tmp_path).packets("r1")) > 20


def test_forgotten_values_cover_everything(tmp_path: Path) -> None:
    seen, run_records = seen_and_records()
    seen.forgotten = 1
    folder = EvidenceFolder(tmp_path)
    record_run(folder, "r1", run_records, seen, read_frames, 10.0)
    assert all(set(packet.data[66:]) <= {ord("*")} for packet in folder.packets("r1"))


def test_packets_beyond_the_budget_are_left_out_the_worst_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, run_records = seen_and_records()
    monkeypatch.setattr("sensor.evidence.recorder.MAX_MASKED_BYTES", 600)
    folder = EvidenceFolder(tmp_path)
    count = record_run(folder, "r1", run_records, seen, read_frames, 10.0)
    findings = {record["id"]: record for record in run_records if record["record"] == "finding"}
    shown = {findings[name]["severity"] for packet in folder.packets("r1") for name, _ in packet.findings}
    assert 1 < count < 15 and "high" in shown


def test_a_repeated_finding_is_stored_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, run_records = seen_and_records()
    folder = EvidenceFolder(tmp_path)
    live = EvidenceRecorder(folder, "r1", PATH, seen)
    with open_capture(PATH) as capture:
        for block in capture:
            live.add_block(block)
    written = []
    monkeypatch.setattr(EvidenceFolder, "add", lambda self, run, packets: written.append(len(list(packets))))
    for step in range(1, 4):
        live.add_findings(run_records, step * 10 * SETTLING_TIME)
        live.settle(step * 10 * SETTLING_TIME + SETTLING_TIME, 10.0)
    assert len(written) == 1 and written[0] > 20


def test_what_is_forgotten_of_a_device() -> None:
    """Its findings, those it shares with others, and all names of its own; nothing of another device."""

    def device(id: str, **more: object) -> dict[str, object]:
        return {"record": "device", "id": id, "mac": id, "hostname": None, "addresses": [], **more}

    def finding(id: str, device: str | None, *devices: str) -> dict[str, object]:
        return {"record": "finding", "id": id, "device": device, "detail": {"devices": list(devices)}}

    a, b = "02:00:00:00:00:0a", "02:00:00:00:00:0b"
    stored = [
        device(b, hostname="other", addresses=["192.0.2.11"]),
        device(a, hostname="mine", addresses=["192.0.2.10"]),
        {"record": "verdict", "id": "v1", "device": a},
        finding("f1", a), finding("f2", b), finding("f3", None, a, b), finding("f4", None, b),
        {"record": "finding", "id": "f5", "device": None, "detail": {}},
    ]  # fmt: skip
    folder = MagicMock()
    folder.forget.return_value = 7
    assert forget_device(folder, "r1", stored, a) == 7
    run, findings, names = folder.forget.call_args.args
    assert (run, findings, set(names)) == ("r1", {"f1", "f3"}, {a, "mine", "192.0.2.10"})
    assert forget_device(folder, "r1", stored, "02:00:00:00:00:0c") == 0 and folder.forget.call_count == 1
