"""Framing of messages with a header block and a declared body (SIP over TCP, RTSP).

After a loss it finds the next start line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sensor.events import Skip, Span
from sensor.model import Side
from sensor.parsing.cursor import Cursor, NeedMore
from sensor.parsing.formats.http_headers import MAX_START_LINE, Fields, head_end, parse_head, request_line, status_line
from sensor.parsing.parser import Parsed, StreamParser

BODY_LIMIT = 48 * 1024
"""Bytes of a body that are buffered: session descriptions and presence documents have a few thousand. The rest is
skipped."""

MAX_LENGTH = 1 << 31
"""A longer Content-Length is no length."""


def body_length(fields: Fields, short: str | None = None) -> int:
    """Content-Length (or its short form), 0 where there is none."""
    value = fields.get("content-length") or (fields.get(short) if short else None) or ""
    return int(value) if re.fullmatch(r"\d{1,10}", value, re.ASCII) and int(value) < MAX_LENGTH else 0


class HeadedParser(StreamParser):
    """Calls ``talk`` for each message.

    ``START`` matches a start line at the beginning of a line; ``SHORT`` is a short name of Content-Length.
    """

    START: re.Pattern[bytes]
    SHORT: str | None = None

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._lost = [False, False]
        self._scanned = [0, 0]

    def talk(self, side: Side, line: bytes, fields: Fields, body: bytes, span: Span) -> Iterator[Parsed]:
        """One message; ``body`` at most `BODY_LIMIT` bytes of it."""
        raise NotImplementedError

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A header block and its body, or the empty lines that keep a connection open."""
        buffer = self._buffers[side]
        if self._lost[side]:
            if self._search(side, buffer, cursor):
                return
            self._lost[side] = False
        if buffer[0] in b"\r\n":
            cursor.skip(1)
            return
        scanned = self._scanned[side]
        end = head_end(buffer, max(0, scanned - 3))
        if end is None:
            self._scanned[side] = len(buffer)
            line_end = buffer.find(b"\n", 0, MAX_START_LINE)
            endless = line_end < 0 and len(buffer) >= MAX_START_LINE
            if endless or (scanned <= line_end and not _starts(bytes(buffer[:line_end]))):
                self._lose(side, cursor)
                return
            raise NeedMore(len(buffer) + 1)
        line, fields = parse_head(bytes(buffer[:end]))
        if not _starts(line):
            self._lose(side, cursor)
            return
        length = body_length(fields, self.SHORT)
        taken = min(length, BODY_LIMIT)
        cursor.skip(end + taken)
        self._scanned[side] = 0
        start = self._offsets[side]
        yield from self.talk(
            side, line, fields, bytes(buffer[end : end + taken]), Span(side, start, start + end + taken)
        )
        if length > taken:
            yield Skip(side, length - taken)

    def _lose(self, side: Side, cursor: Cursor) -> None:
        """No message begins here: pass over one byte and search behind it."""
        cursor.skip(1)
        self._lost[side] = True
        self._scanned[side] = 0

    def _search(self, side: Side, buffer: bytearray, cursor: Cursor) -> int:
        """Pass over what stands before the next start line. Returns its length (0: the start line comes first).

        Lines searched once are not searched again.
        """
        tail = buffer.rfind(b"\n", self._scanned[side]) + 1
        found = self.START.search(buffer) if tail else None
        if found:
            passed = found.start()
        else:
            passed = tail if len(buffer) - tail < MAX_START_LINE else len(buffer)
        self._scanned[side] = 0 if found else len(buffer) - passed
        if not passed and not found:
            raise NeedMore(len(buffer) + 1)
        cursor.skip(passed)
        return passed

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Drop the broken message and look for the next start line."""
        self._consume(side, len(self._buffers[side]))
        self._offsets[side] += length
        self._need[side] = self._scanned[side] = 0
        self._lost[side] = True
        return iter(())


def _starts(line: bytes) -> bool:
    line = line.rstrip(b"\r")
    return request_line(line) is not None or status_line(line) is not None
