"""What a capture is handed on as: blocks of records, and the error for what is no capture at all."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import field

from sensor.capture import walk
from sensor.light_dataclass import dataclass

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
    """The bookkeeping that all formats share: bytes not yet consumed, where they stand in the capture, packets so far,
    damage. Reads on from ``ahead``, the bytes already taken from the file.
    """

    format: str

    def __init__(self, ahead: bytes, read: Callable[[], bytes]) -> None:
        self._read = read
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

    def __iter__(self) -> Iterator[Block]:
        """Its blocks, once."""
        raise NotImplementedError

    def more(self) -> bool:
        """Whether more of the capture came."""
        piece = self._read()
        self.data = self.data + piece if self.data else piece
        return bool(piece)

    def want(self, count: int, what: str) -> bool:
        """Whether `count` bytes could be had; says that the capture is cut in the middle of ``what`` if not."""
        while len(self.data) < count:
            if not self.more():
                self.damage = self.cut(what)
                return False
        return True

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


class OneByOne(Records):
    """Formats whose records a plain loop reads: ``_record`` takes one."""

    def blocks(self) -> Iterator[Block]:
        """The records from here on."""
        while not self.damage:
            start = count = 0
            while count < MAX_RECORDS and (length := self._record(start, count)):
                start, count = start + length, count + 1
            damage, self.damage = self.damage, None  # it stands behind these
            if count:
                yield self.block(count)
            self.drop(start)
            if damage is not None:
                which = f"packet {self.packets + 1:,} at byte {self.offset:,}"
                self.damage = f"{which} {damage}; {self.before()}"
            elif count < MAX_RECORDS and not self.more():
                if self.data:
                    self.damage = self.cut()
                return

    def _record(self, at: int, number: int) -> int:
        """The bytes of the record at ``at``, put into the table as the ``number``th; 0 where it is not whole, or where
        it is damaged, as ``damage`` then says.
        """
        raise NotImplementedError

    def put(self, number: int, at: int, captured: int, original: int, time: int, link: int) -> None:
        """A record into the table."""
        row = array("q", (at, captured, max(original, captured), time, link))
        self._table[number * walk.FIELDS : (number + 1) * walk.FIELDS] = row
