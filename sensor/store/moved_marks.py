"""Marks without what the user accepted or muted: the status that is left."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sensor.catalogue import worded
from sensor.model import Status
from sensor.records import Record, rank_of
from sensor.verdicts.judge import capability_status

AGAINST = frozenset({Status.VIOLATED.value, Status.CONCERN.value, Status.RECOMMENDATION_MISSED.value})
"""Statuses that rest on findings against the device."""


def moved(rows: list[Record], silent: Collection[str]) -> list[Record]:
    """The records with provisions and verdicts as they are without the ``silent`` findings (ids).

    A provision moves to ``insufficient_evidence`` once all findings against it are silent, and says so in ``but_for``:
    nothing else was seen against it, which is no pass. Its capability's verdict follows.
    """
    if not silent:
        return rows
    left = {id(one): _left(one, silent) for one in rows if one["record"] == "provision"}
    capabilities: dict[tuple[str, str | None], list[Record]] = {}
    for one in left.values():
        capabilities.setdefault((one["device"], one["capability"]), []).append(one)
    return [
        left.get(id(one), one)
        if one["record"] != "verdict"
        else _verdict(one, capabilities.get((one["device"], one["capability"]), []))
        for one in rows
    ]


def _left(provision: Record, silent: Collection[str]) -> Record:
    against = provision.get("against") or ()
    if provision["status"] not in AGAINST or not against or not set(against) <= set(silent):
        return provision
    return {**_moved(provision, Status.INSUFFICIENT_EVIDENCE.value, against), **_reason(None)}


def _verdict(verdict: Record, provisions: list[Record]) -> Record:
    gone = dict.fromkeys(finding for one in provisions if "but_for" in one for finding in one["but_for"]["findings"])
    if not gone:
        return verdict
    status = capability_status(
        [(Status(one["status"]), "but_for" not in one and bool(one.get("against"))) for one in provisions]
    ).value
    same = [one for one in provisions if one["status"] == status and "but_for" not in one]
    return {**_moved(verdict, status, gone), **_reason(min(same, key=rank_of, default=None))}


def _moved(record: Record, status: str, findings: Iterable[str]) -> Record:
    return {**record, "status": status, "but_for": {"findings": list(findings), "was": record["status"]}}


def _reason(deciding: Record | None) -> Record:
    """What a status rests on: that of the provision which decides it now, or that nothing else was seen."""
    if deciding is not None:
        return {name: deciding.get(name) for name in REASON}
    headline = {"headline": worded("headline", ACCEPTED, {}), "headline_id": ACCEPTED, "headline_parameters": {}}
    return {"severity": None, "strength": None, **headline}


REASON = ("severity", "strength", "headline", "headline_id", "headline_parameters")
ACCEPTED = "accepted"
