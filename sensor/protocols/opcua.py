"""OPC UA binary sessions that can be read: user-name logins with their answer, anonymous sessions.

OPC 10000-6 (encodings, UACP, secure conversation) and OPC 10000-4, clauses 5.6.3 and 7.36. Messages are readable
under policy None and, under every other one, in the mode Sign; the first message of a channel shows which it is. A
password that is encrypted for the server (encryptionAlgorithm set) gives no login.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Access, Enough, Login
from sensor.model import Secret, Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin

KINDS = frozenset({b"HEL", b"ACK", b"ERR", b"RHE", b"OPN", b"CLO", b"MSG"})
POLICY_NONE = b"http://opcfoundation.org/UA/SecurityPolicy#None"

SERVICE_FAULT, ACTIVATE_REQUEST, ACTIVATE_RESPONSE = 397, 467, 470
ANONYMOUS, USER_NAME = 321, 324
"""Numeric ids of binary encodings (OPC 10000-6, annex A.3)."""

SERVICES = (394, 856)
"""The first and the last id of a service's message (OPC 10000-6, annex A.3)."""

REFUSALS = {
    0x801F0000: "BadUserAccessDenied",
    0x80200000: "BadIdentityTokenInvalid",
    0x80210000: "BadIdentityTokenRejected",
}

CHUNK_LIMIT = 128 * 1024
"""Bytes of a chunk: 64 KiB is the usual buffer, 8,192 the least (OPC 10000-6, clause 7.1.2.3)."""

ITEMS = 64
"""Items of an array of a session's activation (certificates, locales)."""


class OpcUa(StreamParser):
    """A client and a server until a session is active."""

    LIMIT = CHUNK_LIMIT + 16

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending = PendingLogin()
        self._anonymous: Access | None = None
        self._request = self._anonymous_request = 0
        self._none = True

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One chunk: type, chunk kind, length; a session's activation fits in one."""
        kind, chunk, size = cursor.take(3), cursor.take(1), cursor.u32("little")
        if kind not in KINDS or not 8 <= size <= CHUNK_LIMIT:
            raise Malformed("not an OPC UA chunk")
        body = cursor.sub(size - 8)
        if kind == b"OPN":
            body.skip(4)
            self._none = _string(body) == POLICY_NONE
        elif kind == b"MSG" and not self._none and not _is_readable(body.peek(20)):
            self.stop()
            yield Enough()
        elif kind == b"MSG" and chunk == b"F":
            body.skip(12)
            request = body.u32("little")
            service = _node(body)
            if service == ACTIVATE_REQUEST and side is Side.CLIENT:
                self._request = request
                yield from self._activate(request, body)
            elif side is Side.SERVER and service in (ACTIVATE_RESPONSE, SERVICE_FAULT):
                body.skip(12)
                yield from self._answer(request, body.u32("little"))

    def _activate(self, request: int, body: Cursor) -> Iterator[Parsed]:
        """ActivateSession: header, client signature, certificates, locales, identity token."""
        _node(body)
        body.skip(16)
        _string(body)
        body.skip(4)
        _extension(body)
        for _ in range(2):
            _string(body)
        for parts in (2, 1):
            count = body.u32("little")
            if count != 0xFFFFFFFF:
                if count > ITEMS:
                    raise Malformed("too many items")
                for _ in range(count * parts):
                    _string(body)
        kind, token = _extension(body)
        here = self.here()
        if kind == ANONYMOUS:
            self._anonymous_request = request
            self._anonymous = Access(
                resource="opcua", action="activate session", granted=None, control=True, spans=(here,)
            )
        elif kind == USER_NAME:
            _string(token)
            name = _string(token).decode("utf-8", "backslashreplace")
            password, algorithm = _string(token), _string(token)
            if not algorithm:
                login = Login(
                    mechanism="password", username=name, secret=Secret(password), scheme="opcua-username", spans=(here,)
                )
                yield from self._pending.add(login, request)

    def _answer(self, request: int, result: int) -> Iterator[Parsed]:
        here = self.here()
        good = not result & 0x80000000
        if self._pending.awaits(request):
            accepted = True if good else False if result in REFUSALS else None
            basis = f"ActivateSession {result:08x}" + (f" {REFUSALS[result]}" if result in REFUSALS else "")
            yield from self._pending.answer(accepted, basis, here, key=request)
        elif self._anonymous is not None and request == self._anonymous_request:
            yield replace(self._anonymous, granted=good, status=result, spans=(*self._anonymous.spans, here))
            self._anonymous = None
        elif request != self._request:
            return
        if good:
            self.stop()
            yield Enough()

    def close(self) -> Iterator[Parsed]:
        """A login that was not answered."""
        return self._pending.unanswered()


def _is_readable(start: bytes) -> bool:
    """Whether a message's body is not encrypted: a NodeId of four bytes in namespace 0, behind channel, token, sequence
    number and request."""
    return start[16:18] == b"\1\0" and SERVICES[0] <= int.from_bytes(start[18:20], "little") <= SERVICES[1]


def _string(cursor: Cursor) -> bytes:
    """A String or ByteString: four bytes of length, -1 for null (OPC 10000-6, clause 5.2.2.4)."""
    size = cursor.u32("little")
    return b"" if size == 0xFFFFFFFF else cursor.take(size)


def _node(cursor: Cursor) -> int:
    """A NodeId's number; 0 where it is none (clause 5.2.2.9)."""
    form = cursor.u8() & 0x3F
    if form == 0:
        return cursor.u8()
    if form == 1:
        cursor.skip(1)
        return cursor.u16("little")
    cursor.skip(2)
    if form == 2:
        return cursor.u32("little")
    if form in (3, 5):
        _string(cursor)
    elif form == 4:
        cursor.skip(16)
    else:
        raise Malformed("unknown form of NodeId")
    return 0


def _extension(cursor: Cursor) -> tuple[int, Cursor]:
    """An ExtensionObject: its type and body (clause 5.2.2.15)."""
    kind = _node(cursor)
    if cursor.u8() == 0:
        return kind, Cursor(b"")
    return kind, cursor.sub(cursor.u32("little"))


def recognise(opening: Opening) -> Match:
    """A Hello with a length that fits, or a server's reverse one."""
    data = opening.client
    if len(data) < 8:
        return Match.MORE if data and any(word.startswith(data[:4]) for word in (b"HELF", b"OPNF")) else Match.NO
    size = int.from_bytes(data[4:8], "little")
    if data[:4] == b"HELF":
        return Match.SURE if 32 <= size <= 4128 else Match.NO
    return Match.SURE if data[:4] == b"OPNF" and data[16:35] == POLICY_NONE[:19] else Match.NO


PROTOCOL = Protocol(
    name="opcua",
    title="OPC UA",
    commands="what it controls",
    parser=OpcUa,
    recognise=recognise,
    ports=frozenset({4840}),
)
