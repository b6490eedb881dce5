"""What is handed to a store: the writer takes it, and rows are made of a cell's own names."""

from __future__ import annotations

import random
from typing import Any

from sensor.records import Record
from sensor.store.schema import traffic
from sensor.store.types import CaptureCount, Change, Keeper, Removed, Sensor, SensorIdentity, Tool, TrafficCell
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


def replayed(changes: list[Change]) -> dict[str, Any]:
    """What a store has after these changes: a plain dict, in which what is removed goes first (docs of `Change`)."""
    state: dict[str, Any] = {"records": {}, "traffic": {}, "captured": {}, "last": {}, "state": {}, "removed": []}
    for one in changes:
        for kind, name in one.removed:
            if Removed(kind, name) not in state["removed"]:
                state["removed"].append(Removed(kind, name))
            goes = {"device": ("device", "verdict"), "judgement": ("verdict",), "finding": ("finding",)}[kind]
            for key in [key for key in state["records"] if key[0] in goes and key[1] == name]:
                del state["records"][key]
        for record in one.records:
            owner = record["device"] if record["record"] == "verdict" else record["id"]
            state["records"][record["record"], owner] = record
        for cell in one.traffic:
            state["traffic"][cell[:-1]] = state["traffic"].get(cell[:-1], 0) + cell.bytes
        for count in one.captured:
            before = state["captured"].get(count.hour, (0, 0, 0))
            state["captured"][count.hour] = tuple(a + b for a, b in zip(before, count[1:], strict=True))
        for name in ("sensor", "bounds", "failures", "identity"):
            if getattr(one, name) is not None:
                state["last"][name] = getattr(one, name)
        state["state"] |= one.state
    return state


def test_any_changes_as_one_are_what_a_plain_dict_makes_of_them() -> None:
    chance = random.Random(3)
    names = ["a", "b", "c"]
    for _ in range(120):
        changes = []
        for written in range(chance.randint(2, 5)):
            records = [
                {"record": kind, "id": name, "device": name, "capability": "personal_data", "v": chance.random()}
                for kind in ("device", "finding", "verdict") for name in names if chance.random() < 0.3
            ]  # fmt: skip
            changes.append(
                change(
                    written, records,
                    removed=[Removed(chance.choice(["device", "finding", "judgement"]), chance.choice(names))
                             for _ in range(chance.randint(0, 2))],
                    traffic=[
                        TrafficCell(chance.choice(names), 1, "unknown", "", chance.randint(1, 9)) for _ in range(2)
                    ],
                    captured=[CaptureCount(chance.randint(1, 2), 1, 20, chance.randint(0, 3))],
                    sensor=chance.choice([None, Sensor(written, "ok", "", "eth0", 1, 1, 0, None)]),
                    bounds=chance.choice([None, {}, {"flows": written}]),
                    failures=chance.choice([None, 0, written]),
                    identity=chance.choice([None, SensorIdentity(str(written), "", "", "", "")]),
                    state={
                        ("device", name): chance.choice([None, str(written)])
                        for name in names if chance.random() < 0.4
                    },
                )
            )  # fmt: skip
        both = changes[0]
        for later in changes[1:]:
            both = both.then(later)
        expected, found = replayed(changes), replayed([both])
        assert found == expected and both.written == changes[-1].written
        assert len(both.traffic) == len(expected["traffic"]) and len(both.captured) == len(expected["captured"])
        assert all(isinstance(one, TrafficCell) for one in both.traffic)


def test_a_removed_device_takes_what_is_judged_of_it_and_no_finding() -> None:
    both = [
        device("a"),
        verdict("a", "concern"),
        {"record": "provision", "device": "a", "provision": {"v3.1.3": "5.1-1"}},
    ]
    finding = {"record": "finding", "id": "f", "device": "a"}
    for kind, name, left in (
        ("device", "a", [finding]), ("judgement", "a", [both[0], finding]), ("finding", "f", both),
        ("finding", "a", [*both, finding]),
        ("device", "f", [*both, finding]), ("device", "b", [*both, finding]), ("judgement", "f", [*both, finding]),
    ):  # fmt: skip
        found = change(1, [*both, finding]).then(change(2, [], removed=[Removed(kind, name)]))
        assert found.records == left and found.removed == [Removed(kind, name)], (kind, name)
