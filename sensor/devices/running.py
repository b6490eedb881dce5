"""Devices and the flows that still run in, the devices with what those have moved so far: a connection to the cloud may stay open for weeks."""

from __future__ import annotations

from collections.abc import Iterable

from sensor.devices.assemble import split
from sensor.devices.device import Destination, Device
from sensor.devices.hosts import MAX_PEERS
from sensor.devices.inventory import Inventory
from sensor.model import Flow, Side, address_text
from sensor.records import claimed


def add_running(devices: Iterable[Device], flows: Iterable[Flow], inventory: Inventory) -> None:
    """Change the devices in place: bytes and destinations of both ends of each flow. A peer that is new to a device which has `MAX_PEERS` is not listed."""
    known = {device.id: device for device in devices}
    peers: dict[str, dict[tuple[str | None, str | None], Destination]] = {}
    for flow in flows:
        total = sum(flow.payload)
        if not total:
            continue
        clear, hidden, unknown = split(flow, total)
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
