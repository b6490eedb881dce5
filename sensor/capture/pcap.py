"""Reader of classic pcap files (draft-ietf-opsawg-pcap): both byte orders, µs and ns, Kuznetzov's."""

from __future__ import annotations

import struct
from collections.abc import Iterator

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

# AIX writes version 2.2, nanoseconds, and the interface's type (RFC 1573) for the link type.
AIX_VERSION = [2, 2]
AIX_LINKS = {6: 1, 9: 6, 15: 10, 24: 0}


def order(magic: bytes) -> str | None:
    """The byte order, > or <, where `magic` begins a classic pcap file, else None."""
    for sign in "<>":
        if len(magic) == 4 and struct.unpack(sign + "I", magic)[0] in MAGICS:
            return sign
    return None


class PcapRecords(Records):
    """Begins with at least the magic."""

    format = "pcap"

    def __iter__(self) -> Iterator[Block]:
        if not self.want(HEADER, "the file header"):
            return
        sign = order(self.data[:4])
        assert sign is not None
        magic, *version, network = struct.unpack(sign + "IHH12xI", self.data[:HEADER])
        header, unit = MAGICS[magic]
        if version == AIX_VERSION and network in AIX_LINKS:
            network, unit = AIX_LINKS[network], 1
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
            if not self.more():
                if self.data:
                    self.damage = self.cut()
                return
