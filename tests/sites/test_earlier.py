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


FIRST, SECOND, THIRD = (f"2026-05-01T00:00:0{number}.000000Z" for number in (1, 2, 3))


def crafted() -> list[Record]:
    judged = {"device": "a", "status": "violated", "severity": "high", "against": ["f1", "f2"], "for": []}
    return [
        {"record": "capture", "first_time": FIRST, "last_time": THIRD},
        {"record": "device", "id": "a", "first_seen": FIRST, "last_seen": THIRD},
        {"record": "device", "id": "b", "first_seen": THIRD, "last_seen": THIRD},
        {"record": "finding", "id": "f1", "time": SECOND, "last_time": THIRD},
        {"record": "finding", "id": "f2", "time": THIRD, "last_time": THIRD},
        {"record": "verdict", "capability": "c", "coverage": {"hours": 1}, **judged},
        {"record": "provision", "provision": {"v3.1.3": "5.1-1"}, **judged},
        {"record": "verdict", "capability": "c", "coverage": {}, **judged, "device": "b"},
    ]


def test_times_end_at_that_time_and_what_begins_then_is_there() -> None:
    found = as_of(crafted(), [], microseconds(SECOND) or 0)
    assert [(one["record"], one.get("id")) for one in found] == [
        ("capture", None), ("device", "a"), ("finding", "f1"), ("verdict", None), ("provision", None),
    ]  # fmt: skip
    assert [one.get("last_time") or one.get("last_seen") for one in found[:3]] == [SECOND] * 3
    assert [one["against"] for one in found[3:]] == [["f1"], ["f1"]]
    assert found[3]["coverage"] == {} and "coverage" not in found[4]


def test_the_severity_of_another_status_is_not_known() -> None:
    at = microseconds(SECOND) or 0

    def then(*changes: StatusChange) -> list[tuple[str, str | None]]:
        found = as_of(crafted(), changes, at)
        return [(one["status"], one["severity"]) for one in found if one["record"] in ("verdict", "provision")]

    assert then() == [("violated", "high"), ("violated", "high")]
    verdict = StatusChange("r", "a", "verdict", "c", at + 1, "concern", "violated")
    provision = StatusChange("r", "a", "provision", "5.1-1", at, "concern", "sign_seen")
    assert then(verdict) == [("concern", None), ("violated", "high")]
    assert then(provision) == [("violated", "high"), ("sign_seen", None)]
    # Those of another device and of another provision are not its own.
    assert then(verdict._replace(device="b"), provision._replace(name="5.1-3")) == [("violated", "high")] * 2
