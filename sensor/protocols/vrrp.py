"""VRRP version 2 (RFC 2338, clause 5.3.6): the password of a group, where it is text.

Later versions have no authentication.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.model import Side, Transport
from sensor.parsing.credentials.group_secret import GroupSecretParser
from sensor.parsing.cursor import Cursor
from sensor.parsing.parser import Parsed, Protocol

ADVERTISEMENT_2 = 0x21
SIMPLE_TEXT = 1


class Vrrp(GroupSecretParser):
    """Advertisements of one router."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One advertisement (clause 5.1).

        Version and type, group, priority, number of addresses, authentication type, interval, checksum, addresses,
        eight bytes of authentication.
        """
        kind = cursor.u8()
        cursor.skip(2)
        count, authentication = cursor.u8(), cursor.u8()
        if kind == ADVERTISEMENT_2 and authentication == SIMPLE_TEXT:
            cursor.skip(3 + 4 * count)
            yield from self.report(cursor.take(8), "vrrp-text")


PROTOCOL = Protocol(
    name="vrrp", title="VRRP", parser=Vrrp, transports=frozenset({Transport.IP}), ip_protocols=frozenset({112})
)
