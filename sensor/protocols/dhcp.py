"""DHCPv4 (RFC 2131, 2132) and BOOTP (RFC 951): clients' attributes, leases and networks."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from sensor.events import Binding, Network, Weird
from sensor.model import Side, Transport
from sensor.parsing.attributes import attribute_events, host, plain, station
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

BOOTREQUEST, BOOTREPLY = 1, 2
ETHERNET = 1
FIXED = 236
"""Bytes before the magic cookie (RFC 2131 2)."""
MAGIC = b"\x63\x82\x53\x63"
"""RFC 2132 2: distinguishes options from BOOTP's vendor area."""

PAD, END = 0, 255
(
    MASK, ROUTER, HOSTNAME, REQUESTED, LEASE, OVERLOAD, MESSAGE, SERVER, PARAMETERS, VENDOR_CLASS, CLIENT_ID,
    USER_CLASS, FQDN, MUD_URL,
) = (1, 3, 12, 50, 51, 52, 53, 54, 55, 60, 61, 77, 81, 161)  # fmt: skip
MESSAGES = ("", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM")
FQDN_WIRE_FORMAT = 0x04
"""RFC 4702 2.1: the E bit, the name is in DNS wire format."""


def recognise(opening: Opening) -> Match:
    """The magic cookie after a valid header is sure; BOOTP's fixed header alone is weak."""
    for data in (opening.client, opening.server):
        if not data:
            continue
        if len(data) < FIXED or data[0] not in (BOOTREQUEST, BOOTREPLY) or data[2] > 16 or data[3] > 16:
            return Match.NO
        if data[FIXED : FIXED + 4] == MAGIC:
            return Match.SURE
        return Match.WEAK if data[1] == ETHERNET and data[2] == 6 and not any(data[34:44]) else Match.NO
    return Match.MORE


class Dhcp(DatagramParser):
    """Both directions. Attributes belong to the sender of a request; a relayed request (giaddr set) gives none."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        operation, hardware, length, _hops = cursor.u8(), cursor.u8(), cursor.u8(), cursor.u8()
        if operation not in (BOOTREQUEST, BOOTREPLY) or length > 16:
            raise Malformed("neither request nor reply")
        cursor.skip(8)
        cursor.skip(4)
        assigned = cursor.take(4)
        cursor.skip(4)
        relay = cursor.take(4)
        mac = cursor.take(16)[:length]
        names, boot_file = cursor.take(64), cursor.take(128)
        client = station(mac) if hardware == ETHERNET else None
        if cursor.peek(4) != MAGIC:
            if operation == BOOTREPLY and client and (address := host(assigned)):
                # RFC 951: a BOOTP address has no end.
                yield Binding(mac=client, address=address, via="dhcp")
            return
        cursor.skip(4)
        options, damage = read_options(cursor.rest())
        overload = options.get(OVERLOAD, b"\0")[:1]
        # RFC 2132 9.3: 1 the file field, 2 the name field, 3 both hold options too.
        for bit, area in ((1, boot_file), (2, names)):
            if overload and overload[0] & bit:
                more, _ = read_options(area)
                for code, value in more.items():
                    options[code] = options.get(code, b"") + value
        message = options.get(MESSAGE, b"\0")[:1]
        kind = MESSAGES[message[0]] if message and message[0] < len(MESSAGES) else ""
        if operation == BOOTREQUEST and relay == bytes(4):
            yield from self._client(side, client, kind, options)
        elif operation == BOOTREPLY:
            yield from self._server(side, client, kind, assigned, options)
        if damage:
            # Each message is independent: a broken one is reported and does not end the conversation.
            yield Weird(name="malformed_dhcp", detail=damage)

    @staticmethod
    def _client(side: Side, mac: str | None, kind: str, options: dict[int, bytes]) -> Iterator[Parsed]:
        """A client's attributes; ``dhcp.client_mac`` first, as another station may have sent them."""
        yield from attribute_events("dhcp.client_mac", mac or "", side)
        yield from attribute_events("dhcp.message", kind, side)
        yield from attribute_events("dhcp.hostname", options.get(HOSTNAME, b""), side)
        yield from attribute_events("dhcp.vendor_class", options.get(VENDOR_CLASS, b""), side)
        yield from attribute_events(
            "dhcp.parameters", ",".join(str(code) for code in options.get(PARAMETERS, b"")), side
        )
        yield from attribute_events("dhcp.client_id", options.get(CLIENT_ID, b"").hex(), side)
        yield from attribute_events("dhcp.user_class", user_class(options.get(USER_CLASS, b"")), side)
        yield from attribute_events("dhcp.fqdn", full_name(options.get(FQDN, b"")), side)
        yield from attribute_events("dhcp.mud_url", options.get(MUD_URL, b""), side)
        yield from attribute_events("dhcp.requested", _address(options.get(REQUESTED, b"")), side)

    @staticmethod
    def _server(side: Side, mac: str | None, kind: str, assigned: bytes, options: dict[int, bytes]) -> Iterator[Parsed]:
        """A server's address, the lease (only an ACK gives it, RFC 2131 3.1), the network."""
        yield from attribute_events("dhcp.server", _address(options.get(SERVER, b"")), side)
        address = host(assigned)
        if kind != "ACK" or not address:
            return
        lease = options.get(LEASE, b"")
        if mac:
            yield Binding(
                mac=mac, address=address, via="dhcp", seconds=int.from_bytes(lease, "big") if len(lease) == 4 else None
            )
        mask = options.get(MASK, b"")
        if len(mask) == 4 and (bits := prefix_length(mask)) is not None:
            router = options.get(ROUTER, b"")[:4]
            yield Network(
                prefix=str(ipaddress.ip_network(f"{address}/{bits}", strict=False)), router=_address(router) or None
            )


def read_options(area: bytes) -> tuple[dict[int, bytes], str | None]:
    """Options of an area, parts of one code joined (RFC 3396 5), and the damage at its end, None if there is none."""
    found: dict[int, list[bytes]] = {}
    position, damage = 0, None
    while position < len(area) and area[position] != END:
        code = area[position]
        position += 1
        if code == PAD:
            continue
        if position >= len(area) or position + 1 + area[position] > len(area):
            damage = "an option is longer than the message"
            break
        found.setdefault(code, []).append(area[position + 1 : position + 1 + area[position]])
        position += 1 + area[position]
    return {code: b"".join(parts) for code, parts in found.items()}, damage


def user_class(value: bytes) -> str:
    """RFC 3004 4: strings with a length before each; several clients (iPXE, Windows) send bare text instead."""
    pieces, position = [], 0
    while position < len(value):
        length = value[position]
        if not length or position + 1 + length > len(value):
            return plain(value)
        pieces.append(plain(value[position + 1 : position + 1 + length]))
        position += 1 + length
    return ",".join(pieces)


def full_name(value: bytes) -> str:
    """The name in option 81 (RFC 4702 2.3): uncompressed wire format or, from older clients, ASCII."""
    if len(value) < 4:
        return ""
    if not value[0] & FQDN_WIRE_FORMAT:
        return plain(value[3:]).rstrip(".")
    labels, rest = [], Cursor(value, 3)
    while rest.remaining and (length := rest.u8()):
        if length > 63:
            raise Malformed("label longer than 63")
        labels.append(plain(rest.take(length)))
    return ".".join(labels)


def prefix_length(mask: bytes) -> int | None:
    """``b"\\xff\\xff\\xff\\0"`` as 24; None for a mask with holes or one that holds every address or a single one."""
    bits = int.from_bytes(mask, "big")
    length = bits.bit_count()
    return length if 0 < length < 32 and bits == (1 << 32) - (1 << (32 - length)) else None


def _address(value: bytes) -> str:
    return host(value) or "" if len(value) == 4 else ""


PROTOCOL = Protocol(
    name="dhcp",
    title="DHCP",
    discloses={"name": ("dhcp.hostname", "dhcp.fqdn"), "identity": ("dhcp.vendor_class",)},
    parser=Dhcp,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    opens=rb"[\x01\x02].[\x00-\x10]{2}",
    independent=True,
    ports=frozenset({67, 68, 4011}),
)
