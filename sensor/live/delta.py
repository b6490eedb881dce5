"""Differences between snapshots of a live run: new and changed records, and what was removed.

New things are reported at once, mere counters seldom.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import field

from sensor.export.records import records
from sensor.light_dataclass import dataclass
from sensor.records import Key, Record, key_of
from sensor.run import Result
from sensor.store.types import Removed

AGAIN = {"finding": 60.0, "device": 600.0, "verdict": 600.0, "provision": 600.0}
"""Seconds before a record is reported again of which only counters, times and frames have changed."""

COUNTERS = {
    "device": frozenset({"last_seen", "bytes", "channels_more"}),
    "finding": frozenset({"last_time", "count", "evidence"}),
    "verdict": frozenset({"coverage"}),
    "provision": frozenset(),
}
"""Fields that change with every packet and say nothing new."""


@dataclass(slots=True)
class Delta:
    """Records that are new or changed, and what is gone. ``fresh``: ids of findings and devices told for the first
    time. ``urgent``: not mere counters."""

    records: list[Record] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    fresh: set[str] = field(default_factory=set)
    urgent: bool = False

    def __bool__(self) -> bool:
        return bool(self.records or self.removed)


class Changes:
    """Remembers some 24 bytes of each reported record; the run bounds their number. ``known``: ids that an earlier part
    of the run told of."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = frozenset(known)
        self._reported: dict[Key, tuple[int, int, float]] = {}

    def of(self, result: Result, now: float, *, last: bool = False) -> Delta:
        """What is to be reported at ``now`` (seconds, a clock that only goes forward). ``last``: the end, where also
        counters are brought up to date."""
        delta, seen = Delta(), set()
        for record in records(result):
            kind = record["record"]
            if kind == "capture":
                continue
            key = key_of(record)
            seen.add(key)
            before = self._reported.get(key)
            meaning, content = _marks(kind, record)
            if before is not None:
                if before[1] == content or (before[0] == meaning and not last and now - before[2] < AGAIN[kind]):
                    continue
            elif kind in ("finding", "device") and record["id"] not in self._known:
                delta.fresh.add(record["id"])
            delta.urgent = delta.urgent or before is None or before[0] != meaning
            self._reported[key] = (meaning, content, now)
            delta.records.append(record)
        missing = [key for key in self._reported if key not in seen]
        for key in missing:
            del self._reported[key]
        delta.removed = list(dict.fromkeys(_gone(missing)))
        delta.urgent = delta.urgent or bool(delta.removed)
        return delta


def _gone(missing: Iterable[Key]) -> Iterator[Removed]:
    for key in missing:
        yield Removed(key[0] if key[0] in ("device", "finding") else "judgement", key[1])


def _marks(kind: str, record: Record) -> tuple[int, int]:
    """Hashes of what a record means, and of all of it."""
    counters = COUNTERS[kind]
    meaning = {name: value for name, value in record.items() if name not in counters}
    if kind == "device":
        meaning["destinations"] = sorted(
            f"{one['name']} {one['address']} {one['party']}" for one in record["destinations"]
        )
        meaning["channels"] = sorted(
            f"{one['role']} {one['transport']} {one['port']} {one['protocol']} {one['peer']}"
            for one in record["channels"]
        )
        for name in ("vendor", "category", "model", "firmware", "os", "platform"):
            claim = record[name]
            meaning[name] = claim and (claim["value"], round(claim["confidence"], 1))
    elif kind == "finding":
        detail = record["detail"]
        meaning["detail"] = {name: value for name, value in detail.items() if name not in ("bytes", "more_secrets")}
    content = json.dumps(record, sort_keys=True, default=repr)
    return hash(json.dumps(meaning, sort_keys=True, default=repr)), hash(content)
