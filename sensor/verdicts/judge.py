"""Findings and coverage of one device into a status for each provision and one for each capability. Pure functions; silence is never a pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sensor.model import Capability, Finding, Status
from sensor.verdicts.baseline import Provision
from sensor.verdicts.coverage import Coverage

ORDER = tuple(Status)
"""Worst first."""


@dataclass(frozen=True, slots=True)
class Because:
    """A reason: a finding, or a sentence where there is none."""

    finding: Finding | None
    text: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A provision's status for a device, with reasons."""

    provision: Provision
    status: Status
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A capability's status for a device: the worst of its provisions that traffic can speak to."""

    capability: Capability
    status: Status
    because: tuple[Because, ...]


def _silence(provision: Provision, coverage: Coverage) -> tuple[Status, str]:
    """What no finding means: for traffic that can prove a violation, and for traffic that cannot."""
    if provision.traffic == "nothing":
        return Status.NOT_OBSERVABLE, f"Traffic cannot show this. {provision.lab}"
    if provision.traffic == "support" or not provision.on:
        return (
            Status.INSUFFICIENT_EVIDENCE,
            f"Traffic can raise a concern here and raised none, which proves nothing. {provision.lab}",
        )
    if coverage.enough:
        return Status.NO_VIOLATION_SEEN, f"Nothing against it in {coverage.hours:.1f} hours and {coverage.flows} flows."
    return (
        Status.INSUFFICIENT_EVIDENCE,
        f"Nothing against it, but only {coverage.hours:.1f} hours and {coverage.flows} flows were seen.",
    )


def judge_provision(provision: Provision, findings: Sequence[Finding], coverage: Coverage) -> Judged:
    """One provision for one device, from that device's findings."""
    worst: Status | None = None
    because: list[Because] = []
    for finding in findings:
        on = next((on for on in provision.on if on.matches(finding)), None)
        if on is None:
            continue
        if worst is None or ORDER.index(on.status) < ORDER.index(worst):
            worst = on.status
        because.append(Because(finding, on.reason))
    if worst is None:
        status, text = _silence(provision, coverage)
        return Judged(provision, status, (Because(None, text),))
    return Judged(provision, worst, tuple(because))


def judge_device(
    provisions: Iterable[Provision], findings: Sequence[Finding], coverage: Coverage
) -> tuple[list[Judged], list[Verdict]]:
    """All provisions and the five capabilities for one device."""
    judged = [judge_provision(provision, findings, coverage) for provision in provisions]
    return judged, [_verdict(capability, judged) for capability in Capability]


def _verdict(capability: Capability, judged: Sequence[Judged]) -> Verdict:
    mine = [one for one in judged if one.provision.capability is capability]
    # What traffic cannot see must not hide what it can: those count only where there is nothing else.
    speaking = [one for one in mine if one.status is not Status.NOT_OBSERVABLE] or mine
    worst = min((one.status for one in speaking), key=ORDER.index, default=Status.NOT_OBSERVABLE)
    because: dict[object, Because] = {}
    for one in speaking:
        if one.status is worst:
            for reason in one.because:
                because.setdefault(id(reason.finding) if reason.finding else reason.text, reason)
    return Verdict(capability, worst, tuple(because.values()))
