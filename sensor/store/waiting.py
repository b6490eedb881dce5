"""A change that waits for a store into one that fits in memory: what says the least goes first; and the store that it waits for, as a recorder knows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from sensor.store.types import Change

if TYPE_CHECKING:
    from sensor.store.applied_corrections import Correction
    from sensor.store.retention import Retention, Tidied

RECORDS = 50_000
"""Records that wait: what a home says in days."""

CELLS = 200_000
"""Hourly counts that wait, likewise."""


class Store(Protocol):
    """What a recorder writes to: `sensor.store.writer.Writer`."""

    def change(self, change: Change) -> None:
        """Write. StoreFailed; then nothing of it is written."""

    def batch(self, run: str) -> str | None:
        """The last batch of a run that was written."""

    def corrections(self) -> list[Correction]:
        """What stands."""

    def tidy(self, retention: Retention, now: int) -> Tidied:
        """Take out what is too old or too much at ``now`` (µs since 1970 UTC)."""

    def close(self) -> None:
        """Let go of it."""


def bounded(change: Change) -> tuple[Change, int]:
    """The change, and how much of it found no room."""
    too_many, cells = len(change.records) - RECORDS, len(change.traffic) - CELLS
    if too_many > 0:
        # Devices and verdicts are few and say the most; of findings, those that came first go.
        findings = [record for record in change.records if record["record"] == "finding"][:too_many]
        gone = {id(record) for record in findings}
        change = replace(change, records=[record for record in change.records if id(record) not in gone][-RECORDS:])
    if cells > 0:
        change = replace(change, traffic=sorted(change.traffic, key=lambda cell: cell.hour)[cells:])
    return change, max(0, too_many) + max(0, cells)


def size(change: Change) -> int:
    """Records and counts in it."""
    return len(change.records) + len(change.gone) + len(change.traffic) + len(change.caught)
