"""Types of the records of docs/output.md, what identifies one, and questions that all readers ask.

`records` of `sensor.export` makes them from a run. What comes back from JSON or from a store is a plain `Record`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NotRequired, TypedDict, TypeVar

import sensor.record_values as values
from sensor.model import SEVERITIES, STATUSES, Claim, Endpoint

Record = dict[str, Any]
"""A record of any kind, as JSON holds it."""

Key = tuple[str, ...]

Value = TypeVar("Value")

CLAIMED = 0.5
"""Confidence below which nothing is claimed of a device (docs/output.md)."""


class EvidenceEntry(TypedDict):
    """Frames of one capture, counted from 1."""

    capture: str
    frames: list[int]


class CaptureRecord(TypedDict):
    """A capture that was read. ``bytes`` as sent; times RFC 3339 UTC."""

    record: Literal["capture"]
    run: str
    capture: str
    packets: int
    bytes: int
    first_time: values.Time | None
    last_time: values.Time | None
    link_types: list[str]
    truncated_packets: int
    undecoded_packets: int
    undecoded: dict[str, int]
    lost_bytes: int
    reordered_segments: int
    doubled_packets: int
    dropped_packets: int | None
    one_way_flows: int
    tcp_flows: int
    damage: str | None
    tls_secrets: int
    wifi: list[dict[str, str | int]]
    caveats: list[values.CaveatRecord]
    cross_check: NotRequired[values.CrossCheck]


class ReasonRecord(TypedDict):
    """One piece of evidence for a claim."""

    field: str
    value: str
    signature: str
    evidence: list[EvidenceEntry]


class ClaimRecord(TypedDict):
    """What is believed of a device in one respect; ``confidence`` 0 to 1."""

    value: str
    confidence: values.Share
    because: list[ReasonRecord]


class ByteCounts(TypedDict):
    """Application payload by protection."""

    encrypted: int
    cleartext: int
    unknown: int


class DestinationRecord(TypedDict):
    """A peer of a device with the payload exchanged, in bytes."""

    name: str | None
    address: str | None
    party: values.Party | None
    country: str | None
    bytes: int
    cleartext: int
    encrypted: int
    unknown: int


class SameDevice(TypedDict):
    """Another record that may be the same device."""

    id: str
    reason: str


class ChannelRecord(TypedDict):
    """A way of communication of a device that was seen."""

    role: values.Role
    transport: str
    port: int | None
    protocol: str | None
    peer: str | None
    names: list[str]
    remote: bool
    flows: int
    bytes: int
    cleartext: int
    encrypted: int
    first_time: values.Time | None
    last_time: values.Time | None


class HiddenDevice(TypedDict):
    """A further device behind a device's MAC, and what shows it."""

    identity: str
    field: str
    value: str
    evidence: list[EvidenceEntry]


class DeviceRecord(TypedDict):
    """A device on the local network."""

    record: Literal["device"]
    run: str
    id: str
    mac: values.Mac | None
    mac_randomized: bool | None
    addresses: list[str]
    hostname: str | None
    first_seen: values.Time | None
    last_seen: values.Time | None
    vendor: ClaimRecord | None
    category: ClaimRecord | None
    model: ClaimRecord | None
    firmware: ClaimRecord | None
    os: ClaimRecord | None
    platform: ClaimRecord | None
    bytes: ByteCounts
    destinations: list[DestinationRecord]
    probably_same: list[SameDevice]
    hidden: NotRequired[list[HiddenDevice]]
    in_scope: bool
    channels: list[ChannelRecord]
    channels_more: int
    like: int


class FindingRecord(TypedDict):
    """A finding with its repeats; the keys of ``detail`` depend on the rule."""

    record: Literal["finding"]
    run: str
    id: str
    key: str
    rule: values.Rule
    severity: values.SeverityName
    device: str | None
    peer_device: str | None
    role: values.Role | None
    capability: values.CapabilityName | None
    provisions: list[str]
    client: str | None
    server: str | None
    protocol: str
    time: values.Time | None
    last_time: values.Time | None
    count: int
    evidence: list[EvidenceEntry]
    message_id: str
    parameters: dict[str, Any]
    summary: str
    advice: str
    detail: dict[str, Any]


class CoverageRecord(TypedDict):
    """What was seen of a device, as its verdicts carry it."""

    hours: float
    hours_active: int | None
    hours_idle: int | None
    boots: int
    set_up_seen: bool | None
    set_up_sign: str | None
    sessions: list[str]
    flows: int
    flows_served: int
    flows_outside: int
    logins: int
    packets: int
    bytes: int
    bytes_understood: int
    encrypted_share: values.Share | None
    no_parser: dict[str, int]
    handshakes: int
    certificates_hidden: int
    secret_carriers: int
    bytes_outside_protected: int
    bytes_outside_unproven: int
    bytes_outside_open: int
    packets_lost: int


ProvisionNumbers = TypedDict("ProvisionNumbers", {"v2.1.1": str | None, "v3.1.3": str})
"""A provision of EN 303 645 in both editions; None where that edition has none."""


EditionStatuses = TypedDict("EditionStatuses", {"v2.1.1": values.StatusName | None, "v3.1.3": values.StatusName | None})
"""A status by each edition of EN 303 645; None where that edition has no such provision."""


class SettlingProcedure(TypedDict):
    """A fact of ``--facts`` that would settle a status, and the laboratory's procedure that finds it out."""

    fact: str
    procedure: str
    title: str


class CaseOutcome(TypedDict):
    """What packets say of a test case of TS 103 701; ``unit`` null where its letter could not be checked."""

    case: str
    unit: str | None
    outcome: values.Outcome


_Supporting = TypedDict("_Supporting", {"against": list[str], "for": list[str]})


class _Weighed(TypedDict):
    editions: EditionStatuses
    severity: values.SeverityName | None
    strength: values.Strength | None


class _Grounds(TypedDict):
    reasons: list[str | values.MessageRecord]
    headline: str
    headline_id: str
    headline_parameters: dict[str, Any]
    settle: list[SettlingProcedure]
    ts103701: list[CaseOutcome]


class JudgedRecord(_Weighed, _Supporting, _Grounds):
    """What a status rests on. ``reasons``: ids of findings, and messages (`sensor.wording` makes ``because``)."""


class _ProvisionHead(TypedDict):
    record: Literal["provision"]
    run: str
    device: str
    provision: ProvisionNumbers
    capability: values.CapabilityName | None
    modal: values.Modal
    status: values.StatusName
    because: list[str]
    settled_by: list[str]


class ProvisionRecord(_ProvisionHead, JudgedRecord):
    """The status of one provision for one device."""


class _VerdictHead(TypedDict):
    record: Literal["verdict"]
    run: str
    device: str
    capability: values.CapabilityName
    status: values.StatusName
    because: list[str]
    coverage: CoverageRecord


class VerdictRecord(_VerdictHead, JudgedRecord):
    """The status of one capability of one device."""


class LedgerDestination(TypedDict):
    """Where personal data went to, or came from."""

    name: str | None
    address: str | None


class LedgerLine(TypedDict):
    """Personal data of one category to or from one destination."""

    category: str
    direction: values.Direction
    destination: LedgerDestination
    party: values.Party | None
    country: str | None
    protection: values.ProtectionName
    encodings: list[str]
    severity: values.SeverityName
    count: int
    findings: list[str]


class LedgerVolume(TypedDict):
    """Bytes exchanged with outside that could not be read."""

    protection: values.ProtectionName
    party: values.Party | None
    country: str | None
    bytes: int
    destinations: int
    names: list[str]


class LedgerRecord(TypedDict):
    """The personal data of one device."""

    record: Literal["ledger"]
    run: str | None
    device: str
    personal: list[LedgerLine]
    volumes: list[LedgerVolume]


class FlowRecord(TypedDict):
    """A flow (with ``--flows``). ``cleartext_before``: payload bytes before an upgrade to encryption."""

    record: Literal["flow"]
    run: str
    client: str
    server: str
    transport: str
    application: str | None
    layers: list[str]
    server_name: str | None
    start: values.Time | None
    end: values.Time | None
    bytes: int
    packets: int
    protection: values.ProtectionName
    cleartext_before: int
    device: str | None


class ChangeRecord(TypedDict):
    """What is not the same in two runs."""

    change: values.ChangeName
    key: str
    device: str | None
    before: list[str]
    after: list[str]
    severity_before: values.SeverityName | None
    severity_after: values.SeverityName | None
    reason: str | None


_Earlier = TypedDict("_Earlier", {"with": str})


class ComparisonRecord(_Earlier):
    """A run against an earlier one (with ``--compare-with``)."""

    record: Literal["comparison"]
    run: str
    worse: bool
    counts: dict[str, int]
    changes: list[ChangeRecord]


class SummaryRecord(TypedDict):
    """The last line: counts of everything that was written."""

    record: Literal["summary"]
    run: str | None
    runs: list[str]
    records: dict[str, int]
    status: dict[str, int]
    severity: dict[str, int]
    bounds_hit: dict[str, int]
    parser_failures: int
    damaged_captures: int
    elapsed_seconds: float


_KEYS = {
    "capture": ("capture",),
    "verdict": ("device", "capability"),
    "ledger": ("device",),
    "flow": ("client", "server", "transport", "start"),
}


def key_of(record: Mapping[str, Any]) -> Key:
    """What makes two records of a run the same thing at two times."""
    kind = record["record"]
    if kind == "provision":
        return kind, record["device"], record["provision"]["v3.1.3"]
    return kind, *(str(record[name]) for name in _KEYS.get(kind, ("id",)))


OPEN_DOORS = frozenset({"credential.default", "credential.guessable", "exposure.opened"})
"""Rules of what lets strangers in: a password that all know or can work out, a way in from the internet."""


def rank_of(judged: Mapping[str, Any]) -> tuple[int, int]:
    """What verdicts and provisions are sorted by: the worst status first, and within it the worst severity.

    A store of an older version holds no severity.
    """
    severity = judged.get("severity")
    return STATUSES.index(judged["status"]), SEVERITIES.index(severity) if severity else len(SEVERITIES)


def claimed(claim: Claim | None) -> str | None:
    """The value of a claim that is sure enough to be shown, else None."""
    return claim.value if claim is not None and claim.confidence >= CLAIMED else None


def claimed_in(device: Mapping[str, Any], field: str) -> str | None:
    """The value of a ``device`` record's ``vendor``, ``category`` …, where it is sure enough to be shown."""
    claim = device.get(field)
    if not isinstance(claim, dict) or (claim.get("confidence") or 0) < CLAIMED:
        return None
    value = claim.get("value")
    return value if isinstance(value, str) else None


def peer_address(finding: Mapping[str, Any]) -> str | None:
    """The other end of a ``finding`` record, without the port; the MAC where it has no address."""
    end = Endpoint.parse(finding["server"] if finding.get("role") == "client" else finding.get("client"))
    return end.host if end else None


def without_repeats(values: Iterable[Value]) -> list[Value]:
    """Each value once, in the order in which they came first. Values as JSON has them, in time linear in their size: a
    store's lists may be as long as any sensor likes."""
    found: dict[str, Value] = {}
    for one in values:
        found.setdefault(repr(one), one)
    return list(found.values())
