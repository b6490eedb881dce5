"""Devices as several sensors saw them, joined to one row each: the worst counts, and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.data.overview import Pattern
from dashboard.data.recent import NEW
from dashboard.data.rows import Content, marks_of, row_of
from sensor.model import STATUSES
from sensor.needs import Need
from sensor.records import Record, claimed_in, rank_of
from sensor.store.fleet_reader import FleetSensor
from sensor.store.reader import RunInfo

UNJUDGED = [(len(STATUSES), 0)]
"""The rank of a sighting without marks: behind all others."""

UNCLEAR = frozenset({"insufficient_evidence", "not_observable"})
"""Statuses of a sensor that saw too little: they yield to what another sensor could judge."""

Key = tuple[str, str]
"""A device: its site, and what it is known by there."""


@dataclass(slots=True)
class Sighting:
    """A device as one sensor saw it. ``rank``: of its marks, the worst first; empty where it is not judged."""

    sensor: FleetSensor
    run: str
    record: Record
    rank: list[tuple[int, int]]
    marks: dict[str, str]
    day: Mapping[str, int] | None
    alone: JoinedDevice | None = None
    """The device where no other sensor sees it; made when it is needed, for as long as the run does not change."""


@dataclass(slots=True)
class JoinedDevice:
    """A device over all sensors that saw it: ``rank`` and ``marks`` are the worst ones."""

    seen: list[Sighting]
    rank: list[tuple[int, int]]
    marks: Pattern
    kind: str | None
    row: Content | None = None
    """It as a row of a page, in the language of its part."""


@dataclass(slots=True)
class RunPart:
    """What one run adds to the pages."""

    info: RunInfo
    sightings: dict[Key, Sighting]
    needs: list[Need]
    new: Content | None
    names: dict[str, str]
    caveats: list[str]
    revision: tuple[object, ...]
    """What ``needs`` were made of: they stay while it is the same."""
    choices: dict[str, list[str]] | None = None
    """What there is to ask of its findings; looked up when they are."""


def kind_of(seen: Sequence[Sighting]) -> str | None:
    """The category of a device: that of the sensor that is surest."""
    claims = [claim for one in seen if (claim := one.record["category"]) is not None]
    best = max(claims, key=lambda claim: claim["confidence"], default=None)
    return claimed_in({"category": best}, "category")


def joined(seen: list[Sighting]) -> JoinedDevice:
    """A device that some sensors saw; the one whose marks count most stands first."""
    if len(seen) == 1:
        one = seen[0]
        if one.alone is None:
            one.alone = JoinedDevice(seen, one.rank, tuple(one.marks.items()), kind_of(seen))
        return one.alone
    worst = _worst(seen)
    ranks = {
        id(one): sorted(rank_of(mark) for whose, mark in worst.values() if whose is one) or UNJUDGED for one in seen
    }
    seen.sort(key=lambda one: ranks[id(one)])
    marks = tuple((name, mark["status"]) for name, (_, mark) in worst.items())
    return JoinedDevice(seen, sorted(rank_of(mark) for _, mark in worst.values()), marks, kind_of(seen))


def _worst(seen: Iterable[Sighting]) -> dict[str, tuple[Sighting, Record]]:
    """Capability -> the worst mark that a sensor gives, with whose it is."""
    found: dict[str, tuple[Sighting, Record]] = {}
    for one in seen:
        for mark in one.record["marks"]:
            before = found.get(mark["capability"])
            if before is None or _badness(mark) < _badness(before[1]):
                found[mark["capability"]] = (one, mark)
    return found


def _badness(mark: Record) -> tuple[bool, tuple[int, int]]:
    return mark["status"] in UNCLEAR, rank_of(mark)


def row_of_joined(device: JoinedDevice, language: str) -> Content:
    """A device as a row, made once for as long as its runs do not change."""
    if device.row is None:
        device.row = row_of_seen(device.seen, language)
    return device.row


def row_of_seen(seen: Sequence[Sighting], language: str) -> Content:
    """A device as a row: the worst marks, whose they are where sensors differ, and who sees it."""
    first = seen[0]
    record, day = first.record, first.day
    differ: list[Content] = []
    if len(seen) > 1:
        worst = _worst(seen)
        for name in marks_of():
            says = [[one.sensor.identity.name, one.marks[name]] for one in seen if name in one.marks]
            if len({status for _, status in says}) > 1:
                differ.append({"capability": name, "worst": worst[name][0].sensor.identity.name, "says": says})
        sure = max(seen, key=lambda one: (one.record["category"] or {"confidence": -1.0})["confidence"]).record
        busy = max(seen, key=lambda one: sum(amount or 0 for amount in one.record["bytes"].values()))
        silent = [one.record.get("not_heard_since") for one in seen]
        day = busy.day
        record = {
            **record,
            **{name: sure[name] for name in ("category", "vendor", "model", "platform")},
            "hostname": record["hostname"] or next((h for one in seen if (h := one.record["hostname"])), None),
            "addresses": list(dict.fromkeys(at for one in seen for at in one.record["addresses"])),
            "last_seen": max(filter(None, (one.record["last_seen"] for one in seen)), default=None),
            "not_heard_since": max(silent) if all(silent) else None,  # type: ignore[type-var]
            # The same packets may pass two mirror ports: their bytes are not added up.
            "bytes": busy.record["bytes"],
            "marks": [mark for _, mark in worst.values()],
        }
    return {
        **row_of(record, day, language),
        "run": first.run,
        "site": first.sensor.identity.site,
        "seen_by": [{"sensor": one.sensor.identity.name, "run": one.run, "device": one.record["id"]} for one in seen],
        "differ": differ,
    }


def new_in(parts: Iterable[RunPart]) -> Content | None:
    """What is new at all sensors; None where it is too early for each of them."""
    found = [(part, part.new) for part in parts if part.new is not None]
    if not found:
        return None
    devices: dict[str, list[str]] = {}
    for part, new in found:
        for device, name in new["devices"]:
            devices.setdefault(device, [device, name, part.info.id])
    by_key: dict[tuple[str, object], Content] = {}
    for part, new in found:
        site = next((key[0] for key in part.sightings), "")
        for one in new["findings"]:
            shown = {name: one[name] for name in ("id", "severity", "summary", "time")}
            by_key.setdefault((site, one.get("key") or (part.info.id, one["id"])), {**shown, "run": part.info.id})
    findings = list(by_key.values())
    changes = [{**one, "run": part.info.id} for part, new in found for one in new["changes"]]
    return {
        "since": min(new["since"] for _, new in found),
        "devices": list(devices.values())[:NEW],
        "devices_count": sum(new["devices_count"] for _, new in found),
        "findings": sorted(findings, key=lambda one: one["time"] or "", reverse=True)[:NEW],
        "changes": sorted(changes, key=lambda one: one["at"] or "", reverse=True)[:NEW],
    }
