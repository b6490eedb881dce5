"""Frames that findings rest on: read again from the file, or taken from a ring of recent blocks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sensor.capture import Block, open_capture
from sensor.capture.walk import FIELDS
from sensor.evidence.mask import EvidenceFinding, FrameKey
from sensor.evidence.packet import CapturedFrame
from sensor.model import SEVERITIES

MAX_FRAMES = 5000
"""Frames stored of one run, the worst findings first: masking them takes seconds."""

RING_BYTES = 32 * 1024 * 1024
"""Bytes remembered of a stream that cannot be read again: three seconds at 100 Mbit/s, hours of a quiet home."""

BLOCK_OVERHEAD = 400
"""Bytes of a block's own Python objects."""


def evidence_findings(records: Iterable[Mapping[str, Any]]) -> list[EvidenceFinding]:
    """The findings among records (docs/output.md) whose frames are stored: the worst first, within `MAX_FRAMES`."""
    findings = [r for r in records if r["record"] == "finding" and r["evidence"]]
    findings.sort(key=lambda r: SEVERITIES.index(r["severity"]))
    found: list[EvidenceFinding] = []
    frames: set[FrameKey] = set()
    for record in findings:
        one = EvidenceFinding.of(record)
        frames.update(one.frames)
        if len(frames) > MAX_FRAMES:
            break
        found.append(one)
    return found


def frames_by_capture(findings: Iterable[EvidenceFinding]) -> dict[str, set[int]]:
    """Capture -> numbers of the frames to read from it."""
    found: dict[str, set[int]] = {}
    for one in findings:
        for capture, frame in one.frames:
            found.setdefault(capture, set()).add(frame)
    return found


def frames_in_block(capture: str, block: Block, frames: Collection[int]) -> Iterator[CapturedFrame]:
    """Frames in a block of a capture (path as given)."""
    first, table = block.first_frame, block.table
    for frame in frames:
        row = frame - first
        if 0 <= row < block.count:
            at, size, length, time, link = table[row * FIELDS : row * FIELDS + FIELDS]
            yield CapturedFrame(capture, frame, time, link, bytes(block.data[at : at + size]), length)


def read_frames(path: str, frames: Collection[int]) -> list[CapturedFrame]:
    """Frames of a capture's file, as far as it can be read. Raises NotACapture and OSError as opening it does."""
    found: list[CapturedFrame] = []
    remaining = deque(sorted(frames))
    with open_capture(path) as capture:
        for block in capture:
            here = []
            while remaining and remaining[0] < block.first_frame + block.count:
                here.append(remaining.popleft())
            found += frames_in_block(path, block, here)
            if not remaining:
                break
    return found


class FrameRing:
    """The most recent blocks of a capture that cannot be read again.

    ``frames`` returns the numbers that are needed by now; these frames outlive their blocks.
    """

    def __init__(
        self, capture: str, frames: Callable[[], Collection[int]] = frozenset, *, size: int = RING_BYTES
    ) -> None:
        self.capture = capture
        self._frames = frames
        self._size = size
        self._blocks: deque[Block] = deque()
        self._bytes = 0
        self._saved: dict[int, CapturedFrame] = {}

    def add(self, block: Block) -> None:
        """Add a block. Blocks of one piece of the capture share its bytes, which count once."""
        if not self._blocks or self._blocks[-1].data is not block.data:
            self._bytes += len(block.data)
        self._bytes += _block_overhead(block)
        self._blocks.append(block)
        if self._bytes > self._size and len(self._blocks) > 1:
            frames = self._frames()
            while self._bytes > self._size and len(self._blocks) > 1:
                old = self._blocks.popleft()
                self._bytes -= _block_overhead(old)
                if self._blocks[0].data is not old.data:
                    self._bytes -= len(old.data)
                if len(self._saved) < MAX_FRAMES:
                    self._saved.update((raw.frame, raw) for raw in frames_in_block(self.capture, old, frames))

    def take(self, frames: Iterable[int]) -> list[CapturedFrame]:
        """The frames that are still in memory."""
        found: list[CapturedFrame] = []
        numbers = sorted(set(frames))
        for frame in numbers:
            if frame in self._saved:
                found.append(self._saved[frame])
        blocks: Sequence[Block] = self._blocks
        at = 0
        for frame in numbers:
            while at < len(blocks) and frame >= blocks[at].first_frame + blocks[at].count:
                at += 1
            if at < len(blocks):
                found += frames_in_block(self.capture, blocks[at], (frame,))
        return found


def _block_overhead(block: Block) -> int:
    """Bytes of a block besides its packets: most of it for a quiet home, with a packet or two per block."""
    return 8 * len(block.table) + BLOCK_OVERHEAD
