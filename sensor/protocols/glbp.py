"""GLBP (Cisco's gateway load balancing): a group's password in text.

Fields as Wireshark's dissector documents them.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.model import Side, Transport
from sensor.parsing.credentials.group_secret import GroupSecretParser
from sensor.parsing.cursor import Cursor
from sensor.parsing.parser import Match, Opening, Parsed, Protocol

PORT = 3222
HEADER = 12
"""Bytes of version, group and owner before the fields."""

AUTHENTICATION, TEXT = 3, 1


class Glbp(GroupSecretParser):
    """Messages of one router."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A header, then fields of type, length (of the whole field), value; authentication has both of its own."""
        cursor.skip(HEADER)
        while cursor.remaining >= 2:
            kind, length = cursor.u8(), cursor.u8()
            field = cursor.sub(max(length, 2) - 2)
            if kind == AUTHENTICATION and field.u8() == TEXT:
                yield from self.report(field.take(field.u8()), "glbp-text")


def recognise(opening: Opening) -> Match:
    """On GLBP's port only: version 1, then fields that fill the datagram."""
    data = opening.client or opening.server
    if PORT not in (opening.client_port, opening.server_port) or data[:1] != b"\x01":
        return Match.NO
    at = HEADER
    while at + 2 <= len(data) and data[at + 1] >= 2:
        at += data[at + 1]
    return Match.SURE if at == len(data) > HEADER else Match.NO


PROTOCOL = Protocol(
    name="glbp",
    title="GLBP",
    parser=Glbp,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    only_at_home=True,
    ports=frozenset({PORT}),
)
