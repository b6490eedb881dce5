"""What is handed to a store: the writer takes it, and rows are made of a cell's own names."""

from __future__ import annotations

from typing import Any

from sensor.records import Record
from sensor.store.schema import traffic
from sensor.store.types import CaptureCount, Change, Keeper, Removed, Tool, TrafficCell
from sensor.store.writer import Writer


def test_a_cell_has_the_tables_columns_and_the_writer_is_a_keeper() -> None:
    assert {"run", *TrafficCell._fields} == set(traffic.c.keys())
    keeper: type[Keeper] = Writer
    assert keeper.keep is Writer.keep


def change(written: int, records: list[Record], **more: Any) -> Change:
    return Change("r1", Tool("0", None, None), written, records, **more)


def device(id: str, **more: Any) -> Record:
    return {"record": "device", "id": id, **more}


def verdict(device: str, status: str) -> Record:
    return {"record": "verdict", "device": device, "capability": "personal_data", "status": status}


def test_two_changes_as_one_say_what_both_say_after_each_other() -> None:
    cells = [TrafficCell("a", 1, "unknown", "", 5), TrafficCell("b", 1, "unknown", "", 1)]
    first = change(
        1,
        [device("a", hostname="x"), device("b"), verdict("b", "concern")],
        traffic=cells,
        captured=[CaptureCount(1, 2, 3, 4)],
        failures=1,
    )
    second = change(
        2,
        [device("a", hostname="y")],
        removed=[Removed("device", "b")],
        traffic=cells[:1],
        captured=[CaptureCount(1, 1, 1, 1), CaptureCount(2, 1, 1, 1)],
    )
    both = first.then(second)
    assert both.records == [device("a", hostname="y")] and both.removed == [Removed("device", "b")]
    assert sorted(both.traffic) == [TrafficCell("a", 1, "unknown", "", 10), TrafficCell("b", 1, "unknown", "", 1)]
    assert sorted(both.captured) == [CaptureCount(1, 3, 4, 5), CaptureCount(2, 1, 1, 1)]
    assert (both.written, both.failures) == (2, 1)
    # What comes back after it was gone is there: `gone` is taken out first.
    assert both.then(change(3, [device("b")])).records[-1] == device("b")
    judged = change(1, [device("b"), verdict("b", "concern")]).then(change(2, [], removed=[Removed("judgement", "b")]))
    assert judged.records == [device("b")]
