"""WireGuard (the protocol's paper, §5.4): recognised by its fixed forms; nothing in it is readable.

Types 1 to 3 have one length each; data (type 4) is padded to sixteen bytes and counts from zero.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Enough
from sensor.model import Protection, Side, Transport
from sensor.parsing.cursor import Cursor
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

LENGTHS = {1: 148, 2: 92, 3: 64}
"""Handshake initiation, handshake response, cookie reply."""

DATA, KEEPALIVE = 4, 32
"""Transport data, and the bytes of one without content."""


class Wireguard(DatagramParser):
    """Encrypted from the first message on."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Stop at the first datagram."""
        yield Enough()


def _fits(data: bytes) -> Match:
    if data[1:4] != b"\0\0\0":
        return Match.NO
    if data[0] in LENGTHS:
        return Match.SURE if len(data) == LENGTHS[data[0]] else Match.NO
    # The counter of a young connection has zeros at its end (little-endian), which no name or text has.
    counts = len(data) >= KEEPALIVE and len(data) % 16 == 0 and data[13:16] == b"\0\0\0"
    return Match.WEAK if data[0] == DATA and counts else Match.NO


def _recognise(opening: Opening) -> Match:
    sides = [_fits(data) for data in (opening.client, opening.server) if data]
    return Match.NO if Match.NO in sides else max(sides, default=Match.NO)


PROTOCOL = Protocol(
    name="wireguard",
    title="WireGuard",
    parser=Wireguard,
    transports=frozenset({Transport.UDP}),
    recognise=_recognise,
    opens=rb".\x00{3}",
    ports=frozenset({51820}),
    protection=Protection.ENCRYPTED,
)
