"""OSPF version 2 (RFC 2328, appendix D.3): the password of an area with simple authentication."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.model import Side, Transport
from sensor.parsing.credentials.group_secret import GroupSecretParser
from sensor.parsing.cursor import Cursor
from sensor.parsing.parser import Parsed, Protocol

SIMPLE_PASSWORD = 1


class Ospf(GroupSecretParser):
    """Packets of one router."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """The header of 24 bytes (appendix A.3.1); version 3 leaves authentication to IPsec."""
        version, kind = cursor.u8(), cursor.u8()
        cursor.skip(12)
        if version == 2 and 1 <= kind <= 5 and cursor.u16() == SIMPLE_PASSWORD:
            yield from self.report(cursor.take(8), "ospf-simple")


PROTOCOL = Protocol(
    name="ospf", title="OSPF", parser=Ospf, transports=frozenset({Transport.IP}), ip_protocols=frozenset({89})
)
