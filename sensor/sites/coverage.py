"""Coverage of a device that several sensors heard: what two may share counts once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sensor.export.records import coverage_record
from sensor.light_dataclass import dataclass
from sensor.records import Record
from sensor.verdicts.coverage import Coverage

COUNTS = {
    "boots": "boots",
    "flows": "flows",
    "flows_served": "served",
    "flows_outside": "outside",
    "logins": "logins",
    "packets": "packets",
    "bytes": "bytes",
    "handshakes": "handshakes",
    "certificates_hidden": "hidden",
    "secret_carriers": "carriers",
    "bytes_outside_protected": "protected",
    "bytes_outside_unproven": "unproven",
    "bytes_outside_open": "open_outside",
}
"""Counts of a coverage record -> their names in `Coverage`."""


EMPTY: Record = {**coverage_record(Coverage())}
"""The record of a device of which nothing was heard."""

LARGEST = 2**63
"""No count is that large."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What one run heard of a device: its coverage record, the span of the run (RFC 3339; None: not known), and the
    hours of the clock in which it heard bytes of it."""

    coverage: Record
    first: str | None
    last: str | None
    hours: frozenset[int] = frozenset()


def together(heard: Sequence[Hearing]) -> Record:
    """One coverage record. Runs that were at different times are added up. Of those that were at the same time the
    largest count stands, and the worst share: they may have heard the same packets."""
    if len(heard) == 1:
        return heard[0].coverage
    heard = [replace(one, coverage=_sound(one.coverage)) for one in heard]
    clusters = [_at_once(one) for one in _clusters(heard)]
    found: Record = {**clusters[0]}
    for one in clusters[1:]:
        total = found["bytes"] + one["bytes"]
        share = [
            (each["encrypted_share"], each["bytes"]) for each in (found, one) if each["encrypted_share"] is not None
        ]
        found = {
            **found,
            **{name: found[name] + one[name] for name in (*COUNTS, "hours", "bytes_understood", "packets_lost")},
            **{name: _added(found[name], one[name]) for name in ("hours_active", "hours_idle")},
            **_set_up((found, one)),
            "encrypted_share": round(sum(each * size for each, size in share) / total, 4) if share and total else None,
            "no_parser": {
                name: found["no_parser"].get(name, 0) + one["no_parser"].get(name, 0)
                for name in (*found["no_parser"], *one["no_parser"])
            },
        }
    return found


def coverage_of(record: Record) -> Coverage:
    """A record as the verdicts take it."""
    record = _sound(record)
    made = Coverage(
        hours=record["hours"],
        understood=record["bytes_understood"],
        packets_lost=record["packets_lost"],
        set_up_seen=record["set_up_seen"],
        set_up_sign=record["set_up_sign"],
        sessions=tuple(record["sessions"]),
        unread=dict(record["no_parser"]),
    )
    for name, own in COUNTS.items():
        setattr(made, own, record[name])
    return made


def _sound(record: Record) -> Record:
    """The record with nothing for what is missing (an older version wrote it) or is no such value: any sensor of a hub
    may write anything."""
    found = {}
    for name, nothing in EMPTY.items():
        value = record.get(name)
        if isinstance(nothing, int | float):
            fits = isinstance(value, int | float) and 0 <= value < LARGEST
        elif isinstance(nothing, dict):
            fits = isinstance(value, dict) and all(
                isinstance(one, int) and 0 <= one < LARGEST for one in value.values()
            )
        elif isinstance(nothing, list):
            fits = isinstance(value, list) and all(isinstance(one, str) for one in value)
        elif name == "set_up_sign":
            fits = isinstance(value, str)
        elif name == "set_up_seen":
            fits = isinstance(value, bool)
        else:
            fits = isinstance(value, int | float) and 0 <= value < (LARGEST if name != "encrypted_share" else 1.0001)
        found[name] = value if fits else nothing
    return found


def _clusters(heard: Sequence[Hearing]) -> list[list[Hearing]]:
    """Those that were at the same time, or may have been."""
    if any(one.first is None or one.last is None for one in heard):
        return [list(heard)]
    found: list[list[Hearing]] = []
    end = ""
    for one in sorted(heard, key=lambda one: one.first or ""):
        if found and (one.first or "") <= end:
            found[-1].append(one)
        else:
            found.append([one])
        end = max(end, one.last or "")
    return found


def _at_once(heard: Sequence[Hearing]) -> Record:
    records = [one.coverage for one in heard]
    if len(records) == 1:
        return records[0]
    longest = max(heard, key=lambda one: one.coverage["hours"])
    others = frozenset().union(*(one.hours for one in heard)) - longest.hours
    counts = {name: max(one[name] for one in records) for name in COUNTS}
    understood = min(_share(one["bytes_understood"], one["bytes"]) for one in records)
    lost = max(_share(one["packets_lost"], one["packets"] + one["packets_lost"]) for one in records)
    shares = [one["encrypted_share"] for one in records if one["encrypted_share"] is not None]
    return {
        **longest.coverage,
        **counts,
        "hours": round(min(sum(one["hours"] for one in records), longest.coverage["hours"] + len(others)), 4),
        **_set_up(records),
        "bytes_understood": math.floor(understood * counts["bytes"]),
        "encrypted_share": min(shares, default=None),
        "no_parser": {
            name: max(one["no_parser"].get(name, 0) for one in records)
            for name in dict.fromkeys(name for one in records for name in one["no_parser"])
        },
        "packets_lost": math.ceil(lost * counts["packets"] / (1 - lost))
        if lost < 1
        else max(one["packets_lost"] for one in records),
    }


def _set_up(records: Iterable[Record]) -> Record:
    seen = sorted(records, key=lambda one: (one["set_up_seen"] is not True, one["set_up_seen"] is None))
    return {
        "set_up_seen": seen[0]["set_up_seen"],
        "set_up_sign": seen[0]["set_up_sign"],
        "sessions": sorted({name for one in seen for name in one["sessions"]}),
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _added(one: int | None, other: int | None) -> int | None:
    return None if one is None and other is None else (one or 0) + (other or 0)
