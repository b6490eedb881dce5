"""Local networks: the private ranges, or those of the user, and the prefixes that routers announce."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

DEFAULT = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fe80::/10", "fc00::/7")
"""RFC 1918, RFC 3927, RFC 4291 2.5.6, RFC 4193: the contract's default."""

MAX_LEARNED = 64
"""Prefixes learned of router advertisements and DHCP masks: a home has two or three, an attacker any number."""

SHORTEST_LEARNED = {4: 16, 16: 48}
"""Address length in bytes -> shortest prefix that is learned: 0.0.0.0/0 would make the whole internet local."""

NO_MAC = bytes(6)
ANY_IPV4 = bytes(4)

Prefix = tuple[bytes, int]


class Networks:
    """The local networks. ``cidrs`` replaces the default ranges and switches learning off; ValueError for a bad one."""

    def __init__(self, cidrs: Sequence[str] | None = None) -> None:
        self._explicit = cidrs is not None
        self._networks = [ipaddress.ip_network(cidr, strict=False) for cidr in (DEFAULT if cidrs is None else cidrs)]
        self._broadcasts: set[bytes] = set()
        self._learned = 0
        self.learned: list[str] = []
        """Prefixes from which something was learned."""
        self.changes = 0
        """Number of possible changes; callers drop cached answers by it."""
        self.is_outside = lru_cache(maxsize=8192)(self._is_outside)
        """Whether an address names one host beyond the local network.

        A group, no address (b"" or all zero) and the broadcast of a learned network do not.
        """
        self._compile()

    def _compile(self) -> None:
        self.changes += 1
        self._masks = tuple(
            (network.max_prefixlen // 8, int(network.netmask), int(network.network_address))
            for network in self._networks
        )
        # Sized for the hosts of a busy home; a scan only costs the arithmetic again.
        self.is_local = lru_cache(maxsize=8192)(self._is_local)
        """Whether an address (4 or 16 bytes) is a unicast address on the local network."""
        self.is_outside.cache_clear()

    def _is_local(self, address: bytes) -> bool:
        if names_no_host(address) or address in self._broadcasts:
            return False
        value, size = int.from_bytes(address, "big"), len(address)
        for length, mask, start in self._masks:  # noqa: SIM110 (a generator would cost more than what it does)
            if size == length and value & mask == start:
                return True
        return False

    def _is_outside(self, address: bytes) -> bool:
        return not (names_no_host(address) or address in self._broadcasts or self.is_local(address))

    def learn(self, prefix: str) -> None:
        """Learn that ``prefix`` (CIDR of a router advertisement or a DHCP mask) is on the link; ignore bad ones.

        What is known already changes nothing, so that the look-ups stay cached: leases and advertisements repeat.
        """
        try:
            network = ipaddress.ip_network(prefix, strict=False)
        except ValueError:
            return
        before = len(self._broadcasts), self._learned
        if (
            isinstance(network, ipaddress.IPv4Network)
            and network.prefixlen <= 30
            and len(self._broadcasts) < MAX_LEARNED
        ):
            self._broadcasts.add(network.broadcast_address.packed)
        too_wide = network.prefixlen < SHORTEST_LEARNED[network.max_prefixlen // 8]
        if not (
            too_wide or self._explicit or self._known(network) or network.is_multicast or self._learned >= MAX_LEARNED
        ):
            self._learned += 1
            self._networks.append(network)
        if before != (len(self._broadcasts), self._learned):
            self.learned.append(str(network))
            self._compile()

    def _known(self, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
        start, size = int(network.network_address), network.max_prefixlen // 8
        return any(
            size == length and start & mask == base and int(network.netmask) | mask == int(network.netmask)
            for length, mask, base in self._masks
        )

    def prefixes(self) -> list[Prefix]:
        """The local prefixes as (address bytes, prefix length), for the decoder."""
        return [(network.network_address.packed, network.prefixlen) for network in self._networks]


def is_group(address: bytes) -> bool:
    """Whether ``address`` names no single host: multicast, broadcast, absent (RFC 1112, RFC 4291 2.7; 240/4)."""
    if len(address) == 4:
        return address[0] >= 224
    return len(address) != 16 or address[0] == 0xFF


def is_unspecified(address: bytes) -> bool:
    """Whether ``address`` is absent, ``0.0.0.0`` or ``::``: of a sender without one (RFC 2131 4.1, RFC 4862 5.4.2)."""
    return not address.strip(b"\0")


def names_no_host(address: bytes) -> bool:
    """Whether ``address`` names no single host, or is of a sender without one: `is_group` or `is_unspecified`."""
    if len(address) == 4:
        return address[0] >= 224 or address == ANY_IPV4
    return is_group(address) or is_unspecified(address)


def is_link_local(address: bytes) -> bool:
    """Whether ``address`` never crosses a router (RFC 3927 2.7, RFC 4291 2.5.6)."""
    return address[:2] == b"\xa9\xfe" if len(address) == 4 else address[:1] == b"\xfe" and address[1] & 0xC0 == 0x80


def is_station(mac: bytes) -> bool:
    """Whether ``mac`` can be one device's own: six bytes, not a group address, not all zero (IEEE 802 8.2)."""
    return len(mac) == 6 and not mac[0] & 1 and mac != NO_MAC
