"""Records of a Solaris snoop file (RFC 1761), as blocks."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from sensor.capture import walk
from sensor.capture.records import Block, OneByOne

MAGIC = b"snoop\0\0\0"
HEADER, RECORD = 16, 24
# RFC 1761's number of the data link: the link type of pcap. IEEE 802.3 and Ethernet are told apart by each frame.
LINKS = {0: 1, 2: 6, 4: 1, 8: 10}
MAX_PADDING = 1024  # bytes behind a packet; writers fill up to 4


class SnoopRecords(OneByOne):
    """Begins with at least the magic's first four bytes."""

    format = "snoop"

    def __iter__(self) -> Iterator[Block]:
        if not self.want(HEADER, "the file header"):
            return
        version, number = struct.unpack_from(">II", self.data, 8)
        link = LINKS.get(number)
        if self.data[:8] != MAGIC or version != 2 or link is None:
            self.damage = (
                f"a snoop file of version {version} and data link {number}, which is not read; {self.before()}"
            )
            return
        self._link = link
        self.saw_link(link)
        self.drop(HEADER)
        yield from self.blocks()

    def _record(self, at: int, number: int) -> int:
        if at + RECORD > len(self.data):
            return 0
        original, captured, length, dropped, seconds, micros = struct.unpack_from(">6I", self.data, at)
        if captured > walk.MAX_CAPTURED or not captured <= length - RECORD <= captured + MAX_PADDING:
            self.damage = "has an impossible length"
            return 0
        if at + length > len(self.data):
            return 0
        self.put(number, at + RECORD, captured, original, seconds * 1_000_000_000 + micros * 1000, self._link)
        self.dropped = dropped
        return int(length)
