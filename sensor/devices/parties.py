"""Findings and the devices they are about in, the party at the other end filled in: it depends on who made the device, which the run's end knows."""

from __future__ import annotations

from collections.abc import Iterable

from sensor.devices.device import Device
from sensor.model import Finding


def fill_parties(findings: Iterable[Finding], devices: Iterable[Device]) -> None:
    """Where ``detail`` has a ``party`` that is None: what the device's destinations say of the other end's address."""
    known: dict[str, dict[str, str]] = {}
    for device in devices:
        parties = known.setdefault(device.id, {})
        for destination in device.destinations:
            if destination.address is not None and destination.party is not None:
                parties.setdefault(destination.address, destination.party)
    for finding in findings:
        if "party" in finding.detail and finding.detail["party"] is None and finding.device in known:
            other = finding.client if finding.role == "server" else finding.server
            finding.detail["party"] = known[finding.device].get(other.host) if other else None
