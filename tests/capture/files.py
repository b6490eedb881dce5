"""Captures built byte by byte after the formats' drafts (draft-ietf-opsawg-pcap,
draft-ietf-opsawg-pcapng), for tests.
"""

from __future__ import annotations

import io
import struct

from sensor.capture import Capture, open_capture

# (seconds, fraction, captured bytes, original length)
Record = tuple[int, int, bytes, int]


def pcap(
    records: list[Record],
    order: str = "<",
    magic: int = 0xA1B2C3D4,
    link: int = 1,
    extra: bytes = b"",
    snap: int = 262144,
) -> bytes:
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, link)
    for seconds, fraction, data, original in records:
        out += struct.pack(order + "IIII", seconds, fraction, len(data), original) + extra + data
    return out


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order: str = "<", options: bytes = b"") -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options)


def interface(order: str = "<", link: int = 1, snap: int = 0, options: bytes = b"") -> bytes:
    return block(order, 1, struct.pack(order + "HHI", link, 0, snap) + options)


def enhanced(
    order: str, number: int, ticks: int, data: bytes, original: int | None = None, options: bytes = b""
) -> bytes:
    head = struct.pack(
        order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data) if original is None else original
    )
    return block(order, 6, head + data + bytes(-len(data) % 4) + options)


def simple(order: str, data: bytes, original: int) -> bytes:
    return block(order, 3, struct.pack(order + "I", original) + data)


def obsolete(order: str, number: int, ticks: int, data: bytes) -> bytes:
    return block(
        order, 2, struct.pack(order + "HHIIII", number, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data)) + data
    )


class Trickle(io.RawIOBase):
    """A stream that gives at most `step` bytes at a time, as a pipe may."""

    def __init__(self, data: bytes, step: int) -> None:
        super().__init__()
        self._data, self._step, self._at = data, step, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._data[self._at : self._at + min(self._step, len(buffer))]
        self._at += len(piece)
        buffer[: len(piece)] = piece
        return len(piece)


def opened(data: bytes, step: int = 1 << 20) -> Capture:
    return open_capture("test", Trickle(data, step))  # type: ignore[arg-type]


Read = tuple[int, int, bytes, int, int]


def records(capture: Capture) -> list[Read]:
    """(frame, time in ns, bytes, original length, link type) of every record."""
    found: list[Read] = []
    for each in capture:
        for row in range(each.count):
            at, captured, original, time, link = each.table[5 * row : 5 * row + 5]
            found.append((each.first_frame + row, time, each.data[at : at + captured], original, link))
    return found
