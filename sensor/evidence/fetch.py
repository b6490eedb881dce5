"""A run's findings into the frames they rest on: read again from the capture's file, or taken from a ring of what has just gone by."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sensor.capture import Block, open_capture
from sensor.capture.walk import FIELDS
from sensor.evidence.mask import KeptFinding, Key
from sensor.evidence.packet import Raw

FRAMES = 5000
"""Frames kept of one run: the worst findings come first. To mask them takes seconds."""

RING_BYTES = 32 * 1024 * 1024
"""Of a stream that cannot be read again, what is remembered: at 100 Mbit/s some three seconds, of a quiet home hours."""

OBJECTS = 400
"""Bytes of the objects that a block consists of."""

WORST = ("critical", "high", "medium", "low", "info")


def held(records: Iterable[Mapping[str, Any]]) -> list[KeptFinding]:
    """The findings among records (docs/output.md) whose frames are to be kept: the worst first, as many as `FRAMES` allow."""
    findings = [r for r in records if r["record"] == "finding" and r["evidence"]]
    findings.sort(key=lambda r: WORST.index(r["severity"]))
    found: list[KeptFinding] = []
    frames: set[Key] = set()
    for record in findings:
        one = KeptFinding.of(record)
        frames.update(one.frames)
        if len(frames) > FRAMES:
            break
        found.append(one)
    return found


def wanted(holding: Iterable[KeptFinding]) -> dict[str, set[int]]:
    """Capture -> numbers of the frames that are wanted of it."""
    found: dict[str, set[int]] = {}
    for one in holding:
        for capture, frame in one.frames:
            found.setdefault(capture, set()).add(frame)
    return found


def taken(capture: str, block: Block, frames: Collection[int]) -> Iterator[Raw]:
    """Frames out of a block of a capture (path as given)."""
    first, table = block.first_frame, block.table
    for frame in frames:
        row = frame - first
        if 0 <= row < block.count:
            at, size, length, time, link = table[row * FIELDS : row * FIELDS + FIELDS]
            yield Raw(capture, frame, time, link, bytes(block.data[at : at + size]), length)


def read_again(path: str, frames: Collection[int]) -> list[Raw]:
    """Frames out of a capture's file, as far as it can be read. Raises NotACapture and OSError as opening it does."""
    found: list[Raw] = []
    waiting = deque(sorted(frames))
    with open_capture(path) as capture:
        for block in capture:
            here = []
            while waiting and waiting[0] < block.first_frame + block.count:
                here.append(waiting.popleft())
            found += taken(path, block, here)
            if not waiting:
                break
    return found


class FrameRing:
    """The blocks that have just gone by, for a capture that cannot be read again. ``frames``: tells which are wanted by now; theirs outlive the ring."""

    def __init__(
        self, capture: str, frames: Callable[[], Collection[int]] = frozenset, *, size: int = RING_BYTES
    ) -> None:
        self.capture = capture
        self._frames = frames
        self._size = size
        self._blocks: deque[Block] = deque()
        self._bytes = 0
        self._saved: dict[int, Raw] = {}

    def add(self, block: Block) -> None:
        """A block was read. Blocks of one piece of the capture share its bytes, which count once."""
        if not self._blocks or self._blocks[-1].data is not block.data:
            self._bytes += len(block.data)
        self._bytes += _weight(block)
        self._blocks.append(block)
        if self._bytes > self._size and len(self._blocks) > 1:
            frames = self._frames()
            while self._bytes > self._size and len(self._blocks) > 1:
                old = self._blocks.popleft()
                self._bytes -= _weight(old)
                if self._blocks[0].data is not old.data:
                    self._bytes -= len(old.data)
                if len(self._saved) < FRAMES:
                    self._saved.update((raw.frame, raw) for raw in taken(self.capture, old, frames))

    def take(self, frames: Iterable[int]) -> list[Raw]:
        """Those of the frames that are still at hand."""
        found: list[Raw] = []
        asked = sorted(set(frames))
        for frame in asked:
            if frame in self._saved:
                found.append(self._saved[frame])
        blocks: Sequence[Block] = self._blocks
        at = 0
        for frame in asked:
            while at < len(blocks) and frame >= blocks[at].first_frame + blocks[at].count:
                at += 1
            if at < len(blocks):
                found += taken(self.capture, blocks[at], (frame,))
        return found


def _weight(block: Block) -> int:
    """What a block holds besides its packets: of a quiet home's, with a packet or two in each, it is the most."""
    return 8 * len(block.table) + OBJECTS
