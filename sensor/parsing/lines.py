"""Framing of protocols of command and reply lines.

An overlong line is cut short; after a loss reading goes on at the next line.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import DATA_LIMIT, Span
from sensor.model import Side
from sensor.parsing.cursor import Cursor, Malformed, NeedMore
from sensor.parsing.parser import Parsed, StreamParser

LINE_LIMIT = 16 * 1024
"""Bytes of a line that are looked at: RFC 4954 (4.) lets a SASL answer be 12,288 characters long, commands are
shorter."""

EVIDENCE_LENGTH = 4096
"""Bytes of a long object that are evidence: its beginning, of a mail its header."""


def evidence_span(side: Side, start: int, size: int) -> Span:
    """The beginning of an object of ``size`` bytes at ``start`` of a side's stream, as evidence."""
    return Span(side, start, start + min(size, EVIDENCE_LENGTH))


class LineParser(StreamParser):
    """Calls ``line`` for each line of a side, without its end.

    The rest of a line longer than ``LINE_LIMIT`` is passed over, so that it does not end the parsing.
    """

    RESUME_AT_LINE = True

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._overlong = [False, False]

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        """Read one line of ``side`` (without its CRLF or LF) and yield its events."""
        raise NotImplementedError

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One line; parsers that also carry blocks of known length look at them first and then come here."""
        if self._overlong[side]:
            self._pass_over(side, cursor)
            return
        try:
            line = cursor.line(LINE_LIMIT)
        except Malformed:
            line = cursor.take(LINE_LIMIT)
            self._overlong[side] = True
        yield from self.line(side, line)

    def _pass_over(self, side: Side, cursor: Cursor) -> None:
        try:
            cursor.until(b"\n", cursor.remaining)
        except NeedMore:
            cursor.rest()
        else:
            self._overlong[side] = False

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """After a loss the next line is the first whole one; an overlong line before it counts as passed."""
        self._overlong[side] = False
        return super().gap(side, length)


class BoundedBody:
    """The beginning of an object, at most ``DATA_LIMIT`` bytes, and the size of all of it."""

    __slots__ = ("data", "size")

    def __init__(self) -> None:
        self.data = bytearray()
        self.size = 0

    def add(self, piece: bytes) -> None:
        """The next bytes of the object."""
        self.size += len(piece)
        room = DATA_LIMIT - len(self.data)
        if room > 0:
            self.data += piece[:room]


class DottedBody(BoundedBody):
    """A block of lines that ends with a line of one dot (RFC 5321 4.5.2, RFC 1939 3., RFC 3977 3.1.1)."""

    __slots__ = ("_fresh",)

    def __init__(self) -> None:
        super().__init__()
        self._fresh = True

    def read(self, cursor: Cursor) -> bool:
        """Read what has come of the block; True when its end was read.

        Raises `NeedMore` where the end may be cut by the end of the buffer.
        """
        here = cursor.peek(cursor.remaining)
        if self._fresh:
            # The block may be empty: then no line end stands before the dot.
            if b".\r\n".startswith(here[:3]) and len(here) < 3:
                raise NeedMore(3)
            self._fresh = False
            if here.startswith(b".\r\n"):
                cursor.skip(3)
                return True
        end = here.find(b"\r\n.\r\n")
        if end >= 0:
            self.add(here[: end + 2])
            cursor.skip(end + 5)
            return True
        mark = 4  # "\r\n.\r" may be the beginning of the end
        if len(here) <= mark:
            raise NeedMore(len(here) + 1)
        self.add(cursor.take(len(here) - mark))
        return False

    def content(self) -> bytes:
        """The stored bytes without the dots that the sender doubled (RFC 5321 4.5.2)."""
        return bytes(self.data).removeprefix(b".").replace(b"\n.", b"\n")
