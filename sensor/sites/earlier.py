"""Records of a run as they were at an earlier time: what had been heard, found and judged by then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sensor.records import Record
from sensor.store.rows import microseconds, timestamp
from sensor.store.traffic_queries import StatusChange

KINDS = ("verdict", "provision")
"""Records whose statuses have a history."""


def as_of(records: Iterable[Record], history: Sequence[StatusChange], at: int) -> list[Record]:
    """What was known at ``at`` (µs since 1970 UTC). ``history``: the run's statuses of both `KINDS`.

    Devices and findings that were seen later are left out, and statuses are those of then; what a finding says is what
    is known of it now (a login that was accepted later).
    """
    records = list(records)
    seen = {one["id"] for one in records if one["record"] == "device" and _by(one["first_seen"], at)}
    found = {one["id"] for one in records if one["record"] == "finding" and _by(one["time"], at)}
    known = []
    for one in records:
        kind = one["record"]
        if kind == "capture":
            known.append({**one, "last_time": _earlier(one["last_time"], at)})
        elif kind == "device" and one["id"] in seen:
            known.append({**one, "last_seen": _earlier(one["last_seen"], at)})
        elif kind == "finding" and one["id"] in found:
            known.append({**one, "last_time": _earlier(one["last_time"], at)})
        elif kind in KINDS and one["device"] in seen:
            status = _status(one, history, at)
            if status is not None:
                known.append(_without(one, status, found))
    return known


def _status(record: Record, history: Sequence[StatusChange], at: int) -> str | None:
    """Its status at that time; None where it had none yet."""
    name = record["provision"]["v3.1.3"] if record["record"] == "provision" else record["capability"]
    mine = sorted(
        (one for one in history if (one.kind, one.device, one.name) == (record["record"], record["device"], name)),
        key=lambda one: one.at,
    )
    before = [one for one in mine if one.at <= at]
    if before:
        return before[-1].after
    return mine[0].before if mine else str(record["status"])


def _without(record: Record, status: str, found: set[str]) -> Record:
    """The record with the findings of then; nothing of how much was heard, which is known for now alone."""
    names = {name: [one for one in record.get(name) or () if one in found] for name in ("against", "for")}
    same = status == record["status"]
    heard: Record = {"coverage": {}} if record["record"] == "verdict" else {}
    return {**record, **names, **heard, "status": status, **({} if same else {"severity": None})}


def _by(time: str | None, at: int) -> bool:
    return (microseconds(time) or 0) <= at


def _earlier(time: str | None, at: int) -> str | None:
    return time if (microseconds(time) or 0) <= at else timestamp(at)
