"""What is new at a run's end, and the bytes of charts."""

from typing import Any

from dashboard.data.recent import DAY, last_day, recent_changes, summed, traffic
from sensor.store.reader import RunInfo
from sensor.store.rows import timestamp
from sensor.store.traffic_queries import StatusChange, Sum
from sensor.store.types import TrafficCell
from tests.store.keeping import TOOL


def info(first: str, last: str) -> RunInfo:
    return RunInfo(
        "r", (), f"2026-05-{first}:00:00.000000Z", f"2026-05-{last}:00:00.000000Z", 1, 1, None, "", TOOL, 0, {}, ()
    )


class ScriptedReader:
    """A reader with scripted answers."""

    def __init__(self, before: set[str] | None = None) -> None:
        self.before = before or set()

    def seen_before(self, run: str) -> set[str]:
        return self.before

    def newest(self, run: str, since: int, size: int) -> list[dict[str, Any]]:
        found = {
            "record": "finding",
            "id": "a",
            "severity": "high",
            "summary": "s",
            "time": "2026-05-03T11:00:00.000000Z",
        }
        return [found] if found["time"] >= (timestamp(since) or "") else []

    def history(self, *, run: str, most: int) -> list[StatusChange]:
        at = 1_777_808_400_000_000  # 2026-05-03 11:40
        return [
            StatusChange("r", "d", "verdict", "personal_data", at, "concern", "violated"),
            StatusChange("r", "d", "verdict", "x", at, None, "y"),
        ]

    def days(self, run: str, device: str) -> list[Sum]:
        return [
            Sum(20_000, "encrypted", "vendor", 10),
            Sum(20_000, "encrypted", "third", 5),
            Sum(20_300, "cleartext", "", 1),
        ]

    def hours(self, run: str, device: str, since: int) -> list[Sum]:
        return [Sum(20_300 * 24 + 3, "cleartext", "", 1)]


def test_what_is_new() -> None:
    devices: list[dict[str, Any]] = [
        {"id": "d", "hostname": "old", "first_seen": "2026-05-01T00:00:01.000000Z"},
        {"id": "e", "hostname": "fresh", "first_seen": "2026-05-03T12:30:00.000000Z"},
    ]
    found = recent_changes(ScriptedReader(), info("01T00", "03T13"), devices, {"d": "old", "e": "Fresh lamp"})  # type: ignore[arg-type]
    assert found is not None
    assert found["since"] == "2026-05-02T13:00:00.000000Z" and found["devices"] == [["e", "Fresh lamp"]]
    assert [one["id"] for one in found["findings"]] == ["a"]
    assert [(one["name"], one["before"], one["after"]) for one in found["changes"]] == [("old", "concern", "violated")]


def test_at_first_everything_is_new_and_nothing_is_listed() -> None:
    assert recent_changes(ScriptedReader(), info("01T00", "01T01"), [], {}) is None  # type: ignore[arg-type]


def test_charts_by_day_with_the_last_hours_beside_them() -> None:
    found = traffic(ScriptedReader(), "r", "d")  # type: ignore[arg-type]
    assert [(one["hour"], one["bytes"]) for one in found["all"]] == [(480_000, 15), (487_200, 1)]
    assert [one["hour"] for one in found["recent"]] == [487_203]
    assert {(one["party"], one["bytes"]) for one in found["parties"]} == {("vendor", 10), ("third", 5), ("", 1)}


def test_the_last_day_of_a_run() -> None:
    hours = last_day(info("01T00", "03T13"))
    assert hours is not None and len(hours) == DAY and hours[-1] * 3600 == 1_777_813_200
    assert last_day(info("01T00", "01T23")) is None


def test_with_an_earlier_run_of_the_network_what_was_not_in_it_is_new() -> None:
    devices: list[dict[str, Any]] = [
        {"id": name, "hostname": name, "first_seen": "2026-05-01T00:00:01.000000Z"} for name in ("a", "b", "c", "d")
    ]
    devices[3]["corrected"] = {"yours": {"value": "yes"}}
    reader = ScriptedReader({"a", "b", "x"})
    found = recent_changes(reader, info("01T00", "01T01"), devices, {"c": "The lamp"})  # type: ignore[arg-type]
    assert found is not None and found["devices"] == [["c", "The lamp"]] and found["devices_count"] == 1
    other = ScriptedReader({"a"})
    assert recent_changes(other, info("01T00", "01T01"), devices, {}) is None  # type: ignore[arg-type]


def test_cells_of_one_key_are_one() -> None:
    assert summed([TrafficCell("d", 1, "p", "", 2), TrafficCell("d", 1, "p", "", 3)]) == [
        TrafficCell("d", 1, "p", "", 5)
    ]
