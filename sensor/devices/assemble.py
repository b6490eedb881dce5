"""Assembly of a device: traits, addresses, name and bytes of its (MAC, address) pairs."""

from __future__ import annotations

from sensor.devices.device import Bytes, Trait
from sensor.devices.host import Host
from sensor.devices.hosts import MAX_ADDRESSES
from sensor.devices.networks import is_link_local
from sensor.model import address_text

HOSTNAME_FIELDS = (
    "dhcp.hostname",
    "dhcp.fqdn",
    "dhcpv6.fqdn",
    "mdns.host",
    "nbns.host",
    "llmnr.host",
    "snmp.sysname",
    "lldp.system_name",
    "wps.device_name",
    "dns.ptr",
    "wlan.ssid",
)
"""Fields of a device's own name, the one that its owner most likely chose first."""


def add_bytes(host: Host, amounts: tuple[int, int, int]) -> None:
    """Count a flow's payload bytes (`Flow.by_protection`) for a host."""
    if host.bytes is None:
        host.bytes = Bytes()
    clear, hidden, unknown = amounts
    host.bytes.cleartext += clear
    host.bytes.encrypted += hidden
    host.bytes.unknown += unknown


def traits(hosts: list[Host], *, relayed: bool = True) -> list[Trait]:
    """The traits of the hosts, each value once. ``relayed``: with those that other MACs sent in their name."""
    found: dict[tuple[str, str], tuple[int, ...]] = {}
    repeats = _repeated(hosts)
    for host in hosts:
        for source in (host.traits, host.relayed if relayed else None):
            for field, values in (source or {}).items():
                for value, frames in values.items():
                    if not repeats or not _is_repeated(host, field, value, repeats):
                        found.setdefault((field, value), frames)
    return [Trait(field, value, frames) for (field, value), frames in found.items()]


def _repeated(hosts: list[Host]) -> frozenset[tuple[str, str]]:
    """Field and value of what the hosts say of others: their messages name only addresses that none of them has."""
    own = {host.named for host in hosts}
    own_words: set[tuple[str, str]] = set()
    others: set[tuple[str, str]] = set()
    for host in hosts:
        for key, subject in (host.subjects or {}).items():
            (others if subject and own.isdisjoint(subject) else own_words).add(key)
    return frozenset(others - own_words) if others else frozenset()


def _is_repeated(host: Host, field: str, value: str, repeats: frozenset[tuple[str, str]]) -> bool:
    """Whether a trait is another's, or may be: of a reflector only what it says of its own addresses counts."""
    if not field.startswith("mdns."):
        return False
    return (field, value) in repeats or (field, value) not in (host.subjects or {})


def addresses(hosts: list[Host]) -> tuple[str, ...]:
    """Their addresses as text: IPv4 before IPv6, routable before link-local."""
    packed = {host.address for host in hosts if host.address}
    ordered = sorted(packed, key=lambda address: (len(address), is_link_local(address), address))
    return tuple(text for address in ordered if (text := address_text(address)))[:MAX_ADDRESSES]


def hostname(found: list[Trait]) -> str | None:
    """The name the device goes by, without a trailing ``.local``."""
    for field in HOSTNAME_FIELDS:
        for trait in found:
            if trait.field == field and trait.value.strip():
                return trait.value.strip().removesuffix(".").removesuffix(".local")
    return None
