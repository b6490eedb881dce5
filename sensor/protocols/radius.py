"""RADIUS requests: logins (User-Password, CHAP, MS-CHAP 1 and 2, EAP) with the server's answer.

RFC 2865, RFC 2548 (Microsoft's attributes), RFC 3579 (EAP), RFC 5176. No password crosses readable; what
``Login.secret`` holds, all hex:

===============  =================================================================================
``radius-pap``   request authenticator ``:`` obfuscated password (RFC 2865, 5.2)
``radius-chap``  challenge ``:`` CHAP-Password (identifier and response; RFC 2865, 5.3)
``mschap``       challenge ``:`` MS-CHAP-Response (RFC 2548, 2.1.3)
``mschapv2``     challenge ``:`` MS-CHAP2-Response (RFC 2548, 2.3.2)
===============  =================================================================================
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Attribute, Inner, Login
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.eap import EapExchange
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol
from sensor.parsing.pending import answered

REQUESTS = frozenset({1, 40, 43})
"""Access-Request, Disconnect-Request, CoA-Request: what may carry a password."""

ACCOUNTING = 4
"""Accounting-Request (RFC 2866): the user of a session, with no password."""

ANSWERS = {
    2: ("Access-Accept", True),
    3: ("Access-Reject", False),
    41: ("Disconnect-ACK", True),
    42: ("Disconnect-NAK", None),
    44: ("CoA-ACK", True),
    45: ("CoA-NAK", None),
}
CHALLENGE = 11
CODES = frozenset({1, 2, 3, 4, 5, 11, 12, 13, 40, 41, 42, 43, 44, 45})

USER_NAME, USER_PASSWORD, CHAP_PASSWORD, VENDOR, CHAP_CHALLENGE, EAP_MESSAGE = 1, 2, 3, 26, 60, 79
MICROSOFT, MS_CHAP_RESPONSE, MS_CHAP_CHALLENGE, MS_CHAP2_RESPONSE = 311, 1, 11, 25

EXCHANGES = 64
"""EAP exchanges of a flow at a time: an access point has some stations joining at once. The user name is their key."""


class Radius(DatagramParser):
    """A network access server and a RADIUS server; the port pair is shared by all users."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending: dict[tuple[Side, int], tuple[bytes, list[Login], str]] = {}
        self._exchanges: OrderedDict[str, EapExchange] = OrderedDict()
        self._begun = 0
        self._names: set[str] = set()

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One packet (RFC 2865, clause 3); octets past its length are padding."""
        code, identifier, length = cursor.u8(), cursor.u8(), cursor.u16()
        if code not in CODES or length < 20:
            raise Malformed("not a RADIUS packet")
        authenticator = cursor.take(16)
        attributes, microsoft = _attributes(cursor.sub(length - 20))
        if code == ACCOUNTING:
            yield from self._named(side, _text(attributes.get(USER_NAME)))
        elif code in REQUESTS:
            yield from self._request(side, identifier, authenticator, attributes, microsoft)
        elif code in ANSWERS or code == CHALLENGE:
            yield from self._answer(side, code, identifier, attributes)

    def _request(
        self,
        side: Side,
        identifier: int,
        authenticator: bytes,
        attributes: dict[int, bytes],
        microsoft: dict[int, bytes],
    ) -> Iterator[Parsed]:
        previous = self._pending.get((side, identifier))
        if previous is not None:
            if previous[0] == authenticator:
                # RFC 2865 clause 2.5: a retransmission keeps identifier and authenticator.
                return
            yield from previous[1]
        user = _text(attributes.get(USER_NAME))
        here = self.here()
        logins: list[Login] = []

        def add(scheme: str, challenge: bytes, response: bytes | None) -> None:
            if response:
                secret = Secret(f"{challenge.hex()}:{response.hex()}")
                logins.append(
                    Login(
                        mechanism="password",
                        username=user or None,
                        secret=secret,
                        scheme=scheme,
                        clear=False,
                        spans=(here,),
                        verifier=side.other,
                    )
                )

        add("radius-pap", authenticator, attributes.get(USER_PASSWORD))
        add("radius-chap", attributes.get(CHAP_CHALLENGE, authenticator), attributes.get(CHAP_PASSWORD))
        add("mschap", microsoft.get(MS_CHAP_CHALLENGE, b""), microsoft.get(MS_CHAP_RESPONSE))
        add("mschapv2", microsoft.get(MS_CHAP_CHALLENGE, b""), microsoft.get(MS_CHAP2_RESPONSE))
        if EAP_MESSAGE in attributes:
            exchange = self._exchanges.get(user)
            if exchange is None:
                self._begun += 1
                exchange = self._exchanges[user] = EapExchange(self._begun)
            if len(self._exchanges) > EXCHANGES:
                self._exchanges.popitem(last=False)
            exchange.packet(attributes[EAP_MESSAGE], here)
            yield from self._tunnel(side, exchange)
            if exchange.login is not None:
                logins.append(
                    replace(exchange.login, username=exchange.login.username or user or None, verifier=side.other)
                )
                exchange.login = None
        if not logins:
            yield from self._named(side, user)
        self._pending[side, identifier] = (authenticator, logins, user)

    @staticmethod
    def _tunnel(side: Side, exchange: EapExchange) -> Iterator[Parsed]:
        """TLS inside: one connection for each exchange."""
        piece = exchange.piece()
        if piece:
            yield Inner(piece, "tls", side, exchange.number)

    def _named(self, side: Side, user: str) -> Iterator[Parsed]:
        """A name without a password, reported once."""
        if user and user not in self._names and len(self._names) < EXCHANGES:
            self._names.add(user)
            yield Attribute(field="radius.user", value=user, side=side)

    def _answer(self, side: Side, code: int, identifier: int, attributes: dict[int, bytes]) -> Iterator[Parsed]:
        found = self._pending.pop((side.other, identifier), None)
        if found is None:
            return
        _, logins, user = found
        here = self.here()
        if code == CHALLENGE:
            exchange = self._exchanges.get(user)
            if exchange is not None and EAP_MESSAGE in attributes:
                exchange.packet(attributes[EAP_MESSAGE], here)
                yield from self._tunnel(side, exchange)
            basis, accepted = "Access-Challenge", None
        else:
            basis, accepted = ANSWERS[code]
            self._exchanges.pop(user, None)
        for login in logins:
            yield answered(login, accepted, f"{basis} to the request", here)

    def close(self) -> Iterator[Parsed]:
        """Requests that were not answered."""
        for _, logins, _ in self._pending.values():
            yield from logins
        self._pending.clear()


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "backslashreplace")


def _attributes(cursor: Cursor) -> tuple[dict[int, bytes], dict[int, bytes]]:
    """Attributes by type, and Microsoft's by theirs.

    EAP-Message is one message in several attributes (RFC 3579, clause 3.1); of the others the first counts.
    """
    found: dict[int, bytes] = {}
    microsoft: dict[int, bytes] = {}
    eap: list[bytes] = []
    while cursor.remaining:
        kind, length = cursor.u8(), cursor.u8()
        if length < 2:
            raise Malformed("attribute of an impossible length")
        value = cursor.take(length - 2)
        if kind == EAP_MESSAGE:
            eap.append(value)
        elif kind == VENDOR and value[:4] == MICROSOFT.to_bytes(4, "big") and len(value) >= 6:
            microsoft.setdefault(value[4], value[6 : 4 + max(value[5], 2)])
        else:
            found.setdefault(kind, value)
    if eap:
        found[EAP_MESSAGE] = b"".join(eap)
    return found, microsoft


def recognise(opening: Opening) -> Match:
    """A known code, a length that is the datagram's, attributes that fill it exactly."""
    data = opening.client or opening.server
    if len(data) < 20 or data[0] not in CODES or int.from_bytes(data[2:4], "big") != len(data):
        return Match.NO
    at = 20
    while at + 2 <= len(data) and data[at + 1] >= 2:
        at += data[at + 1]
    if at != len(data):
        return Match.NO
    return Match.SURE if len(data) > 20 and any(data[4:20]) else Match.WEAK


PROTOCOL = Protocol(
    name="radius",
    title="RADIUS",
    parser=Radius,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    opens=rb"[\x01-\x05\x0b-\x0d\x28-\x2d].{19}",
    ports=frozenset({1645, 1646, 1812, 1813, 3799}),
)
