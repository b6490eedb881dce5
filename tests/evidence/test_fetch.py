"""Frames out of a file, and out of a ring of what has gone by."""

from __future__ import annotations

from pathlib import Path

from sensor.evidence.fetch import FrameRing, held, read_again, taken, wanted
from tests.decode.wire import block
from tests.replaying import PCAPS, capture_in, replayed

PATH = str(capture_in(PCAPS / "ftp_login"))


def finding(name: str, severity: str, *frames: int) -> dict[str, object]:
    return {
        "record": "finding", "id": name, "rule": "r", "severity": severity, "summary": "s", "detail": {},
        "evidence": [{"capture": "c", "frames": list(frames)}] if frames else [],
    }  # fmt: skip


def test_the_worst_come_first_and_those_without_frames_not_at_all() -> None:
    kept = held([{"record": "device"}, finding("a", "info", 1), finding("b", "high", 2, 3), finding("c", "high")])
    assert [one.id for one in kept] == ["b", "a"] and wanted(kept) == {"c": {1, 2, 3}}


def test_frames_are_those_of_the_capture() -> None:
    from dpkt.pcap import Reader

    with Path(PATH).open("rb") as file:
        truth = [bytes(frame) for _, frame in Reader(file)]
    evidence = {
        frame for r in replayed(PATH) if r["record"] == "finding" for one in r["evidence"] for frame in one["frames"]
    }
    raws = read_again(PATH, evidence)
    assert len(raws) == len(evidence) > 3
    assert all(raw.data == truth[raw.frame - 1] and raw.capture == PATH for raw in raws)
    assert read_again(PATH, {10**6}) == []


def test_a_frame_of_another_block_is_not_taken() -> None:
    one = block([b"aaaa", b"bbbb"], first_frame=5)
    assert [(raw.frame, raw.data) for raw in taken("c", one, (4, 5, 6, 7))] == [(5, b"aaaa"), (6, b"bbbb")]


def test_the_ring_keeps_what_is_wanted_and_what_came_last() -> None:
    ring = FrameRing("c", lambda: {2}, size=100)
    for first in range(1, 40, 2):
        ring.add(block([bytes((first,)) * 20, bytes((first + 1,)) * 20], first_frame=first))
    assert [raw.frame for raw in ring.take([1, 2, 3, 39, 40, 41])] == [2, 39, 40]
    assert ring.take([2])[0].data == b"\x02" * 20
