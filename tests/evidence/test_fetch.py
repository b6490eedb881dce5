"""Frames from a file, and from a ring of recent blocks."""

from __future__ import annotations

from array import array
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from sensor.capture.records import Block
from sensor.evidence.fetch import (
    BLOCK_OVERHEAD,
    FrameRing,
    evidence_findings,
    frames_by_capture,
    frames_in_block,
    read_frames,
)
from tests.decode.wire import block
from tests.replaying import PCAPS, capture_in, replayed

PATH = str(capture_in(PCAPS / "ftp_login"))


def finding(name: str, severity: str, *frames: int) -> dict[str, object]:
    return {
        "record": "finding", "id": name, "rule": "r", "severity": severity, "summary": "s", "detail": {},
        "evidence": [{"capture": "c", "frames": list(frames)}] if frames else [],
    }  # fmt: skip


def test_the_worst_findings_come_first_and_only_those_with_frames() -> None:
    findings = evidence_findings(
        [{"record": "device"}, finding("a", "info", 1), finding("b", "high", 2, 3), finding("c", "high")]
    )
    assert [one.id for one in findings] == ["b", "a"] and frames_by_capture(findings) == {"c": {1, 2, 3}}


def test_frames_are_those_of_the_capture() -> None:
    from dpkt.pcap import Reader

    with Path(PATH).open("rb") as file:
        truth = [bytes(frame) for _, frame in Reader(file)]
    evidence = {
        frame for r in replayed(PATH) if r["record"] == "finding" for one in r["evidence"] for frame in one["frames"]
    }
    captured = read_frames(PATH, evidence)
    assert len(captured) == len(evidence) > 3
    assert all(raw.data == truth[raw.frame - 1] and raw.capture == PATH for raw in captured)
    assert read_frames(PATH, {10**6}) == []


def test_a_frame_of_another_block_is_not_taken() -> None:
    one = block([b"aaaa", b"bbbb"], first_frame=5)
    assert [(raw.frame, raw.data) for raw in frames_in_block("c", one, (4, 5, 6, 7))] == [(5, b"aaaa"), (6, b"bbbb")]


def test_the_ring_has_needed_frames_and_the_newest() -> None:
    ring = FrameRing("c", lambda: {2}, size=100)
    for first in range(1, 40, 2):
        ring.add(block([bytes((first,)) * 20, bytes((first + 1,)) * 20], first_frame=first))
    assert [raw.frame for raw in ring.take([1, 2, 3, 39, 40, 41])] == [2, 39, 40]
    assert ring.take([2])[0].data == b"\x02" * 20


def test_each_frame_is_read_from_its_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first and the last frame of a block, too; what the file does not have is left out."""
    capture = MagicMock()
    capture.__enter__.return_value = [block([b"a", b"b"], first_frame=1), block([b"c", b"d"], first_frame=3)]
    monkeypatch.setattr("sensor.evidence.fetch.open_capture", lambda path: capture)
    for frames in ({1, 2, 3, 4, 5}, {2, 3}, {3}, {4}, {1}):
        found = [(raw.frame, raw.data) for raw in read_frames("c", frames)]
        assert found == [pair for pair in ((1, b"a"), (2, b"b"), (3, b"c"), (4, b"d")) if pair[0] in frames]


def _quiet(first: int, data: bytes) -> Block:
    return Block(data, array("q", (0, len(data), len(data), 0, 1)), 1, first)


def test_the_ring_is_bounded_by_its_bytes() -> None:
    """Each block counts its table (five numbers of eight bytes), its overhead, and its data: shared data once."""
    overhead = 5 * 8 + BLOCK_OVERHEAD
    own = FrameRing("c", size=3 * (1000 + overhead))
    for first in range(1, 9):
        own.add(_quiet(first, bytes((first,)) * 1000))
    assert [raw.frame for raw in own.take(range(1, 9))] == [6, 7, 8]
    piece = bytes(1000)
    shared = FrameRing("c", size=1000 + 5 * overhead)
    for first in range(1, 9):
        shared.add(_quiet(first, piece))
    assert [raw.frame for raw in shared.take(range(1, 9))] == [4, 5, 6, 7, 8]
    least = FrameRing("c", size=1)
    for first in (1, 2):
        least.add(_quiet(first, bytes((first,)) * 1000))
        assert [raw.frame for raw in least.take((1, 2))] == [first]
