"""The records of docs/output.md, made of a `Result`: one dict for each line of JSON, secrets masked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from sensor.catalogue import Message, worded
from sensor.caveats import caveats
from sensor.comparison.keys import finding_key
from sensor.devices.device import Device
from sensor.model import Claim, Finding, Flow, Protection
from sensor.record_values import CaveatRecord, MessageRecord
from sensor.records import (
    CaptureRecord,
    ChannelRecord,
    ClaimRecord,
    CoverageRecord,
    DeviceRecord,
    EvidenceEntry,
    FindingRecord,
    FlowRecord,
    JudgedRecord,
    ProvisionRecord,
    ReasonRecord,
    Record,
    SummaryRecord,
    VerdictRecord,
    without_repeats,
)
from sensor.result import Judgement, Result
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.headlines import headline
from sensor.verdicts.judge import EDITIONS, UNDECIDED, Because, JudgedProvision, Verdict, outcome
from sensor.verdicts.procedures import procedures
from sensor.verdicts.seen_channels import MAX_NAMES
from sensor.verdicts.settle import FACTS, PROCEDURES
from sensor.wording import because, message_record

REASONS = 200
"""Findings named as reasons of one status: all that a person would open; the count is in the summary."""


def time_text(time: int) -> str | None:
    """Nanoseconds since 1970 as RFC 3339 UTC with microseconds; None for 0 (nothing seen) and for what no calendar
    holds.
    """
    if time <= 0:
        return None
    try:
        instant = datetime.fromtimestamp(time // 1_000_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{time // 1000 % 1_000_000:06d}Z"


def capture_records(result: Result) -> Iterator[CaptureRecord]:
    """The ``capture`` record, or that of each capture of a joined run: what is known of the run alone is told with the
    first.
    """
    whole = _counters(result)
    devices: Collection[DeviceRecord] = device_records(result).values()
    bounds = result.bounds
    for part in result.parts:
        counted = {
            **whole,
            "capture": part.path,
            "packets": part.packets,
            "bytes": part.sent,
            "first_time": time_text(part.first_time),
            "last_time": time_text(part.last_time),
            "link_types": part.link_types,
            "truncated_packets": part.truncated,
            "dropped_packets": part.dropped,
            "damage": part.damage,
        }
        yield _with_caveats(counted, devices, bounds)
        whole = {**whole, "undecoded_packets": 0, "undecoded": {}, "lost_bytes": 0}
        whole |= {"reordered_segments": 0, "doubled_packets": 0, "one_way_flows": 0, "tcp_flows": 0}
        devices, bounds = (), {}
    if not result.parts:
        yield _with_caveats(whole, devices, bounds)


def caveats_of(result: Result) -> list[CaveatRecord]:
    """The caveats of a whole run, of one capture or of several joined ones."""
    return caveats(_counters(result), device_records(result).values(), result.bounds)


def _with_caveats(counted: Record, devices: Iterable[DeviceRecord], bounds: Mapping[str, int]) -> CaptureRecord:
    return cast("CaptureRecord", {**counted, "caveats": caveats(counted, devices, bounds)})


def _counters(result: Result) -> Record:
    """A ``capture`` record but for its caveats."""
    return {
        "record": "capture",
        "run": result.id,
        "capture": result.capture,
        "packets": result.packets,
        "bytes": result.bytes,
        "first_time": time_text(result.first_time),
        "last_time": time_text(result.last_time),
        "link_types": result.link_types,
        "truncated_packets": result.truncated_packets,
        "undecoded_packets": sum(result.undecoded.values()),
        "undecoded": result.undecoded,
        "lost_bytes": result.lost_bytes,
        "reordered_segments": result.reordered_segments,
        "doubled_packets": result.doubled_packets,
        "dropped_packets": result.dropped,
        "one_way_flows": result.one_way_flows,
        "tcp_flows": result.tcp_flows,
        "damage": result.damage,
        "tls_secrets": result.tls_secrets,
        "wifi": result.wifi,
        **({"cross_check": result.cross_check} if result.cross_check is not None else {}),
    }


def _evidence(result: Result, frames: tuple[int, ...]) -> list[EvidenceEntry]:
    return [{"capture": one.capture, "frames": list(one.frames)} for one in result.evidence(frames)]


def _claim(result: Result, claim: Claim | None) -> ClaimRecord | None:
    if claim is None:
        return None
    because: list[ReasonRecord] = [
        {"field": r.field, "value": r.value, "signature": r.signature, "evidence": _evidence(result, r.frames)}
        for r in claim.because
    ]
    return {"value": claim.value, "confidence": round(claim.confidence, 3), "because": because}


def device_records(result: Result) -> dict[str, DeviceRecord]:
    """The ``device`` records of a run by id, in the order of its devices."""
    if not result.device_records:
        result.device_records = {device.id: device_record(result, device) for device in result.devices}
    return result.device_records


def device_record(result: Result, device: Device) -> DeviceRecord:
    """A ``device`` record."""
    return {
        "record": "device",
        "run": result.id,
        "id": device.id,
        "mac": device.mac,
        "mac_randomized": device.mac_randomized,
        "addresses": list(device.addresses),
        "hostname": device.hostname,
        "first_seen": time_text(device.first_seen),
        "last_seen": time_text(device.last_seen),
        "vendor": _claim(result, device.vendor),
        "category": _claim(result, device.category),
        "model": _claim(result, device.model),
        "firmware": _claim(result, device.firmware),
        "os": _claim(result, device.os),
        "platform": _claim(result, device.platform),
        "bytes": {
            "encrypted": device.bytes.encrypted,
            "cleartext": device.bytes.cleartext,
            "unknown": device.bytes.unknown,
        },
        "destinations": [
            {
                "name": d.name,
                "address": d.address,
                "party": d.party,
                "country": d.country,
                "bytes": d.bytes,
                "cleartext": d.cleartext,
                "encrypted": d.encrypted,
                "unknown": d.bytes - d.cleartext - d.encrypted if d.address is not None else 0,
            }
            for d in device.destinations
        ],
        "probably_same": [{"id": same.id, "reason": same.reason} for same in device.probably_same],
        "hidden": [
            {
                "identity": one.identity,
                "field": one.field,
                "value": one.value,
                "evidence": _evidence(result, one.frames),
            }
            for one in device.hidden
        ],
        "in_scope": device.in_scope,
        "channels": _channels(result, device),
        "channels_more": judged.coverage.channels.more if (judged := result.judged.get(device.id)) else 0,
        "like": device.like,
    }


def _channels(result: Result, device: Device) -> list[ChannelRecord]:
    """The channels of a device that is judged, those with the most bytes first."""
    judged = result.judged.get(device.id)
    if judged is None:
        return []
    names: dict[str, list[str]] = {}
    for one in device.destinations:
        if one.name and one.address:
            names.setdefault(one.address, []).append(one.name)
    seen = sorted(judged.coverage.channels.by_key.values(), key=lambda one: (-one.bytes, -one.flows, one.first_time))
    return [
        {
            "role": one.role,
            "transport": one.transport,
            "port": one.port,
            "protocol": one.protocol,
            "peer": one.peer,
            "names": list(dict.fromkeys((*one.names, *names.get(one.peer or "", ()))))[:MAX_NAMES],
            "remote": one.remote,
            "flows": one.flows,
            "bytes": one.bytes,
            "cleartext": one.cleartext,
            "encrypted": one.encrypted,
            "first_time": time_text(one.first_time),
            "last_time": time_text(one.last_time),
        }
        for one in seen
    ]


def finding_record(result: Result, name: str, finding: Finding) -> FindingRecord:
    """A ``finding`` record."""
    record: FindingRecord = {
        "record": "finding",
        "run": result.id,
        "id": name,
        "key": "",
        "rule": finding.rule,
        "severity": finding.severity.name.lower(),
        "device": finding.device,
        "peer_device": finding.peer_device,
        "role": finding.role,
        "capability": finding.capability.value if finding.capability else None,
        "provisions": list(finding.provisions),
        "client": str(finding.client) if finding.client else None,
        "server": str(finding.server) if finding.server else None,
        "protocol": finding.protocol,
        "time": time_text(finding.time),
        "last_time": time_text(finding.last_time),
        "count": finding.count,
        "evidence": _evidence(result, finding.frames),
        "message_id": finding.message.id,
        "parameters": dict(finding.message.parameters),
        "summary": finding.summary,
        "advice": finding.advice,
        "detail": finding.detail,
    }
    record["key"] = finding_key(record, device_records(result).get(finding.device or ""), finding.server_name)
    return record


def _reasons(because: tuple[Because, ...], names: dict[int, str]) -> list[str | MessageRecord]:
    found: list[str | MessageRecord] = []
    for reason in because[:REASONS]:
        facts = [fact.data for fact in reason.facts]
        if reason.finding is None:
            found += [message_record(reason.message)] if reason.message is not None else []
        elif reason.cleared:
            found.append(message_record(Message("cleared", {"finding": names[id(reason.finding)], "facts": facts})))
        else:
            found += [names[id(reason.finding)], *(message_record(Message("fact", {"fact": fact})) for fact in facts)]
    return without_repeats(found)


def coverage_record(coverage: Coverage) -> CoverageRecord:
    """What was seen of a device, as a verdict carries it."""
    activity = coverage.activity
    return {
        "hours": round(coverage.hours, 4),
        "hours_active": activity[0] if activity else None,
        "hours_idle": activity[1] if activity else None,
        "boots": coverage.boots,
        "set_up_seen": coverage.set_up_seen,
        "set_up_sign": coverage.set_up_sign,
        "sessions": list(coverage.sessions),
        "flows": coverage.flows,
        "flows_served": coverage.served,
        "flows_outside": coverage.outside,
        "logins": coverage.logins,
        "packets": coverage.packets,
        "bytes": coverage.bytes,
        "bytes_understood": coverage.understood,
        "encrypted_share": coverage.encrypted_share,
        "no_parser": dict(sorted(coverage.unread.items(), key=lambda item: (-item[1], item[0]))),
        "handshakes": coverage.handshakes,
        "certificates_hidden": coverage.hidden,
        "secret_carriers": coverage.carriers,
        "bytes_outside_protected": coverage.protected,
        "bytes_outside_unproven": coverage.unproven,
        "bytes_outside_open": coverage.open_outside,
        "packets_lost": coverage.packets_lost,
    }


def judgement_records(result: Result, device: str, judgement: Judgement) -> Iterator[ProvisionRecord | VerdictRecord]:
    """The ``provision`` and ``verdict`` records of one device."""
    names = {id(finding): name for name, finding in result.findings.items()}
    coverage = judgement.coverage
    seen = coverage_record(coverage)
    for judged in judgement.provisions:
        provision, reasons = judged.provision, _reasons(judged.because, names)
        yield {
            "record": "provision",
            "run": result.id,
            "device": device,
            "provision": {"v2.1.1": provision.v2, "v3.1.3": provision.v3},
            "capability": provision.decides.value if provision.decides else None,
            "modal": provision.modal,
            "status": judged.status.value,
            "because": because(reasons),
            "settled_by": sorted({FACTS[question] for question in judged.grounds.open}),
            **_judged(judged, (judged,), names, reasons),
        }
    for verdict in judgement.verdicts:
        reasons = _reasons(verdict.because, names)
        yield {
            "record": "verdict",
            "run": result.id,
            "device": device,
            "capability": verdict.capability.value,
            "status": verdict.status.value,
            "because": because(reasons),
            "coverage": seen,
            **_judged(verdict, verdict.judged, names, reasons),
        }


def _judged(
    judged: JudgedProvision | Verdict,
    provisions: Iterable[JudgedProvision],
    names: Mapping[int, str],
    reasons: list[str | MessageRecord],
) -> JudgedRecord:
    grounds, titles = judged.grounds, {one.id: one.title for one in procedures()}
    head = headline(judged.status, grounds.deciding)
    old, new = (judged.editions.get(edition) for edition in EDITIONS)
    return {
        "editions": {"v2.1.1": old.value if old else None, "v3.1.3": new.value if new else None},
        "severity": grounds.severity.name.lower() if grounds.severity is not None else None,
        "strength": grounds.strength,
        "against": [names[id(finding)] for finding in grounds.against[:REASONS]],
        "for": [names[id(finding)] for finding in grounds.supporting[:REASONS]],
        "reasons": reasons,
        "headline": worded("headline", *head),
        "headline_id": head.id,
        "headline_parameters": dict(head.parameters),
        "settle": [
            {"fact": FACTS[question], "procedure": PROCEDURES[question], "title": titles[PROCEDURES[question]]}
            for question in grounds.open
        ],
        "ts103701": [
            {"case": one.provision.case, "unit": one.provision.unit, "outcome": outcome(one)}
            for one in provisions
            if one.provision.case is not None and one.status not in UNDECIDED
        ],
    }


def flow_record(run: str, flow: Flow, device: str | None) -> FlowRecord:
    """A ``flow`` record."""
    mixed = flow.protection is Protection.ENCRYPTED and flow.cleartext_bytes > 0
    return {
        "record": "flow",
        "run": run,
        "client": str(flow.client),
        "server": str(flow.server),
        "transport": flow.transport.value,
        "application": flow.application,
        "layers": list(flow.layers),
        "server_name": flow.server_name,
        "start": time_text(flow.first_time),
        "end": time_text(flow.last_time),
        "bytes": sum(flow.bytes),
        "packets": sum(flow.packets),
        "protection": flow.protection.value,
        "cleartext_before": flow.cleartext_bytes if mixed else 0,
        "device": device,
    }


def records(result: Result) -> Iterator[Record]:
    """All records of a run but its flows: capture, devices, findings, provisions and verdicts."""
    yield from ({**record} for record in capture_records(result))
    yield from ({**record} for record in device_records(result).values())
    for name, finding in result.findings.items():
        yield {**finding_record(result, name, finding)}
    for device_id, judgement in result.judged.items():
        yield from ({**record} for record in judgement_records(result, device_id, judgement))


class Summary:
    """Counts what was written, for the last line."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.severities: Counter[str] = Counter()
        self.bounds: Counter[str] = Counter()
        self.failures = 0
        self.damaged = 0

    def count(self, record: Mapping[str, Any]) -> None:
        """One more record."""
        self.kinds[record["record"]] += 1
        if record["record"] == "verdict":
            self.statuses[record["status"]] += 1
        elif record["record"] == "finding":
            self.severities[record["severity"]] += 1
        elif record["record"] == "capture":
            self.damaged += record["damage"] is not None

    def add(self, result: Result) -> None:
        """Bounds and failures of a run."""
        self.bounds.update(result.bounds)
        self.failures += result.failures

    def record(self, elapsed: float, runs: list[str]) -> SummaryRecord:
        """The ``summary`` record; ``elapsed`` in seconds."""
        return {
            "record": "summary",
            "run": runs[0] if len(runs) == 1 else None,
            "runs": runs,
            "records": dict(sorted(self.kinds.items())),
            "status": dict(sorted(self.statuses.items())),
            "severity": dict(sorted(self.severities.items())),
            "bounds_hit": dict(sorted(self.bounds.items())),
            "parser_failures": self.failures,
            "damaged_captures": self.damaged,
            "elapsed_seconds": round(elapsed, 3),
        }
