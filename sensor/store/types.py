"""Types that go into a store: a finished run (`StoredRun`), a change of a live run (`Change`).

With them bytes by hour, counts of the capture and the sensor's health.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from typing import Any, NamedTuple, Protocol

from sensor.light_dataclass import dataclass
from sensor.records import Key, Record, key_of


class TrafficCell(NamedTuple):
    """Payload bytes that a device sent and received in an hour (counted from 1970 UTC), by protection and party (""
    where not known)."""

    device: str
    hour: int
    protection: str
    party: str
    bytes: int


class CaptureCount(NamedTuple):
    """What a live sensor captured in an hour (counted from 1970 UTC): packets, their bytes as sent, packets that were
    dropped."""

    hour: int
    packets: int
    bytes: int
    dropped: int


class Removed(NamedTuple):
    """What a live run no longer has. ``kind``: ``device`` (with all that belongs to it), ``finding``, ``judgement`` (a
    device's verdicts and provisions)."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Tool:
    """The program: its version, and SHA-256 over its own files and over its signatures' (see `provenance`)."""

    version: str
    sha256: str | None
    signatures_sha256: str | None


@dataclass(frozen=True, slots=True)
class Sensor:
    """How a live sensor does, in whole numbers since it started; times in µs since 1970 UTC, ``last_packet`` None
    before the first.

    ``state`` is a word for programs (``ok``, ``blind``, …), ``message`` a sentence for a person or "", ``more`` what
    else there is to show (bounded by who fills it).
    """

    at: int
    state: str
    message: str
    source: str
    packets: int
    bytes: int
    dropped: int
    last_packet: int | None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SensorIdentity:
    """Which sensor a live run is of: ``id`` a UUID, ``site`` and ``bench`` the user's words, ``interface`` as the run
    names its sources."""

    id: str
    name: str
    site: str
    bench: str
    interface: str


StateKey = tuple[str, str]
"""A part of what a live run goes on with after a restart, and its key in that part (`sensor.live.saved_state`)."""

RECENT: StateKey = ("recent", "")
"""What was counted since each device was saved: of all devices together."""

SHARED_PARTS = frozenset({"network", RECENT[0]})
"""Parts in which any device may be named: with one that is forgotten they go, and are learned anew."""


@dataclass(frozen=True, slots=True)
class StoredState:
    """What a live run goes on with: its name, and each part of its state as JSON; ``last_packet`` in µs since 1970."""

    run: str
    parts: dict[StateKey, str]
    last_packet: int | None


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run to be stored. ``sha256`` and ``size`` (bytes) of the capture file as it was read, packed or not;
    ``written`` µs since 1970 UTC."""

    run: str
    records: list[Record]
    tool: Tool
    written: int
    sha256: str | None = None
    size: int | None = None
    traffic: list[TrafficCell] = field(default_factory=list)
    bounds: dict[str, int] = field(default_factory=dict)
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """What is new or changed of a run that goes on; the first one begins it.

    ``removed`` is taken out first, then each record stands in place of the one of the same key (`key_of`). ``traffic``
    and ``captured`` are added to what is there. ``sensor``, ``bounds`` and ``failures`` are totals that stand in place
    of the last (None: as it was). ``written`` µs since 1970 UTC; ``at`` the same of the packets, where that is another
    time: a status that changed changed then. ``batch``: remembered with the run (see `journal`). ``identity``: whose
    run it is. ``state``: changed parts of what the run goes on with after a restart; None for one that is no more.
    """

    run: str
    tool: Tool
    written: int
    records: list[Record] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    traffic: list[TrafficCell] = field(default_factory=list)
    captured: list[CaptureCount] = field(default_factory=list)
    sensor: Sensor | None = None
    bounds: dict[str, int] | None = None
    failures: int | None = None
    at: int | None = None
    batch: str | None = None
    identity: SensorIdentity | None = None
    state: dict[StateKey, str | None] = field(default_factory=dict)

    def then(self, later: Change) -> Change:
        """Both as one, for who could not write the first in time. They must be of one run."""
        records = {key_of(record): record for record in self.records}
        for one in later.removed:
            for key in [key for key in records if _goes(key, one)]:
                del records[key]
        for record in later.records:
            records[key_of(record)] = record
        return replace(
            later,
            records=list(records.values()),
            removed=list(dict.fromkeys([*self.removed, *later.removed])),
            traffic=[TrafficCell(*cell) for cell in summed([*self.traffic, *later.traffic], 1)],
            captured=[CaptureCount(*cell) for cell in summed([*self.captured, *later.captured], 3)],
            sensor=self.sensor if later.sensor is None else later.sensor,
            bounds=self.bounds if later.bounds is None else later.bounds,
            failures=self.failures if later.failures is None else later.failures,
            identity=later.identity or self.identity,
            state={**self.state, **later.state},
        )


def _goes(key: Key, removed: Removed) -> bool:
    judged = key[0] in ("provision", "verdict") and removed.kind in ("device", "judgement")
    return key[1] == removed.id and (judged or key[0] == removed.kind)


def summed(cells: Iterable[tuple[Any, ...]], amounts: int) -> Iterator[tuple[Any, ...]]:
    """Cells of the same key as one; the last fields are what is counted."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for cell in cells:
        sums = found.setdefault(cell[:-amounts], [0] * amounts)
        for index, amount in enumerate(cell[-amounts:]):
            sums[index] += amount
    return ((*key, *sums) for key, sums in found.items())


class Keeper(Protocol):
    """The store of a replay's runs: `sensor.store.writer.Writer`."""

    def keep(self, stored_run: StoredRun) -> None:
        """Store a run in place of an earlier one of the same name. Raises StoreFailed."""
