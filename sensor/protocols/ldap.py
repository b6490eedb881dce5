"""LDAP binds: simple, SASL and Microsoft's NTLM logins with the directory's result; StartTLS.

RFC 4511 and RFC 4513, over UDP RFC 1798; Sicily binds by MS-ADTS 5.1.1.1.3. `sensor.parsing.sasl` documents
``Login.secret`` of SASL mechanisms. A bind with a name and no password is an "unauthenticated bind" (RFC 4513, clause
5.1.2): servers answer success and treat it as anonymous, so its ``accepted`` stays None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sensor.events import Access, Enough, Event, Login, Skip, Span, Upgrade
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Cursor, Malformed, NeedMore
from sensor.parsing.formats import ber
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Parser, Protocol, StreamParser
from sensor.parsing.pending import answered
from sensor.parsing.sasl import SaslExchange

BIND_REQUEST, BIND_RESPONSE, EXTENDED_REQUEST, EXTENDED_RESPONSE = 0x60, 0x61, 0x77, 0x78
OPERATIONS = frozenset(
    {
        0x60,
        0x61,
        0x42,
        0x63,
        0x64,
        0x65,
        0x73,
        0x66,
        0x67,
        0x68,
        0x69,
        0x4A,
        0x6B,
        0x6C,
        0x6D,
        0x6E,
        0x6F,
        0x50,
        0x77,
        0x78,
        0x79,
    }
)
"""RFC 4511, appendix B: the application tags of all operations."""

START_TLS = b"1.3.6.1.4.1.1466.20037"

SUCCESS, SASL_IN_PROGRESS = 0, 14
REFUSALS = {48: "inappropriateAuthentication", 49: "invalidCredentials"}
"""Results that concern the credentials (RFC 4511, appendix A.2)."""

SICILY = {0x8A: "negotiate", 0x8B: "response"}
"""Context tags of a bind that carries bare NTLMSSP messages."""

PENDING_LIMIT = 16
"""Binds without a result yet; RFC 4511 clause 4.2.1 allows one at a time."""


class _Directory(Parser):
    """A client and a directory, over either transport."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending: dict[int, Login | Access] = {}
        self._exchange: SaslExchange | None = None
        self._in_progress = False
        self._first_response = b""
        self._start_tls: int | None = None
        self._security_layer = False

    def read(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One LDAPMessage (RFC 4511, clause 4.1.1); operations other than binds are skipped."""
        tag, length = ber.header(cursor)
        if tag != ber.SEQUENCE:
            raise Malformed("not an LDAP message")
        end = cursor.consumed + length
        identifier = ber.expect(cursor, ber.INTEGER).integer()
        operation, _ = ber.header(cursor)
        if operation not in OPERATIONS:
            raise Malformed("not an LDAP operation")
        left = end - cursor.consumed
        if left < 0:
            raise Malformed("LDAP operation longer than its message")
        if operation not in (BIND_REQUEST, BIND_RESPONSE, EXTENDED_REQUEST, EXTENDED_RESPONSE):
            yield Skip(side, left)
            return
        fields = cursor.sub(left)
        if operation == BIND_REQUEST and side is Side.CLIENT:
            yield from self._bind(identifier, fields)
        elif operation == BIND_RESPONSE and side is Side.SERVER:
            yield from self._result(identifier, fields)
        elif operation == EXTENDED_REQUEST and side is Side.CLIENT:
            name = ber.read(fields)
            self._start_tls = identifier if name.tag == 0x80 and name.body == START_TLS else self._start_tls
        elif operation == EXTENDED_RESPONSE and side is Side.SERVER and identifier == self._start_tls:
            self._start_tls = None
            if ber.expect(fields, ber.ENUMERATED).integer() == SUCCESS:
                yield Upgrade("tls")

    def _bind(self, identifier: int, fields: Cursor) -> Iterator[Parsed]:
        ber.expect(fields, ber.INTEGER)
        name = ber.expect(fields, ber.OCTET_STRING).text()
        choice = ber.read(fields)
        here = self.here()
        if choice.tag == 0x80:
            yield from self._end_exchange(None, None, None)
            attempt: Login | Access = Access(resource="ldap", action="bind", granted=None, spans=(here,))
            if name or choice.body:
                attempt = Login(
                    mechanism="password",
                    username=name or None,
                    secret=Secret(choice.body),
                    scheme="simple",
                    spans=(here,),
                )
            if identifier in self._pending:
                # RFC 4511 4.1.1.1: the number of an outstanding request is not used again. A result decides neither.
                yield from _unanswered(self._pending.pop(identifier))
                yield from _unanswered(attempt)
                return
            if len(self._pending) >= PENDING_LIMIT:
                yield from _unanswered(self._pending.pop(next(iter(self._pending))))
            self._pending[identifier] = attempt
        elif choice.tag == 0xA3:
            parts = choice.children()
            if not parts:
                raise Malformed("SASL bind without a mechanism")
            yield from self._step(parts[0].body, parts[1].body if len(parts) > 1 else None, here)
        elif choice.tag in SICILY:
            yield from self._step(b"NTLM", choice.body, here)

    def _step(self, mechanism: bytes, credentials: bytes | None, here: Span) -> Iterator[Parsed]:
        """The next message of a SASL exchange, or the first of a new one."""
        if self._exchange is None or not self._in_progress:
            yield from self._end_exchange(None, None, None)
            self._exchange = SaslExchange(mechanism, here)
        self._in_progress = False
        if credentials is not None:
            self._first_response = self._first_response or credentials
            yield from self._exchange.response(credentials, here)

    def _result(self, identifier: int, fields: Cursor) -> Iterator[Parsed]:
        code = ber.expect(fields, ber.ENUMERATED).integer()
        matched = ber.expect(fields, ber.OCTET_STRING).body
        ber.read(fields)
        challenge = None
        while fields.remaining:
            part = ber.read(fields)
            if part.tag == 0x87:
                challenge = part.body
        here = self.here()
        accepted = True if code == SUCCESS else False if code in REFUSALS else None
        basis = f"bindResponse {code}" + (f" {REFUSALS[code]}" if code in REFUSALS else "")
        attempt = self._pending.pop(identifier, None)
        if isinstance(attempt, Login):
            if not attempt.secret and code == SUCCESS:
                accepted, basis = None, "bindResponse 0 to an unauthenticated bind"
            yield answered(attempt, accepted, basis, here)
        elif attempt is not None:
            yield replace(attempt, granted=code == SUCCESS, status=code, spans=(*attempt.spans, here))
        elif self._exchange is not None:
            if challenge is None and b"NTLMSSP\0" in matched:
                # Sicily's challenge takes the place of the matched name.
                challenge = matched
            if challenge is not None:
                yield from self._exchange.challenge(challenge)
            # A Sicily negotiation is answered with success and a challenge.
            if code == SASL_IN_PROGRESS or matched.startswith(b"NTLMSSP\0"):
                self._in_progress = True
                return
            self._security_layer = code == SUCCESS
            yield from self._end_exchange(accepted, basis, here)

    def _end_exchange(self, accepted: bool | None, basis: str | None, answer: Span | None) -> Iterator[Parsed]:
        if self._exchange is not None:
            logins = list(self._exchange.logins(accepted, basis, answer))
            if not logins and self._first_response and self._exchange.mechanism in ("DIGEST-MD5", "CRAM-MD5"):
                # Not in the mechanism's form, but sent as its proof: reported undecoded.
                login = Login(
                    mechanism="password",
                    username=None,
                    secret=Secret(self._first_response),
                    scheme="",
                    clear=False,
                    accepted=accepted,
                    basis=basis,
                )
                logins = [
                    replace(
                        login,
                        scheme=self._exchange.mechanism.lower(),
                        spans=(*self._exchange.spans, *((answer,) if answer else ())),
                    )
                ]
            yield from logins
        self._exchange = None
        self._in_progress = False
        self._first_response = b""

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """Hold a login inside a SASL exchange until the bind's result."""
        return self._exchange.from_inner(event) if self._exchange is not None else (event,)

    def close(self) -> Iterator[Parsed]:
        """Report binds without a result."""
        for attempt in self._pending.values():
            yield from _unanswered(attempt)
        self._pending.clear()
        yield from self._end_exchange(None, None, None)


class Ldap(StreamParser, _Directory):
    """Over TCP."""

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One LDAPMessage."""
        if self._security_layer and cursor.peek(1) != b"\x30":
            # RFC 4422 clause 3.7: with a security layer every buffer has four bytes of length in front.
            self.stop()
            yield Enough()
            return
        for item in self.read(side, cursor):
            if isinstance(item, Upgrade):
                self.stop()
            yield item


class LdapDatagram(DatagramParser, _Directory):
    """Over UDP (CLDAP): one message in each datagram."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One LDAPMessage."""
        for item in self.read(side, cursor):
            if not isinstance(item, Skip | Upgrade):
                yield item


def _unanswered(attempt: Login | Access) -> Iterator[Parsed]:
    if isinstance(attempt, Login):
        yield attempt


def recognise(opening: Opening) -> Match:
    """A SEQUENCE, a message id, and the tag of an operation; the length inside must fit the length outside."""
    data = opening.client or opening.server
    cursor = Cursor(data[:32], final=False)
    try:
        tag, length = ber.header(cursor)
        if tag != ber.SEQUENCE or length < 5:
            return Match.NO
        end = cursor.consumed + length
        if cursor.u8() != ber.INTEGER:
            return Match.NO
        size = cursor.u8()
        if not 1 <= size <= 4:
            return Match.NO
        cursor.skip(size)
        operation, inside = ber.header(cursor)
    except NeedMore:
        return Match.MORE if len(data) < 32 else Match.NO
    except Malformed:
        return Match.NO
    if operation not in OPERATIONS or cursor.consumed + inside > end:
        return Match.NO
    return Match.SURE


def _recognise_datagram(opening: Opening) -> Match:
    """The same, and the outer length is that of the datagram."""
    cursor = Cursor(opening.client or opening.server)
    try:
        _, length = ber.header(cursor)
    except Malformed:
        return Match.NO
    return recognise(opening) if length == cursor.remaining else Match.NO


PROTOCOLS = (
    Protocol(
        name="ldap",
        title="LDAP",
        secure_form="LDAP with TLS",
        parser=Ldap,
        recognise=recognise,
        ports=frozenset({389, 3268}),
    ),
    Protocol(
        name="ldap",
        title="LDAP",
        secure_form="LDAP with TLS",
        parser=LdapDatagram,
        transports=frozenset({Transport.UDP}),
        recognise=_recognise_datagram,
        opens=rb"\x30",
        ports=frozenset({389}),
    ),
)
