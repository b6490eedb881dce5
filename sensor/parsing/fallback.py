"""A conversation that no parser knows into its first readable bytes, so that what stands in them can still be searched; chosen when nothing else fits."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Content, Enough, Span
from sensor.model import Protection, Side
from sensor.parsing.cursor import Cursor
from sensor.parsing.parser import DatagramParser, Parsed, Parser, Protocol

STORED_LIMIT = 8 * 1024
"""Bytes of a side that are kept: a device says who it is when it begins."""

PIECES = 48
"""Pieces of both sides that are taken: a conversation of small messages has told its story by then."""

SHORTEST = 6
"""Bytes that somebody could read: fewer are no word."""

READABLE = bytes([9, 10, 13, *range(32, 127)])


def is_text(data: bytes) -> bool:
    """Whether somebody could read it all: UTF-8 without control characters, which chance makes of eight bytes once in two thousand times."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(data) - 3:
            return False
        text = data[: error.start].decode("utf-8")  # a letter cut in two at the end
    return len(text) > SHORTEST + 1 and text.translate(_BLANKS).isprintable()


_BLANKS = {9: 32, 10: 32, 13: 32}


class UnreadStream(Parser):
    """Keeps the beginning of both sides, tells it once, and wants no more."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._stored = (bytearray(), bytearray())
        self._pieces = 0
        self._reported = False

    def receive(self, side: Side, data: bytes) -> Iterator[Parsed]:
        """Keep it; enough is enough."""
        self._pieces += 1
        stored = self._stored[side]
        stored += data[: STORED_LIMIT - len(stored)]
        if self._pieces >= PIECES or (
            len(stored) >= STORED_LIMIT and len(self._stored[side.other]) in (0, STORED_LIMIT)
        ):
            yield from self.close()
            yield Enough()

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """What comes after a loss is told apart from what came before: places would no longer be true."""
        yield from self.close()
        yield Enough()

    def close(self) -> Iterator[Parsed]:
        """Tell what was kept."""
        if self._reported:
            return
        self._reported = True
        for side in Side:
            data = bytes(self._stored[side])
            if len(data) >= SHORTEST:
                yield Content(side=side, name="payload", data=data, spans=(Span(side, 0, len(data)),))

    def here(self) -> Span:
        """What is kept of the client."""
        return Span(Side.CLIENT, 0, max(1, len(self._stored[Side.CLIENT])))


class UnreadDatagrams(DatagramParser):
    """Tells each of the first datagrams as it is."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pieces = 0

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One of them."""
        data = cursor.rest()[:STORED_LIMIT]
        self._pieces += 1
        if len(data) >= SHORTEST:
            yield Content(side=side, name="payload", data=bytes(data))
        if self._pieces >= PIECES:
            yield Enough()


def _parser(datagrams: object) -> Parser:
    return UnreadDatagrams() if datagrams else UnreadStream()


UNREAD = Protocol(
    name="unknown", title="an unknown protocol", parser=_parser, transports=frozenset(), protection=Protection.UNKNOWN
)
"""No protocol: nobody is told that it was recognised. Its hint is whether datagrams come."""
