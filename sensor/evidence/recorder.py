"""Recording of evidence: packets of a finished capture at once, of a live run step by step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from sensor.capture import Block
from sensor.evidence.fetch import FrameRing, evidence_findings, frames_by_capture
from sensor.evidence.mask import EvidenceFinding, FrameKey, mask_packets
from sensor.evidence.packet import CapturedFrame, EvidencePacket
from sensor.evidence.storage import EvidenceFolder, contains_any
from sensor.vault import MaskedValues

SETTLING_TIME = 60 * 1_000_000_000
"""Nanoseconds that packets of a live run wait in memory: by then a login's answer and what else is in them is known."""

MAX_PENDING = 400
"""Packets that wait at most: masking them stops the sensor for some seconds, once per `SETTLING_TIME`."""

MAX_MASKED_BYTES = 2_000_000
"""Bytes of a run's packets that are masked: a hundred kilobytes take a second or two on a slow computer."""

FIRST_PACKETS = 8
"""Packets that are enough to show a finding without a secret."""

MAX_RECORDED = 100_000
"""Stored packets of findings that are remembered, so that a repeated finding costs nothing.

A forgotten one is stored again, which changes nothing.
"""

Fetch = Callable[[str, Collection[int]], list[CapturedFrame]]
"""Reads frames of a capture (path as given, numbers)."""


def record_run(
    folder: EvidenceFolder,
    run: str,
    records: Iterable[Mapping[str, Any]],
    masked_values: MaskedValues,
    fetch: Fetch,
    now: float,
) -> int:
    """Store the packets of a finished run; returns their number. ``now``: seconds since 1970.

    Raises OSError and what ``fetch`` raises.
    """
    wanted = evidence_findings(records)
    found = {
        (raw.capture, raw.frame): raw
        for capture, frames in frames_by_capture(wanted).items()
        for raw in fetch(capture, frames)
    }
    raws = list(_within_budget(found, wanted))
    packets = {
        (one.capture, one.frame): one
        for one in mask_packets(raws, wanted, masked_values.values, complete=not masked_values.forgotten)
    }
    count = folder.put(run, [packets[raw.capture, raw.frame] for raw in raws])
    folder.expire(now)
    return count


def _within_budget(found: Mapping[FrameKey, CapturedFrame], wanted: list[EvidenceFinding]) -> Iterator[CapturedFrame]:
    """Frames within `MAX_MASKED_BYTES`, in order of need.

    First those of findings with a secret and the beginnings of others, the worst findings first; then the rest.
    """
    first = [key for one in wanted for key in (one.frames if one.values else one.frames[:FIRST_PACKETS])]
    left = MAX_MASKED_BYTES
    for key in dict.fromkeys([*first, *(key for one in wanted for key in one.frames)]):
        raw = found.get(key)
        if raw is not None and left > 0:
            left -= len(raw.data)
            yield raw


def forget_device(folder: EvidenceFolder, run: str, records: Iterable[Mapping[str, Any]], device: str) -> int:
    """Remove a device (its id) from the evidence of a run, whose records still exist. Raises OSError.

    Returns the number of packets removed.
    """
    names: list[str] = []
    findings: set[str] = set()
    for record in records:
        if record["record"] == "device" and record["id"] == device:
            names += [name for name in (device, record["mac"], record["hostname"], *record["addresses"]) if name]
        elif record["record"] == "finding" and device in (record["device"], *(record["detail"].get("devices") or ())):
            findings.add(record["id"])
    return folder.forget(run, findings, names) if names else 0


class EvidenceRecorder:
    """Evidence of a live run. Fed with the blocks that the sensor reads and with new or changed findings."""

    def __init__(self, folder: EvidenceFolder, run: str, capture: str, masked_values: MaskedValues) -> None:
        self._folder = folder
        self._run = run
        self._values = masked_values
        self._ring = FrameRing(capture)
        self._pending: dict[int, tuple[int, CapturedFrame]] = {}
        self._findings: dict[str, EvidenceFinding] = {}
        self._settled = -1
        self._recorded: set[tuple[str, int]] = set()

    def add_block(self, block: Block) -> None:
        """Remember a block while its frames may be needed."""
        self._ring.add(block)

    def add_findings(self, records: Iterable[Mapping[str, Any]], time: int) -> None:
        """Take the frames of findings that are new or changed at ``time`` (ns, by the packets)."""
        for one in evidence_findings(records):
            self._findings[one.id] = one
            fresh = [n for _, n in one.frames if n not in self._pending and (one.id, n) not in self._recorded]
            for raw in self._ring.take(fresh):
                if len(self._pending) < MAX_PENDING:
                    self._pending[raw.frame] = (time, raw)

    def forget(self, findings: Collection[str], names: Collection[str]) -> None:
        """Remove what only these findings rest on, and each packet that contains one of ``names``, of every run.
        Raises OSError."""
        self._pending = {
            frame: (time, raw) for frame, (time, raw) in self._pending.items() if not contains_any(raw.data, names)
        }
        self._findings = {name: one for name, one in self._findings.items() if name not in findings}
        for run in {self._run, *self._folder.runs()}:
            self._folder.forget(run, findings, names)

    def packets(self, run: str, finding: str) -> list[EvidencePacket]:
        """The packets of a finding, of all findings of a run for ""; none for what is no name of a run."""
        try:
            return self._folder.of(run, finding) if finding else self._folder.packets(run)
        except ValueError:
            return []

    def settle(self, time: int, now: float, *, over: bool = False) -> None:
        """Mask and store the packets that have waited long enough, all of them when the run is ``over``.

        Raises OSError.
        """
        if not over and self._settled <= time < self._settled + SETTLING_TIME:
            return
        frames = {raw.frame for since, raw in self._pending.values() if over or time - since >= SETTLING_TIME}
        if not frames:
            return
        self._settled = time
        # Masked together with what waits of the same findings: a typed letter has neighbours before and after it.
        mine = [one for one in self._findings.values() if not frames.isdisjoint(frame for _, frame in one.frames)]
        beside = {frame for one in mine for _, frame in one.frames} | frames
        everything = mask_packets(
            [raw for _, raw in self._pending.values() if raw.frame in beside], mine, self._values.values
        )
        self._folder.add(self._run, [one for one in everything if one.frame in frames])
        self._folder.expire(now)
        for frame in frames:
            del self._pending[frame]
        if len(self._recorded) > MAX_RECORDED:
            self._recorded.clear()
        self._recorded.update((one.id, frame) for one in mine for _, frame in one.frames if frame in frames)
        left = set(self._pending)
        self._findings = {
            name: one for name, one in self._findings.items() if left & {frame for _, frame in one.frames}
        }
