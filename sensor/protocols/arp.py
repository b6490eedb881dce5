"""ARP over Ethernet (RFC 826): bindings of IPv4 addresses to MAC addresses."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Binding, Weird
from sensor.model import Side, Transport
from sensor.parsing.attributes import host, station
from sensor.parsing.cursor import Cursor
from sensor.parsing.parser import DatagramParser, Parsed, Protocol

ETHERNET_IPV4 = b"\x00\x01\x08\x00\x06\x04"
"""Hardware type 1, protocol 0x0800, address lengths 6 and 4."""
REQUEST, REPLY = 1, 2


class Arp(DatagramParser):
    """Requests, replies, announcements. A probe (sender address zero, RFC 5227 2.1.1) claims no address."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one packet. Only the sender's pair counts: the target's is not confirmed by its owner."""
        kinds, operation = cursor.take(6), cursor.u16()
        if kinds != ETHERNET_IPV4 or operation not in (REQUEST, REPLY):
            return
        mac, address = cursor.take(6), cursor.take(4)
        cursor.skip(10)
        claimed = host(address)
        if claimed is None:
            return
        sender = station(mac)
        if sender is None:
            yield Weird(name="arp_impossible_claim", detail="an address is claimed for a MAC that no station has")
            return
        yield Binding(mac=sender, address=claimed, via="arp", side=side)


PROTOCOL = Protocol(
    name="arp",
    title="ARP",
    parser=Arp,
    transports=frozenset({Transport.LINK}),
    independent=True,
    ethertypes=frozenset({0x0806}),
)
