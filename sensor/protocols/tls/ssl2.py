"""SSL 2.0 records: hellos, certificate, kind of cipher; also in SSL 2.0 form for SSL 3.0 and TLS.

The layout is that of the SSL 2.0 specification (Netscape, 1995), as RFC 6101 appendix E repeats its hello; RFC 5246
appendix E.2 has the ClientHello in SSL 2.0 form that offers SSL 3.0 or TLS. RFC 6176 forbids the protocol.
"""

from __future__ import annotations

from sensor.events import Span
from sensor.model import Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.tls_handshake import Negotiation
from sensor.parsing.formats.tls_hello import ClientHello, ServerHello
from sensor.parsing.parser import Match

CLIENT_HELLO, CLIENT_MASTER_KEY, SERVER_HELLO = 1, 2, 4

VERSION = 0x0002


def is_record(first: bytes) -> bool:
    """A record without padding begins with its highest bit set, which no TLS record does."""
    return bool(first) and first[0] >= 0x80


def record(cursor: Cursor) -> bytes:
    """One record's body: a header of two bytes without padding, of three with."""
    first = cursor.u8()
    if first >= 0x80:
        return cursor.take((first & 0x7F) << 8 | cursor.u8())
    length = (first & 0x3F) << 8 | cursor.u8()
    padding = cursor.u8()
    if padding > length:
        raise Malformed("SSL 2.0 padding longer than its record")
    return cursor.take(length)[: length - padding]


def _kinds(cursor: Cursor, length: int) -> tuple[int, ...]:
    body = cursor.take(length)
    return tuple(int.from_bytes(body[i : i + 3], "big") for i in range(0, length - 2, 3))


def _client_hello(cursor: Cursor) -> ClientHello:
    version = cursor.u16()
    kinds, session, challenge = cursor.u16(), cursor.u16(), cursor.u16()
    offered = _kinds(cursor, kinds)
    cursor.skip(session + challenge)
    # A kind beyond two bytes is one of SSL 2.0's own.
    old = version == VERSION or any(kind > 0xFFFF for kind in offered)
    return ClientHello(version, offered, versions=tuple(dict.fromkeys((version, *((VERSION,) if old else ())))))


class Ssl2:
    """The SSL 2.0 records of a connection, read for its negotiation."""

    def __init__(self, negotiation: Negotiation) -> None:
        self._negotiation = negotiation
        self._negotiation.fingerprints = False
        self._keyed = False
        self._behind_key = 0
        self.agreed = False
        """The server answered in SSL 2.0 too: all that follows is."""

    def record(self, side: Side, body: bytes, place: Span) -> bool:
        """Use one record; whether nothing more can be learned. Raises `Malformed`."""
        negotiation = self._negotiation
        if self._keyed:
            # CLIENT-FINISHED is the first record behind the key, data the next.
            self._behind_key += side is negotiation.client_side
            if self._behind_key > 1:
                negotiation.protected_data(place)
            return negotiation.decided
        cursor = Cursor(body)
        kind = cursor.u8()
        if kind == CLIENT_HELLO and negotiation.client is None:
            negotiation.client, negotiation.client_side = _client_hello(cursor), side
            negotiation.rests_on(place)
        elif kind == SERVER_HELLO:
            self._server_hello(cursor, side, place)
        elif kind == CLIENT_MASTER_KEY and self.agreed:
            negotiation.server = ServerHello(VERSION, VERSION, cursor.u24())
            self._keyed = True
        elif not negotiation.known:
            raise Malformed("not an SSL 2.0 hello")
        return False

    def _server_hello(self, cursor: Cursor, side: Side, place: Span) -> None:
        negotiation = self._negotiation
        cursor.skip(2)
        version, size, kinds, connection = cursor.u16(), cursor.u16(), cursor.u16(), cursor.u16()
        certificate, offered = cursor.take(size), _kinds(cursor, kinds)
        cursor.skip(connection)
        if version != VERSION:
            raise Malformed("SSL 2.0 ServerHello of another version")
        self.agreed = True
        negotiation.certificates = (certificate,) if certificate else ()
        # The client chooses, in CLIENT-MASTER-KEY; until then the server's kind is the guess where it is the only one.
        if len(offered) == 1:
            negotiation.server = ServerHello(VERSION, VERSION, offered[0])
        if negotiation.client is None:
            negotiation.client_side = side.other
        negotiation.rests_on(place)


def fits(data: bytes) -> Match:
    """How well the first bytes of a side fit an SSL 2.0 hello: all its lengths must add up."""
    if len(data) < 11:
        return Match.MORE if len(data) < 3 or data[2] in (CLIENT_HELLO, SERVER_HELLO) else Match.NO
    length = (data[0] & 0x7F) << 8 | data[1]
    if data[2] == CLIENT_HELLO:
        version, kinds, session, challenge = (int.from_bytes(data[i : i + 2], "big") for i in (3, 5, 7, 9))
        sound = (
            version in (VERSION, 0x0300, 0x0301, 0x0302, 0x0303) and kinds and not kinds % 3 and 16 <= challenge <= 32
        )
        return Match.SURE if sound and 9 + kinds + session + challenge == length else Match.NO
    if data[2] == SERVER_HELLO and len(data) >= 13:
        version, size, kinds, connection = (int.from_bytes(data[i : i + 2], "big") for i in (5, 7, 9, 11))
        return Match.SURE if version == VERSION and 11 + size + kinds + connection == length else Match.NO
    return Match.MORE if data[2] == SERVER_HELLO else Match.NO
