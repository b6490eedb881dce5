"""Reader of pcapng files (draft-ietf-opsawg-pcapng): sections, interfaces and their clocks.

Blocks with secrets of TLS connections are handed on; whether they are used is for who runs the program.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterator

from sensor.capture import walk
from sensor.capture.records import Block, Records

MAGIC = b"\x0a\x0d\x0d\x0a"  # the section header block's type, the same in both byte orders
INTERFACE, STATISTICS, SECRETS, SECTION = 1, 5, 10, 0x0A0D0D0A
TLS_KEY_LOG = 0x544C534B  # 4.7
_TSRESOL, _TSOFFSET = 9, 14
_RECEIVED, _DROPPED = 4, 5

# One capture on every interface of a large switch stays far below; the table costs 160 KiB.
MAX_INTERFACES = 4096
# Section and interface headers are kept whole while they are read: options of 64 KiB each, a few of them.
MAX_DESCRIPTION = 1024 * 1024
# A key log has some 200 bytes a line: of a day's connections.
MAX_SECRETS = 16 * 1024 * 1024
# Offsets in seconds beyond this (some 60 years) would push any clock out of what a time can be.
MAX_OFFSET_SECONDS = 2_000_000_000


class PcapngRecords(Records):
    """Begins with at least the magic."""

    format = "pcapng"

    def __init__(self, ahead: bytes, read: Callable[[], bytes]) -> None:
        super().__init__(ahead, read)
        self._big = False
        self._interfaces = array("q")
        self._ended = False
        self._counts: dict[int, dict[int, int]] = {}
        self._before = (0, 0)

    def __iter__(self) -> Iterator[Block]:
        table, state = self._table, self._state
        while not self.damage:
            start = 0
            while True:
                walk.walk_pcapng(self.data, start, self._big, self._interfaces, table, state)
                start, count, why = state[0], state[1], state[2]
                if count:
                    yield self.block(count)
                if why != walk.FULL:
                    break
            self.drop(start)
            if why == walk.OTHER:
                self._other_block()
            elif why == walk.DAMAGE:
                which = f"the block at byte {self.offset:,}, for packet {self.packets + 1:,}"
                self.damage = f"{which}, is damaged; {self.before()}"
            elif not self.more():
                if self.data:
                    self.damage = self.cut()
                return

    def _other_block(self) -> None:
        """Take a section or interface description in, pass over anything else."""
        if not self.want(12, self._which()):
            return
        if self.data[:4] == MAGIC:
            mark = self.data[8:12]  # byte-order magic 0x1A2B3C4D (4.1)
            if mark not in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"):
                self._damaged("begins a section of unknown byte order")
                return
            self._big = mark == b"\x1a\x2b\x3c\x4d"
            self._interfaces = array("q")
            self._counted()
        sign = ">" if self._big else "<"
        kind, length = struct.unpack(sign + "II", self.data[:8])
        if length < 12 or length & 3:
            self._damaged("has an impossible length")
            return
        if kind == SECRETS and length <= MAX_SECRETS and len(self.secrets) + length <= MAX_SECRETS:
            self._secrets(length, sign)
        elif kind in (SECTION, INTERFACE) or (kind == STATISTICS and length <= MAX_DESCRIPTION):
            if length > MAX_DESCRIPTION:
                self._damaged("is far too long")
            elif self.want(length, self._which()):
                if self.data[length - 4 : length] != self.data[4:8]:
                    self._damaged("ends otherwise than it began")
                    return
                if kind == INTERFACE:
                    self._interface(self.data[8 : length - 4], sign)
                elif kind == STATISTICS:
                    self._statistics(self.data[8 : length - 4], sign)
                elif length < 28 or struct.unpack_from(sign + "H", self.data, 12)[0] != 1:
                    self._damaged("begins a section of a version that is not known")
                    return
                if not self.damage:
                    self.drop(length)
        else:
            self._pass_over(length)

    def _secrets(self, length: int, sign: str) -> None:
        """Secrets for decryption (4.7): their kind, their length, the text."""
        if not self.want(length, self._which()):
            return
        if self.data[length - 4 : length] != self.data[4:8]:
            self._damaged("ends otherwise than it began")
            return
        if length >= 20:
            kind, size = struct.unpack_from(sign + "II", self.data, 8)
            if kind == TLS_KEY_LOG:
                self.secrets += self.data[16 : min(16 + size, length - 4)] + b"\n"
        self.drop(length)

    def _pass_over(self, length: int) -> None:
        """Skip a block as it streams by, whatever length it claims, keeping only what the check at its end needs."""
        begun, where = self.data[4:8], self.offset
        left = length
        while left > len(self.data):
            keep = min(len(self.data), 4)
            left -= len(self.data) - keep
            self.drop(len(self.data) - keep)
            if not self.more():
                self.damage = self.cut(self._which())
                return
        if self.data[left - 4 : left] != begun:
            self._damaged("ends otherwise than it began", where)
            return
        self.drop(left)

    def _which(self) -> str:
        return f"the block after packet {self.packets:,}" if self.packets else "the first blocks"

    def _damaged(self, how: str, where: int | None = None) -> None:
        self.damage = f"the block at byte {self.offset if where is None else where:,} {how}; {self.before()}"

    def _statistics(self, body: bytes, sign: str) -> None:
        """What the capturing program counted for an interface since it began (4.6); the last block of an interface
        counts.
        """
        if len(body) < 12:
            return
        (interface,) = struct.unpack_from(sign + "I", body)
        if interface * walk.INTERFACE_FIELDS < len(self._interfaces):
            self._counts[interface] = {
                code: struct.unpack(sign + "Q", value)[0]
                for code, value in _options(body, 12, sign)
                if code in (_RECEIVED, _DROPPED) and len(value) == 8
            }
            self._counted()

    def _counted(self) -> None:
        counts = list(self._counts.values())
        if any(_RECEIVED in one for one in counts):
            self.received = self._before[0] + sum(one.get(_RECEIVED, 0) for one in counts)
        if any(_DROPPED in one for one in counts):
            self.dropped = self._before[1] + sum(one.get(_DROPPED, 0) for one in counts)
        if not len(self._interfaces):
            # A new section: its program counts from nothing again.
            self._before = (self.received or 0, self.dropped or 0)
            self._counts = {}

    def _interface(self, body: bytes, sign: str) -> None:
        if len(body) < 8:
            self._damaged("describes an interface too shortly")
            return
        if len(self._interfaces) >= MAX_INTERFACES * walk.INTERFACE_FIELDS:
            self._damaged(f"describes more than {MAX_INTERFACES:,} interfaces")
            return
        link, snap = struct.unpack_from(sign + "H2xI", body)
        resolution, offset = 6, 0  # 4.2: microseconds unless if_tsresol says otherwise
        for code, value in _options(body, 8, sign):
            if code == _TSRESOL and len(value) == 1:
                resolution = value[0]
            elif code == _TSOFFSET and len(value) == 8:
                (offset,) = struct.unpack(sign + "q", value)
        if resolution & 0x80:
            mode, by = walk.BINARY, resolution & 0x7F
        elif resolution <= 9:
            mode, by = walk.SCALE, 10 ** (9 - resolution)
        else:
            mode, by = walk.DIVIDE, 10 ** min(resolution - 9, 18)
        offset = max(-MAX_OFFSET_SECONDS, min(MAX_OFFSET_SECONDS, offset))
        self._interfaces.extend((link, snap, mode, by, offset * 1_000_000_000))
        self.saw_link(link)


def _options(body: bytes, at: int, sign: str) -> Iterator[tuple[int, bytes]]:
    """Code and value of each option (3.5) that is whole."""
    while at + 4 <= len(body):
        code, size = struct.unpack_from(sign + "HH", body, at)
        value = body[at + 4 : at + 4 + size]
        if code == 0 or len(value) < size:
            return
        yield code, value
        at += 4 + (size + 3) // 4 * 4
