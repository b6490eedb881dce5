"""Cisco Discovery Protocol, versions 1 and 2: the neighbour's identity, software and capabilities.

Field numbers as in Wireshark's dissector.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.model import Side, Transport
from sensor.parsing.attributes import attribute_events, host
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Parsed, Protocol

SNAP_PID = 0x20000 | 0x2000
"""The decoder's EtherType for SNAP protocol 0x2000 of Cisco."""
ADDRESSES, CAPABILITIES = 2, 4
TEXTS = {1: "cdp.device_id", 3: "cdp.port", 5: "cdp.version", 6: "cdp.platform", 0x14: "cdp.system_name"}
CAPABILITY_NAMES = (
    "router",
    "transparent_bridge",
    "route_bridge",
    "switch",
    "host",
    "igmp",
    "repeater",
    "phone",
    "remote",
    "camera",
)
FIELD_LIMIT = 128
"""Fields read of one frame: real ones have about 20."""
ADDRESS_LIMIT = 16
IPV4 = b"\x01\x01\xcc"
"""Protocol type 1 (NLPID), one byte long, IP."""


class Cdp(DatagramParser):
    """Frames of one neighbour."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one frame."""
        if cursor.u8() not in (1, 2):
            raise Malformed("no version of CDP")
        cursor.skip(3)
        for _ in range(FIELD_LIMIT):
            if cursor.remaining < 4:
                return
            kind, length = cursor.u16(), cursor.u16()
            if length < 4:
                raise Malformed("a field shorter than its head")
            value = cursor.take(length - 4)
            if kind in TEXTS:
                yield from attribute_events(TEXTS[kind], value, side)
            elif kind == CAPABILITIES and len(value) == 4:
                bits = int.from_bytes(value, "big")
                names = [name for bit, name in enumerate(CAPABILITY_NAMES) if bits >> bit & 1]
                yield from attribute_events("cdp.capabilities", ",".join(names), side)
            elif kind == ADDRESSES:
                yield from _addresses(Cursor(value), side)


def _addresses(cursor: Cursor, side: Side) -> Iterator[Parsed]:
    for _ in range(min(cursor.u32(), ADDRESS_LIMIT)):
        protocol = cursor.take(2)
        protocol += cursor.take(protocol[1])
        address = cursor.take(cursor.u16())
        if (protocol == IPV4 and len(address) == 4) or len(address) == 16:
            yield from attribute_events("cdp.address", host(address) or "", side)


PROTOCOL = Protocol(
    name="cdp",
    title="CDP",
    discloses={"name": ("cdp.device_id",), "identity": ("cdp.platform",), "version": ("cdp.version",)},
    parser=Cdp,
    transports=frozenset({Transport.LINK}),
    independent=True,
    ethertypes=frozenset({SNAP_PID}),
)
