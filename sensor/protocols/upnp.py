"""UPnP device descriptions in HTTP (UPnP Device Architecture 2.0, 2.3): device attributes."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Weird
from sensor.model import Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor
from sensor.parsing.formats import xml
from sensor.parsing.parser import DatagramParser, Parsed, Protocol

ROOT_DEVICE = ("root", "device")
FIELDS = {
    "friendlyName": "upnp.friendly_name",
    "manufacturer": "upnp.manufacturer",
    "modelName": "upnp.model_name",
    "modelNumber": "upnp.model_number",
    "modelDescription": "upnp.model_description",
    "serialNumber": "upnp.serial",
    "serialNum": "upnp.serial",
    "UDN": "upnp.udn",
    # Makers' own elements: Belkin, Sonos.
    "firmwareVersion": "upnp.firmware",
    "softwareVersion": "upnp.firmware",
    "macAddress": "upnp.mac",
    "MACAddress": "upnp.mac",
    "roomName": "upnp.room",
}
TYPES: dict[tuple[str, ...], str] = {
    ("device", "deviceType"): "upnp.device_type",
    ("service", "serviceType"): "upnp.service",
}
TYPES_LIMIT = 64
"""Types of embedded devices and services that are reported: a router has about a dozen."""


class Upnp(DatagramParser):
    """Takes a whole document at a time. Of embedded devices only the types are reported."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one description."""
        elements, damage = xml.read(cursor.rest())
        types: set[tuple[str, str]] = set()
        for element in elements:
            if element.path[:1] != ROOT_DEVICE[:1]:
                continue
            if element.path[:-1] == ROOT_DEVICE and element.path[-1] in FIELDS:
                yield from attribute_events(FIELDS[element.path[-1]], element.text, side)
            elif (
                (field := TYPES.get(element.path[-2:]))
                and len(types) < TYPES_LIMIT
                and (field, element.text) not in types
            ):
                types.add((field, element.text))
                yield from attribute_events(field, element.text, side)
        if damage:
            yield Weird(name="malformed_upnp", detail=damage)


PROTOCOL = Protocol(
    name="upnp",
    title="UPnP",
    discloses={
        "name": ("upnp.friendly_name",),
        "identity": ("upnp.manufacturer", "upnp.model_name", "upnp.model_number", "upnp.model_description", "upnp.udn"),
        "serial number": ("upnp.serial", "upnp.mac"),
        "version": ("upnp.firmware",),
        "location": ("upnp.room",),
    },
    parser=Upnp,
)
