"""Keys of peers for limits: an address on the own links, the network of one beyond."""

from __future__ import annotations

import functools
import ipaddress
import time

from sensor.setup.interfaces import on_link_prefixes

FRESH = 60.0
"""Seconds for which this machine's prefixes are not read again."""


def peer_key(address: str | None) -> str:
    """One key for all addresses that a peer may choose from: beyond the own links a /64 (RFC 4291 2.5.4).

    On a link of this machine all hosts of the home share that /64, so each address counts for itself.
    """
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "?"
    if found.version == 4 or found.is_link_local:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    if any(found in prefix for prefix in _prefixes(time.monotonic() // FRESH)):
        return str(found)
    return str(ipaddress.ip_network((found, 64), strict=False))


@functools.lru_cache(maxsize=1)
def _prefixes(_: float) -> tuple[ipaddress.IPv6Network, ...]:
    return tuple(on_link_prefixes())
