"""Live run state: what it goes on with after a restart, and when nobody listened."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from sensor.devices.host import Host
from sensor.light_dataclass import dataclass
from sensor.model import Finding
from sensor.verdicts.coverage import Coverage, Gap

MOST_GAPS = 1000
"""Gaps remembered: restarts of more than two years, each night one. The oldest are forgotten first."""

NOT_YET = "coverage_not_yet"
"""In the ``network`` of a state: coverage by id of what has sent too little so far to be a device."""


@dataclass(slots=True)
class CountedBefore:
    """Totals of the earlier parts of a run, as `sensor.result.Result` names them. Times in ns since 1970 UTC.

    ``gaps``: when nobody listened; ``starts``: parts so far.
    """

    packets: int = 0
    bytes: int = 0
    first_time: int = 0
    last_time: int = 0
    truncated_packets: int = 0
    lost_bytes: int = 0
    reordered_segments: int = 0
    doubled_packets: int = 0
    one_way_flows: int = 0
    tcp_flows: int = 0
    undecoded: dict[str, int] = field(default_factory=dict)
    bounds: dict[str, int] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    starts: int = 0

    def gaps_until(self, first_time: int) -> list[Gap]:
        """All gaps, with the one that ended when the first packet of this part came (0: none has)."""
        if self.last_time and first_time > self.last_time:
            return [*self.gaps, (self.last_time, first_time)][-MOST_GAPS:]
        return self.gaps


@dataclass(slots=True)
class DeviceState:
    """What is known of one device. ``senders``: its MACs of which frames were seen."""

    hosts: list[Host]
    senders: set[bytes]
    coverage: Coverage


@dataclass(slots=True)
class RunState:
    """All of it. ``devices`` and ``findings`` by id; ``network``: what belongs to no device alone (leases, names)."""

    counted: CountedBefore
    devices: dict[str, DeviceState]
    findings: dict[str, Finding]
    network: dict[str, Any]


def summed(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    """Counts of both together."""
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}
