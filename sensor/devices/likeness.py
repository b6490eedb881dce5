"""Likeness of devices: how many of one run look the same by what they claim and how they speak."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sensor.devices.device import Device
from sensor.records import claimed

SPEECH = ("dhcp.parameters", "dhcp.vendor_class", "mdns.service", "ssdp.server", "upnp.model_name", "tls.ja4")
"""Fields whose values follow from a product's software, and that differ from product to product."""

Looks = tuple[str | None, str | None, str | None, tuple[str, ...]]


def looks(device: Device) -> Looks | None:
    """Maker, category, model and speech of a device; None where too little is known to compare."""
    speech = tuple(sorted(f"{trait.field} {trait.value}" for trait in device.traits if trait.field in SPEECH))
    maker, model = claimed(device.vendor), claimed(device.model)
    # A maker alone is no likeness: a maker's lamp and its speaker would be alike.
    if maker is None or not (model or speech):
        return None
    return maker, claimed(device.category), model, speech


def count_alike(devices: Iterable[Device]) -> None:
    """Set ``like`` of each device: how many others look the same."""
    each = [(device, looks(device)) for device in devices]
    counts = Counter(one for _, one in each if one is not None)
    for device, one in each:
        device.like = counts[one] - 1 if one is not None else 0
