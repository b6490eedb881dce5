"""DHCPv6 (RFC 8415): clients' attributes and leased addresses."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Binding
from sensor.model import Side, Transport
from sensor.parsing.attributes import attribute_events, host, plain, station
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

PORTS = frozenset({546, 547})
MESSAGES = (
    "", "SOLICIT", "ADVERTISE", "REQUEST", "CONFIRM", "RENEW", "REBIND", "REPLY", "RELEASE", "DECLINE", "RECONFIGURE",
    "INFORMATION-REQUEST",
)  # fmt: skip
REPLY, RELAY_FORWARD, RELAY_REPLY = 7, 12, 13
FROM_SERVER = frozenset({2, 7, 10})
CLIENT_ID, IDENTITY, ADDRESS, ORDER, RELAYED, USER_CLASS, VENDOR_CLASS, VENDOR_OPTIONS, FQDN, MUD_URL = (
    1,
    3,
    5,
    6,
    9,
    15,
    16,
    17,
    39,
    112,
)
HOP_LIMIT = 8
"""Relays in relays, RFC 8415 7.6."""
OPTION_LIMIT = 128
"""Options read of one message: clients send about ten."""
ETHERNET = 1
LINK_LAYER_TIME, ENTERPRISE, LINK_LAYER = 1, 2, 3


def recognise(opening: Opening) -> Match:
    """A message type, options whose lengths add up to the datagram's, and one of its ports (RFC 8415 7.2).

    An opening has no addresses; over IPv4 no message of it can stand on these ports by accident and add up.
    """
    if not PORTS & {opening.client_port, opening.server_port}:
        return Match.NO
    for data in (opening.client, opening.server):
        if data:
            if len(data) < 8 or not 1 <= data[0] <= RELAY_REPLY:
                return Match.NO
            position = 34 if data[0] >= RELAY_FORWARD else 4
            for _ in range(OPTION_LIMIT):
                if position + 4 > len(data):
                    break
                position += 4 + int.from_bytes(data[position + 2 : position + 4], "big")
            if position != len(data):
                return Match.NO
            return Match.SURE
    return Match.MORE


class Dhcpv6(DatagramParser):
    """Both directions. Attributes belong to the sender of a client's message; relayed ones give none."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message, through relays."""
        direct = True
        for _ in range(HOP_LIMIT + 1):
            kind = cursor.u8()
            if kind not in (RELAY_FORWARD, RELAY_REPLY):
                break
            direct = False
            cursor.skip(33)
            inside = [value for code, value in options(cursor) if code == RELAYED]
            if not inside:
                return
            cursor = Cursor(inside[0])
        if not 0 < kind < len(MESSAGES):
            raise Malformed("no message type of DHCPv6")
        cursor.skip(3)
        found = list(options(cursor))
        if kind in FROM_SERVER:
            if kind == REPLY:
                yield from _leases(found)
        elif direct:
            yield from attribute_events("dhcpv6.message", MESSAGES[kind], side)
            for code, value in found:
                yield from _option_attributes(code, value, side)


def options(cursor: Cursor) -> Iterator[tuple[int, bytes]]:
    """RFC 8415 21.1: code, length, value."""
    for _ in range(OPTION_LIMIT):
        if cursor.remaining < 4:
            return
        yield cursor.u16(), cursor.take(cursor.u16())


def _option_attributes(code: int, value: bytes, side: Side) -> Iterator[Parsed]:
    if code == CLIENT_ID:
        yield from attribute_events("dhcpv6.duid", value.hex(), side)
        yield from attribute_events("dhcpv6.mac", embedded_mac(value) or "", side)
        if value[:2] == bytes([0, ENTERPRISE]) and len(value) > 6:
            yield from attribute_events("dhcpv6.enterprise", str(int.from_bytes(value[2:6], "big")), side)
    elif code == ORDER:
        codes = [str(int.from_bytes(value[i : i + 2], "big")) for i in range(0, len(value) - 1, 2)]
        yield from attribute_events("dhcpv6.parameters", ",".join(codes), side)
    elif code == USER_CLASS:
        yield from attribute_events("dhcpv6.user_class", ",".join(_pieces(value)), side)
    elif code == VENDOR_CLASS and len(value) > 4:
        yield from attribute_events("dhcpv6.enterprise", str(int.from_bytes(value[:4], "big")), side)
        yield from attribute_events("dhcpv6.vendor_class", ",".join(_pieces(value[4:])), side)
    elif code == VENDOR_OPTIONS and len(value) >= 4:
        yield from attribute_events("dhcpv6.enterprise", str(int.from_bytes(value[:4], "big")), side)
    elif code == FQDN:
        yield from attribute_events("dhcpv6.fqdn", _full_name(value), side)
    elif code == MUD_URL:
        yield from attribute_events("dhcpv6.mud_url", value, side)


def embedded_mac(duid: bytes) -> str | None:
    """The Ethernet address in a DUID of type 1 or 3 (RFC 8415 11.2, 11.4), perhaps of another interface."""
    kind, hardware = int.from_bytes(duid[:2], "big"), int.from_bytes(duid[2:4], "big")
    if hardware != ETHERNET or kind not in (LINK_LAYER_TIME, LINK_LAYER):
        return None
    return station(duid[8:] if kind == LINK_LAYER_TIME else duid[4:])


def _pieces(value: bytes) -> Iterator[str]:
    cursor = Cursor(value)
    while cursor.remaining >= 2:
        yield plain(cursor.take(cursor.u16()))


def _full_name(value: bytes) -> str:
    """RFC 4704 4.1: flags, then a name in wire format, without its final zero where it is not fully qualified."""
    cursor, labels = Cursor(value, 1 if value else 0), []
    while cursor.remaining and (length := cursor.u8()):
        if length > 63:
            raise Malformed("label longer than 63")
        labels.append(plain(cursor.take(length)))
    return ".".join(labels)


def _leases(found: list[tuple[int, bytes]]) -> Iterator[Binding]:
    """Leased addresses, for a client whose DUID holds its MAC: a reply identifies its client by the DUID alone."""
    mac = next((embedded_mac(value) for code, value in found if code == CLIENT_ID), None)
    if mac is None:
        return
    for code, value in found:
        if code != IDENTITY or len(value) < 12:
            continue
        for inner, lease in options(Cursor(value, 12)):
            if inner == ADDRESS and len(lease) >= 24:
                address, seconds = host(lease[:16]), int.from_bytes(lease[20:24], "big")
                if address and seconds:
                    yield Binding(mac=mac, address=address, via="dhcpv6", seconds=seconds)


PROTOCOL = Protocol(
    name="dhcpv6",
    title="DHCPV6",
    discloses={"name": ("dhcpv6.fqdn",)},
    parser=Dhcpv6,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    only_at_home=True,
    independent=True,
    ports=PORTS,
)
