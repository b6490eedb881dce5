"""Framing of protocols whose lines of text are followed by TLS without a command for it."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Enough, Upgrade
from sensor.model import Side
from sensor.parsing.cursor import Cursor
from sensor.parsing.parser import Parsed, StreamParser

LINE_LIMIT = 2048
"""Bytes of a line; header lines of such protocols are short."""

LINES_LIMIT = 256
"""Lines of both sides before TLS must have begun."""

_RECORD = b"\x16\x03"
"""A handshake record of TLS (RFC 8446 §5.1), which no line of text begins with."""


class PreambleParser(StreamParser):
    """Calls ``line`` for each line of text; bytes that are neither text nor TLS end the parsing."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._lines = 0

    def line(self, side: Side, text: bytes) -> Iterator[Parsed]:
        """One line without its end."""
        raise NotImplementedError

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A line, or the first record of TLS."""
        begin = cursor.peek(2)
        if begin == _RECORD:
            self.stop()
            yield Upgrade("tls")
            return
        if begin == _RECORD[:1]:
            cursor.sub(2)
        if begin[0] < 0x20 and begin[:1] not in (b"\r", b"\n", b"\t"):
            self.stop()
            yield Enough()
            return
        text = cursor.line(LINE_LIMIT)
        self._lines += 1
        yield from self.line(side, text)
        if self._lines >= LINES_LIMIT:
            self.stop()
            yield Enough()
