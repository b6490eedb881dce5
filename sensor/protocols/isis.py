"""IS-IS: the clear-text password of an area or link.

ISO/IEC 10589:2002, clauses 9.5 to 9.13 (authentication).
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.model import Side, Transport
from sensor.parsing.credentials.group_secret import GroupSecretParser
from sensor.parsing.cursor import Cursor
from sensor.parsing.parser import Parsed, Protocol

LLC_ISO = 0x1FEFE
"""The decoder's EtherType for frames with the ISO network layer's access points (LLC 0xFE, 0xFE)."""

ISIS = 0x83
"""Network layer protocol identifier (ISO/IEC TR 9577); ES-IS (0x82) and CLNP (0x81) share the frames."""

AUTHENTICATION, CLEARTEXT = 10, 1


class Isis(GroupSecretParser):
    """Hellos, link states and sequence numbers of one router."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A header whose length is its second byte, then fields of type, length and value."""
        if cursor.u8() != ISIS:
            return
        length = cursor.u8()
        cursor.skip(max(length - 2, 0))
        while cursor.remaining >= 2:
            kind = cursor.u8()
            field = cursor.sub(cursor.u8())
            if kind == AUTHENTICATION and field.remaining > 1 and field.u8() == CLEARTEXT:
                yield from self.report(field.rest(), "isis-cleartext")


PROTOCOL = Protocol(
    name="isis", title="IS-IS", parser=Isis, transports=frozenset({Transport.LINK}), ethertypes=frozenset({LLC_ISO})
)
