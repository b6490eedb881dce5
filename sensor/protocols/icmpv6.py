"""ICMPv6 (RFC 4861, RFC 3810): claimed addresses, routers with their prefixes, joined groups."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from sensor.events import Binding, Network
from sensor.model import Side, Transport
from sensor.parsing.attributes import attribute_events, host, station
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.group_records import joined_groups
from sensor.parsing.parser import DatagramParser, Parsed, Protocol

REPORT, ROUTER_ADVERTISEMENT, NEIGHBOUR_ADVERTISEMENT, REPORT_2 = 131, 134, 136, 143
TARGET_MAC, PREFIX, DNS_SERVERS = 2, 3, 25
ON_LINK = 0x80
SOLICITED_NODE = bytes.fromhex("ff0200000000000000000001ff")
"""RFC 4291 2.7.1: one for each address of a host, so it identifies no service."""


class Icmpv6(DatagramParser):
    """Router and neighbour advertisements, listener reports. A solicitation does not hold its source address."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        kind = cursor.u8()
        cursor.skip(3)
        if kind == ROUTER_ADVERTISEMENT:
            yield from self._router(side, cursor)
        elif kind == NEIGHBOUR_ADVERTISEMENT:
            cursor.skip(4)
            target = host(cursor.take(16))
            for option, value in _options(cursor):
                if option == TARGET_MAC and target and (mac := station(value[:6])):
                    yield Binding(mac=mac, address=target, via="ndp")
        elif kind == REPORT:
            cursor.skip(4)
            yield from _group(cursor.take(16), side)
        elif kind == REPORT_2:
            cursor.skip(2)
            for group in joined_groups(cursor, 16):
                yield from _group(group, side)

    @staticmethod
    def _router(side: Side, cursor: Cursor) -> Iterator[Parsed]:
        cursor.skip(2)
        lifetime = cursor.u16()
        cursor.skip(8)
        if lifetime:
            # RFC 4861 4.2: with a lifetime of zero the sender is no default router; only its options count.
            yield from attribute_events("icmpv6.router", f"lifetime {lifetime}", side)
        for option, value in _options(cursor):
            if option == PREFIX and len(value) == 30 and value[1] & ON_LINK and value[0] <= 128:
                network = ipaddress.IPv6Network((value[14:30], value[0]), strict=False)
                if value[0] and not network.is_link_local and not network.is_multicast:
                    yield Network(prefix=str(network))
            elif option == DNS_SERVERS:
                servers = [host(value[i : i + 16]) for i in range(6, len(value) - 15, 16)]
                yield from attribute_events("icmpv6.dns", ",".join(server for server in servers if server), side)


def _options(cursor: Cursor) -> Iterator[tuple[int, bytes]]:
    """RFC 4861 4.6: type, length in 8 bytes (zero is malformed), value."""
    while cursor.remaining >= 8:
        kind, words = cursor.u8(), cursor.u8()
        if not words:
            raise Malformed("an option of no length")
        yield kind, cursor.take(words * 8 - 2)


def _group(group: bytes, side: Side) -> Iterator[Parsed]:
    if group[0] == 0xFF and not group.startswith(SOLICITED_NODE):
        yield from attribute_events("icmpv6.group", str(ipaddress.IPv6Address(group)), side)


PROTOCOL = Protocol(
    name="icmpv6",
    title="ICMPV6",
    parser=Icmpv6,
    transports=frozenset({Transport.IP}),
    independent=True,
    ip_protocols=frozenset({58}),
)
