"""IGMP 1 to 3 (RFC 1112, 2236, 3376): groups that a host joins, and queriers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from sensor.model import Side, Transport
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor
from sensor.parsing.formats.group_records import joined_groups
from sensor.parsing.parser import DatagramParser, Parsed, Protocol

QUERY, REPORT_1, REPORT_2, REPORT_3 = 0x11, 0x12, 0x16, 0x22


class Igmp(DatagramParser):
    """Membership reports and queries."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        kind, response_time = cursor.u8(), cursor.u8()
        cursor.skip(2)
        if kind == QUERY:
            cursor.skip(4)
            # RFC 3376 7.1: the versions differ in length and, 1 from 2, in the waiting time.
            version = 3 if cursor.remaining >= 4 else 2 if response_time else 1
            yield from attribute_events("igmp.querier", f"version {version}", side)
        elif kind in (REPORT_1, REPORT_2):
            yield from _group(cursor.take(4), side)
        elif kind == REPORT_3:
            cursor.skip(2)
            for group in joined_groups(cursor, 4):
                yield from _group(group, side)


def _group(group: bytes, side: Side) -> Iterator[Parsed]:
    if 224 <= group[0] < 240:
        yield from attribute_events("igmp.group", str(ipaddress.IPv4Address(group)), side)


PROTOCOL = Protocol(
    name="igmp",
    title="IGMP",
    parser=Igmp,
    transports=frozenset({Transport.IP}),
    independent=True,
    ip_protocols=frozenset({2}),
)
