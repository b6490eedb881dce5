"""WebSocket after its handshake (RFC 6455, RFC 7692): messages, logins in them, MQTT inside them.

Whether messages may be compressed (permessage-deflate) was agreed in the handshake, which another parser read: a frame
says it too (RSV1), and one window for all messages reads those of a peer that resets it as well. A login in a message
has no answer of a known form: ``accepted`` stays None.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from sensor.events import DATA_LIMIT, Inner, Skip, Span, Transfer, Weird
from sensor.model import Side, Transport
from sensor.parsing.credentials.http_fields import BODY_LIMIT, json_credentials
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Parsed, Protocol, StreamParser
from sensor.parsing.repeated_messages import MessageFolding
from sensor.reserves import UnpackingReserve

CONTINUATION, TEXT, BINARY, CLOSE = 0, 1, 2, 8
FIN, DEFLATED, RESERVED, CONTROL, MASKED = 0x80, 0x40, 0x30, 0x08, 0x80
CONTROL_LIMIT = 125
"""RFC 6455 §5.5."""

FLUSH = b"\0\0\xff\xff"
"""RFC 7692 §7.2.2: taken off the end of each message."""

KINDS = {TEXT: "text", BINARY: "binary"}


class _DirectionState:
    """One direction: the frame being read and the message it belongs to."""

    __slots__ = (
        "buffer",
        "deflated",
        "end",
        "fin",
        "inflater",
        "key",
        "kind",
        "lost",
        "message",
        "size",
        "start",
    )

    def __init__(self) -> None:
        self.end = -1
        """Offset where the payload being read ends; -1 between frames."""
        self.fin = False
        self.key = b""
        self.buffer = bytearray()
        self.start = 0
        self.kind = 0
        self.deflated = False
        self.message = bytearray()
        self.size = 0
        self.lost = False
        self.inflater: zlib._Decompress | None = zlib.decompressobj(-15)


class WebSocket(StreamParser):
    """One connection after its switch. ``INNER`` names the protocol in its messages."""

    INNER: str | None = None

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._directions = (_DirectionState(), _DirectionState())
        self._folding = MessageFolding()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A frame's header, or a piece of its payload."""
        state = self._directions[side]
        if state.end < 0:
            yield from self._header(side, state, cursor)
        else:
            yield from self._payload(side, state, cursor)

    def _header(self, side: Side, state: _DirectionState, cursor: Cursor) -> Iterator[Parsed]:
        """RFC 6455 §5.2."""
        first, second = cursor.u8(), cursor.u8()
        length = second & 0x7F
        if length == 126:
            length = cursor.u16()
        elif length == 127:
            length = cursor.u64()
        key = cursor.take(4) if second & MASKED else b""
        opcode = first & 0x0F
        control = bool(opcode & CONTROL)
        if first & RESERVED or length >> 62 or opcode & 7 > BINARY:
            raise Malformed("a frame with reserved bits, opcode or length")
        if control:
            if length > CONTROL_LIMIT or not first & FIN:
                raise Malformed("a control frame that is long or in pieces")
            # Pings, pongs and a close may stand between the pieces of a message (§5.4).
            cursor.skip(length)
            return
        if opcode != CONTINUATION:
            state.kind = opcode
            state.deflated = bool(first & DEFLATED)
            state.message.clear()
            state.size = 0
            state.lost = False
            state.start = self._offsets[side]
        state.fin = bool(first & FIN)
        state.key = key
        state.buffer.clear()
        state.end = self._offsets[side] + cursor.consumed + length
        if not length:
            yield from self._frame_end(side, state)

    def _payload(self, side: Side, state: _DirectionState, cursor: Cursor) -> Iterator[Parsed]:
        left = state.end - self._offsets[side]
        piece = cursor.take(min(cursor.remaining, left))
        left -= len(piece)
        room = DATA_LIMIT - len(state.message) - len(state.buffer)
        state.size += len(piece)
        if room < len(piece):
            state.lost = True
        if not state.lost:
            state.buffer += piece
        if not left:
            yield from self._frame_end(side, state)
        elif state.lost and left > 1:
            yield Skip(side, left - 1)

    def skipped(self, side: Side, length: int) -> None:
        """Count the rest of a long message."""
        super().skipped(side, length)
        self._directions[side].size += length

    def _frame_end(self, side: Side, state: _DirectionState) -> Iterator[Parsed]:
        end, state.end = state.end, -1
        state.message += _unmasked(state.buffer, state.key)
        state.buffer.clear()
        if state.fin and state.kind:
            yield from self._message_end(side, state, Span(side, state.start, end))

    def _message_end(self, side: Side, state: _DirectionState, span: Span) -> Iterator[Parsed]:
        kind, state.kind = state.kind, 0
        data = bytes(state.message)
        if state.deflated:
            inflated = None if state.lost else _inflated(state, data, self.unpacking)
            if inflated is None:
                if state.inflater is not None:
                    state.inflater = None
                    yield Weird(
                        name="websocket_compression",
                        detail="compressed messages can no longer be read: a piece is missing, "
                        "or they grow beyond all proportion",
                    )
                data = b""
            else:
                data = inflated
        if self.INNER is not None:
            if not state.lost:
                yield Inner(data, self.INNER, side)
            return
        size = self._folding.add(side, KINDS.get(kind, "binary"), state.size, data)
        if size is not None:
            yield Transfer(
                side=side, application="websocket", size=size, data=data, complete=not state.lost, spans=(span,)
            )
        if side is Side.CLIENT and kind == TEXT and data[:1] in (b"{", b"[") and len(data) <= BODY_LIMIT:
            for found in json_credentials(data):
                yield found.login(spans=(span,))

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """A loss inside a payload costs that message; elsewhere the next frame cannot be found."""
        state = self._directions[side]
        if state.end < 0 or self._offsets[side] + length > state.end:
            raise Malformed(f"{length} bytes lost")
        self._offsets[side] += length
        state.size += length
        state.lost = True
        if self._offsets[side] == state.end:
            yield from self._frame_end(side, state)

    def close(self) -> Iterator[Parsed]:
        """The sizes of folded messages not reported yet."""
        for side, _, size in self._folding.rest():
            yield Transfer(side=side, application="websocket", size=size)


class MqttWebSocket(WebSocket):
    """MQTT control packets in binary frames, not aligned with them (MQTT 5.0 §6)."""

    INNER = "mqtt"


def _unmasked(data: bytearray, key: bytes) -> bytes:
    """RFC 6455 §5.3: each byte XOR the key's, which repeats."""
    if not key or not data:
        return bytes(data)
    stream = key * (len(data) // 4 + 1)
    return (int.from_bytes(data, "little") ^ int.from_bytes(stream[: len(data)], "little")).to_bytes(
        len(data), "little"
    )


def _inflated(state: _DirectionState, data: bytes, reserve: UnpackingReserve) -> bytes | None:
    """RFC 7692 §7.2.2; None where the window is lost or the message is a bomb."""
    if state.inflater is None:
        return None
    try:
        plain = state.inflater.decompress(data + FLUSH, reserve.limit(len(data), DATA_LIMIT))
    except zlib.error:
        return None
    reserve.grew(len(data), len(plain), DATA_LIMIT)
    if state.inflater.unconsumed_tail:
        return None
    if state.inflater.eof:
        # A final block ends the stream; the next message begins a new one.
        state.inflater = zlib.decompressobj(-15)
    return plain


PROTOCOLS = (
    Protocol(name="websocket", title="WebSocket", parser=WebSocket, transports=frozenset({Transport.TCP})),
    Protocol(name="websocket-mqtt", title="MQTT", parser=MqttWebSocket, transports=frozenset({Transport.TCP})),
)
