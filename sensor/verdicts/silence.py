"""Statuses without a finding: by a maker's publications, or by how much was seen."""

from __future__ import annotations

from sensor.catalogue import Message
from sensor.model import Status
from sensor.verdicts.baseline import Provision
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.settle import DeviceKnowledge


def shortfalls(provision: Provision, coverage: Coverage) -> list[Message]:
    """Measures of coverage that are too low or too high for silence on this provision to count."""
    found = []
    for enough in provision.needs:
        staged = bool(enough.sessions) and enough.sessions <= set(coverage.sessions)
        for measure, least in enough.least:
            if getattr(coverage, measure) < least and not (staged and measure == "hours"):
                found.append(_shortfall("least", measure, getattr(coverage, measure), least))
        for measure, most in enough.most:
            if getattr(coverage, measure) > most:
                found.append(_shortfall("most", measure, getattr(coverage, measure), most))
    return found


def _shortfall(kind: str, measure: str, value: float, limit: float) -> Message:
    if measure.endswith("_share"):
        value, limit = round(value * 100), round(limit * 100)
    shown = {"value": round(value, 1), "limit": round(limit, 1)}
    return Message(f"shortfall.{kind}", {"measure": measure, **shown})


def silence(provision: Provision, coverage: Coverage) -> tuple[Status, Message]:
    """The status without any finding, by what traffic can show of the provision."""
    if provision.traffic == "nothing":
        return Status.NOT_OBSERVABLE, Message("silence.not_observable", {"provision": provision.v3})
    if provision.traffic == "support":
        return Status.INSUFFICIENT_EVIDENCE, Message("silence.support", {"provision": provision.v3})
    short = shortfalls(provision, coverage)
    if short:
        return Status.INSUFFICIENT_EVIDENCE, Message("silence.short", {"measures": [one.data for one in short]})
    hides = coverage.hidden and any(on.rule == "tls.certificate" for on in provision.on)
    parameters = {
        "hours": round(coverage.hours, 1),
        "flows": coverage.flows,
        "sessions": Message("silence.enough.sessions", {"sessions": list(coverage.sessions)}).data
        if coverage.sessions
        else None,
        "hidden": Message("silence.enough.hidden", {"hidden": coverage.hidden, "handshakes": coverage.handshakes}).data
        if hides
        else None,
    }
    return Status.NO_VIOLATION_SEEN, Message("silence.enough", parameters)


def recorded(provision: Provision, known: DeviceKnowledge) -> tuple[Status, Message] | None:
    """The status by a maker's publications, as a dated table or the lab has them.

    None where the provision is not of that kind or the maker is unknown.
    """
    if provision.record is None:
        return None
    published = known.published.get(provision.record)
    if published is not None:
        status = Status.ON_RECORD if published.complete else Status.PARTLY_ON_RECORD
        parameters = {"text": published.data, "source": published.source, "date": published.date}
        return status, Message("on_record", parameters)
    if provision.record == "disclosure" and known.vendor is not None:
        return Status.NONE_ON_RECORD, Message("none_on_record", {"vendor": known.vendor, "provision": provision.v3})
    return None
