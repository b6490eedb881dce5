"""Statuses without a finding: by a maker's publications, or by how much was seen."""

from __future__ import annotations

from sensor.model import Status
from sensor.verdicts.baseline import Provision
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.settle import DeviceKnowledge

MEASURES = {
    "hours": "hours of listening",
    "flows": "conversations",
    "logins": "logins to the device",
    "served": "conversations in which somebody used the device",
    "outside": "conversations with something outside the local network",
    "handshakes": "secure channels",
    "carriers": "conversations that could have carried a secret",
    "understood_share": "of the bytes understood",
    "lost_share": "of the packets lost",
}
"""Measures of coverage in words, after their number."""


def _number(measure: str, value: float) -> str:
    shown = f"{value:.0%}" if measure.endswith("_share") else f"{value:.1f}".removesuffix(".0")
    return f"{shown} {MEASURES[measure]}"


def shortfalls(provision: Provision, coverage: Coverage) -> list[str]:
    """Measures of coverage, in words, that are too low or too high for silence on this provision to count."""
    found = []
    for enough in provision.needs:
        staged = bool(enough.sessions) and enough.sessions <= set(coverage.sessions)
        for measure, least in enough.least:
            if getattr(coverage, measure) < least and not (staged and measure == "hours"):
                found.append(
                    f"{_number(measure, getattr(coverage, measure))} (at least {_number(measure, least).split()[0]})"
                )
        for measure, most in enough.most:
            if getattr(coverage, measure) > most:
                found.append(
                    f"{_number(measure, getattr(coverage, measure))} (at most {_number(measure, most).split()[0]})"
                )
    return found


def silence(provision: Provision, coverage: Coverage) -> tuple[Status, str]:
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
    if coverage.sessions:
        text += f" The laboratory's sessions that were heard: {', '.join(coverage.sessions).replace('_', ' ')}."
    if coverage.hidden and any(on.rule == "tls.certificate" for on in provision.on):
        text += (
            f" Of {coverage.handshakes} secure channels {coverage.hidden} hid their certificates, as TLS 1.3 does: "
            "nothing is said of those."
        )
    return Status.NO_VIOLATION_SEEN, text


def recorded(provision: Provision, known: DeviceKnowledge) -> tuple[Status, str] | None:
    """The status by a maker's publications, as a dated table or the lab has them.

    None where the provision is not of that kind or the maker is unknown.
    """
    if provision.record is None:
        return None
    published = known.published.get(provision.record)
    if published is not None:
        status = Status.ON_RECORD if published.complete else Status.PARTLY_ON_RECORD
        return status, f"On record: {published.text} ({published.source}, {published.date})."
    if provision.record == "disclosure" and known.vendor is not None:
        return (
            Status.NONE_ON_RECORD,
            f"A policy of {known.vendor} is not known to us, which says nothing of whether there is one. "
            f"{provision.lab}",
        )
    return None
