"""RIP version 2 (RFC 2453, clause 4.1): the password of routers with simple authentication."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.model import Side, Transport
from sensor.parsing.credentials.group_secret import GroupSecretParser
from sensor.parsing.cursor import Cursor
from sensor.parsing.parser import Match, Opening, Parsed, Protocol

AUTHENTICATION = 0xFFFF
SIMPLE_PASSWORD = 2


class Rip(GroupSecretParser):
    """Requests and responses of one router."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Command, version, zero, then entries of 20 bytes, of which the first may be the authentication."""
        cursor.skip(1)
        version = cursor.u8()
        cursor.skip(2)
        if version == 2 and cursor.remaining and cursor.u16() == AUTHENTICATION and cursor.u16() == SIMPLE_PASSWORD:
            yield from self.report(cursor.take(16), "ripv2-simple")


def recognise(opening: Opening) -> Match:
    """A request or response of version 1 or 2 with whole entries, on RIP's port only."""
    if 520 not in (opening.client_port, opening.server_port):
        return Match.NO
    data = opening.client or opening.server
    fits = (
        len(data) >= 4
        and data[0] in (1, 2)
        and data[1] in (1, 2)
        and data[2:4] == b"\0\0"
        and (len(data) - 4) % 20 == 0
    )
    return Match.SURE if fits else Match.NO


PROTOCOL = Protocol(
    name="rip",
    title="RIP",
    parser=Rip,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    only_at_home=True,
    ports=frozenset({520}),
)
