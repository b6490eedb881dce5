"""Records as of an earlier time: what came later is not there, statuses are those of then."""

from __future__ import annotations

from sensor.records import Record
from sensor.sites.earlier import as_of
from sensor.store.rows import microseconds
from sensor.store.traffic_queries import StatusChange
from tests.replaying import of, replayed
from tests.store.keeping import capture

HOME = replayed(capture("home"))


def at(records: list[Record], part: float) -> int:
    """A time at which such a part of the findings was there."""
    times = sorted(microseconds(one["time"]) or 0 for one in of(records, "finding"))
    return times[int(part * (len(times) - 1))]


def test_what_came_later_was_not_known() -> None:
    time = at(HOME, 0.5)
    found = as_of(HOME, [], time)
    names = {one["id"] for one in of(found, "finding")}
    assert names == {one["id"] for one in of(HOME, "finding") if (microseconds(one["time"]) or 0) <= time}
    assert 0 < len(names) < len(of(HOME, "finding"))
    for one in found:
        if one["record"] in ("verdict", "provision"):
            assert set(one["against"]) | set(one["for"]) <= names
        for field in ("last_seen", "last_time"):
            assert (microseconds(one.get(field)) or 0) <= time
    devices = {one["id"] for one in of(found, "device")}
    assert {one["device"] for one in of(found, "verdict")} <= devices


def test_before_everything_nothing_was_known_and_after_it_all() -> None:
    assert {one["record"] for one in as_of(HOME, [], 1)} == {"capture"}
    everything = as_of(HOME, [], 2**62)
    for kind in ("device", "finding"):
        assert of(everything, kind) == of(HOME, kind)
    assert [one["status"] for one in of(everything, "verdict")] == [one["status"] for one in of(HOME, "verdict")]


def test_statuses_are_those_of_then() -> None:
    verdict = of(HOME, "verdict")[0]
    time = 2**61

    def change(when: int, before: str | None, after: str) -> StatusChange:
        return StatusChange("r", verdict["device"], "verdict", verdict["capability"], when, before, after)

    def status(*changes: StatusChange) -> list[str]:
        found = as_of(HOME, changes, time)
        return [
            one["status"]
            for one in of(found, "verdict")
            if (one["device"], one["capability"]) == (verdict["device"], verdict["capability"])
        ]

    assert status(change(time - 5, None, "sign_seen"), change(time + 5, "sign_seen", "violated")) == ["sign_seen"]
    assert status(change(time - 9, None, "sign_seen"), change(time - 5, "sign_seen", "concern")) == ["concern"]
    assert status(change(time + 5, "concern", "violated")) == ["concern"]
    assert status(change(time + 5, None, "violated")) == []


def test_how_much_was_heard_by_then_is_not_said() -> None:
    assert {str(one["coverage"]) for one in of(as_of(HOME, [], 2**62), "verdict")} == {"{}"}
