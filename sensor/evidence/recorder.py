"""A run's records and frames into its kept packets: at once for a finished capture, bit by bit for one that goes on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from sensor.capture import Block
from sensor.evidence.fetch import FrameRing, held, wanted
from sensor.evidence.mask import KeptFinding, Key, masked
from sensor.evidence.packet import Raw
from sensor.evidence.storage import Folder
from sensor.vault import Seen

SETTLE = 60 * 1_000_000_000
"""Nanoseconds that packets of a live run wait in memory: what else is in them (a login whose answer is still out) is known by then."""

WAITING = 400
"""Packets that wait at most: to mask them holds the sensor up for some seconds, once in a `SETTLE` at most."""

BYTES = 2_000_000
"""Bytes of a run's packets that are masked: what is looked at so closely takes a second or two a hundred kilobytes on a slow computer."""

BEGINNING = 8
"""Packets by which a finding without a secret is shown well enough."""

DONE = 100_000
"""Packets of findings remembered as kept, so that a finding told again costs nothing; forgotten ones are only kept again."""

Fetch = Callable[[str, Collection[int]], list[Raw]]
"""Frames of a capture (path as given, numbers)."""


def keep(folder: Folder, run: str, records: Iterable[Mapping[str, Any]], seen: Seen, fetch: Fetch, now: float) -> int:
    """Keep the packets of a finished run; how many. ``now`` in seconds since 1970. Raises OSError and what ``fetch`` raises."""
    holding = held(records)
    found = {
        (raw.capture, raw.frame): raw for capture, frames in wanted(holding).items() for raw in fetch(capture, frames)
    }
    raws = list(_afforded(found, holding))
    packets = {(one.capture, one.frame): one for one in masked(raws, holding, seen.values, complete=not seen.forgotten)}
    count = folder.put(run, [packets[raw.capture, raw.frame] for raw in raws])
    folder.expire(now)
    return count


def _afforded(found: Mapping[Key, Raw], holding: list[KeptFinding]) -> Iterator[Raw]:
    """The worst findings' packets first, all of those that hold a secret, the beginnings of others, then the rest; as many as `BYTES` allow."""
    first = [key for one in holding for key in (one.frames if one.values else one.frames[:BEGINNING])]
    left = BYTES
    for key in dict.fromkeys([*first, *(key for one in holding for key in one.frames)]):
        raw = found.get(key)
        if raw is not None and left > 0:
            left -= len(raw.data)
            yield raw


def forget(folder: Folder, run: str, records: Iterable[Mapping[str, Any]], device: str) -> int:
    """Remove a device (its id) from what is kept of a run, whose records are still there; how many packets went. Raises OSError."""
    names: list[str] = []
    findings: set[str] = set()
    for record in records:
        if record["record"] == "device" and record["id"] == device:
            names += [name for name in (device, record["mac"], record["hostname"], *record["addresses"]) if name]
        elif record["record"] == "finding" and device in (record["device"], *(record["detail"].get("devices") or ())):
            findings.add(record["id"])
    return folder.forget(run, findings, names) if names else 0


class EvidenceRecorder:
    """The evidence of a live run. Feed it the blocks that the sensor reads and the finding records that are new or changed; `settle` now and then."""

    def __init__(self, folder: Folder, run: str, capture: str, seen: Seen) -> None:
        self._folder = folder
        self._run = run
        self._seen = seen
        self._ring = FrameRing(capture)
        self._waiting: dict[int, tuple[int, Raw]] = {}
        self._held: dict[str, KeptFinding] = {}
        self._settled = -1
        self._done: set[tuple[str, int]] = set()

    def block(self, block: Block) -> None:
        """Blocks as they are read; they are kept in memory for a while."""
        self._ring.add(block)

    def found(self, records: Iterable[Mapping[str, Any]], time: int) -> None:
        """Findings that are new or changed at ``time`` (ns, by the packets): their frames are taken while they are at hand."""
        for one in held(records):
            self._held[one.id] = one
            fresh = [n for _, n in one.frames if n not in self._waiting and (one.id, n) not in self._done]
            for raw in self._ring.take(fresh):
                if len(self._waiting) < WAITING:
                    self._waiting[raw.frame] = (time, raw)

    def settle(self, time: int, now: float, *, over: bool = False) -> None:
        """Mask and keep what has waited long enough; all of it when the run is ``over``. Raises OSError."""
        if not over and self._settled <= time < self._settled + SETTLE:
            return
        frames = {raw.frame for since, raw in self._waiting.values() if over or time - since >= SETTLE}
        if not frames:
            return
        self._settled = time
        # With what waits of the same findings: a letter typed stands beside those before and after it.
        mine = [one for one in self._held.values() if not frames.isdisjoint(frame for _, frame in one.frames)]
        beside = {frame for one in mine for _, frame in one.frames} | frames
        everything = masked([raw for _, raw in self._waiting.values() if raw.frame in beside], mine, self._seen.values)
        self._folder.add(self._run, [one for one in everything if one.frame in frames])
        self._folder.expire(now)
        for frame in frames:
            del self._waiting[frame]
        if len(self._done) > DONE:
            self._done.clear()
        self._done.update((one.id, frame) for one in mine for _, frame in one.frames if frame in frames)
        left = set(self._waiting)
        self._held = {name: one for name, one in self._held.items() if left & {frame for _, frame in one.frames}}
