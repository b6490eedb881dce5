"""802.11 management frames: an access point's network, what both ends say of themselves in WPS.

The decoder hands on a frame's subtype and the elements that are read (`sensor.decode.wlan`). Names and makers are of
Wi-Fi Protected Setup (Wi-Fi Simple Configuration 2.0.8, table 28).
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.model import Side, Transport
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor
from sensor.parsing.parser import DatagramParser, Parsed, Protocol

STATEMENT = 0x05FE
ACCESS_POINT = (5, 8)
"""Subtypes that an access point alone sends: probe response and beacon."""
SSID, VENDOR = 0, 221
WPS = {
    0x1011: "wps.device_name", 0x1021: "wps.manufacturer", 0x1023: "wps.model_name", 0x1024: "wps.model_number",
    0x1042: "wps.serial",
}  # fmt: skip
WPS_BEGIN = 4
"""Bytes of a vendor's element before its content: maker and kind."""


class Wlan(DatagramParser):
    """What a station or an access point says of itself."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one frame's elements."""
        is_access_point = cursor.u8() in ACCESS_POINT
        if is_access_point:
            yield from attribute_events("wlan.role", "access_point", side)
        while cursor.remaining:
            kind, value = cursor.u8(), cursor.take(cursor.u8())
            if kind == SSID and value.strip(b"\0"):
                yield from attribute_events("wlan.ssid" if is_access_point else "wlan.network", value, side)
            elif kind == VENDOR:
                yield from _set_up(Cursor(value[WPS_BEGIN:]), side)


def _set_up(cursor: Cursor, side: Side) -> Iterator[Parsed]:
    while cursor.remaining:
        kind, value = cursor.u16(), cursor.take(cursor.u16())
        if kind in WPS:
            yield from attribute_events(WPS[kind], value, side)


PROTOCOL = Protocol(
    name="wlan",
    title="Wi-Fi management",
    parser=Wlan,
    transports=frozenset({Transport.LINK}),
    ethertypes=frozenset({STATEMENT}),
)
