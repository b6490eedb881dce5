"""What a run found, ready to be written by ``export``: plain data, secrets masked already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field

from sensor.capture.join import Part, place
from sensor.devices.device import Device
from sensor.light_dataclass import dataclass
from sensor.model import Evidence, Finding
from sensor.record_values import CrossCheck
from sensor.records import DeviceRecord
from sensor.statistics import Statistics
from sensor.verdicts.coverage import Coverage, Gap
from sensor.verdicts.judge import JudgedProvision, Verdict


@dataclass(slots=True)
class Judgement:
    """A device's provisions and verdicts, with the coverage that qualifies them."""

    provisions: list[JudgedProvision]
    verdicts: list[Verdict]
    coverage: Coverage


@dataclass(slots=True)
class Result:
    """What a run found. ``id`` is the same for the same capture; ``findings`` by id, in the order first seen."""

    id: str
    capture: str
    packets: int
    bytes: int
    first_time: int
    last_time: int
    link_types: list[str]
    truncated_packets: int
    undecoded: dict[str, int]
    lost_bytes: int
    damage: str | None
    devices: list[Device]
    findings: dict[str, Finding]
    judged: dict[str, Judgement]
    bounds: dict[str, int]
    failures: int
    statistics: Statistics = field(repr=False)
    reordered_segments: int = 0
    """TCP segments that stood before the bytes which they acknowledge: the copy of the traffic is out of order."""
    doubled_packets: int = 0
    one_way_flows: int = 0
    """TCP flows with payload of which one side's packets were never captured, of all such flows (``tcp_flows``)."""
    tcp_flows: int = 0
    tls_secrets: int = 0
    """Secrets of TLS connections that the capture holds."""
    wifi: list[dict[str, str | int]] = field(default_factory=list)
    """Networks of ``--wifi-key``: ``ssid``, ``state``, ``frames`` that were decrypted."""
    dropped: int | None = None
    """Packets that the capturing program says it lost; None where it does not tell."""
    devices_with_facts: frozenset[str] = frozenset()
    """Names under which ``--facts`` tells of devices that are here."""
    gaps: Sequence[Gap] = ()
    """When nobody listened, of a live run that went on after a restart."""
    starts: int = 1
    """How often a live run was started."""
    parts: tuple[Part, ...] = ()
    """The captures of a joined run."""
    cross_check: CrossCheck | None = None
    """What Wireshark says of some findings; None where it was not asked."""
    device_records: dict[str, DeviceRecord] = field(default_factory=dict, repr=False)
    """The records of ``devices`` by id, made when the first is asked for."""

    def evidence(self, frames: Iterable[int]) -> list[Evidence]:
        """Frames by the captures they are in, numbered there from 1."""
        if not self.parts:
            numbers = tuple(frames)
            return [Evidence(self.capture, numbers)] if numbers else []
        by_part: dict[int, list[int]] = {}
        for frame in frames:
            part, number = place(frame)
            by_part.setdefault(part, []).append(number)
        return [Evidence(self.parts[part].path, tuple(numbers)) for part, numbers in by_part.items()]
