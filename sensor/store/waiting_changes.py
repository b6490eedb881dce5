"""Bounds of the changes that wait in memory for a store, and their sizes."""

from __future__ import annotations

from dataclasses import replace

from sensor.store.types import Change

RECORDS = 50_000
"""Records that wait: what a home says in days."""

CELLS = 200_000
"""Hourly counts that wait, likewise."""


def bounded(change: Change) -> tuple[Change, int]:
    """The change, and how much of it found no room."""
    too_many, cells = len(change.records) - RECORDS, len(change.traffic) - CELLS
    if too_many > 0:
        # Devices and verdicts are few and say the most; of findings, those that came first go.
        findings = [record for record in change.records if record["record"] == "finding"][:too_many]
        dropped = {id(record) for record in findings}
        change = replace(change, records=[record for record in change.records if id(record) not in dropped][-RECORDS:])
    if cells > 0:
        change = replace(change, traffic=sorted(change.traffic, key=lambda cell: cell.hour)[cells:])
    return change, max(0, too_many) + max(0, cells)


def size(change: Change) -> int:
    """Records and counts in it."""
    return len(change.records) + len(change.removed) + len(change.traffic) + len(change.captured)
