"""Cleartext HTTP/2 (RFC 9113, by prior knowledge or after an upgrade): the bodies of all streams.

Header fields stay compressed: HPACK (RFC 7541) has state from the connection's first byte on, and devices in homes do
not speak cleartext HTTP/2. So no path, status or login is reported; only its content shows what a body is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sensor.events import Enough, Skip, Transfer, Weird
from sensor.model import Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.http_body import Body, decode
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""RFC 9113 §3.4."""

DATA, HEADERS, RST_STREAM, GOAWAY = 0, 1, 3, 7
END_STREAM, PADDED = 0x1, 0x8
FRAME_LIMIT = 32 * 1024
"""Bytes read of a DATA frame: 16 KiB is the largest allowed by default (§4.2); the rest of longer ones is skipped."""

OPEN_STREAMS = 64
"""Streams read at a time; servers commonly allow 100, most of them idle."""

BODY_LIMIT = 64 * 1024
"""Bytes stored of one stream's body: all open streams of a connection together stay under 4 MiB."""


class Http2(StreamParser):
    """One connection of a client to a server."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._bodies: dict[tuple[Side, int], Body] = {}
        self._started = [False, False]

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One frame (§4.1), or the client's preface."""
        if side is Side.CLIENT and not self._started[side]:
            preface = cursor.peek(len(PREFACE))
            if PREFACE.startswith(preface):
                cursor.skip(len(PREFACE))
                self._started[side] = True
                return
        length, kind, flags, stream = cursor.u24(), cursor.u8(), cursor.u8(), cursor.u32() & 0x7FFFFFFF
        if not self._started[side] and (kind != 4 or stream):
            # §3.4: each side's first frame is SETTINGS.
            raise Malformed("a connection that does not begin with SETTINGS")
        if kind > 16 and length > 1 << 16:
            raise Malformed("a long frame of an unknown kind")
        read_length = min(length, FRAME_LIMIT)
        data = cursor.take(read_length)
        self._started[side] = True
        if kind == DATA and stream:
            yield from self._data(side, stream, flags, data, length)
        elif kind == HEADERS and flags & END_STREAM:
            yield from self._end(side, stream, complete=True)
        elif kind == RST_STREAM:
            for end in Side:
                yield from self._end(end, stream, complete=False)
        elif kind == GOAWAY:
            yield Weird(name="http2_goaway", detail=f"error {int.from_bytes(data[4:8], 'big')}")
        if length > read_length:
            yield Skip(side, length - read_length)

    def _data(self, side: Side, stream: int, flags: int, data: bytes, length: int) -> Iterator[Parsed]:
        """§6.1."""
        if flags & PADDED and data:
            data = data[1 : max(1, len(data) - data[0])]
        body = self._bodies.get((side, stream))
        if body is None and len(self._bodies) < OPEN_STREAMS:
            body = self._bodies[side, stream] = Body(self._offsets[side], None)
        if body is not None:
            free = BODY_LIMIT - len(body.data)
            body.add(data[: max(free, 0)])
            body.passed(len(data) - len(data[: max(free, 0)]) + max(0, length - FRAME_LIMIT))
        if flags & END_STREAM:
            yield from self._end(side, stream, complete=True)

    def _end(self, side: Side, stream: int, *, complete: bool) -> Iterator[Parsed]:
        body = self._bodies.pop((side, stream), None)
        if body is None or not body.size:
            return
        data = bytes(body.data)
        if data.startswith(b"\x1f\x8b"):
            data = decode(data, ["gzip"]).data
        yield Transfer(side=side, application="http", size=body.size, data=data, complete=complete)

    def close(self) -> Iterator[Parsed]:
        """Report bodies that did not end."""
        for side, stream in list(self._bodies):
            yield from self._end(side, stream, complete=False)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Frame boundaries cannot be found again: report the bodies read so far."""
        yield from self.close()
        self.stop()
        yield Enough()


def recognise(opening: Opening) -> Match:
    """The client's preface; the server's SETTINGS alone are weak evidence."""
    client = opening.client
    if client.startswith(PREFACE[:18]):
        return Match.SURE
    if client and PREFACE.startswith(client):
        return Match.MORE
    if not client and re.match(rb"\0\0[\x00-\x7e]\x04\0\0\0\0\0", opening.server) and opening.server[2] % 6 == 0:
        return Match.WEAK
    return Match.NO


PROTOCOL = Protocol(
    name="http2", title="HTTP/2", parser=Http2, transports=frozenset({Transport.TCP}), recognise=recognise
)
