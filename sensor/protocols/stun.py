"""STUN and TURN (RFC 8489, RFC 8656) into the software an end names, handing over to what is spoken beside them (RFC 7983).

TURN's user names are no logins of a person: clients fetch them for one call, and only an HMAC of the password crosses.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Attribute, Enough, Upgrade
from sensor.model import Side, Transport
from sensor.protocols._cursor import Cursor
from sensor.protocols._parser import DatagramParser, Match, Opening, Protocol, Said

COOKIE = b"\x21\x12\xa4\x42"

HEADER = 20

SOFTWARE = 0x8022

NAME_LIMIT = 763
"""Bytes of a software name (RFC 8489 §14.14)."""

ATTRIBUTES = 64
"""Attributes of one message that are read."""

PATIENCE = 64
"""Messages after which a flow that is nothing but STUN is left: keep-alives tell nothing new."""


class Stun(DatagramParser):
    """One flow, until something else is spoken on it."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._told: dict[Side, str] = {}
        self._messages = 0
        self._foreign: tuple[Side, bytes] | None = None

    def pending(self, side: Side) -> bytes:
        """The datagram that is no STUN, for whoever reads it."""
        return self._foreign[1] if self._foreign and self._foreign[0] is side else b""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Said]:
        """One message, a TURN channel's data, or something else's: their first bytes tell."""
        data = cursor.peek(cursor.remaining)
        if not data or b"\x40" <= data[:1] < b"\x50":
            return
        if data[0] > 3 or len(data) < HEADER:
            self._foreign = side, data
            yield Upgrade("dtls" if b"\x14" <= data[:1] < b"\x40" else None)
            return
        self._messages += 1
        cursor.skip(2)
        length = cursor.u16()
        cursor.skip(HEADER - 4)
        body = cursor.sub(length)
        for _ in range(ATTRIBUTES):
            if body.remaining < 4:
                break
            name, size = body.u16(), body.u16()
            value = body.take(size)
            body.skip(min(-size % 4, body.remaining))
            if name == SOFTWARE:
                yield from self._software(side, value)
        if self._messages >= PATIENCE:
            yield Enough()

    def _software(self, side: Side, value: bytes) -> Iterator[Said]:
        text = value[:NAME_LIMIT].decode("utf-8", "backslashreplace").rstrip("\0 ")
        if text and self._told.get(side) != text:
            self._told[side] = text
            yield Attribute(field="stun.software", value=text, side=side)


def _fits(data: bytes) -> Match:
    if len(data) < HEADER or data[0] > 3 or int.from_bytes(data[2:4], "big") != len(data) - HEADER or len(data) % 4:
        return Match.NO
    if data[4:8] == COOKIE:
        return Match.SURE
    # RFC 3489 had no cookie: binding and shared secret, asked and answered, only.
    classic = data[:2] in (b"\x00\x01", b"\x01\x01", b"\x01\x11", b"\x00\x02", b"\x01\x02", b"\x01\x12")
    return Match.WEAK if classic else Match.NO


def _recognise(opening: Opening) -> Match:
    return max((_fits(data) for data in (opening.client, opening.server) if data), default=Match.NO)


PROTOCOL = Protocol(
    name="stun",
    parser=Stun,
    transports=frozenset({Transport.UDP}),
    recognise=_recognise,
    ports=frozenset({3478, 3479, 19302}),
)
