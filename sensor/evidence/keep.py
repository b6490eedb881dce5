"""A run's records and frames into its kept packets: at once for a finished capture, bit by bit for one that goes on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from sensor.capture import Block
from sensor.evidence.folder import Folder
from sensor.evidence.gather import Recent, held, wanted
from sensor.evidence.mask import Held, masked
from sensor.evidence.packet import Raw
from sensor.vault import Seen

SETTLE = 60 * 1_000_000_000
"""Nanoseconds that packets of a live run wait in memory: what else is in them (a login whose answer is still out) is known by then."""

WAITING = 4096
"""Packets that wait at most."""

Fetch = Callable[[str, Collection[int]], list[Raw]]
"""Frames of a capture (path as given, numbers)."""


def keep(folder: Folder, run: str, records: Iterable[Mapping[str, Any]], seen: Seen, fetch: Fetch, now: float) -> int:
    """Keep the packets of a finished run; how many. ``now`` in seconds since 1970. Raises OSError and what ``fetch`` raises."""
    holding = held(records)
    raws = [raw for capture, frames in wanted(holding).items() for raw in fetch(capture, frames)]
    packets = {(one.capture, one.frame): one for one in masked(raws, holding, seen.values, complete=not seen.forgotten)}
    # The worst findings' packets first, in case there is no room for all.
    order = dict.fromkeys(key for one in holding for key in one.frames if key in packets)
    count = folder.put(run, [packets[key] for key in order])
    folder.expire(now)
    return count


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


class Keeping:
    """The evidence of a live run. Feed it the blocks that the sensor reads and the finding records that are new or changed; `settle` now and then."""

    def __init__(self, folder: Folder, run: str, capture: str, seen: Seen) -> None:
        self._folder = folder
        self._run = run
        self._seen = seen
        self._ring = Recent(capture)
        self._waiting: dict[int, tuple[int, Raw]] = {}
        self._held: dict[str, Held] = {}

    def block(self, block: Block) -> None:
        """Blocks as they are read; they are kept in memory for a while."""
        self._ring.add(block)

    def found(self, records: Iterable[Mapping[str, Any]], time: int) -> None:
        """Findings that are new or changed at ``time`` (ns, by the packets): their frames are taken while they are at hand."""
        for one in held(records):
            self._held[one.id] = one
            fresh = [frame for _, frame in one.frames if frame not in self._waiting]
            for raw in self._ring.take(fresh):
                if len(self._waiting) < WAITING:
                    self._waiting[raw.frame] = (time, raw)

    def settle(self, time: int, now: float, *, over: bool = False) -> None:
        """Mask and keep what has waited long enough; all of it when the run is ``over``. Raises OSError."""
        ready = [raw for since, raw in self._waiting.values() if over or time - since >= SETTLE]
        if not ready:
            return
        # Masked with all that waits: a letter typed stands beside those before and after it.
        everything = masked([raw for _, raw in self._waiting.values()], list(self._held.values()), self._seen.values)
        frames = {raw.frame for raw in ready}
        self._folder.add(self._run, [one for one in everything if one.frame in frames])
        self._folder.expire(now)
        for frame in frames:
            del self._waiting[frame]
        left = set(self._waiting)
        self._held = {name: one for name, one in self._held.items() if left & {frame for _, frame in one.frames}}
