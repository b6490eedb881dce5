"""The bytes of an HTTP/1.x connection into header blocks and bodies: framing alone (RFC 9112 §6), and the way back to it after a loss.

A body is taken as it comes, piece by piece, so that nothing but a header block or a chunk's size line ever waits in a buffer; what lies
beyond the bound of a `Body` is skipped, in blocks. The last byte of a skipped body is read like any other: it is what ends the body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sensor.events import Enough, Skip, Span, Weird
from sensor.model import Side
from sensor.parsing.cursor import Cursor, NeedMore
from sensor.parsing.formats.http_body import Body
from sensor.parsing.formats.http_headers import MAX_START_LINE, Fields, head_end, parse_head, request_line, status_line
from sensor.parsing.parser import Said, StreamParser
from sensor.protocols.http.direction import (
    HEAD_LIMIT,
    LONGEST_STATUS,
    LOST_LIMIT,
    MAX_TRAILERS,
    PHASES,
    SKIP_BLOCK,
    START,
    TOKEN_SO_FAR,
    DirectionState,
    Framing,
    Phase,
    may_start,
    short_line,
)


class HttpStream(StreamParser):
    """Calls ``head`` for each header block and ``body_end`` for each body; ``lost`` when the pairing of both sides broke."""

    LIMIT = HEAD_LIMIT

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._ways = (DirectionState(), DirectionState())

    def head(self, side: Side, line: bytes, fields: Fields, span: Span) -> Iterator[Said]:
        """A header block was read; calls `frame` to say what follows it."""
        raise NotImplementedError

    def body_end(self, side: Side, body: Body, *, complete: bool, end: int) -> Iterator[Said]:
        """A body is over: it ended at the offset ``end``, or (``complete`` False) the rest will not come or is not awaited."""
        raise NotImplementedError

    def lost(self, side: Side) -> Iterator[Said]:
        """Header blocks of ``side`` may be missing: what is waiting for them will wait for ever."""
        raise NotImplementedError

    def frame(self, side: Side, framing: Framing, length: int, kind: str | None, end: int) -> None:
        """What follows the header block that ended at offset ``end``: a body of ``length`` bytes (if LENGTH) of media type ``kind``."""
        way = self._ways[side]
        way.phase = PHASES.get(framing, Phase.HEAD)
        way.held = framing is Framing.HOLD
        way.end = end + length
        way.at_line = True
        way.told = False
        media = (kind or "").startswith(("video/", "audio/", "multipart/x-mixed-replace"))
        way.endless = media and framing in (Framing.CHUNKED, Framing.UNTIL_CLOSE)
        way.body = Body(end, kind) if way.phase is not Phase.HEAD else None

    def receive(self, side: Side, data: bytes) -> Iterator[Said]:
        """Small devices send a header block in many pieces: until it ends, only its end is looked for."""
        buffer = self._buffers[side]
        buffer.extend(data)
        if len(buffer) <= self.LIMIT and self._ways[side].waits(buffer):
            self._need[side] = len(buffer) + 1
            return iter(())
        return self._drain(side)

    def message(self, side: Side, cursor: Cursor) -> Iterator[Said]:
        """A header block, a piece of a body, or a line of its framing."""
        way = self._ways[side]
        if way.phase is Phase.HEAD:
            yield from self._head(side, way, cursor)
        elif way.phase in (Phase.LENGTH, Phase.CHUNK):
            yield from self._counted(side, way, cursor)
        elif way.phase is Phase.CHUNK_SIZE:
            yield from self._chunk_size(side, way, cursor)
        elif way.phase in (Phase.CHUNK_END, Phase.TRAILERS):
            yield from self._trailer(side, way, cursor)
        elif way.phase is Phase.UNTIL_CLOSE:
            yield from self._until_close(side, way, cursor)
        elif way.phase is Phase.UNFRAMED:
            yield from self._unframed(side, way, cursor)
        else:
            yield from self._search(side, way, cursor)

    def _position(self, side: Side, cursor: Cursor) -> int:
        return self._offsets[side] + cursor.consumed

    def _head(self, side: Side, way: DirectionState, cursor: Cursor) -> Iterator[Said]:
        buffer = self._buffers[side]
        if way.held and not START[Side.CLIENT].match(buffer):
            return  # the client waits for a switch of protocols, but may instead go on in HTTP
        if buffer[0] in b"\r\n":
            cursor.skip(1)  # RFC 9112 §2.2: empty lines before a start line are passed over
            return
        if not may_start(side, buffer):
            cursor.skip(1)
            yield from self._lose(side)
            return
        end = head_end(buffer, max(0, way.scanned - 3))
        if end is None:
            way.scanned = len(buffer)
            raise NeedMore(len(buffer) + 1)
        way.scanned = 0
        line, fields = parse_head(cursor.take(end))
        start = self._offsets[side]
        if (request_line(line) if side is Side.CLIENT else status_line(line)) is None:
            yield Weird(name="http_start_line", detail="a header block without a request or status line")
            yield from self._lose(side)
            return
        yield from self.head(side, line, fields, Span(side, start, start + end))

    def _counted(self, side: Side, way: DirectionState, cursor: Cursor) -> Iterator[Said]:
        """A piece of a body or chunk that ends at ``way.end``."""
        left = way.end - self._offsets[side]
        piece = cursor.take(min(cursor.remaining, left))
        left -= len(piece)
        body = way.body
        assert body is not None
        body.add(piece)
        if way.endless and not way.told and body.full:
            way.told = True
            yield from self.body_end(side, body, complete=False, end=self._position(side, cursor))
        if left > 1 and body.full:
            yield Skip(side, min(left - 1, SKIP_BLOCK))
        elif not left and way.phase is Phase.CHUNK:
            way.phase = Phase.CHUNK_END
        elif not left:
            yield from self._finish(side, self._position(side, cursor), complete=not body.lost)

    def _chunk_size(self, side: Side, way: DirectionState, cursor: Cursor) -> Iterator[Said]:
        line = short_line(cursor)
        size = line.partition(b";")[0].strip() if line is not None else b""
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,12}", size):
            yield Weird(name="http_chunk", detail="a chunk without a size")
            yield from self._lose(side)
            if not cursor.consumed:
                cursor.skip(1)
            return
        way.end = self._position(side, cursor) + int(size, 16)
        way.trailers = 0
        way.phase = Phase.CHUNK if int(size, 16) else Phase.TRAILERS

    def _trailer(self, side: Side, way: DirectionState, cursor: Cursor) -> Iterator[Said]:
        line = short_line(cursor)
        if line is None or (line and way.phase is Phase.CHUNK_END) or way.trailers > MAX_TRAILERS:
            yield Weird(name="http_chunk", detail="a chunk longer than its size or endless trailers")
            yield from self._lose(side)
            if not cursor.consumed:
                cursor.skip(1)
        elif way.phase is Phase.CHUNK_END:
            way.phase = Phase.CHUNK_SIZE
        elif line:
            way.trailers += 1
        else:
            body = way.body
            yield from self._finish(side, self._position(side, cursor), complete=not (body and body.lost))

    def _until_close(self, side: Side, way: DirectionState, cursor: Cursor) -> Iterator[Said]:
        body = way.body
        assert body is not None
        body.add(cursor.rest())
        if way.endless and body.full:
            way.body = None
            yield from self.body_end(side, body, complete=False, end=self._position(side, cursor))
            self.stop()
            yield Enough()
        elif body.full:
            yield Skip(side, SKIP_BLOCK)

    def skipped(self, side: Side, length: int) -> None:
        """Count what was skipped of a body."""
        super().skipped(side, length)
        body = self._ways[side].body
        if body is not None:
            body.passed(length)

    def _unframed(self, side: Side, way: DirectionState, cursor: Cursor) -> Iterator[Said]:
        buffer = self._buffers[side]
        body = way.body
        assert body is not None
        if way.at_line and TOKEN_SO_FAR.match(buffer):
            # It may be the next request's line: that is known at its end.
            if b"\n" not in buffer and len(buffer) < MAX_START_LINE:
                raise NeedMore(len(buffer) + 1)
            if START[side].match(buffer):
                if head_end(buffer) is None:
                    raise NeedMore(len(buffer) + 1)
                yield from self._finish(side, self._offsets[side], complete=True)
                yield from self._head(side, way, cursor)
                return
        line_end = buffer.find(b"\n")
        way.at_line = line_end >= 0
        body.add(cursor.take(line_end + 1 if way.at_line else len(buffer)))
        if body.full or body.size > HEAD_LIMIT:
            yield from self._lose(side)

    def answered(self, side: Side) -> Iterator[Said]:
        """The other side answered: a body without a length is over, and what was held is free."""
        way = self._ways[side]
        way.held = False
        if way.phase is Phase.UNFRAMED:
            self._take_open(side)
            yield from self._finish(side, self._offsets[side], complete=True)

    def _take_open(self, side: Side) -> None:
        """What waits of a body without a length belongs to it, unless it may be the next request."""
        way = self._ways[side]
        buffer = self._buffers[side]
        if way.body is not None and not (way.at_line and TOKEN_SO_FAR.match(buffer)):
            way.body.add(bytes(buffer))
            self._consume(side, len(buffer))

    def _finish(self, side: Side, end: int, *, complete: bool) -> Iterator[Said]:
        way = self._ways[side]
        body, way.body = way.body, None
        way.phase = Phase.HEAD
        if body is not None and not way.told:
            yield from self.body_end(side, body, complete=complete, end=end)

    def _lose(self, side: Side) -> Iterator[Said]:
        yield from self._finish(side, self._offsets[side], complete=False)
        way = self._ways[side]
        way.phase = Phase.LOST
        way.held = False
        way.scanned = 0
        yield from self.lost(side)

    def _search(self, side: Side, way: DirectionState, cursor: Cursor) -> Iterator[Said]:
        """After a loss: find the next start line at the beginning of a line. What was searched is not searched again."""
        buffer = self._buffers[side]
        tail = buffer.rfind(b"\n", way.scanned)
        # A request line is only one with its end; a status line shows itself within its first bytes.
        ended = tail >= 0 or side is Side.SERVER
        found = (
            START[side].search(buffer, max(0, way.scanned - LONGEST_STATUS) if side is Side.SERVER else 0)
            if ended
            else None
        )
        if found:
            way.phase = Phase.HEAD
            way.searched = way.scanned = 0
            if found.end():
                cursor.skip(found.end())
            else:
                yield from self._head(side, way, cursor)
            return
        # The last line may be the beginning of a start line.
        passed = max(tail, 0)
        if len(buffer) - passed > MAX_START_LINE + 16:
            passed = len(buffer)
        way.scanned = len(buffer) - passed
        if not passed:
            raise NeedMore(len(buffer) + 1)
        cursor.skip(passed)
        way.searched += passed
        if way.searched > LOST_LIMIT:
            self.stop()
            yield Enough()

    def gap(self, side: Side, length: int) -> Iterator[Said]:
        """A loss inside a body of known end leaves only a hole in it; elsewhere the next start line is looked for."""
        way = self._ways[side]
        self._consume(side, len(self._buffers[side]))
        position = self._offsets[side]
        self._offsets[side] = after = position + length
        self._need[side] = 0
        self._held[side] = False
        way.scanned = 0
        body = way.body
        if body is not None and way.phase in (Phase.LENGTH, Phase.CHUNK) and after <= way.end:
            body.lose(length)
            if after == way.end and way.phase is Phase.CHUNK:
                way.phase = Phase.CHUNK_END
            elif after == way.end:
                yield from self._finish(side, after, complete=False)
        elif body is not None and way.phase is Phase.UNTIL_CLOSE:
            body.lose(length)
        else:
            yield from self._lose(side)

    def end_bodies(self) -> Iterator[Said]:
        """The connection is over: bodies that end with it are whole, others are not."""
        for side in (Side.CLIENT, Side.SERVER):
            way = self._ways[side]
            body = way.body
            if body is not None:
                if way.phase is Phase.UNFRAMED:
                    self._take_open(side)
                open_end = way.phase in (Phase.UNTIL_CLOSE, Phase.UNFRAMED)
                yield from self._finish(side, self._offsets[side], complete=open_end and not body.lost)
