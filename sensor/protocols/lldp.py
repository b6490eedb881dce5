"""LLDP (IEEE 802.1AB): a neighbour's identity, capabilities, inventory and MUD URL.

LLDP-MED's inventory by ANSI/TIA-1057, MUD by RFC 8520 11.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.model import Side, Transport, mac_text
from sensor.parsing.attributes import attribute_events, host, plain
from sensor.parsing.cursor import Cursor
from sensor.parsing.parser import DatagramParser, Parsed, Protocol

END, CHASSIS, PORT, CAPABILITIES, MANAGEMENT, ORGANISATION = 0, 1, 2, 7, 8, 127
TEXTS = {4: "lldp.port_description", 5: "lldp.system_name", 6: "lldp.system_description"}
CAPABILITY_NAMES = (
    "other",
    "repeater",
    "bridge",
    "access_point",
    "router",
    "telephone",
    "docsis",
    "station",
    "c_vlan",
    "s_vlan",
    "relay",
)
"""IEEE 802.1AB table 8-4, from bit 0."""
MED, MUD = b"\x00\x12\xbb", b"\x00\x00\x5e"
INVENTORY = {
    5: "lldp.hardware", 6: "lldp.firmware", 7: "lldp.software", 8: "lldp.serial", 9: "lldp.manufacturer",
    10: "lldp.model", 11: "lldp.asset",
}  # fmt: skip
"""ANSI/TIA-1057 10.2.6."""
TLV_LIMIT = 128
"""Fields read of one frame: a frame of 1,500 bytes with every standard field has about 40."""


class Lldp(DatagramParser):
    """Frames of one neighbour."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one frame."""
        for _ in range(TLV_LIMIT):
            if not cursor.remaining:
                return
            head = cursor.u16()
            kind, value = head >> 9, cursor.take(head & 0x1FF)
            if kind == END:
                return
            yield from _field(kind, value, side)


def _field(kind: int, value: bytes, side: Side) -> Iterator[Parsed]:
    if kind in TEXTS:
        yield from attribute_events(TEXTS[kind], value, side)
    elif kind == CHASSIS:
        yield from attribute_events("lldp.chassis", _identity(value, mac=4, address=5), side)
    elif kind == PORT:
        yield from attribute_events("lldp.port", _identity(value, mac=3, address=4), side)
    elif kind == CAPABILITIES and len(value) >= 4:
        enabled = int.from_bytes(value[2:4], "big")
        yield from attribute_events(
            "lldp.capabilities", ",".join(n for bit, n in enumerate(CAPABILITY_NAMES) if enabled >> bit & 1), side
        )
    elif kind == MANAGEMENT and value and value[0] in (5, 17):
        # IEEE 802.1AB 8.5.9: length of family and address, family (1 IPv4, 2 IPv6), address.
        yield from attribute_events("lldp.management", host(value[2 : 1 + value[0]]) or "", side)
    elif kind == ORGANISATION and len(value) > 4:
        if value[:3] == MED and value[3] in INVENTORY:
            yield from attribute_events(INVENTORY[value[3]], value[4:], side)
        elif value[:4] == MUD + b"\x01":
            yield from attribute_events("lldp.mud_url", value[4:], side)


def _identity(value: bytes, mac: int, address: int) -> str:
    """Chassis or port by its subtype: a MAC, an address after its family, else text."""
    subtype, content = value[:1], value[1:]
    if subtype == bytes([mac]) and len(content) == 6:
        return mac_text(content) or ""
    if subtype == bytes([address]) and len(content) in (5, 17):
        return host(content[1:]) or ""
    return plain(content)


PROTOCOL = Protocol(
    name="lldp",
    title="LLDP",
    discloses={
        "name": ("lldp.system_name",),
        "identity": ("lldp.model", "lldp.manufacturer"),
        "serial number": ("lldp.serial", "lldp.asset"),
        "version": ("lldp.system_description", "lldp.firmware", "lldp.software"),
    },
    parser=Lldp,
    transports=frozenset({Transport.LINK}),
    independent=True,
    ethertypes=frozenset({0x88CC}),
)
