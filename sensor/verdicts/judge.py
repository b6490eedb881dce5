"""Judgement of one device: a status for each provision and capability, by findings and facts.

Silence is never a pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sensor.model import Capability, Finding, Status
from sensor.verdicts.baseline import Provision
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.settle import DeviceKnowledge, settle

ORDER = tuple(Status)
"""Worst first."""

NOTHING = DeviceKnowledge()
"""No knowledge besides the traffic."""

MEASURES = {
    "hours": "hours of listening",
    "flows": "conversations",
    "logins": "logins to the device",
    "served": "conversations in which somebody used the device",
    "outside": "conversations with something outside the local network",
    "understood_share": "of the bytes understood",
    "lost_share": "of the packets lost",
}
"""Measures of coverage in words, after their number."""


@dataclass(frozen=True, slots=True)
class Because:
    """A reason: a finding, or a sentence where there is none.

    ``facts``: those of the lab that decided; ``cleared``: they took the finding away.
    """

    finding: Finding | None
    text: str
    facts: tuple[str, ...] = ()
    cleared: bool = False


@dataclass(frozen=True, slots=True)
class JudgedProvision:
    """A provision's status for a device, with reasons.

    ``open``: questions of the map whose answers in ``--facts`` would settle a concern.
    """

    provision: Provision
    status: Status
    because: tuple[Because, ...]
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A capability's status for a device: the worst of its provisions that traffic can speak to."""

    capability: Capability
    status: Status
    because: tuple[Because, ...]


def _number(measure: str, value: float) -> str:
    shown = f"{value:.0%}" if measure.endswith("_share") else f"{value:.1f}".removesuffix(".0")
    return f"{shown} {MEASURES[measure]}"


def shortfalls(provision: Provision, coverage: Coverage) -> list[str]:
    """Measures of coverage, in words, that are too low or too high for silence on this provision to count."""
    found = []
    for enough in provision.needs:
        for measure, least in enough.least:
            if getattr(coverage, measure) < least:
                found.append(
                    f"{_number(measure, getattr(coverage, measure))} (at least {_number(measure, least).split()[0]})"
                )
        for measure, most in enough.most:
            if getattr(coverage, measure) > most:
                found.append(
                    f"{_number(measure, getattr(coverage, measure))} (at most {_number(measure, most).split()[0]})"
                )
    return found


def _silence(provision: Provision, coverage: Coverage) -> tuple[Status, str]:
    """The status without any finding, by what traffic can show of the provision."""
    if provision.traffic == "nothing":
        return Status.NOT_OBSERVABLE, f"Traffic cannot show this. {provision.lab}"
    if provision.traffic == "support":
        return (
            Status.INSUFFICIENT_EVIDENCE,
            f"Traffic can raise a concern or give a sign here and did neither, which says nothing. {provision.lab}",
        )
    short = shortfalls(provision, coverage)
    if short:
        return Status.INSUFFICIENT_EVIDENCE, f"Nothing against it, but too little was seen: {', '.join(short)}."
    text = f"Nothing against it in {coverage.hours:.1f} hours and {coverage.flows} conversations."
    if coverage.hidden and any(on.rule == "tls.certificate" for on in provision.on):
        text += (
            f" Of {coverage.handshakes} secure channels {coverage.hidden} hid their certificates, as TLS 1.3 does: "
            "nothing is said of those."
        )
    return Status.NO_VIOLATION_SEEN, text


def _recorded(provision: Provision, known: DeviceKnowledge) -> tuple[Status, str] | None:
    """The status by a maker's publications, as a dated table or the lab has them.

    None where the provision is not of that kind or the maker is unknown.
    """
    if provision.record is None:
        return None
    published = known.published.get(provision.record)
    if published is not None:
        return Status.ON_RECORD, f"On record: {published.text} ({published.source}, {published.date})."
    if provision.record == "disclosure" and known.vendor is not None:
        return (
            Status.NONE_ON_RECORD,
            f"A policy of {known.vendor} is not known to us, which says nothing of whether there is one. "
            f"{provision.lab}",
        )
    return None


def judge_provision(
    provision: Provision, findings: Sequence[Finding], coverage: Coverage, known: DeviceKnowledge = NOTHING
) -> JudgedProvision:
    """One provision for one device, by its findings and further knowledge."""
    worst: Status | None = None
    against: list[Because] = []
    cleared: list[Because] = []
    still_open: dict[str, None] = {}
    for finding in findings:
        on = next((on for on in provision.on if on.matches(finding)), None)
        if on is None:
            continue
        settled = settle(on, finding, known)
        if settled.status is None:
            cleared.append(Because(finding, on.reason, settled.facts, cleared=True))
            continue
        if worst is None or ORDER.index(settled.status) < ORDER.index(worst):
            worst = settled.status
        against.append(Because(finding, on.reason, settled.facts))
        still_open.update(dict.fromkeys(settled.open))
    if worst is None:
        status, text = _recorded(provision, known) or _silence(provision, coverage)
        return JudgedProvision(provision, status, (*cleared, Because(None, text)))
    return JudgedProvision(provision, worst, (*against, *cleared), tuple(sorted(still_open)))


def judge_device(
    provisions: Iterable[Provision], findings: Sequence[Finding], coverage: Coverage, known: DeviceKnowledge = NOTHING
) -> tuple[list[JudgedProvision], list[Verdict]]:
    """All provisions and the five capabilities for one device."""
    judged = [judge_provision(provision, findings, coverage, known) for provision in provisions]
    return judged, [_verdict(capability, judged) for capability in Capability]


def _verdict(capability: Capability, judged: Sequence[JudgedProvision]) -> Verdict:
    mine = [one for one in judged if one.provision.decides is capability]
    # What traffic cannot see must not hide what it can: those count only where there is nothing else.
    speaking = [one for one in mine if one.status is not Status.NOT_OBSERVABLE] or mine
    worst = min((one.status for one in speaking), key=ORDER.index, default=Status.NOT_OBSERVABLE)
    because: dict[object, Because] = {}
    for one in speaking:
        if one.status is worst:
            for reason in one.because:
                key = (id(reason.finding), reason.facts) if reason.finding else reason.text
                because.setdefault(key, reason)
    return Verdict(capability, worst, tuple(because.values()))
