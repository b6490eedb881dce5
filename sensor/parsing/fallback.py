"""Parser of last resort: the first bytes of a conversation in no known protocol, for search."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Content, Enough, Span
from sensor.model import Protection, Side
from sensor.parsing.cursor import Cursor
from sensor.parsing.parser import DatagramParser, Parsed, Parser, Protocol

STORED_LIMIT = 8 * 1024
"""Bytes of a side that are stored: a device identifies itself when it begins."""

PIECES = 48
"""Pieces of both sides that are taken: by then a conversation of small messages repeats itself."""

SHORTEST = 6
"""Bytes of a readable side: fewer are no word."""

READABLE = bytes([9, 10, 13, *range(32, 127)])


def is_text(data: bytes) -> bool:
    """Whether all of it is text: UTF-8 without control characters.

    Of eight random bytes one in two thousand is.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(data) - 3:
            return False
        text = data[: error.start].decode("utf-8")  # a letter cut in two at the end
    return len(text) > SHORTEST + 1 and text.translate(_BLANKS).isprintable()


_BLANKS = {9: 32, 10: 32, 13: 32}


def content_of(side: Side, datagram: bytes) -> Content | None:
    """What is reported of one datagram."""
    return Content(side=side, name="payload", data=datagram[:STORED_LIMIT]) if len(datagram) >= SHORTEST else None


class UnreadStream(Parser):
    """Reports the beginning of both sides once, then stops."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._stored = (bytearray(), bytearray())
        self._pieces = 0
        self._reported = False

    def receive(self, side: Side, data: bytes) -> Iterator[Parsed]:
        """Store the beginning of each side."""
        self._pieces += 1
        stored = self._stored[side]
        stored += data[: STORED_LIMIT - len(stored)]
        if self._pieces >= PIECES or (
            len(stored) >= STORED_LIMIT and len(self._stored[side.other]) in (0, STORED_LIMIT)
        ):
            yield from self.close()
            yield Enough()

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Stop at a loss: offsets behind it would be wrong."""
        yield from self.close()
        yield Enough()

    def close(self) -> Iterator[Parsed]:
        """Report what was stored, once."""
        if self._reported:
            return
        self._reported = True
        for side in Side:
            data = bytes(self._stored[side])
            if len(data) >= SHORTEST:
                yield Content(side=side, name="payload", data=data, spans=(Span(side, 0, len(data)),))

    def here(self) -> Span:
        """The stored bytes of the client."""
        return Span(Side.CLIENT, 0, max(1, len(self._stored[Side.CLIENT])))


class UnreadDatagrams(DatagramParser):
    """Reports each of the first datagrams as it is."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pieces = 0

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Report the beginning of one datagram."""
        content = content_of(side, bytes(cursor.rest()))
        self._pieces += 1
        if content is not None:
            yield content
        if self._pieces >= PIECES:
            yield Enough()


def _parser(datagrams: object) -> Parser:
    return UnreadDatagrams() if datagrams else UnreadStream()


UNREAD = Protocol(
    name="unknown", title="an unknown protocol", parser=_parser, transports=frozenset(), protection=Protection.UNKNOWN
)
"""No protocol, so that nothing counts as recognised. The hint is whether the flow carries datagrams."""
