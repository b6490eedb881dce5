"""`Attribute` events of what an end states about itself: decoded, trimmed, bounded."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from sensor.events import Attribute
from sensor.model import Side, address_text, mac_text

VALUE_LIMIT = 512
"""Characters of one value that are stored: names and descriptions are far shorter, longer text is not for people."""

REMEMBERED, REMEMBERED_BYTES = 1024, 256
"""Attributes that are remembered, for devices say the same of themselves over and over, and the longest of them."""

_NO_MAC = (bytes(6), b"\xff" * 6)


def plain(data: bytes | bytearray) -> str:
    r"""Text of a fixed or C-style field, at most `VALUE_LIMIT` characters.

    It is cut at the first NUL and outer blanks are removed; what is not UTF-8 is shown as ``\xNN``.
    """
    return bytes(data).partition(b"\0")[0][: VALUE_LIMIT * 4].decode("utf-8", "backslashreplace").strip()[:VALUE_LIMIT]


def attribute_events(
    field: str, value: str | bytes | bytearray, side: Side, addresses: tuple[str, ...] = ()
) -> tuple[Attribute, ...]:
    """One `Attribute`, or none for an empty value. ``addresses``: of the host that it is about, if they are known."""
    if not value:
        return ()
    if len(value) > REMEMBERED_BYTES or len(addresses) > 1 or isinstance(value, bytearray):
        return _events.__wrapped__(field, value, side, addresses)
    return _events(field, value, side, addresses)


@lru_cache(REMEMBERED, typed=True)
def _events(
    field: str, value: str | bytes | bytearray, side: Side, addresses: tuple[str, ...]
) -> tuple[Attribute, ...]:
    text = value.strip()[:VALUE_LIMIT] if isinstance(value, str) else plain(value)
    return (Attribute(field=field, value=text, side=side, addresses=addresses),) if text else ()


def station(mac: bytes) -> str | None:
    """``aa:bb:…`` of a MAC that one station may have.

    None for an empty, all-zero, broadcast or group address (IEEE 802 I/G bit).
    """
    if len(mac) != 6 or mac in _NO_MAC or mac[0] & 1:
        return None
    return mac_text(mac)


def host(address: bytes) -> str | None:
    """Text of an address (4 or 16 bytes) that one host may have.

    None for an unspecified, multicast, loopback or broadcast one.
    """
    if len(address) not in (4, 16) or address == b"\xff" * 4:
        return None
    if len(address) == 4:
        # RFC 1122 3.2.1.3: this host, loopback; RFC 5771: groups
        none = not any(address) or address[0] == 127 or 224 <= address[0] <= 239
        return None if none else address_text(address)
    parsed = ipaddress.ip_address(address)
    if parsed.is_unspecified or parsed.is_multicast or parsed.is_loopback:
        return None
    return str(parsed)
