"""Types of what a live run and a store add to the records."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from sensor.record_values import CaveatRecord, GoneKind, SensorStateName, Share, StatusName, Time
from sensor.records import DeviceRecord, FindingRecord, ProvisionRecord, VerdictRecord

NotHeard = TypedDict("NotHeard", {"from": "Time | None", "until": "Time | None"})
"""A time in which nobody listened: the sensor was off."""


class SensorSource(TypedDict):
    """How listening at one interface goes."""

    source: str
    state: SensorStateName
    message: str
    captures: int
    packets: int
    dropped_packets: int
    lost_share: Share
    vlans: NotRequired[list[int]]
    message_id: NotRequired[str]
    parameters: NotRequired[dict[str, Any]]


class SensorRecord(TypedDict):
    """How the sensor listens (of ``watch``); counts since it started."""

    record: Literal["sensor"]
    run: str
    time: Time | None
    source: str
    state: SensorStateName
    message: str
    packets: int
    bytes: int
    dropped_packets: int
    last_packet: Time | None
    caveats: NotRequired[list[CaveatRecord]]
    live_flows: NotRequired[int]
    fingerprint_key: NotRequired[str]
    message_id: NotRequired[str]
    parameters: NotRequired[dict[str, Any]]
    message_source: NotRequired[str]
    starts: NotRequired[int]
    not_heard_seconds: NotRequired[float]
    not_heard: NotRequired[list[NotHeard]]
    sources: NotRequired[list[SensorSource]]


class GoneRecord(TypedDict):
    """What ``watch`` reported before and is not so any more."""

    record: Literal["gone"]
    run: str
    kind: GoneKind
    id: str


class Attribution(TypedDict):
    """Who corrected or silenced something, and when."""

    number: int
    by: str
    at: str | None
    until: str | None
    note: str | None


class Corrected(Attribution):
    """A correction of a device: what was found, and the user's value."""

    was: str | None
    value: NotRequired[str | None]


class DeviceCorrections(TypedDict, total=False):
    """What the user corrected of a device."""

    name: Corrected
    category: Corrected
    yours: Corrected


class ButFor(TypedDict):
    """A status without what the user silenced: those findings, and the status with them."""

    findings: list[str]
    was: StatusName


class StoredDeviceRecord(DeviceRecord, total=False):
    """A device on the local network; ``corrected`` and ``merged`` only in a store, by the user's corrections."""

    corrected: DeviceCorrections
    merged: list[str]


class StoredFindingRecord(FindingRecord, total=False):
    """A finding with its repeats; ``muted`` and ``accepted`` only in a store, where the user did so."""

    muted: Attribution
    accepted: Attribution


class StoredProvisionRecord(ProvisionRecord, total=False):
    """The status of one provision for one device; ``but_for`` only in a store, where the user silenced findings."""

    but_for: ButFor


class StoredVerdictRecord(VerdictRecord, total=False):
    """The status of one capability of one device; ``but_for`` only in a store, where the user silenced findings."""

    but_for: ButFor
