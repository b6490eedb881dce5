"""Bytes that an end says of itself into `Attribute` events: decoded, trimmed, cut, and none where nothing was said."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from sensor.events import Attribute
from sensor.model import Side, mac_text

VALUE_LIMIT = 512
"""Characters of one value that are kept: names and descriptions end far earlier, a longer one is not meant for a person."""

_NO_MAC = (bytes(6), b"\xff" * 6)


def plain(data: bytes | bytearray) -> str:
    r"""Text of a fixed or C-style field: cut at the first NUL, outer blanks off, what is not UTF-8 as ``\xNN``, at most `VALUE_LIMIT` characters."""
    return bytes(data).partition(b"\0")[0][: VALUE_LIMIT * 4].decode("utf-8", "backslashreplace").strip()[:VALUE_LIMIT]


def attribute_events(field: str, value: str | bytes | bytearray, side: Side) -> Iterator[Attribute]:
    """One `Attribute`, or none for an empty value."""
    text = value.strip()[:VALUE_LIMIT] if isinstance(value, str) else plain(value)
    if text:
        yield Attribute(field=field, value=text, side=side)


def station(mac: bytes) -> str | None:
    """``aa:bb:…`` of a MAC that one station may have; None for none, all zero, broadcast and group addresses (IEEE 802 I/G bit)."""
    if len(mac) != 6 or mac in _NO_MAC or mac[0] & 1:
        return None
    return mac_text(mac)


def host(address: bytes) -> str | None:
    """Text of an address (4 or 16 bytes) that one host may have; None for unspecified, multicast, loopback and broadcast ones."""
    if len(address) not in (4, 16) or address == b"\xff" * 4:
        return None
    parsed = ipaddress.ip_address(address)
    if parsed.is_unspecified or parsed.is_multicast or parsed.is_loopback:
        return None
    return str(parsed)
