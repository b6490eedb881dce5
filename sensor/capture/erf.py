"""Records of an ERF file (Endace's measuring cards), as blocks of link type 197.

The format has no magic: a file is one where each of its first records is possible. Fields after Endace's "ERF types
reference guide" as Wireshark's reader has them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from sensor.capture import walk
from sensor.capture.records import Block, OneByOne

RECORD = 16
"""Bytes before a record's extension headers: time, type, flags, its length, losses, the packet's length."""

ETHERNET_TYPES, IP_TYPES = (2, 11, 16, 20), (22, 23)
TYPES = frozenset({*ETHERNET_TYPES, *IP_TYPES, 1, 3, 4, 5, 6, 7, 8, 9, 10, 12, 17, 21, 24, 25, 26, 27, 28, 48})
LINK = 197
TRIED = 3
"""Records that must be possible before a file without a magic is taken for one."""

APART = 86_400 * 1_000_000_000
"""Nanoseconds between neighbours, at most, that make them possible: else one file of noise in forty would be taken."""

OLDEST, NEWEST = 631_152_000, 4_102_444_800
"""Times of packets, in seconds: 1990 to 2100."""


def is_erf(head: bytes) -> bool:
    """Whether a file begins with possible records: several, or one that is all of it."""
    at = tried = last = 0
    while tried < TRIED and at + RECORD <= len(head):
        fields = _fields(head, at)
        if fields is None or (tried and abs(fields[2] - last) > APART):
            return False
        at, tried, last = at + fields[0], tried + 1, fields[2]
    return tried == TRIED or (tried > 0 and at == len(head))


def _fields(data: bytes, at: int) -> tuple[int, int, int] | None:
    """A record's length, its packet's length on the wire with the headers before it, its time; None where it cannot be
    one.
    """
    fraction, seconds, kind, _flags, length, _lost, wire = struct.unpack_from("<IIBB", data, at) + struct.unpack_from(
        ">HHH", data, at + 10
    )
    if kind & 0x7F not in TYPES or not OLDEST <= seconds < NEWEST or length < RECORD + 8 * (kind >> 7):
        return None
    header = RECORD + (2 if kind & 0x7F in ETHERNET_TYPES else 0)
    return length, min(header + wire, walk.MAX_CAPTURED), seconds * 1_000_000_000 + (fraction * 1_000_000_000 >> 32)


class ErfRecords(OneByOne):
    """Begins with records that `is_erf` took for some."""

    format = "erf"

    def __iter__(self) -> Iterator[Block]:
        self.saw_link(LINK)
        self.dropped = 0
        yield from self.blocks()

    def _record(self, at: int, number: int) -> int:
        if at + RECORD > len(self.data):
            return 0
        fields = _fields(self.data, at)
        if fields is None:
            self.damage = "is no record of an ERF file"
            return 0
        length, original, time = fields
        if at + length > len(self.data):
            return 0
        self.put(number, at, length, original, time, LINK)
        self.dropped = (self.dropped or 0) + int.from_bytes(self.data[at + 12 : at + 14], "big")
        return length
