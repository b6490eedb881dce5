"""Cassandra's native protocol (native_protocol_v1 to v5.spec): answered logins, use without one.

Version 5 puts frames into checksummed segments once the connection is set up (v5 spec, 2.3): its logins are in the
first segments after the last plain frame.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Access, Enough, Login, Span
from sensor.model import Secret, Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin
from sensor.parsing.sasl import readable

ERROR, STARTUP, READY, AUTHENTICATE, CREDENTIALS, QUERY = 0x00, 0x01, 0x02, 0x03, 0x04, 0x07
AUTH_CHALLENGE, AUTH_RESPONSE, AUTH_SUCCESS = 0x0E, 0x0F, 0x10
LAST_OPCODE = 0x10

BAD_CREDENTIALS, UNAUTHORIZED = 0x0100, 0x2100

COMPRESSED = 0x01
"""Flag of a frame with a compressed body; no frame before the end of a login has it."""

BODY_LIMIT = 64 * 1024
"""Bytes of a frame before the login is over: names and passwords; queries come after it."""

VERSIONS = range(1, 6)


class Cql(StreamParser):
    """``Login``: scheme ``plain`` (SASL, versions 2 to 5) or ``credentials`` (version 1)."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending = PendingLogin()
        self._startup: Span | None = None
        self._segments = [False, False]

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One frame: version and direction, flags, stream, opcode, length, body."""
        if self._segments[side]:
            cursor.skip(6)  # v5 2.3: length, flag and checksum of the segment before its frames
        version = cursor.u8()
        if version & 0x7F not in VERSIONS or bool(version & 0x80) is (side is Side.CLIENT):
            raise Malformed("not a frame of Cassandra's protocol")
        flags = cursor.u8()
        stream = cursor.u8() if version & 0x7F < 3 else cursor.u16()
        opcode, length = cursor.u8(), cursor.u32()
        if opcode > LAST_OPCODE or length > BODY_LIMIT:
            raise Malformed("a frame of an unknown kind, or a long one before the login")
        body = cursor.sub(length)
        if self._segments[side]:
            cursor.skip(4)
        self._segments[side] = version & 0x7F == 5 and (
            self._segments[side] or opcode in (STARTUP, READY, AUTHENTICATE)
        )
        if flags & COMPRESSED:
            yield from self._finish(None, None)
        elif side is Side.CLIENT:
            yield from self._request(stream, opcode, body)
        else:
            yield from self._response(stream, opcode, body)

    def _request(self, stream: int, opcode: int, body: Cursor) -> Iterator[Parsed]:
        if opcode == STARTUP:
            self._startup = self.here()
        elif opcode == CREDENTIALS:
            credentials = {body.text(body.u16()): body.take(body.u16()) for _ in range(min(body.u16(), 16))}
            if "password" in credentials:
                login = self._make_login("credentials", credentials.get("username", b""), credentials["password"])
                yield from self._pending.add(login, stream)
        elif opcode == AUTH_RESPONSE:
            fields = body.take(min(body.u32(), body.remaining)).split(b"\0")
            if len(fields) == 3:
                yield from self._pending.add(self._make_login("plain", fields[1], fields[2]), stream)
        elif opcode == QUERY and not self._pending:
            yield from self._finish(None, None)
        return

    def _make_login(self, scheme: str, user: bytes, secret: bytes) -> Login:
        return Login(
            mechanism="password", username=readable(user), secret=Secret(secret), scheme=scheme, spans=(self.here(),)
        )

    def _response(self, stream: int, opcode: int, body: Cursor) -> Iterator[Parsed]:
        if opcode == ERROR:
            refused = body.u32() in (BAD_CREDENTIALS, UNAUTHORIZED)
            yield from self._finish(False if refused else None, "ERROR after the login" if refused else None, stream)
        elif opcode == AUTH_SUCCESS:
            yield from self._finish(True, "AUTH_SUCCESS after the login", stream)
        elif opcode == AUTHENTICATE:
            self._startup = None
        elif opcode == READY:
            if self._startup is not None:
                # It answers the start-up: what the client sent before it was not asked for.
                spans = (self._startup, self.here())
                yield Access(resource="cassandra", action="connect", granted=True, control=True, spans=spans)
                yield from self._finish(None, None)
            else:
                yield from self._finish(True, "READY after the login", stream)

    def _finish(self, accepted: bool | None, basis: str | None, stream: int | None = None) -> Iterator[Parsed]:
        """Report the login, if there is one; later frames are of no interest."""
        if stream is not None:
            yield from self._pending.answer(accepted, basis, *((self.here(),) if basis else ()), key=stream)
        self.stop()
        yield Enough()

    def close(self) -> Iterator[Parsed]:
        """Report a login without an answer."""
        yield from self._pending.unanswered()


def _match_frame(data: bytes, direction: int) -> Match:
    version = data[0] & 0x7F
    if version not in VERSIONS or data[0] & 0x80 != direction:
        return Match.NO
    at = 3 if version < 3 else 4
    if len(data) < at + 5:
        return Match.MORE
    opcode, length = data[at], int.from_bytes(data[at + 1 : at + 5], "big")
    if data[1] & 0xE0 or opcode > LAST_OPCODE or length > BODY_LIMIT:
        return Match.NO
    if opcode == STARTUP and not direction:
        return Match.SURE if b"CQL_VERSION" in data[at + 5 : at + 105] else Match.NO
    if opcode == AUTH_RESPONSE and not direction:
        return Match.WEAK if data[at + 5 : at + 9] == (length - 4).to_bytes(4, "big") else Match.NO
    return Match.WEAK if opcode in (0x05, QUERY) and not direction else Match.NO


def recognise(opening: Opening) -> Match:
    """The client's first frame: a start-up with CQL's version; on Cassandra's port also an earlier or later frame."""
    if not opening.client:
        return Match.NO
    found = _match_frame(opening.client, 0)
    return found if found is Match.SURE or opening.server_port in _PORTS else Match.NO


_PORTS = frozenset({9042})
PROTOCOL = Protocol(name="cql", title="Cassandra", parser=Cql, recognise=recognise, ports=_PORTS)
