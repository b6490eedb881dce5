"""Recording of evidence: a live run stores what a replay stores, after the settling time."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from sensor.capture import open_capture
from sensor.evidence.fetch import read_frames
from sensor.evidence.packet import CapturedFrame, EvidencePacket
from sensor.evidence.recorder import SETTLING_TIME, EvidenceRecorder, forget_device, record_run
from sensor.evidence.storage import EvidenceFolder
from sensor.export.records import records
from sensor.run import Options, Run
from sensor.vault import MaskedValues, Vault
from tests.canary.plant import pcap
from tests.decode.wire import ethernet, ip4, tcp
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


FRAMES = [ethernet(ip4(tcp(b"frame %d of canary" % number, 40000, 80), 6)) for number in range(1, 13)]


def found_on(name: str, *frames: int, severity: str = "low", secret: str | None = None) -> dict[str, Any]:
    detail = {"secret": {"fingerprint": secret}} if secret else {}
    return {
        "record": "finding", "id": name, "rule": "credential.cleartext", "severity": severity, "summary": "why",
        "detail": detail, "evidence": [{"capture": "c", "frames": list(frames)}],
    }  # fmt: skip


def live(tmp_path: Path, *, frames: list[bytes] = FRAMES) -> tuple[EvidenceRecorder, EvidenceFolder, MaskedValues]:
    """A recorder of a live run that has heard these frames."""
    values, folder = MaskedValues(), EvidenceFolder(tmp_path / "evidence")
    recorder = EvidenceRecorder(folder, "r1", "c", values)
    with open_capture("c", io.BytesIO(pcap(frames))) as capture:
        for block in capture:
            recorder.add_block(block)
    return recorder, folder, values


def stored(folder: EvidenceFolder, run: str = "r1") -> list[int]:
    return [packet.frame for packet in folder.packets(run)]


def test_each_packet_waits_a_minute_from_when_it_was_named(tmp_path: Path) -> None:
    recorder, folder, _ = live(tmp_path)
    minute = SETTLING_TIME
    recorder.add_findings([found_on("f1", 1, 2)], 0)
    recorder.add_findings([found_on("f2", 5)], minute // 2)
    # A finding that is named again does not begin anew.
    recorder.add_findings([found_on("f1", 1, 2)], minute // 2)
    recorder.settle(minute - 1, 0.0)
    assert stored(folder) == []
    recorder.settle(minute, 0.0)
    assert stored(folder) == [1, 2]
    recorder.settle(minute + minute // 2, 0.0)
    assert stored(folder) == [1, 2], "once a minute at most"
    recorder.settle(2 * minute, 0.0)
    assert stored(folder) == [1, 2, 5]


def test_the_end_of_a_run_waits_for_nothing(tmp_path: Path) -> None:
    recorder, folder, _ = live(tmp_path)
    recorder.add_findings([found_on("f1", 1)], 0)
    recorder.settle(SETTLING_TIME, 0.0)
    recorder.add_findings([found_on("f2", 3)], SETTLING_TIME)
    recorder.settle(SETTLING_TIME + 1, 0.0)
    assert stored(folder) == [1]
    recorder.settle(SETTLING_TIME + 2, 0.0, over=True)
    assert stored(folder) == [1, 3]


def test_a_frame_of_two_findings_is_stored_with_both(tmp_path: Path) -> None:
    recorder, folder, _ = live(tmp_path)
    recorder.add_findings([found_on("f1", 1, 2)], 0)
    recorder.settle(SETTLING_TIME, 0.0)
    recorder.add_findings([found_on("f2", 2, 3)], SETTLING_TIME)
    recorder.settle(3 * SETTLING_TIME, 0.0)
    assert [(packet.frame, [name for name, _ in packet.findings]) for packet in folder.packets("r1")] == [
        (1, ["f1"]), (2, ["f1", "f2"]), (3, ["f2"]),
    ]  # fmt: skip
    assert [one.frame for one in recorder.packets("r1", "f2")] == [2, 3]
    assert len(recorder.packets("r1", "")) == 3
    assert recorder.packets("../r1", "f1") == [] and recorder.packets("r2", "f1") == []


def test_a_secret_that_is_known_later_is_covered_before_anything_is_stored(tmp_path: Path) -> None:
    recorder, folder, values = live(tmp_path)
    recorder.add_findings([found_on("f1", 1, 2, secret="k:1")], 0)
    values.add("k:1", b"canary")
    recorder.settle(SETTLING_TIME, 0.0)
    packets = folder.packets("r1")
    assert len(packets) == 2 and all(b"canary" not in packet.data and b"frame" in packet.data for packet in packets)


def test_packets_that_wait_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.evidence.recorder.MAX_PENDING", 3)
    recorder, folder, _ = live(tmp_path)
    recorder.add_findings([found_on("f1", *range(1, 9))], 0)
    recorder.settle(SETTLING_TIME, 0.0)
    assert stored(folder) == [1, 2, 3]


def test_frames_that_are_forgotten_are_stored_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.evidence.recorder.MAX_RECORDED", 1)
    recorder, folder, _ = live(tmp_path)
    for step in (1, 4, 7):
        recorder.add_findings([found_on("f1", step, step + 1), found_on("f2", 1)], step * SETTLING_TIME)
        recorder.settle((step + 1) * SETTLING_TIME, 0.0)
        assert {1, step, step + 1} <= set(stored(folder)) and len(recorder._recorded) <= 3
    assert stored(folder) == [1, 2, 4, 5, 7, 8]


def test_a_device_that_is_forgotten_leaves_what_waits_and_what_is_stored(tmp_path: Path) -> None:
    named = [*FRAMES[:2], ethernet(ip4(tcp(b"I am garden-cam", 40000, 80), 6)), FRAMES[3]]
    recorder, folder, _ = live(tmp_path, frames=named)
    folder.put("r0", [EvidencePacket("c", 1, 1, 1, named[2], 90, (), (("f9", "why"),)),
                      EvidencePacket("c", 2, 1, 1, named[0], 90, (), (("f9", "why"),))])  # fmt: skip
    recorder.add_findings([found_on("f1", 1), found_on("f2", 3, 4)], 0)
    recorder.settle(SETTLING_TIME, 0.0)
    assert stored(folder) == [1, 3, 4]
    recorder.add_findings([found_on("f3", 2), found_on("f4", 3)], SETTLING_TIME)
    recorder.forget({"f1"}, {"garden-cam"})
    assert (stored(folder), stored(folder, "r0")) == ([4], [2])
    recorder.settle(9 * SETTLING_TIME, 0.0, over=True)
    assert stored(folder) == [2, 4], "what waits and names it goes, too; the rest is stored"
    assert all(name != "f1" for packet in folder.packets("r1") for name, _ in packet.findings)


def test_old_runs_expire_with_each_that_is_recorded(tmp_path: Path) -> None:
    seen, run_records = seen_and_records()
    for way in ("once", "live"):
        folder = EvidenceFolder(tmp_path / way, days=2)
        folder.put("old", [EvidencePacket("c", 1, 1, 1, FRAMES[0], 90, (), (("f9", "why"),))])
        os.utime(folder.path / "old.pcapng", (0, 0))
        if way == "once":
            record_run(folder, "r1", run_records, seen, read_frames, 3 * 86_400.0)
        else:
            recorder = EvidenceRecorder(folder, "r1", "c", MaskedValues())
            with open_capture("c", io.BytesIO(pcap(FRAMES))) as capture:
                for block in capture:
                    recorder.add_block(block)
            recorder.add_findings([found_on("f1", 1)], 0)
            recorder.settle(SETTLING_TIME, 3 * 86_400.0)
        assert folder.runs() == ["r1"]


def test_the_budget_goes_first_to_secrets_then_to_beginnings_of_the_worst(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a finding with a secret all frames count, of another one the first eight; a frame that is not there costs
    nothing."""
    size = len(FRAMES[0])
    read = [CapturedFrame("c", n, n, 1, FRAMES[0], size) for n in range(1, 40)]
    wanted = [
        found_on("f1", *range(1, 11), severity="high"),
        found_on("f2", *range(11, 21), severity="medium", secret="k:1"),
        found_on("f3", 98, 99, 21, severity="low"),
    ]
    orders = []
    for room in (8, 18, 19, 21):
        monkeypatch.setattr("sensor.evidence.recorder.MAX_MASKED_BYTES", room * size)
        folder = EvidenceFolder(tmp_path / str(room))
        count = record_run(
            folder, "r1", wanted, MaskedValues(), lambda _, frames: [one for one in read if one.frame in frames], 0.0
        )
        assert count == room
        orders.append(stored(folder))
    assert orders == [
        list(range(1, 9)),
        [*range(1, 9), *range(11, 21)],
        [*range(1, 9), *range(11, 22)],
        list(range(1, 22)),
    ]
