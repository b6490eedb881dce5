"""Kerberos 5 (RFC 4120) over TCP and UDP: logins that can be cracked offline, user and host names.

``Login.secret`` (``clear`` False) is in hashcat's form, with the cipher text in hex; ``scheme`` names message and
encryption type, here with hashcat's mode:

========================================  ===============================================================
``krb5-as-req-etype23`` (7500)            ``$krb5pa$23$user$realm$$`` data, checksum
``krb5-as-req-etype17``, ``18`` (19900)   ``$krb5pa$18$user$realm$`` cipher
``krb5-as-rep-etype23`` (18200)           ``$krb5asrep$23$user@realm:checksum$data``
``krb5-as-rep-etype17``, ``18`` (32200)   ``$krb5asrep$18$user$realm$checksum$data``
``krb5-tgs-rep-etype23`` (13100)          ``$krb5tgs$23$*user$realm$service*$checksum$data``
``krb5-tgs-rep-etype17``, ``18`` (19700)  ``$krb5tgs$18$user$realm$*service*$checksum$data``
========================================  ===============================================================

The KDC accepts or refuses the encrypted timestamp of a request; the reply (under the user's key) and the service ticket
(under the service's key) have no answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Attribute, Login
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats import ber
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Parser, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin

AS_REQ, AS_REP, TGS_REQ, TGS_REP, ERROR = 0x6A, 0x6B, 0x6C, 0x6D, 0x7E
TICKET = 0x61

MESSAGE_LIMIT = 64 * 1024
"""Bytes of a message over TCP: tickets of users in hundreds of groups reach 48 KiB (MaxTokenSize of Windows)."""

ENC_TIMESTAMP = 2
"""RFC 4120 §7.5.2: PA-ENC-TIMESTAMP."""

RC4 = 23
"""RFC 4757: its checksum comes first, that of all later types last."""

CHECKSUM, CHECKSUM_SHA1 = 16, 12

PART_LIMIT = 64
"""Parts of a name and their characters; a service principal has two or three."""

NAME_LIMIT = 256

_REFUSALS = {6: "KDC_ERR_C_PRINCIPAL_UNKNOWN", 18: "KDC_ERR_CLIENT_REVOKED", 24: "KDC_ERR_PREAUTH_FAILED"}
"""RFC 4120 §7.5.9: errors that refuse this user or this key."""


def _fields(element: ber.BerElement) -> dict[int, ber.BerElement]:
    """The fields of a sequence by the number of their explicit tag."""
    found: dict[int, ber.BerElement] = {}
    for field in element.children():
        inner = field.children() if field.tag & 0xE0 == 0xA0 else []
        if len(inner) == 1:
            found.setdefault(field.tag & 0x1F, inner[0])
    return found


def _name(element: ber.BerElement | None) -> str:
    """A PrincipalName's parts with slashes between (RFC 4120 §6.2)."""
    parts = _fields(element).get(1) if element else None
    return "/".join(part.text()[:NAME_LIMIT] for part in parts.children()[:PART_LIMIT]) if parts else ""


def _text(element: ber.BerElement | None) -> str:
    return element.text()[:NAME_LIMIT] if element else ""


def _encrypted(element: ber.BerElement | None) -> tuple[int, bytes] | None:
    """EncryptedData: (encryption type, cipher text), None for one without a cipher text."""
    fields = _fields(element) if element else {}
    if 0 not in fields or 2 not in fields or len(fields[2].body) < CHECKSUM:
        return None
    return fields[0].integer(), fields[2].body


def _split_cipher(kind: int, cipher: bytes) -> tuple[str, str]:
    """(checksum, data) in hex."""
    if kind == RC4:
        return cipher[:CHECKSUM].hex(), cipher[CHECKSUM:].hex()
    return cipher[-CHECKSUM_SHA1:].hex(), cipher[:-CHECKSUM_SHA1].hex()


def _timestamp(kind: int, user: str, realm: str, cipher: bytes) -> str:
    checksum, data = _split_cipher(kind, cipher)
    return f"$krb5pa${kind}${user}${realm}${'$' if kind == RC4 else ''}{data}{checksum}"


def _reply(kind: int, user: str, realm: str, cipher: bytes) -> str:
    checksum, data = _split_cipher(kind, cipher)
    owner = f"{user}@{realm}:" if kind == RC4 else f"{user}${realm}$"
    return f"$krb5asrep${kind}${owner}{checksum}${data}"


def _ticket(kind: int, user: str, realm: str, service: str, cipher: bytes) -> str:
    checksum, data = _split_cipher(kind, cipher)
    owner = f"*{user}${realm}${service}*" if kind == RC4 else f"{user}${realm}$*{service}*"
    return f"$krb5tgs${kind}${owner}${checksum}${data}"


def _login(scheme: str, user: str, realm: str, secret: str) -> Login:
    return Login(mechanism="password", username=f"{user}@{realm}", secret=Secret(secret), scheme=scheme, clear=False)


NAMES_LIMIT = 64
"""Names reported of one conversation: users that request tickets through one port."""


class _Exchange:
    """Messages of one conversation, over either transport. The message type gives the direction, not the side."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._pending = PendingLogin()
        self._overlapped = False
        self._names: set[str] = set()

    def message(self, side: Side, data: bytes) -> Iterator[Parsed]:
        """One message."""
        message = ber.read(Cursor(data))
        body = message.children()
        if (
            message.tag not in (AS_REQ, AS_REP, TGS_REQ, TGS_REP, ERROR)
            or len(body) != 1
            or body[0].tag != ber.SEQUENCE
        ):
            raise Malformed("not a Kerberos message")
        fields = _fields(body[0])
        if message.tag == AS_REQ:
            yield from self._request(side, fields)
        elif message.tag == AS_REP:
            yield from self._answer(True, "AS-REP")
            yield from self._reply_login(fields)
        elif message.tag == TGS_REP:
            yield from self._ticket_login(fields)
        elif message.tag == ERROR:
            code = fields[6].integer() if 6 in fields else -1
            basis = f"KRB-ERROR {_REFUSALS.get(code, code)}"
            yield from self._answer(False if code in _REFUSALS else None, basis)

    def _answer(self, accepted: bool | None, basis: str) -> Iterator[Parsed]:
        """An answer names no request that can be read: among several requests it decides nothing."""
        known = not self._overlapped
        yield from self._pending.answer(accepted if known else None, basis if known else None, self._parser.here())

    def _request(self, side: Side, fields: dict[int, ber.BerElement]) -> Iterator[Parsed]:
        self._overlapped |= bool(self._pending)
        yield from self.unanswered()
        body = _fields(fields[4]) if 4 in fields else {}
        for address in body[9].children()[:PART_LIMIT] if 9 in body else ():
            host = _fields(address)
            # RFC 4120 §7.5.3: 20 is a NetBIOS name, padded to sixteen bytes.
            if 0 in host and 1 in host and host[0].integer() == 20:
                yield Attribute(field="kerberos.host", value=host[1].text().strip(), side=side)
        user, realm = _name(body.get(1)), _text(body.get(2))
        if user and user[-1] != "$" and user not in self._names and len(self._names) < NAMES_LIMIT:
            self._names.add(user)
            yield Attribute(field="kerberos.user", value=user, side=side)
        for item in fields[3].children()[:PART_LIMIT] if 3 in fields else ():
            hint = _fields(item)
            if 1 not in hint or 2 not in hint or hint[1].integer() != ENC_TIMESTAMP:
                continue
            encrypted = _encrypted(ber.read(Cursor(hint[2].body)))
            if encrypted is not None:
                kind, cipher = encrypted
                login = _login(f"krb5-as-req-etype{kind}", user, realm, _timestamp(kind, user, realm, cipher))
                self._pending.login = replace(login, spans=(self._parser.here(),))

    def unanswered(self) -> Iterator[Parsed]:
        """Report a login without an answer."""
        yield from self._pending.unanswered()

    def _reply_login(self, fields: dict[int, ber.BerElement]) -> Iterator[Parsed]:
        encrypted = _encrypted(fields.get(6))
        if encrypted is not None:
            kind, cipher = encrypted
            user, realm = _name(fields.get(4)), _text(fields.get(3))
            yield _login(f"krb5-as-rep-etype{kind}", user, realm, _reply(kind, user, realm, cipher))

    def _ticket_login(self, fields: dict[int, ber.BerElement]) -> Iterator[Parsed]:
        tickets = fields[5].children() if 5 in fields and fields[5].tag == TICKET else []
        ticket = _fields(tickets[0]) if tickets else {}
        encrypted = _encrypted(ticket.get(3))
        if encrypted is not None:
            kind, cipher = encrypted
            user, realm, service = _name(fields.get(4)), _text(fields.get(3)), _name(ticket.get(2))
            yield _login(f"krb5-tgs-rep-etype{kind}", user, realm, _ticket(kind, user, realm, service, cipher))


class KerberosStream(StreamParser):
    """Over TCP: four bytes of length before each message (RFC 4120 §7.2.2)."""

    LIMIT = MESSAGE_LIMIT + 4

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._exchange = _Exchange(self)

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One message."""
        length = cursor.u32()
        if length > MESSAGE_LIMIT:
            raise Malformed("Kerberos message of more than 64 KiB")
        data = cursor.take(length)
        yield from self._exchange.message(side, data)

    def close(self) -> Iterator[Parsed]:
        """Report a login without an answer."""
        yield from self._exchange.unanswered()


class KerberosDatagram(DatagramParser):
    """Over UDP: one message in each datagram."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._exchange = _Exchange(self)

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One message."""
        yield from self._exchange.message(side, cursor.rest())

    def close(self) -> Iterator[Parsed]:
        """Report a login without an answer."""
        yield from self._exchange.unanswered()


def _match_message(data: bytes, *, whole: bool) -> Match:
    """Tag, length, and the version at the start of each message: ``[1] 5`` in requests, ``[0] 5`` in replies."""
    if not data:
        return Match.NO
    if data[0] not in (AS_REQ, AS_REP, TGS_REQ, TGS_REP, ERROR):
        return Match.NO
    try:
        cursor = Cursor(data)
        _, length = ber.header(cursor)
        if whole and length != cursor.remaining:
            return Match.NO
        tag, _ = ber.header(cursor)
        version = cursor.take(5)
    except Malformed:
        return Match.NO if whole or len(data) > 20 else Match.MORE
    return (
        Match.SURE
        if tag == ber.SEQUENCE and version in (b"\xa1\x03\x02\x01\x05", b"\xa0\x03\x02\x01\x05")
        else Match.NO
    )


def _recognise_datagram(opening: Opening) -> Match:
    return max(
        (_match_message(data, whole=True) for data in (opening.client, opening.server) if data), default=Match.NO
    )


def _recognise_stream(opening: Opening) -> Match:
    matches = []
    for data in (opening.client, opening.server):
        if not data:
            continue
        if data[:2] != b"\0\0"[: len(data)]:
            return Match.NO
        matches.append(_match_message(data[4:], whole=False) if len(data) > 4 else Match.MORE)
    return min(matches, default=Match.NO)


PROTOCOLS = (
    Protocol(
        name="kerberos", title="Kerberos", parser=KerberosStream, recognise=_recognise_stream, ports=frozenset({88})
    ),
    Protocol(
        name="kerberos",
        parser=KerberosDatagram,
        transports=frozenset({Transport.UDP}),
        recognise=_recognise_datagram,
        opens=rb"[\x6a-\x6d\x7e]",
        ports=frozenset({88}),
    ),
)
