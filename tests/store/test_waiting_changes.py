"""What waits in memory is bounded: devices and verdicts stay, of findings the last, of counts the newest."""

from __future__ import annotations

import pytest

from sensor.store.types import CaptureCount, Change, Removed, TrafficCell
from sensor.store.waiting_changes import bounded, size
from tests.replaying import of
from tests.store.keeping import TOOL
from tests.store.scale import records


def test_of_findings_the_last_stay_and_of_counts_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.store.waiting_changes.RECORDS", 90)
    monkeypatch.setattr("sensor.store.waiting_changes.CELLS", 2)
    found = records(1, 60)
    cells = [TrafficCell("a", hour, "unknown", "", 5) for hour in (9, 1, 5)]
    change, lost = bounded(Change("r1", TOOL, 1, found, [Removed("device", "x")], cells, [CaptureCount(1, 1, 1, 1)]))
    assert lost == len(found) - 90 + 1 and size(change) == 90 + 1 + 2 + 1
    assert [cell.hour for cell in change.traffic] == [5, 9]
    assert [r for r in change.records if r["record"] != "finding"] == [r for r in found if r["record"] != "finding"]
    assert of(change.records, "finding") == of(found, "finding")[len(found) - 90 :]


def test_what_fits_is_as_it_was() -> None:
    change = Change("r1", TOOL, 1, records(1, 2))
    assert bounded(change) == (change, 0)
