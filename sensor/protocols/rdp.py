"""Remote Desktop's connection sequence: the client's user and machine names, and the change to TLS.

MS-RDPBCGR 2.2.1, over TPKT and X.224. Standard RDP Security, without TLS, encrypts with keys that a man in the middle
can replace (MS-RDPBCGR 5.3): what follows is not read.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Enough, Upgrade
from sensor.lazy_pattern import expression
from sensor.model import Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser

CONNECTION_REQUEST, CONNECTION_CONFIRM, DATA = 0xE0, 0xD0, 0xF0
"""X.224's TPDUs (ISO/IEC 8073 13.3, 13.4, 13.7)."""

NEGOTIATION_RESPONSE, NEGOTIATION_FAILURE = 2, 3
STANDARD, SSL, HYBRID, AAD, HYBRID_EX = 0, 1, 2, 4, 8
"""The selected protocol (2.2.1.2.1): CredSSP and its kin begin with TLS too."""

_COOKIE = expression(rb"Cookie: mstshash=([^\r\n]{1,512})\r\n")
_CORE = b"\x01\xc0"
"""Client core data (2.2.1.3.2), and in it where the machine's name stands, in UTF-16."""

NAME_AT, NAME_SIZE = 24, 32


class Rdp(StreamParser):
    """One connection's beginning."""

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One TPKT (RFC 1006 6): version 3, reserved, length; then X.224's own header."""
        if cursor.u8() != 3:
            raise Malformed("not a TPKT")
        cursor.skip(1)
        length = cursor.u16()
        if length < 7:
            raise Malformed("a TPKT too short for X.224")
        body = Cursor(cursor.take(length - 4))
        head = body.sub(body.u8())
        kind = head.u8() & 0xF0
        if kind == CONNECTION_REQUEST and side is Side.CLIENT:
            cookie = _COOKIE.search(head.rest())
            if cookie:
                yield from attribute_events("rdp.user", cookie[1], Side.CLIENT)
        elif kind == CONNECTION_CONFIRM and side is Side.SERVER:
            yield from self._confirm(head)
        elif kind == DATA:
            if side is Side.CLIENT:
                yield from self._core_data(body.rest())
            self.stop()
            yield Enough()

    def _confirm(self, head: Cursor) -> Iterator[Parsed]:
        head.skip(5)
        chosen = STANDARD
        if head.remaining >= 8:
            answer = head.u8()
            head.skip(3)
            chosen = head.u32("little")
            if answer == NEGOTIATION_FAILURE:
                self.stop()
                yield Enough()
                return
            chosen = chosen if answer == NEGOTIATION_RESPONSE else STANDARD
        if chosen in (SSL, HYBRID, AAD, HYBRID_EX):
            self.stop()
            yield Upgrade("tls")

    def _core_data(self, data: bytes) -> Iterator[Parsed]:
        at = data.find(_CORE)
        name = data[at + NAME_AT : at + NAME_AT + NAME_SIZE] if at >= 0 else b""
        if len(name) == NAME_SIZE:
            yield from attribute_events(
                "rdp.client", name.decode("utf-16-le", "replace").partition("\0")[0].encode(), Side.CLIENT
            )


def recognise(opening: Opening) -> Match:
    """A connection request that fills its TPKT, with a cookie, a routing token or a negotiation request."""
    data = opening.client
    if len(data) < 11:
        return (
            Match.MORE if data and b"\x03\x00\x00".startswith(data[:3]) and opening.server_port in _PORTS else Match.NO
        )
    length = int.from_bytes(data[2:4], "big")
    if data[:2] != b"\x03\x00" or data[5] != CONNECTION_REQUEST or data[4] != length - 5 or len(data) > length:
        return Match.NO
    rest = data[11:length]
    if rest.startswith((b"Cookie: mst", b"\x01\x00\x08\x00")) or b"\x01\x00\x08\x00" in rest[-20:]:
        return Match.SURE
    return Match.WEAK if opening.server_port in _PORTS else Match.NO


_PORTS = frozenset({3389})
PROTOCOL = Protocol(name="rdp", title="RDP", parser=Rdp, recognise=recognise, ports=_PORTS)
