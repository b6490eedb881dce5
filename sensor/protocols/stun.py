"""STUN and TURN (RFC 8489, RFC 8656) over UDP and TCP: the software of each end.

What shares the flow (RFC 7983) goes to its own parser. TURN's user names are no logins of a person: clients fetch them
for one call, and only an HMAC of the password crosses. From the first relayed data on the flow is ``turn``: whether
that data is protected cannot be told from the outside.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Attribute, Enough, Upgrade
from sensor.model import Protection, Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Parser, Protocol, StreamParser

COOKIE = b"\x21\x12\xa4\x42"

HEADER = 20

SOFTWARE = 0x8022

SEND, DATA = b"\x00\x16", b"\x00\x17"
"""Indications that carry relayed data (RFC 8656 §17)."""

NAME_LIMIT = 763
"""Bytes of a software name (RFC 8489 §14.14)."""

ATTRIBUTES = 64
"""Attributes of one message that are read."""

PATIENCE = 64
"""Messages after which a flow that is nothing but STUN is left: the rest are keep-alives."""


class _MessageReader:
    """The messages of one flow, over either transport."""

    def __init__(self) -> None:
        self._reported: dict[Side, str] = {}
        self._messages = 0

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A whole message."""
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
            text = value[:NAME_LIMIT].decode("utf-8", "backslashreplace").rstrip("\0 ") if name == SOFTWARE else ""
            if text and self._reported.get(side) != text:
                self._reported[side] = text
                yield Attribute(field="stun.software", value=text, side=side)
        if self._messages >= PATIENCE:
            yield Enough()


def _relays(data: bytes) -> bool:
    """A TURN channel's data or an indication that carries some."""
    return b"\x40" <= data[:1] < b"\x50" or data[:2] in (SEND, DATA)


class Stun(DatagramParser):
    """One flow, until another protocol begins on it."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._reader = _MessageReader()
        self._foreign: tuple[Side, bytes] | None = None

    def pending(self, side: Side) -> bytes:
        """The datagram that is no STUN, for the next parser."""
        return self._foreign[1] if self._foreign and self._foreign[0] is side else b""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One message, relayed data, or another protocol's, by the first bytes."""
        data = cursor.peek(cursor.remaining)
        if not data:
            return
        if _relays(data) or data[0] > 3 or len(data) < HEADER:
            self._foreign = side, data
            yield Upgrade("turn" if _relays(data) else "dtls" if b"\x14" <= data[:1] < b"\x40" else None)
            return
        yield from self._reader.message(side, cursor)


class StunStream(StreamParser):
    """Over TCP messages follow one another as they are (RFC 8489 §6.2.2)."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._reader = _MessageReader()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One message."""
        begin = cursor.peek(2)
        if len(begin) < 2:
            cursor.sub(2)
        if _relays(begin):
            self.stop()
            yield Upgrade("turn")
            return
        if begin[0] > 3:
            raise Malformed("not a STUN message")
        head = Cursor(cursor.peek(4), final=False)
        head.skip(2)
        size = HEADER + head.u16()
        whole = Cursor(cursor.take(size))
        yield from self._reader.message(side, whole)


class Turn(Parser):
    """Relayed data, which is not read."""

    def receive(self, side: Side, data: bytes) -> Iterator[Parsed]:
        """Stop at the first bytes."""
        yield Enough()


def _fits(data: bytes, *, whole: bool) -> Match:
    if len(data) < HEADER:
        begins = not whole and data[:1] <= b"\x03" and COOKIE.startswith(data[4:8])
        return Match.MORE if begins else Match.NO
    length = int.from_bytes(data[2:4], "big")
    if data[0] > 3 or length % 4 or (whole and length != len(data) - HEADER):
        return Match.NO
    if data[4:8] == COOKIE:
        return Match.SURE
    # RFC 3489 had no cookie: binding and shared secret only, requests and responses.
    classic = data[:2] in (b"\x00\x01", b"\x01\x01", b"\x01\x11", b"\x00\x02", b"\x01\x02", b"\x01\x12")
    return Match.WEAK if classic and whole else Match.NO


def _recognise(opening: Opening) -> Match:
    """Media that STUN stands between is not STUN (RFC 7983: 0x80 to 0xBF)."""
    if any(b"\x80" <= data[:1] < b"\xc0" and len(data) > HEADER for _, data in opening.datagrams):
        return Match.NO
    return max((_fits(data, whole=True) for data in (opening.client, opening.server) if data), default=Match.NO)


def _recognise_stream(opening: Opening) -> Match:
    return min((_fits(data, whole=False) for data in (opening.client, opening.server) if data), default=Match.NO)


PORTS = frozenset({3478, 3479, 19302})

PROTOCOLS = (
    Protocol(
        name="stun",
        title="STUN",
        parser=Stun,
        transports=frozenset({Transport.UDP}),
        recognise=_recognise,
        opens=rb"[\x00-\x03].{19}",
        ports=PORTS,
    ),
    Protocol(name="stun", parser=StunStream, recognise=_recognise_stream, ports=PORTS),
    Protocol(
        name="turn",
        title="TURN",
        parser=Turn,
        transports=frozenset({Transport.UDP, Transport.TCP}),
        protection=Protection.UNKNOWN,
    ),
)
