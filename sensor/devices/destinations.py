"""Destinations of a device: the party that each is to it, and the bytes that went there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sensor.devices.device import Destination, Device
from sensor.devices.hosts import MAX_PEERS
from sensor.devices.signatures.makers import words
from sensor.devices.signatures.matcher import Signatures
from sensor.model import Finding, Flow, Side, address_text
from sensor.records import claimed

if TYPE_CHECKING:
    from sensor.devices.inventory import Inventory

MIN_BRAND = 4
"""Letters of a maker's name that is recognised in a domain; shorter names stand in too many words."""


class Destinations:
    """Parties by the list in ``signatures/destinations.toml``."""

    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures

    def party(self, name: str | None, vendor: str | None) -> str | None:
        """The party of the destination ``name`` to a device of ``vendor``: vendor, infrastructure, third or tracker.

        ``vendor`` if the name is the device maker's own; None where neither list nor name decides.
        """
        if not name:
            return None
        listed = self._signatures.domain(name)
        if listed is not None:
            if listed.owner is not None and vendor is not None and listed.owner.casefold() == vendor.casefold():
                return "vendor"
            return "third" if listed.party == "vendor" else listed.party
        if vendor is not None:
            brand = "".join(words(vendor))
            labels = name.lower().rstrip(".").split(".")
            # The registrable part only: a maker's name further left may be a customer's folder at a hoster.
            if len(brand) >= MIN_BRAND and len(labels) >= 2 and brand in labels[-2].replace("-", ""):
                return "vendor"
        return None


def fill_parties(findings: Iterable[Finding], devices: Iterable[Device]) -> None:
    """Set ``party`` where ``detail`` has it as None, by the device's destination of the other end's name and address.

    The party depends on who made the device, which is known at the end of a run.
    """
    known: dict[str, dict[tuple[str | None, str], str | None]] = {}
    for device in devices:
        parties = known.setdefault(device.id, {})
        for destination in device.destinations:
            if destination.address is None:
                continue
            if destination.name is not None:
                parties[destination.name, destination.address] = destination.party
            if destination.party is not None:
                parties.setdefault((None, destination.address), destination.party)
    for finding in findings:
        if "party" in finding.detail and finding.detail["party"] is None and finding.device in known:
            other = finding.client if finding.role == "server" else finding.server
            name = finding.server_name if finding.role == "client" else None
            parties = known[finding.device]
            if other is not None:
                at = (name, other.host)
                finding.detail["party"] = parties[at] if name and at in parties else parties.get((None, other.host))


def add_open_flows(devices: Iterable[Device], flows: Iterable[Flow], inventory: Inventory) -> None:
    """Add the bytes and destinations of flows that have not ended, at both ends; changes the devices in place.

    A connection to a cloud may stay open for weeks. A new peer of a device that has `MAX_PEERS` is not listed.
    """
    known = {device.id: device for device in devices}
    peers: dict[str, dict[tuple[str | None, str | None], Destination]] = {}
    for flow in flows:
        total = sum(flow.payload)
        if not total:
            continue
        clear, hidden, unknown = flow.by_protection(total)
        for side in (Side.CLIENT, Side.SERVER):
            end, peer = flow.end(side), flow.end(side.other).address
            device = known.get(inventory.device_of(end) or "")
            if device is None:
                continue
            device.last_seen = max(device.last_seen, flow.last_time)
            device.bytes.cleartext += clear
            device.bytes.encrypted += hidden
            device.bytes.unknown += unknown
            mine = peers.setdefault(device.id, {(one.name, one.address): one for one in device.destinations})
            name = inventory.name_of(flow, side)
            key = (name, address_text(peer))
            before = mine.get(key)
            if before is not None:
                amounts = (before.bytes + total, before.cleartext + clear, before.encrypted + hidden)
                mine[key] = Destination(*key, before.party, *amounts)
            elif len(mine) < MAX_PEERS:
                party = inventory.party_of(peer, name, claimed(device.vendor))
                mine[key] = Destination(*key, party, total, clear, hidden)
    for device_id, mine in peers.items():
        known[device_id].destinations = tuple(sorted(mine.values(), key=_rank))


def _rank(one: Destination) -> tuple[bool, int, str, str]:
    """Most bytes first; the sum of the rest, which has no address, last."""
    return one.address is None, -one.bytes, one.address or "", one.name or ""
