"""Observations and flows into a ledger of what was seen of each device, so that silence can be weighed and never passes for a proof."""

from __future__ import annotations

from dataclasses import dataclass, field

from sensor.events import Attribute
from sensor.model import Flow, Observation, Protection

HOUR = 3600 * 1_000_000_000

ENOUGH_HOURS = 24.0
"""A day shows a device at work and at rest, its daily tasks and most update checks; less may miss any of them."""

ENOUGH_FLOWS = 10
"""Fewer conversations than this say little, however long the listening took."""

HOURS_KEPT = 24 * 400
"""Hours told apart: more than a year of listening."""

SET_UP_FIELDS = frozenset({"dhcp.message"})
SET_UP_VALUES = frozenset({"DISCOVER"})
"""A DHCP discover is what a device sends when it comes up without a lease it trusts (RFC 2131 4.4.1)."""


@dataclass(slots=True)
class Coverage:
    """What was seen of one device. ``hours`` it was listened to (long silences between captures do not count); ``bytes`` application payload, ``understood`` of protocols with a parser."""

    hours: float = 0.0
    boots: int = 0
    flows: int = 0
    bytes: int = 0
    understood: int = 0
    encrypted: int = 0
    packets_lost: int = 0
    set_up_seen: bool | None = None
    heard: set[int] = field(default_factory=set, repr=False)
    """Hours of the clock (since 1970) in which a flow of it was seen, at most `HOURS_KEPT`."""
    unread: dict[str, int] = field(default_factory=dict)

    @property
    def encrypted_share(self) -> float | None:
        """Share of payload bytes that were encrypted; None without any."""
        return round(self.encrypted / self.bytes, 4) if self.bytes else None

    @property
    def enough(self) -> bool:
        """Whether silence may be called "no violation seen" (with this coverage beside it)."""
        return self.hours >= ENOUGH_HOURS and self.flows >= ENOUGH_FLOWS


class CoverageLedger:
    """Coverage by device id."""

    def __init__(self) -> None:
        self._devices: dict[str, Coverage] = {}

    def of(self, device: str) -> Coverage:
        """The device's coverage so far."""
        found = self._devices.get(device)
        if found is None:
            found = self._devices[device] = Coverage()
        return found

    def observe(self, observation: Observation, device: str | None) -> None:
        """Count a start of the device."""
        event = observation.event
        if (
            device is not None
            and isinstance(event, Attribute)
            and event.field in SET_UP_FIELDS
            and event.value in SET_UP_VALUES
        ):
            self.of(device).boots += 1

    def flow_ended(self, flow: Flow, device: str | None) -> None:
        """Count a flow at one of its ends."""
        if device is None:
            return
        coverage = self.of(device)
        size = sum(flow.payload)
        for hour in {flow.first_time // HOUR, flow.last_time // HOUR}:
            if len(coverage.heard) < HOURS_KEPT:
                coverage.heard.add(hour)
        coverage.flows += 1
        coverage.bytes += size
        coverage.packets_lost += flow.lost_pieces
        if flow.application is not None:
            coverage.understood += size
        if flow.protection is Protection.ENCRYPTED:
            coverage.encrypted += max(0, size - flow.cleartext_bytes)
