"""What the framing of one direction of an HTTP/1.x connection remembers, and the bounds and patterns of that framing (RFC 9112)."""

from __future__ import annotations

import enum
import re

from sensor.model import Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.http_body import Body
from sensor.parsing.formats.http_headers import MAX_START_LINE, head_end

HEAD_LIMIT = 64 * 1024
"""Bytes of a header block: four times what strict servers take."""

MAX_LENGTH = 1 << 50
"""A petabyte: a longer Content-Length is no length, and sums of such stay clear of 64 bits."""

SKIP_BLOCK = 256 * 1024
"""Bytes skipped at a time: a skip counts as crossed from its beginning, so a body that breaks off is told at most so much too large."""

MAX_TRAILERS = 64
"""Lines after the last chunk."""

LOST_LIMIT = 8 * 1024 * 1024
"""Bytes searched for a start line after a loss before the flow is given up: the rest of a large body that lost its header."""

LONGEST_STATUS = 16
"""Bytes in which a status line shows itself, the line end before it included."""

START = {
    Side.CLIENT: re.compile(rb"(?:^|\n)(?=[A-Z][A-Z_-]{2,31} [^\r\n]{1,16384} HTTP/1\.[01]\r?\n)"),
    Side.SERVER: re.compile(rb"(?:^|\n)(?=HTTP/1\.[01] [1-9]\d\d[ \r\n])"),
}
TOKEN_SO_FAR = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}+(?:\Z|[ \t])")


class Phase(enum.Enum):
    """What comes next on a side."""

    HEAD = 1
    LENGTH = 2
    CHUNK_SIZE = 3
    CHUNK = 4
    CHUNK_END = 5
    TRAILERS = 6
    UNTIL_CLOSE = 7
    UNFRAMED = 8
    """A request that should have a body but gives no length: lines, until the next request or the answer."""
    LOST = 9


class Framing(enum.Enum):
    """How a message ends after its header block. ``HOLD``: nobody knows before the other side has answered."""

    NONE = 1
    LENGTH = 2
    CHUNKED = 3
    UNTIL_CLOSE = 4
    UNFRAMED = 5
    HOLD = 6


PHASES = {
    Framing.LENGTH: Phase.LENGTH,
    Framing.CHUNKED: Phase.CHUNK_SIZE,
    Framing.UNTIL_CLOSE: Phase.UNTIL_CLOSE,
    Framing.UNFRAMED: Phase.UNFRAMED,
}
"""What comes after a header block, where that is a body."""


class DirectionState:
    """One direction: what comes next, and the body being read."""

    __slots__ = ("at_line", "body", "end", "endless", "held", "phase", "scanned", "searched", "told", "trailers")

    def __init__(self) -> None:
        self.phase = Phase.HEAD
        self.body: Body | None = None
        self.end = 0
        self.scanned = 0
        self.searched = 0
        self.trailers = 0
        self.at_line = True
        self.held = False
        self.endless = False
        self.told = False

    def waits(self, buffer: bytearray) -> bool:
        """Whether a header block has begun (its first line was whole and fitted) and its end is still not there; only what is new is searched."""
        if self.phase is not Phase.HEAD or not self.scanned or buffer.find(b"\n", 0, self.scanned) < 0:
            return False
        if head_end(buffer, max(0, self.scanned - 3)) is not None:
            return False
        self.scanned = len(buffer)
        return True


def may_start(side: Side, buffer: bytearray) -> bool:
    """Whether the buffer can be the beginning of a start line."""
    if side is Side.SERVER:
        head = bytes(buffer[:5])
        return b"HTTP/".startswith(head) or b"ICY ".startswith(head[:4])
    return bool(TOKEN_SO_FAR.match(buffer)) and (len(buffer) < MAX_START_LINE or b"\n" in buffer[:MAX_START_LINE])


def short_line(cursor: Cursor) -> bytes | None:
    """A short line of the chunked framing; None where there is none within a kilobyte."""
    try:
        return cursor.line(1024)
    except Malformed:
        return None
