"""Set-pieces of a drill for tests: as frames, as a capture of some of them, as a sensor reports it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from sensor.drill.sending import DrillFrame, frames_of
from sensor.drill.set_piece import set_piece

PIECE = set_piece("abcd1234", 100)


@cache
def frames() -> list[DrillFrame]:
    return frames_of(PIECE)


def capture(path: Path, wanted: Callable[[DrillFrame], bool] = lambda frame: True) -> Path:
    """A pcap of those frames, 5 ms apart (draft-ietf-opsawg-pcap)."""
    return write(path, (frame.data for frame in frames() if wanted(frame)))


def write(path: Path, datas: Iterable[bytes]) -> Path:
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, data in enumerate(datas):
            seconds, part = divmod(number * 5000, 1_000_000)
            file.write(struct.pack("<IIII", 1_700_000_000 + seconds, part, len(data), len(data)) + data)
    return path
