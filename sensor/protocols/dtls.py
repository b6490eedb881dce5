"""DTLS: the readable handshake of an association, with certificates up to 1.2 and alerts.

RFC 6347, RFC 9147, RFC 5764. ``established``: protected application data followed, or media that RFC 5764 keys by the
handshake (SRTP beside it on the same flow).
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Enough
from sensor.model import Protection, Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.tls_handshake import CLIENT_HELLO, HELLO_VERIFY, MESSAGE_LIMIT, SERVER_HELLO, Negotiation
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

CHANGE_CIPHER, ALERT, HANDSHAKE, APPLICATION, HEARTBEAT, WITH_ID = 20, 21, 22, 23, 24, 25

VERSIONS = (b"\xfe\xff", b"\xfe\xfd", b"\x01\x00")
"""On the record: 1.0, 1.2 (and 1.3 while it is readable), and OpenSSL's before 0.9.8f."""

DATAGRAMS_LIMIT = 256
"""Datagrams in which a handshake must end: twenty with losses and small fragments, the others are media beside it."""

OPEN_MESSAGES = 12
"""Incomplete messages of one side: no flight has more (RFC 6347 §4.2.4)."""

PIECES_LIMIT = 128
"""Fragments of one message: a chain of 64 KiB in packets of half a KiB."""

WATCHED_DATAGRAMS = 32
"""Datagrams after the server's first data in which the client's own are waited for."""

APPLICATION_EPOCH = 3
"""RFC 9147 §6.1: 2 protects the handshake, 3 the application's data."""


class _Message:
    """One handshake message in fragments. Memory is used for received bytes only, not for the announced length."""

    def __init__(self, kind: int, length: int) -> None:
        self.kind = kind
        self.length = length
        self._pieces: list[tuple[int, bytes]] = []
        self._received: list[tuple[int, int]] = []

    def add(self, start: int, data: bytes) -> bytes | None:
        """Add a fragment; return the body once it is whole. Of overlapping bytes the first copy counts."""
        if len(self._pieces) < PIECES_LIMIT:
            self._pieces.append((start, data))
            merged: list[tuple[int, int]] = []
            for low, high in sorted([*self._received, (start, start + len(data))]):
                if merged and low <= merged[-1][1]:
                    merged[-1] = (merged[-1][0], max(merged[-1][1], high))
                else:
                    merged.append((low, high))
            self._received = merged
        if self._received != [(0, self.length)]:
            return None
        body = bytearray(self.length)
        for begin, piece in reversed(self._pieces):
            body[begin : begin + len(piece)] = piece
        return bytes(body)


class Dtls(DatagramParser):
    """One association, until the end of its readable part."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._negotiation = Negotiation("dtls", "d")
        self._incomplete: tuple[dict[int, _Message], dict[int, _Message]] = ({}, {})
        self._complete: tuple[set[int], set[int]] = (set(), set())
        self._protected = [False, False]
        self._datagrams = self._datagrams_since = 0
        self._reported = self._server_closed = False

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """All records of one datagram."""
        negotiation = self._negotiation
        self._datagrams += 1
        self._datagrams_since += negotiation.decided
        first = cursor.peek(1)
        if first >= b"\x80":
            # RFC 7983: SRTP and SRTCP beside DTLS; below are STUN, ZRTP and TURN channels.
            if any(self._protected):
                self._data(side)
        elif b"\x14" <= first < b"\x40":
            while cursor.remaining and not negotiation.settled:
                if cursor.peek(1)[0] & 0xE0 == 0x20:
                    self._unified(side, cursor)
                else:
                    self._record(side, cursor)
        if (
            negotiation.settled
            or self._datagrams_since >= WATCHED_DATAGRAMS
            or self._datagrams >= DATAGRAMS_LIMIT
            or (not negotiation.known and self._protected[side])
        ):
            self._reported = True
            if negotiation.known:
                yield negotiation.event()
            yield Enough()

    def _unified(self, side: Side, cursor: Cursor) -> None:
        """An encrypted record of DTLS 1.3 (RFC 9147 §4). Its length is optional; nothing after it is readable."""
        epoch = cursor.rest()[0] & 0x03
        self._protected[side] = True
        if epoch == APPLICATION_EPOCH:
            # Data, an acknowledgement or an alert: which is hidden, so it does not say that the client accepts.
            self._negotiation.protected_data(self.here())

    def _closing(self, side: Side) -> None:
        """An encrypted alert, behind the Finished: the side closes."""
        if side is not self._negotiation.client_side:
            self._server_closed = True
        elif self._negotiation.server is not None and not self._server_closed:
            self._negotiation.client_left()

    def _data(self, side: Side) -> None:
        """Application data of a side."""
        if side is self._negotiation.client_side:
            self._negotiation.client_sent_data(self.here())
        else:
            self._negotiation.protected_data(self.here())

    def _record(self, side: Side, cursor: Cursor) -> None:
        kind, version = cursor.u8(), cursor.take(2)
        if not CHANGE_CIPHER <= kind <= WITH_ID or version not in VERSIONS:
            raise Malformed("not a DTLS record")
        epoch = cursor.u16()
        cursor.skip(6)
        if kind == WITH_ID:
            # RFC 9146: a connection id of unknown length stands before the length.
            cursor.skip(cursor.remaining)
            self._protected[side] = True
            return
        body = cursor.sub(cursor.u16())
        if epoch:
            if kind == APPLICATION:
                self._data(side)
            elif kind == ALERT:
                self._closing(side)
            self._protected[side] = True
        elif kind == HANDSHAKE:
            while body.remaining:
                self._fragment(side, body)
        elif kind == ALERT and body.remaining == 2:
            self._negotiation.alerted(body.u8(), body.u8(), self.here())

    def _fragment(self, side: Side, cursor: Cursor) -> None:
        """One fragment of a handshake message (RFC 6347 §4.2.2)."""
        kind, length, number, offset, size = cursor.u8(), cursor.u24(), cursor.u16(), cursor.u24(), cursor.u24()
        if length > MESSAGE_LIMIT or offset + size > length:
            raise Malformed("DTLS fragment beyond its message")
        data = cursor.take(size)
        if kind == HELLO_VERIFY or number in self._complete[side]:
            return
        incomplete = self._incomplete[side]
        message = incomplete.get(number)
        if message is None or message.kind != kind or message.length != length:
            if message is None and len(incomplete) >= OPEN_MESSAGES:
                return
            message = incomplete[number] = _Message(kind, length)
        body = message.add(offset, data)
        if body is not None:
            del incomplete[number]
            if len(self._complete[side]) < 2 * OPEN_MESSAGES:
                self._complete[side].add(number)
            self._negotiation.message(side, kind, body, self.here(), datagram=True)

    def close(self) -> Iterator[Parsed]:
        """Report a handshake that did not end."""
        if self._negotiation.known and not self._reported:
            yield self._negotiation.event()


def _match_record(data: bytes) -> Match:
    if len(data) < 13 or not CHANGE_CIPHER <= data[0] <= WITH_ID or data[1:3] not in VERSIONS:
        return Match.NO
    if data[0] == WITH_ID:
        return Match.WEAK
    length = int.from_bytes(data[11:13], "big")
    if not length or 13 + length > len(data):
        return Match.NO
    following = data[13 + length : 13 + length + 3]
    if (
        following
        and following[0] & 0xE0 != 0x20
        and not (CHANGE_CIPHER <= following[0] <= WITH_ID and following[1:] in VERSIONS)
    ):
        return Match.NO
    if data[0] == HANDSHAKE and data[3:5] == b"\0\0":
        return Match.SURE if data[13] in (CLIENT_HELLO, SERVER_HELLO, HELLO_VERIFY, 11, 12, 13, 14, 16) else Match.NO
    return Match.SURE


def _recognise(opening: Opening) -> Match:
    """The newest datagram of either side; media and STUN may share the flow."""
    return max((_match_record(data) for data in (opening.client, opening.server) if data), default=Match.NO)


PROTOCOL = Protocol(
    name="dtls",
    title="DTLS",
    parser=Dtls,
    transports=frozenset({Transport.UDP}),
    recognise=_recognise,
    opens=rb"[\x14-\x19]",
    ports=frozenset({443, 853, 2083, 4433, 4740, 5061, 5684, 6514, 10161, 10162}),
    protection=Protection.ENCRYPTED,
)
