"""Scope of the search for personal data: people's own devices are left out unless asked for."""

from __future__ import annotations

from collections.abc import Iterable

from sensor.devices.device import Device
from sensor.model import Finding
from sensor.records import claimed

OWN = frozenset({"phone", "tablet", "computer"})
"""Categories of what people carry and work at (docs/output.md)."""

PERSONAL = "personal."
"""First part of the rules about personal data."""

UNDECIDED = 600 * 1_000_000_000
"""Time (ns) after a device's first frame in which its findings of personal data wait for its category."""


def people(devices: Iterable[Device]) -> frozenset[str]:
    """Ids of the devices that are clearly people's own."""
    return frozenset(device.id for device in devices if claimed(device.category) in OWN)


def shown(findings: Iterable[Finding], devices: Iterable[Device], now: int) -> list[Finding]:
    """The findings without those of personal data at people's own devices, and at devices of no category yet.

    ``now``: ns since 1970, for `UNDECIDED`; 0: no device is too new.
    """
    hidden = {
        device.id
        for device in devices
        if claimed(device.category) in OWN
        or (claimed(device.category) is None and now - device.first_seen < UNDECIDED and now)
    }
    return [one for one in findings if not (one.rule.startswith(PERSONAL) and one.device in hidden)]
