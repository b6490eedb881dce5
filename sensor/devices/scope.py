"""Devices in, which of them are clearly a person's own: what those send is not searched for personal data unless somebody asked for it."""

from __future__ import annotations

from collections.abc import Iterable

from sensor.devices.device import Device
from sensor.model import Finding
from sensor.records import claimed

OWN = frozenset({"phone", "tablet", "computer"})
"""Categories of what people carry and work at (docs/output.md)."""

PERSONAL = "personal."
"""How the rules begin that speak of personal data."""

UNDECIDED = 600 * 1_000_000_000
"""Time (ns) that a device has, from when it first appeared, to show what it is; until then nothing is told of personal data found at it."""


def people(devices: Iterable[Device]) -> frozenset[str]:
    """Ids of the devices that are clearly a person's own."""
    return frozenset(device.id for device in devices if claimed(device.category) in OWN)


def shown(findings: Iterable[Finding], devices: Iterable[Device], now: int) -> list[Finding]:
    """The findings without those of personal data at a person's own devices and at those too new at ``now`` (ns since 1970; 0: none is) to be told."""
    hidden = {
        device.id
        for device in devices
        if claimed(device.category) in OWN
        or (claimed(device.category) is None and now - device.first_seen < UNDECIDED and now)
    }
    return [one for one in findings if not (one.rule.startswith(PERSONAL) and one.device in hidden)]
