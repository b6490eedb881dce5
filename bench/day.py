"""Captures into the stream of a whole day: repeated hour by hour, each time at its own place in the day, with the
devices staying the same.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path

from repeat import read

BEGIN = 1_790_000_000
"""When the day begins (seconds since 1970)."""

HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1)


def stream(captures: list[Path], hours: int) -> Iterator[tuple[bytes, int]]:
    """Pieces of a pcap stream with the packets in them: in each hour each capture begins at a moment drawn by lot.
    Sorted by time within the hour.
    """
    lot = random.Random(303645)
    known = [read(path) for path in captures]
    yield HEADER, 0
    for hour in range(hours):
        packets: list[tuple[float, bytes]] = []
        for capture in known:
            first = capture[0][0]
            start = BEGIN + 3600 * hour + lot.uniform(0, 3000)
            packets += [(start + min(time - first, 599.0), data) for time, data in capture]
        packets.sort(key=lambda one: one[0])
        parts = []
        for time, data in packets:
            parts.append(struct.pack("<IIII", int(time), int(time % 1 * 1e9), len(data), len(data)) + data)
        yield b"".join(parts), len(packets)
