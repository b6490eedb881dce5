"""Reader of classic pcap files (draft-ietf-opsawg-pcap): both byte orders, µs and ns, Kuznetzov's."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from sensor.capture import walk
from sensor.capture.records import Block, Records

HEADER = 24

# magic as the file's own byte order reads it: (bytes of a record header, nanoseconds of a unit of the fraction)
MAGICS = {
    0xA1B2C3D4: (16, 1000),
    0xA1B23C4D: (16, 1),
    # Alexey Kuznetzov's patched libpcap: interface, protocol and type follow each record header
    0xA1B2CD34: (24, 1000),
}


def order(magic: bytes) -> str | None:
    """The byte order, > or <, where `magic` begins a classic pcap file, else None."""
    for sign in "<>":
        if len(magic) == 4 and struct.unpack(sign + "I", magic)[0] in MAGICS:
            return sign
    return None


class PcapRecords(Records):
    """Reads on from `ahead`, the bytes already taken from the file (at least the magic)."""

    format = "pcap"

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
        sign = order(self.data[:4]) or "<"
        magic, network = struct.unpack(sign + "I16xI", self.data[:HEADER])
        header, unit = MAGICS[magic]
        link = network & 0xFFFF  # the bits above say whether frames carry a checksum, which IP's own length cuts off
        self.saw_link(link)
        self.drop(HEADER)
        table, state = self._table, self._state
        while True:
            start = 0
            while True:
                walk.walk_pcap(self.data, start, sign == ">", header, unit, link, table, state)
                start, count, why = state[0], state[1], state[2]
                if count:
                    yield self.block(count)
                if why != walk.FULL:
                    break
            self.drop(start)
            if why == walk.DAMAGE:
                which = f"packet {self.packets + 1:,} at byte {self.offset:,}"
                self.damage = f"{which} claims more bytes than a packet can have; {self.before()}"
                return
            piece = self._read()
            if not piece:
                if self.data:
                    self.damage = self.cut()
                return
            self.add(piece)
