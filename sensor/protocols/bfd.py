"""BFD control packets (RFC 5880, clauses 4.1 and 4.2): the simple password of a session."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.model import Side, Transport
from sensor.parsing.credentials.group_secret import GroupSecretParser
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol

PORTS = frozenset({3784, 4784, 6784, 7784})
"""Single hop (RFC 5881), multihop (RFC 5883), on link bundles (RFC 7130), seamless (RFC 7881)."""

AUTHENTICATION_PRESENT = 0x04
SIMPLE_PASSWORD = 1


class Bfd(GroupSecretParser):
    """Control packets of one session."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """24 bytes, then type, length, key id and 1 to 16 bytes of password if the A bit is set."""
        cursor.skip(1)
        flags = cursor.u8()
        cursor.skip(22)
        if flags & AUTHENTICATION_PRESENT and cursor.u8() == SIMPLE_PASSWORD:
            length = cursor.u8()
            if not 4 <= length <= 19:
                raise Malformed("authentication section of an impossible length")
            cursor.skip(1)
            yield from self.report(cursor.take(length - 3), "bfd-simple")


def recognise(opening: Opening) -> Match:
    """On BFD's ports only: version 1, a length equal to the datagram's, a detection multiplier that is not zero."""
    data = opening.client or opening.server
    if not PORTS & {opening.client_port, opening.server_port} or len(data) < 24:
        return Match.NO
    return Match.SURE if data[0] >> 5 == 1 and data[2] and data[3] == len(data) else Match.NO


PROTOCOL = Protocol(
    name="bfd",
    title="BFD",
    parser=Bfd,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    only_at_home=True,
    ports=PORTS,
)
