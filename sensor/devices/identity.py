"""An object that a device served into what it says of the device itself: model, maker, firmware, kind, as (field, value).

Only top-level keys of JSON (and of one ``config``-like object inside it) and a handful of XML elements count: deeper ones are about others, such as the lamps
behind a bridge.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

LONGEST = 64 * 1024
"""Bytes of an object that are parsed: device states of real hubs stay below."""

MAX_TEXT = 120
"""Characters of a value that may be a name."""

KEYS = {
    "model": "device.model", "modelid": "device.model", "model_id": "device.model", "modelname": "device.model", "model_name": "device.model",
    "modelnumber": "device.model", "devicemodel": "device.model", "device_model": "device.model", "productname": "device.model",
    "product_name": "device.model", "product": "device.model", "modeldescription": "device.description", "devname": "device.name",
    "devicename": "device.name", "device_name": "device.name", "friendlyname": "device.name", "friendly_name": "device.name", "name": "device.name",
    "manufacturer": "device.maker", "manufacturername": "device.maker", "vendor": "device.maker", "vendorname": "device.maker", "brand": "device.maker",
    "firmware": "device.firmware", "firmwareversion": "device.firmware", "firmware_version": "device.firmware", "fwversion": "device.firmware",
    "fw_ver": "device.firmware", "fw": "device.firmware", "swversion": "device.firmware", "sw_ver": "device.firmware", "softwareversion": "device.firmware",
    "devicetype": "device.type", "device_type": "device.type", "type": "device.type",
}  # fmt: skip
"""Key in lower case -> field. What products call themselves in the status pages of published interfaces."""

INNER = ("config", "device", "deviceinfo", "device_info", "info", "system", "sysinfo", "setup")
"""Objects that a device keeps its own identity in."""

_XML = re.compile(rb"<(?:\w{1,16}:)?(\w{4,20})>([^<>]{1,120})</")


def told_by(data: bytes, media_type: str | None) -> Iterator[tuple[str, str]]:
    """What the object says; nothing if it is neither JSON nor XML."""
    start = data[:64].lstrip()
    if start.startswith(b"{"):
        yield from _of_json(data[:LONGEST])
    elif start.startswith(b"<") and b"html" not in data[:256].lower() and "html" not in (media_type or ""):
        yield from _of_xml(data[:LONGEST])


def _of_json(data: bytes) -> Iterator[tuple[str, str]]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(found, dict):
        return
    objects = [found, *(value for key, value in found.items() if key.lower() in INNER and isinstance(value, dict))]
    for thing in objects:
        for key, value in thing.items():
            field = KEYS.get(key.lower())
            if field and isinstance(value, str) and 0 < len(value) <= MAX_TEXT:
                yield field, value


def _of_xml(data: bytes) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for name, value in _XML.findall(data):
        field = KEYS.get(name.decode("ascii", "ignore").lower())
        # The first of its kind: later ones describe services, icons or embedded parts.
        if field and field not in seen:
            seen.add(field)
            yield field, value.decode("utf-8", "backslashreplace").strip()
