"""What a capture is handed on as: blocks of records, and the error for what is no capture at all."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from sensor.capture import walk

# Records a block: bounds its table (320 KiB) where a file consists of empty packets.
MAX_RECORDS = 8192
# More kinds of link in one capture are noise, and they are only named.
MAX_LINKS = 64


class NotACapture(Exception):  # noqa: N818 (it says what the input is)
    """The input is not a capture; the text is a sentence that says what it looks like."""


@dataclass(slots=True)
class Block:
    """Whole records in a piece of a capture. Record i (frame `first_frame + i`, counted from 1 in the capture) stands
    in `table[5*i : 5*i+5]`: offset in `data`, captured bytes, original bytes, time (ns since 1970 UTC), link type.
    """

    data: bytes
    table: array[int]
    count: int
    first_frame: int
    secrets: bytes = field(default=b"", repr=False)
    """Key log of TLS connections that stood before these records (pcapng)."""


class Records:
    """The bookkeeping both formats share: bytes not yet consumed, where they stand in the capture, packets so far,
    damage.
    """

    def __init__(self, ahead: bytes) -> None:
        self.data = ahead
        self.offset = 0  # of data[0] in the (unpacked) capture
        self.packets = 0
        self.links: list[int] = []
        self.damage: str | None = None
        self.received: int | None = None
        """Packets that the capturing program's interfaces received, where the capture tells (pcapng); `dropped` of them
        it lost.
        """
        self.dropped: int | None = None
        self._table = array("q", bytes(8 * walk.FIELDS * MAX_RECORDS))
        self._state = array("q", bytes(8 * 4))
        self.secrets = b""
        """Key log read since the last block."""

    def add(self, piece: bytes) -> None:
        """More of the capture has come."""
        self.data = self.data + piece if self.data else piece

    def drop(self, count: int) -> None:
        """The first `count` bytes are done with."""
        self.data = self.data[count:]
        self.offset += count

    def saw_link(self, link: int) -> None:
        """Remember a link type, once."""
        if link not in self.links and len(self.links) < MAX_LINKS:
            self.links.append(link)

    def block(self, count: int) -> Block:
        """The `count` records that stand in the table, as a block of their own."""
        block = Block(self.data, self._table[: count * walk.FIELDS], count, self.packets + 1, self.secrets)
        self.secrets = b""
        self.packets += count
        return block

    def before(self) -> str:
        """What was read before the damage, as a clause."""
        if self.packets == 0:
            return "no packet could be read before it"
        if self.packets == 1:
            return "the packet before it was read"
        return f"the {self.packets:,} packets before it were read"

    def cut(self, what: str = "") -> str:
        """The sentence for a capture that ends in the middle of `what`."""
        what = what or f"packet {self.packets + 1:,}"
        return f"cut in {what} at byte {self.offset + len(self.data):,}; {self.before()}"
