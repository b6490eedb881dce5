"""HSRP: a group's password in text.

RFC 2281 (version 1), and Cisco's version 2 as Wireshark's dissector documents it.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.model import Side, Transport
from sensor.parsing.credentials.group_secret import GroupSecretParser
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol

STATES = frozenset({0, 1, 2, 4, 8, 16})
"""Version 1 states (RFC 2281, clause 5.1): initial, learn, listen, speak, standby, active."""

GROUP, TEXT, MD5 = 1, 3, 4
"""Types of version 2 fields; a version 1 message may have the MD5 field after its own."""


class Hsrp(GroupSecretParser):
    """Hellos, coups and resigns of one router."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One message: 20 fixed bytes in version 1, fields of type, length and value in version 2."""
        if cursor.peek(1) == b"\0":
            if cursor.remaining < 20:
                raise Malformed("HSRP message cut short")
            cursor.skip(8)
            password = cursor.take(8)
            cursor.skip(4)
            if cursor.peek(1) != bytes([MD5]):
                yield from self.report(password, "hsrp-text")
            return
        while cursor.remaining >= 2:
            kind = cursor.u8()
            field = cursor.sub(cursor.u8())
            if kind == TEXT:
                yield from self.report(field.take(8), "hsrp-text")


def recognise(opening: Opening) -> Match:
    """On HSRP's ports only: 1985, and 2029 over IPv6."""
    if not {1985, 2029} & {opening.client_port, opening.server_port}:
        return Match.NO
    data = opening.client or opening.server
    version_1 = len(data) >= 20 and data[0] == 0 and data[1] <= 3 and (data[2] in STATES or data[1] == 3)
    version_2 = len(data) >= 42 and data[:2] == bytes([GROUP, 40]) and data[2] == 2
    return Match.SURE if version_1 or version_2 else Match.NO


PROTOCOL = Protocol(
    name="hsrp",
    title="HSRP",
    parser=Hsrp,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    only_at_home=True,
    ports=frozenset({1985, 2029}),
)
