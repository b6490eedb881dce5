"""PostgreSQL start-ups: a login with the server's answer, or use without one.

PostgreSQL documentation, "Frontend/Backend Protocol" (3.0 and later). An accepted SSLRequest hands over to TLS. What
``Login.secret`` holds: the password (``password``), ``$postgres$`` user ``*`` salt ``*`` response without its ``md5``
(``md5``; hashcat mode 11100), and for SASL what `sensor.parsing.sasl` gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sensor.events import Access, Enough, Event, Login, Span, Upgrade
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin
from sensor.parsing.sasl import SaslExchange

CANCEL, SSL, GSS = 80877102, 80877103, 80877104
"""Codes that stand where a start-up has its version: 1234 in the upper half."""

OK, CLEARTEXT, MD5, GSSAPI, GSS_CONTINUE, SSPI, SASL, SASL_CONTINUE, SASL_FINAL = 0, 3, 5, 7, 8, 9, 10, 11, 12
"""Authentication requests of the server."""

REFUSALS = frozenset({"28P01", "28000"})
"""SQLSTATE invalid_password and invalid_authorization_specification."""

STARTUP_LIMIT = 10_000
"""Bytes of a start-up packet: the server's own bound (MAX_STARTUP_PACKET_LENGTH)."""


class Postgresql(StreamParser):
    """A connection until the server is ready for queries; the queries are not read."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._username: str | None = None
        self._startup: Span | None = None
        self._encrypting = 0
        self._request = -1
        self._salt = b""
        self._pending = PendingLogin()
        self._exchange: SaslExchange | None = None

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One message: a type byte (none in a start-up), four bytes of length that count themselves, the payload."""
        if side is Side.SERVER and self._encrypting:
            yield from self._encryption(cursor)
            return
        if side is Side.CLIENT and cursor.peek(1) == b"\0":
            length = cursor.u32()
            if not 8 <= length <= STARTUP_LIMIT:
                raise Malformed("start-up packet of an impossible length")
            yield from self._start(cursor.sub(length - 4))
            return
        kind = cursor.take(1)
        length = cursor.u32()
        if not 4 <= length <= self.LIMIT - 1:
            raise Malformed("message of an impossible length")
        fields = cursor.sub(length - 4)
        if side is Side.CLIENT:
            yield from self._answer(fields) if kind == b"p" else self._over()
        elif kind == b"R":
            yield from self._authentication(fields)
        elif kind == b"E":
            code = _error_code(fields)
            yield from self._end(False if code in REFUSALS else None, f"ErrorResponse {code}")
            yield from self._over()
        elif kind == b"S":
            if fields.until(b"\0", 256) == b"server_version":
                yield from attribute_events("postgresql.version", fields.rest(), Side.SERVER)
        elif kind == b"Z":
            yield from self._over()

    def _over(self) -> Iterator[Parsed]:
        self.stop()
        yield Enough()

    def _start(self, fields: Cursor) -> Iterator[Parsed]:
        code = fields.u32()
        if code in (SSL, GSS):
            self._encrypting = code
            return
        if code == CANCEL:
            yield from self._over()
            return
        if code >> 16 != 3:
            raise Malformed("not a version of the protocol")
        self._startup = self.here()
        for _ in range(STARTUP_LIMIT):
            key = fields.until(b"\0", STARTUP_LIMIT)
            if not key:
                break
            value = fields.until(b"\0", STARTUP_LIMIT)
            if key == b"user":
                self._username = value.decode("utf-8", "backslashreplace")

    def _encryption(self, cursor: Cursor) -> Iterator[Parsed]:
        """One byte answers an SSLRequest or GSSENCRequest; an old server answers with an error message."""
        answer = cursor.peek(1)
        request, self._encrypting = self._encrypting, 0
        if answer == b"E":
            yield from self._over()
            return
        cursor.skip(1)
        if answer == b"S" and request == SSL:
            self.stop()
            yield Upgrade("tls")
        elif answer == b"G" and request == GSS:
            yield from self._over()
        elif answer != b"N":
            raise Malformed("no answer to a request for encryption")

    def _authentication(self, fields: Cursor) -> Iterator[Parsed]:
        request = fields.u32()
        if request == OK:
            yield from self._end(True, "AuthenticationOk after password")
            return
        self._request = request if request not in (SASL_CONTINUE, SASL_FINAL, GSS_CONTINUE) else self._request
        if request == MD5:
            self._salt = fields.take(4)
        elif request in (SASL_CONTINUE, GSS_CONTINUE) and self._exchange is not None:
            yield from self._exchange.challenge(fields.rest())

    def _answer(self, fields: Cursor) -> Iterator[Parsed]:
        """A password message; the server's authentication request says what it holds."""
        here = self.here()
        if self._request in (SASL, GSSAPI, SSPI):
            if self._exchange is None:
                mechanism = fields.until(b"\0", 64) if self._request == SASL else b"GSSAPI"
                self._exchange = SaslExchange(mechanism, here)
                if self._request == SASL and fields.u32() == 0xFFFFFFFF:
                    return
            yield from self._exchange.response(fields.rest(), here)
            return
        password = fields.rest().removesuffix(b"\0")
        login = Login(
            mechanism="password", username=self._username, secret=None, scheme="password", spans=self._spans(here)
        )
        if self._request == CLEARTEXT:
            yield from self._pending.add(replace(login, secret=Secret(password)))
        elif self._request == MD5 or (self._request == -1 and password.startswith(b"md5") and len(password) == 35):
            text = f"$postgres${self._username or ''}*{self._salt.hex()}*".encode() + password.removeprefix(b"md5")
            yield from self._pending.add(replace(login, secret=Secret(text), scheme="md5", clear=False))

    def _spans(self, *more: Span) -> tuple[Span, ...]:
        return (self._startup, *more) if self._startup is not None else more

    def _end(self, accepted: bool | None, basis: str | None) -> Iterator[Parsed]:
        """Report the login with its answer, or access without one."""
        here = self.here()
        if self._exchange is not None:
            for login in self._exchange.logins(accepted, basis, here):
                # RFC 7677's user name is empty here: the server takes the one of the start-up.
                yield replace(login, username=login.username or self._username, spans=self._spans(*login.spans))
        elif self._pending:
            yield from self._pending.answer(accepted, basis, here)
        elif self._startup is not None and basis is not None and self._request == -1:
            yield from attribute_events("postgresql.user", self._username or "", Side.CLIENT)
            yield Access(
                resource="postgresql", action="connect", granted=accepted is True, control=True, spans=self._spans(here)
            )
        self._exchange = None

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """A login inside a SASL or SSPI exchange waits for the server's answer."""
        return self._exchange.from_inner(event) if self._exchange is not None else (event,)

    def close(self) -> Iterator[Parsed]:
        """A login that was not answered."""
        if self._pending:
            yield from self._pending.unanswered()
        elif self._exchange is not None:
            for login in self._exchange.logins(None, None, None):
                yield replace(login, username=login.username or self._username)
        self._exchange = None


def _error_code(fields: Cursor) -> str:
    """The SQLSTATE among an ErrorResponse's fields, each a type byte and a string."""
    while fields.remaining:
        kind = fields.u8()
        if not kind:
            break
        value = fields.until(b"\0", StreamParser.LIMIT)
        if kind == 0x43:
            return value[:5].decode("ascii", "backslashreplace")
    return ""


def recognise(opening: Opening) -> Match:
    """A request for encryption or a start-up; on the protocol's port an authentication in mid-stream will do."""
    data = opening.client
    if data[:1] == b"\0":
        for code in (SSL, GSS):
            request = b"\0\0\0\x08" + code.to_bytes(4, "big")
            if data.startswith(request) or request.startswith(data):
                return Match.SURE if len(data) >= 8 else Match.MORE
        return _startup(data)
    if 5432 in (opening.client_port, opening.server_port) and (
        data[:3] == b"p\0\0" or (not data and opening.server[:4] == b"R\0\0\0")
    ):
        return Match.WEAK
    return Match.NO


def _startup(data: bytes) -> Match:
    """Length, version 3.x, then parameters that begin with a lower-case name."""
    if len(data) < 9:
        return Match.MORE if b"\0\0".startswith(data[:2]) and b"\0\3\0".startswith(data[4:7]) else Match.NO
    length = int.from_bytes(data[:4], "big")
    if not 9 <= length <= STARTUP_LIMIT or data[4:7] != b"\0\3\0" or not 0x61 <= data[8] <= 0x7A:
        return Match.NO
    name = data[8:24].split(b"\0")[0]
    return (
        Match.SURE
        if name in (b"user", b"database", b"replication", b"client_encoding", b"options", b"application_name")
        else Match.WEAK
    )


PROTOCOL = Protocol(
    name="postgresql",
    title="PostgreSQL",
    commands="its database",
    parser=Postgresql,
    recognise=recognise,
    ports=frozenset({5432}),
)
