"""Directions of an HTTP/1.x connection: what comes next on each (RFC 9112 §6)."""

from __future__ import annotations

import enum

from sensor.parsing.formats.http_body import Body
from sensor.parsing.formats.http_headers import head_end


class Phase(enum.Enum):
    """The next element of one direction."""

    HEAD = 1
    LENGTH = 2
    CHUNK_SIZE = 3
    CHUNK = 4
    CHUNK_END = 5
    TRAILERS = 6
    UNTIL_CLOSE = 7
    UNFRAMED = 8
    """A request that should have a body but gives no length: lines until the next request or the response."""
    LOST = 9


class Framing(enum.Enum):
    """How a message ends after its header block. ``HOLD``: unknown before the response to a switch of protocols."""

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
"""The phase after a header block that a body follows."""


class DirectionState:
    """One direction of a connection: its phase, and the body being read.

    ``end`` is the offset at which the body or chunk ends; ``scanned`` the bytes of the buffer already searched for an
    end; ``searched`` the bytes skipped since a loss; ``endless`` a live stream of sound or pictures; ``reported``
    that its `body_end` was called before its end.
    """

    __slots__ = (
        "at_line_start",
        "awaiting_switch",
        "body",
        "end",
        "endless",
        "phase",
        "reported",
        "scanned",
        "searched",
        "trailers",
    )

    def __init__(self) -> None:
        self.phase = Phase.HEAD
        self.body: Body | None = None
        self.end = 0
        self.scanned = 0
        self.searched = 0
        self.trailers = 0
        self.at_line_start = True
        self.awaiting_switch = False
        self.endless = False
        self.reported = False

    def head_incomplete(self, buffer: bytearray) -> bool:
        """Whether a header block has begun (its first line is whole) without an end. Only new bytes are searched."""
        if self.phase is not Phase.HEAD or not self.scanned or buffer.find(b"\n", 0, self.scanned) < 0:
            return False
        if head_end(buffer, max(0, self.scanned - 3)) is not None:
            return False
        self.scanned = len(buffer)
        return True
