"""Devices, findings, coverage and what a lab knows into a judgement for each device that is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sensor.devices.device import Device
from sensor.devices.signatures.makers import Makers
from sensor.model import Claim, Finding, Reason, Severity
from sensor.records import claimed
from sensor.result import Judgement
from sensor.verdicts.baseline import baseline
from sensor.verdicts.coverage import Coverage, CoverageLedger, Gap
from sensor.verdicts.facts import DeviceFacts, Facts
from sensor.verdicts.judge import Because, JudgedProvision, Verdict, judge_device
from sensor.verdicts.published import Record
from sensor.verdicts.settle import DeviceKnowledge
from sensor.verdicts.user_makers import published_by
from sensor.verdicts.vendors import published

CONTRADICTION = "network.contradiction"
Judged = TypeVar("Judged", JudgedProvision, Verdict)

HOUR = 3600 * 1_000_000_000


def judgements(
    devices: Sequence[Device],
    findings: Iterable[Finding],
    coverage: CoverageLedger,
    facts_by_device: Mapping[str, DeviceFacts],
    first_time: int,
    makers: Mapping[str, Record] | None = None,
    last_time: int | None = None,
    gaps: Sequence[Gap] = (),
) -> dict[str, Judgement]:
    """By id, of the devices in scope. ``facts_by_device``: what the lab says (see `about`); ``first_time`` of the
    and ``last_time`` of the capture, ns; ``makers``: what the user wrote down of makers; ``gaps`` in the listening.
    """
    findings = list(findings)
    concerning, contradictions = _by_device(findings), [one for one in findings if one.rule == CONTRADICTION]
    return {
        device.id: _judge(
            device,
            concerning.get(device.id, []),
            facts_by_device.get(device.id),
            coverage.of(device.id),
            (first_time, last_time if last_time is not None else first_time),
            makers or {},
            [one for one in contradictions if device.id in (one.device, one.peer_device)],
            gaps,
        )
        for device in devices
        if device.in_scope
    }


def about(devices: Iterable[Device], facts: Facts | None) -> dict[str, DeviceFacts]:
    """What the lab says of each device it tells of."""
    if facts is None:
        return {}
    found = {}
    for device in devices:
        device_facts = facts.about(name for name in (device.id, device.mac, *device.addresses) if name)
        if device_facts is not None:
            found[device.id] = device_facts
    return found


def state(devices: Iterable[Device], facts_by_device: Mapping[str, DeviceFacts], makers: Makers) -> None:
    """What the lab says of a device is certain; a device under test is judged whatever it is, and one that is not
    never.
    """
    for device in devices:
        facts = facts_by_device.get(device.id)
        if facts is None:
            continue
        for name in ("vendor", "model", "firmware"):
            value = getattr(facts, name)
            if value is not None:
                value = makers.spelling(value) if name == "vendor" else value
                setattr(device, name, Claim(value, 1.0, (Reason("facts", value, facts.origin, ()),)))
        if facts.under_test is not None:
            device.in_scope = facts.under_test


def fill_phases(findings: Iterable[Finding], facts_by_device: Mapping[str, DeviceFacts]) -> None:
    """The state that a device was in when a factory pair was last used at it."""
    for finding in findings:
        facts = facts_by_device.get(finding.device or "")
        if facts is not None and "phase" in finding.detail:
            phase = facts.phase_at(finding.last_time)
            finding.detail["phase"] = phase.name if phase is not None else None


def _known(device: Device, facts: DeviceFacts | None, makers: Mapping[str, Record]) -> DeviceKnowledge:
    names: dict[str, set[str]] = {}
    for destination in device.destinations:
        if destination.name and destination.address:
            names.setdefault(destination.address, set()).add(destination.name)
    vendor = claimed(device.vendor)
    record = {
        **published(vendor, claimed(device.model)),
        **published_by(makers, vendor),
        **(facts.published if facts is not None else {}),
    }
    return DeviceKnowledge(facts, names, vendor, record)


def _by_device(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        for device in dict.fromkeys((finding.device, *finding.detail.get("devices", ()))):
            if device is not None:
                found.setdefault(device, []).append(finding)
    return found


def _judge(
    device: Device,
    findings: list[Finding],
    facts: DeviceFacts | None,
    coverage: Coverage,
    span: tuple[int, int],
    makers: Mapping[str, Record],
    contradictions: Sequence[Finding],
    gaps: Sequence[Gap],
) -> Judgement:
    # The span alone would count the days between two pieces of a capture, and those without a sensor, as listening.
    unheard = sum(max(0, min(until, device.last_seen) - max(since, device.first_seen)) for since, until in gaps)
    span_heard = max(0.0, (device.last_seen - device.first_seen - unheard) / HOUR)
    coverage.hours = min(span_heard, float(len(coverage.heard)))
    coverage.set_up_seen, coverage.set_up_sign = coverage.commissioning.seen(device.first_seen, span[0])
    coverage.sessions = tuple(sorted(facts.lab.sessions_within(*span))) if facts is not None else ()
    if facts is not None and facts.was("set_up", device.first_seen, device.last_seen):
        coverage.set_up_seen, coverage.set_up_sign = True, "facts"
    provisions, verdicts = judge_device(baseline(), findings, coverage, _known(device, facts, makers))
    return Judgement(
        [_with_contradictions(one, contradictions) for one in provisions],
        [_with_contradictions(one, contradictions) for one in verdicts],
        coverage,
    )


def _with_contradictions(judged: Judged, contradictions: Sequence[Finding]) -> Judged:
    """With those contradictions among its reasons that touch an address which its findings rest on: whose they are is
    then less sure. Such a contradiction is no mere remark.
    """
    rest = {
        str(end.host)
        for reason in judged.because
        if reason.finding is not None
        for end in (reason.finding.client, reason.finding.server)
        if end is not None
    }
    touching = [one for one in contradictions if one.detail["address"] in rest]
    for one in touching:
        one.severity = max(one.severity, Severity.MEDIUM)
    more: tuple[Because, ...] = tuple(Because(one) for one in touching)
    return replace(judged, because=judged.because + more) if more else judged
