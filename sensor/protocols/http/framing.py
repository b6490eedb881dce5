"""Framing of HTTP/1.x (RFC 9112 §6): header blocks, bodies, and resynchronisation after a loss.

A body is taken as it comes, piece by piece, so that only a header block or a chunk's size line waits in a buffer. What
lies beyond the bound of a `Body` is skipped, in blocks. The last byte of a skipped body is read like any other: it ends
the body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sensor.events import Enough, Skip, Span, Weird
from sensor.lazy_pattern import expression
from sensor.model import Side
from sensor.parsing.cursor import Cursor, Malformed, NeedMore
from sensor.parsing.formats.http_body import Body
from sensor.parsing.formats.http_headers import MAX_START_LINE, Fields, head_end, parse_head, request_line, status_line
from sensor.parsing.parser import Parsed, StreamParser
from sensor.protocols.http._directions import PHASES, DirectionState, Framing, Phase

HEAD_LIMIT = 64 * 1024
"""Bytes of a header block: four times what strict servers take."""

MAX_LENGTH = 1 << 50
"""A petabyte: a longer Content-Length is no length, and sums of such stay clear of 64 bits."""

SKIP_BLOCK = 256 * 1024
"""Bytes skipped at a time: a skip counts as crossed from its beginning, so a body cut short appears at most this much
too large."""

MAX_TRAILERS = 64
"""Lines after the last chunk."""

LOST_LIMIT = 8 * 1024 * 1024
"""Bytes searched for a start line after a loss before the flow is given up: the rest of a large body that lost its
header."""

LONGEST_STATUS = 16
"""Bytes by which a status line is recognised, with the line end before it."""

START = {
    Side.CLIENT: expression(rb"(?:^|\n)(?=[A-Z][A-Z_-]{2,31} [^\r\n]{1,16384} HTTP/1\.[01]\r?\n)"),
    Side.SERVER: expression(rb"(?:^|\n)(?=HTTP/1\.[01] [1-9]\d\d[ \r\n])"),
}
SMALL_CHUNK = expression(rb"([0-9A-Fa-f]{1,2})\r\n")
"""The size of a chunk of at most 255 bytes, without extensions."""

LAST_CHUNK = b"0\r\n\r\n"
"""The last chunk and the end of a body without trailers."""

TOKEN_SO_FAR = expression(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}+(?:\Z|[ \t])")


class HttpStream(StreamParser):
    """Calls ``head`` for each header block, ``body_end`` for each body, ``lost`` when pairing is impossible."""

    LIMIT = HEAD_LIMIT

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._directions = (DirectionState(), DirectionState())

    def head(self, side: Side, line: bytes, fields: Fields, span: Span) -> Iterator[Parsed]:
        """A header block was read; calls `frame` with what follows it."""
        raise NotImplementedError

    def body_end(self, side: Side, body: Body, *, complete: bool, end: int) -> Iterator[Parsed]:
        """A body ended at offset ``end``; ``complete`` is False if bytes are missing or not read."""
        raise NotImplementedError

    def lost(self, side: Side) -> Iterator[Parsed]:
        """Header blocks of ``side`` may be missing: requests and responses can no longer be paired."""
        raise NotImplementedError

    def frame(self, side: Side, framing: Framing, length: int, kind: str | None, end: int) -> None:
        """Set what follows the header block before offset ``end``: ``length`` bytes (if LENGTH) of type ``kind``."""
        state = self._directions[side]
        state.phase = PHASES.get(framing, Phase.HEAD)
        state.awaiting_switch = framing is Framing.HOLD
        state.end = end + length
        state.at_line_start = True
        state.reported = False
        media = (kind or "").startswith(("video/", "audio/", "multipart/x-mixed-replace"))
        state.endless = media and framing in (Framing.CHUNKED, Framing.UNTIL_CLOSE)
        state.body = Body(end, kind) if state.phase is not Phase.HEAD else None

    def receive(self, side: Side, data: bytes) -> Iterator[Parsed]:
        """Small devices send a header block in many pieces: until it is whole, only its end is searched for."""
        buffer = self._buffers[side]
        buffer.extend(data)
        state = self._directions[side]
        if len(buffer) <= self.LIMIT and (state.head_incomplete(buffer) or self._is_beginning(side, state, buffer)):
            self._need[side] = len(buffer) + 1
            return iter(())
        return self._drain(side)

    def _is_beginning(self, side: Side, state: DirectionState, buffer: bytearray) -> bool:
        """Whether the buffer is the first piece of a request line, such as a method alone: nothing can be read yet."""
        if side is Side.SERVER or state.phase is not Phase.HEAD or self._stopped or b"\n" in buffer:
            return False
        if state.awaiting_switch or len(buffer) >= MAX_START_LINE or not TOKEN_SO_FAR.match(buffer):
            return False
        state.scanned = len(buffer)
        return True

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A header block, a piece of a body, or a line of its framing."""
        state = self._directions[side]
        phase = state.phase
        if phase is Phase.HEAD:
            return self._head(side, state, cursor)
        if phase is Phase.LENGTH or phase is Phase.CHUNK:
            return self._counted(side, state, cursor)
        if phase is Phase.CHUNK_SIZE:
            return self._chunk_size(side, state, cursor)
        if phase is Phase.CHUNK_END or phase is Phase.TRAILERS:
            return self._trailer(side, state, cursor)
        if phase is Phase.UNTIL_CLOSE:
            return self._until_close(side, state, cursor)
        if phase is Phase.UNFRAMED:
            return self._unframed(side, state, cursor)
        return self._resync(side, state, cursor)

    def _position(self, side: Side, cursor: Cursor) -> int:
        return self._offsets[side] + cursor.consumed

    def _head(self, side: Side, state: DirectionState, cursor: Cursor) -> Iterator[Parsed]:
        buffer = self._buffers[side]
        if state.awaiting_switch and not START[Side.CLIENT].match(buffer):
            return  # the client waits for a switch of protocols, or continues in HTTP
        if buffer[0] in b"\r\n":
            cursor.skip(1)  # RFC 9112 §2.2: empty lines before a start line are skipped
            return
        if not may_start(side, buffer):
            cursor.skip(1)
            yield from self._lose_sync(side)
            return
        end = head_end(buffer, max(0, state.scanned - 3))
        if end is None:
            state.scanned = len(buffer)
            raise NeedMore(len(buffer) + 1)
        state.scanned = 0
        line, fields = parse_head(cursor.take(end))
        start = self._offsets[side]
        if (request_line(line) if side is Side.CLIENT else status_line(line)) is None:
            yield Weird(name="http_start_line", detail="a header block without a request or status line")
            yield from self._lose_sync(side)
            return
        yield from self.head(side, line, fields, Span(side, start, start + end))

    def _counted(self, side: Side, state: DirectionState, cursor: Cursor) -> Iterator[Parsed]:
        """A piece of a body or chunk that ends at ``state.end``."""
        left = state.end - self._offsets[side]
        piece = cursor.take(min(cursor.remaining, left))
        left -= len(piece)
        body = state.body
        assert body is not None
        body.add(piece)
        if state.endless and not state.reported and body.full:
            state.reported = True
            yield from self.body_end(side, body, complete=False, end=self._position(side, cursor))
        if left > 1 and body.full:
            yield Skip(side, min(left - 1, SKIP_BLOCK))
        elif not left and state.phase is Phase.CHUNK:
            state.phase = Phase.CHUNK_END
        elif not left:
            yield from self._finish(side, self._position(side, cursor), complete=not body.lost)

    def _whole_chunks(self, side: Side, state: DirectionState, cursor: Cursor) -> bool:
        """Take the small chunks that are here whole, at once: each of them alone costs as much as a large one. Whether
        the body's end stood behind them and was taken, too.
        """
        buffer, body = self._buffers[side], state.body
        assert body is not None
        at, pieces = 0, []
        while found := SMALL_CHUNK.match(buffer, at):
            begin = found.end()
            end = begin + int(found[1], 16)
            if begin == end or buffer[end : end + 2] != b"\r\n":
                break
            pieces.append(buffer[begin:end])
            at = end + 2
        if pieces:
            body.add(b"".join(pieces))
            cursor.skip(at)
        if buffer[at : at + len(LAST_CHUNK)] != LAST_CHUNK:
            return False
        cursor.skip(len(LAST_CHUNK))
        # What follows rests on the empty line, as where it is read by itself.
        ending = Cursor(buffer, at + len(LAST_CHUNK) - 2, final=False)
        ending.skip(2)
        self._reading = (side, self._offsets[side] + at + len(LAST_CHUNK) - 2, ending)
        return True

    def _chunk_size(self, side: Side, state: DirectionState, cursor: Cursor) -> Iterator[Parsed]:
        if state.reported or not state.endless:
            if self._whole_chunks(side, state, cursor):
                body = state.body
                yield from self._finish(side, self._position(side, cursor), complete=not (body and body.lost))
                return
            if cursor.consumed:
                return
        line = short_line(cursor)
        size = line.partition(b";")[0].strip() if line is not None else b""
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,12}", size):
            yield Weird(name="http_chunk", detail="a chunk without a size")
            yield from self._lose_sync(side)
            if not cursor.consumed:
                cursor.skip(1)
            return
        state.end = self._position(side, cursor) + int(size, 16)
        state.trailers = 0
        state.phase = Phase.CHUNK if int(size, 16) else Phase.TRAILERS

    def _trailer(self, side: Side, state: DirectionState, cursor: Cursor) -> Iterator[Parsed]:
        line = short_line(cursor)
        if line is None or (line and state.phase is Phase.CHUNK_END) or state.trailers > MAX_TRAILERS:
            yield Weird(name="http_chunk", detail="a chunk longer than its size or endless trailers")
            yield from self._lose_sync(side)
            if not cursor.consumed:
                cursor.skip(1)
        elif state.phase is Phase.CHUNK_END:
            state.phase = Phase.CHUNK_SIZE
        elif line:
            state.trailers += 1
        else:
            body = state.body
            yield from self._finish(side, self._position(side, cursor), complete=not (body and body.lost))

    def _until_close(self, side: Side, state: DirectionState, cursor: Cursor) -> Iterator[Parsed]:
        body = state.body
        assert body is not None
        body.add(cursor.rest())
        if state.endless and body.full:
            state.body = None
            yield from self.body_end(side, body, complete=False, end=self._position(side, cursor))
            self.stop()
            yield Enough()
        elif body.full:
            yield Skip(side, SKIP_BLOCK)

    def skipped(self, side: Side, length: int) -> None:
        """Count the skipped bytes of a body."""
        super().skipped(side, length)
        body = self._directions[side].body
        if body is not None:
            body.passed(length)

    def _unframed(self, side: Side, state: DirectionState, cursor: Cursor) -> Iterator[Parsed]:
        buffer = self._buffers[side]
        body = state.body
        assert body is not None
        if state.at_line_start and TOKEN_SO_FAR.match(buffer):
            # It may be the next request line: only its end shows that.
            if b"\n" not in buffer and len(buffer) < MAX_START_LINE:
                raise NeedMore(len(buffer) + 1)
            if START[side].match(buffer):
                if head_end(buffer) is None:
                    raise NeedMore(len(buffer) + 1)
                yield from self._finish(side, self._offsets[side], complete=True)
                yield from self._head(side, state, cursor)
                return
        line_end = buffer.find(b"\n")
        state.at_line_start = line_end >= 0
        body.add(cursor.take(line_end + 1 if state.at_line_start else len(buffer)))
        if body.full or body.size > HEAD_LIMIT:
            yield from self._lose_sync(side)

    def response_began(self, side: Side) -> Iterator[Parsed]:
        """The other side answered: a body without a length is over, and a request to switch protocols is decided."""
        state = self._directions[side]
        state.awaiting_switch = False
        if state.phase is Phase.UNFRAMED:
            self._take_unframed(side)
            yield from self._finish(side, self._offsets[side], complete=True)

    def _take_unframed(self, side: Side) -> None:
        """The buffer belongs to a body without a length, unless it may be the next request."""
        state = self._directions[side]
        buffer = self._buffers[side]
        if state.body is not None and not (state.at_line_start and TOKEN_SO_FAR.match(buffer)):
            state.body.add(bytes(buffer))
            self._consume(side, len(buffer))

    def _finish(self, side: Side, end: int, *, complete: bool) -> Iterator[Parsed]:
        state = self._directions[side]
        body, state.body = state.body, None
        state.phase = Phase.HEAD
        if body is not None and not state.reported:
            yield from self.body_end(side, body, complete=complete, end=end)

    def _lose_sync(self, side: Side) -> Iterator[Parsed]:
        yield from self._finish(side, self._offsets[side], complete=False)
        state = self._directions[side]
        state.phase = Phase.LOST
        state.awaiting_switch = False
        state.scanned = 0
        yield from self.lost(side)

    def _resync(self, side: Side, state: DirectionState, cursor: Cursor) -> Iterator[Parsed]:
        """After a loss: find the next start line at the beginning of a line. No byte is searched twice."""
        buffer = self._buffers[side]
        last_line = buffer.rfind(b"\n", state.scanned)
        # A request line needs its end to be recognised; a status line needs its first bytes only.
        ended = last_line >= 0 or side is Side.SERVER
        found = (
            START[side].search(buffer, max(0, state.scanned - LONGEST_STATUS) if side is Side.SERVER else 0)
            if ended
            else None
        )
        if found:
            state.phase = Phase.HEAD
            state.searched = state.scanned = 0
            if found.end():
                cursor.skip(found.end())
            else:
                yield from self._head(side, state, cursor)
            return
        # The last line may be the beginning of a start line.
        passed = max(last_line, 0)
        if len(buffer) - passed > MAX_START_LINE + 16:
            passed = len(buffer)
        state.scanned = len(buffer) - passed
        if not passed:
            raise NeedMore(len(buffer) + 1)
        cursor.skip(passed)
        state.searched += passed
        if state.searched > LOST_LIMIT:
            self.stop()
            yield Enough()

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """A loss inside a body of known end leaves a hole in it; elsewhere the next start line is searched for. Of a
        request's header block the whole lines before the loss are read: what was cut short may hold a login.
        """
        state = self._directions[side]
        is_head = state.phase is Phase.HEAD
        if side is Side.CLIENT and is_head:
            yield from self._cut_head(side)
        self._consume(side, len(self._buffers[side]))
        position = self._offsets[side]
        self._offsets[side] = after = position + length
        self._need[side] = 0
        self._awaits_other[side] = False
        state.scanned = 0
        body = state.body
        if is_head:  # where its body ends is not known either
            yield from self._lose_sync(side)
        elif body is not None and state.phase in (Phase.LENGTH, Phase.CHUNK) and after <= state.end:
            body.lose(length)
            if after == state.end and state.phase is Phase.CHUNK:
                state.phase = Phase.CHUNK_END
            elif after == state.end:
                yield from self._finish(side, after, complete=False)
        elif body is not None and state.phase is Phase.UNTIL_CLOSE:
            body.lose(length)
        else:
            yield from self._lose_sync(side)

    def _cut_head(self, side: Side) -> Iterator[Parsed]:
        buffer = self._buffers[side]
        whole = bytes(buffer[: buffer.rfind(b"\n") + 1])
        if not whole or not START[side].match(whole):
            return
        line, fields = parse_head(whole)
        if request_line(line) is not None:
            start = self._offsets[side]
            yield from self.head(side, line, fields, Span(side, start, start + len(whole)))

    def end_bodies(self) -> Iterator[Parsed]:
        """The connection is over: bodies that end with it are whole, others are not."""
        for side in (Side.CLIENT, Side.SERVER):
            state = self._directions[side]
            body = state.body
            if body is not None:
                if state.phase is Phase.UNFRAMED:
                    self._take_unframed(side)
                open_end = state.phase in (Phase.UNTIL_CLOSE, Phase.UNFRAMED)
                yield from self._finish(side, self._offsets[side], complete=open_end and not body.lost)


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
