"""Records of a Solaris snoop file (RFC 1761), as blocks."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterator

from sensor.capture import walk
from sensor.capture.records import MAX_RECORDS, Block, Records

MAGIC = b"snoop\0\0\0"
HEADER, RECORD = 16, 24
# RFC 1761's number of the data link: the link type of pcap. IEEE 802.3 and Ethernet are told apart by each frame.
LINKS = {0: 1, 2: 6, 4: 1, 8: 10}
MAX_PADDING = 1024  # bytes behind a packet; writers fill up to 4


class SnoopRecords(Records):
    """Reads on from `ahead`, the bytes already taken from the file (at least the magic's first four)."""

    format = "snoop"

    def __init__(self, ahead: bytes, read: Callable[[], bytes]) -> None:
        super().__init__(ahead)
        self._read = read

    def __iter__(self) -> Iterator[Block]:
        while len(self.data) < HEADER:
            piece = self._read()
            if not piece:
                self.damage = self.cut("the file header")
                return
            self.add(piece)
        version, number = struct.unpack_from(">II", self.data, 8)
        link = LINKS.get(number)
        if self.data[:8] != MAGIC or version != 2 or link is None:
            self.damage = (
                f"a snoop file of version {version} and data link {number}, which is not read; {self.before()}"
            )
            return
        self.saw_link(link)
        self.drop(HEADER)
        while not self.damage:
            start, count = self._walk(link)
            if count:
                yield self.block(count)
            self.drop(start)
            if count == MAX_RECORDS or self.damage:
                continue
            piece = self._read()
            if not piece:
                if self.data:
                    self.damage = self.cut()
                return
            self.add(piece)

    def _walk(self, link: int) -> tuple[int, int]:
        """The records from the start of the data into the table: where they end, and how many."""
        at = count = 0
        while count < MAX_RECORDS and at + RECORD <= len(self.data):
            original, captured, length, dropped, seconds, micros = struct.unpack_from(">6I", self.data, at)
            if captured > walk.MAX_CAPTURED or not captured <= length - RECORD <= captured + MAX_PADDING:
                which = f"packet {self.packets + count + 1:,} at byte {self.offset + at:,}"
                self.packets += count
                self.damage = f"{which} has an impossible length; {self.before()}"
                self.packets -= count
                break
            if at + length > len(self.data):
                break
            time = seconds * 1_000_000_000 + micros * 1000
            row = array("q", (at + RECORD, captured, max(original, captured), time, link))
            self._table[count * walk.FIELDS : (count + 1) * walk.FIELDS] = row
            self.dropped = dropped
            at += length
            count += 1
        return at, count
