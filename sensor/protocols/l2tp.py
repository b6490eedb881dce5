"""L2TP version 2 (RFC 2661): PPP logins in the tunnel, proxied logins, names of both ends.

``Login.secret`` is as `sensor.parsing.formats.ppp_login` says. Other traffic of the tunnel is not read: in practice the
tunnel runs inside IPsec.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Inner, Login
from sensor.model import Secret, Side, Transport
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.ppp_login import proof
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol
from sensor.parsing.sasl import readable

PORT = 1701
CONTROL, LENGTH, SEQUENCE, OFFSET, VERSION = 0x8000, 0x4000, 0x0800, 0x0200, 0x000F
"""Bits of the header (RFC 2661 3.1)."""

HIDDEN = 0x4000
"""Of an attribute: its value is encrypted (4.1, 4.3)."""

HOST, VENDOR, PROXY_TYPE, PROXY_NAME, PROXY_CHALLENGE, PROXY_ID, PROXY_RESPONSE = 7, 8, 29, 30, 31, 32, 33
CHAP, PAP, MS_CHAP = 2, 3, 5
"""How the user logged in to the proxy (4.4.5, "Proxy Authen Type")."""

ATTRIBUTES = 64
"""Attributes read of one message; the longest have about twenty."""

_AUTHENTICATION = (b"\xc0\x23", b"\xc2\x23", b"\xc2\x27")


class L2tp(DatagramParser):
    """``Login``: PPP's own, or with scheme ``pap`` ``chap`` ``mschap`` one that the concentrator forwards."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A control message or a PPP frame."""
        flags = cursor.u16()
        if flags & VERSION != 2:
            raise Malformed("another version of L2TP")
        if flags & LENGTH:
            length = cursor.u16()
            cursor = cursor.sub(max(min(length - 4, cursor.remaining), 0))
        cursor.skip(4)
        if flags & SEQUENCE:
            cursor.skip(4)
        if flags & CONTROL:
            yield from self._control(side, cursor)
            return
        if flags & OFFSET:
            cursor.skip(cursor.u16())
        frame = cursor.rest().removeprefix(b"\xff\x03")
        if frame.startswith(_AUTHENTICATION):
            yield Inner(frame, "ppp", side)

    def _control(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        attributes: dict[int, bytes] = {}
        for _ in range(ATTRIBUTES):
            if cursor.remaining < 6:
                break
            head, vendor, kind = cursor.u16(), cursor.u16(), cursor.u16()
            value = cursor.take((head & 0x03FF) - 6)
            if not vendor and not head & HIDDEN:
                attributes.setdefault(kind, value)
        for kind, field in ((HOST, "l2tp.host"), (VENDOR, "l2tp.vendor")):
            yield from attribute_events(field, attributes.get(kind, b""), side)
        if PROXY_RESPONSE in attributes:
            yield from self._proxy_login(side, attributes)

    def _proxy_login(self, side: Side, attributes: dict[int, bytes]) -> Iterator[Parsed]:
        method = int.from_bytes(attributes.get(PROXY_TYPE, b""), "big")
        name, answer = readable(attributes.get(PROXY_NAME, b"")) or None, attributes[PROXY_RESPONSE]
        if method == PAP:
            yield Login(mechanism="password", username=name, secret=Secret(answer), scheme="pap", verifier=side.other)
        elif method in (CHAP, MS_CHAP):
            identifier = int.from_bytes(attributes.get(PROXY_ID, b"")[-1:], "big")
            scheme, secret = proof(identifier, attributes.get(PROXY_CHALLENGE, b""), answer, name or "")
            yield Login(
                mechanism="password",
                username=name,
                secret=Secret(secret),
                scheme=scheme if method == CHAP else "mschap",
                clear=False,
                verifier=side.other,
            )


def recognise(opening: Opening) -> Match:
    """On L2TP's port only: version 2, no reserved bit, a length that fits (control messages must have one)."""
    data = opening.client or opening.server
    if PORT not in (opening.client_port, opening.server_port) or len(data) < 6:
        return Match.NO
    flags = int.from_bytes(data[:2], "big")
    if flags & VERSION != 2 or flags & 0x34F0:
        return Match.NO
    if flags & CONTROL and flags & (LENGTH | SEQUENCE | OFFSET) != LENGTH | SEQUENCE:
        return Match.NO
    return Match.SURE if not flags & LENGTH or int.from_bytes(data[2:4], "big") == len(data) else Match.NO


PROTOCOL = Protocol(
    name="l2tp",
    title="L2TP",
    parser=L2tp,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    only_at_home=True,
    ports=frozenset({PORT}),
)
