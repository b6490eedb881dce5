"""Repeats, floods and quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensor.alerts import throttle as module
from sensor.alerts.alert import Alert
from sensor.alerts.state import AlertState
from sensor.alerts.throttle import AlertThrottle, quiet_until
from sensor.settings.keys import AlertSettings as Rules
from sensor.settings.keys import QuietHours

HOUR = 3600.0


def alert(key: str = "k", severity: str = "high", kind: str = "finding") -> Alert:
    return Alert(key, kind, severity, 0.0, "t", "x")


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_a_repeat_is_counted_and_sent_after_its_time() -> None:
    memory = AlertState(None, 0, 0)
    fold = AlertThrottle(Rules(repeat_hours=2), memory)
    start = 1e9
    assert len(fold.admit(alert(), start)) == 1
    assert fold.admit(alert(), start + 10) == [] and fold.admit(alert(), start + HOUR) == []
    assert fold.suppressed == 2
    [(again, when)] = fold.admit(alert(), start + 2 * HOUR)
    assert again.count == 3 and when == start + 2 * HOUR
    [(later, _)] = AlertThrottle(Rules(repeat_hours=2), memory).admit(alert(), start + 5 * HOUR)
    assert later.count == 1


def test_a_clock_that_was_set_back_silences_nothing() -> None:
    fold = AlertThrottle(Rules(), AlertState(None, 0, 0))
    fold.admit(alert(), 2e9)
    assert len(fold.admit(alert(), 1e9)) == 1


def test_a_flood_becomes_one_line() -> None:
    fold = AlertThrottle(Rules(at_most_an_hour=3), AlertState(None, 0, 0))
    start = 1e9
    out = [
        one
        for number in range(500)
        for one in fold.admit(alert(f"new_device {number}", "low", "new_device"), start + number)
    ]
    assert len(out) == 3
    assert len(fold.admit(alert("grave", "critical"), start + 600)) == 1, "what is critical is never held back"
    assert fold.due(start + HOUR - 1) == []
    [(summary, _)] = fold.due(start + HOUR)
    assert summary.kind == "summary" and summary.count == 497 and summary.severity == "low"
    assert summary.title == "497 more alerts in the last hour" and "497 new devices" in summary.text
    assert fold.due(start + 3 * HOUR) == []


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEYS", 5)
    memory = AlertState(None, 0, 0)
    fold = AlertThrottle(Rules(), memory)
    for number in range(20):
        fold.admit(alert(str(number)), 1e9)
    assert list(memory.sent) == ["15", "16", "17", "18", "19"]


NIGHT = QuietHours(time(22), time(7), "Europe/Vienna", "critical")


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        (NIGHT, "2026-05-01T21:59:59+02:00", None),
        (NIGHT, "2026-05-01T22:00:00+02:00", "2026-05-02T07:00:00+02:00"),
        (NIGHT, "2026-05-02T03:00:00+02:00", "2026-05-02T07:00:00+02:00"),
        (NIGHT, "2026-05-02T07:00:00+02:00", None),
        # The night in which clocks go forward, and the one in which they go back.
        (NIGHT, "2026-03-28T23:00:00+01:00", "2026-03-29T07:00:00+02:00"),
        (NIGHT, "2026-10-24T23:00:00+02:00", "2026-10-25T07:00:00+01:00"),
        (NIGHT, "2026-12-31T23:30:00+01:00", "2027-01-01T07:00:00+01:00"),
        (QuietHours(time(12), time(14), "UTC"), "2026-05-01T12:30:00+00:00", "2026-05-01T14:00:00+00:00"),
        (QuietHours(time(12), time(14), "UTC"), "2026-05-01T14:30:00+00:00", None),
    ],
)
def test_quiet_hours(quiet: QuietHours, now: str, until: str | None) -> None:
    assert quiet_until(quiet, at(now)) == at(until or now)


def test_the_systems_own_zone_holds_where_none_is_named() -> None:
    here = datetime(2026, 5, 1, 12, 30).astimezone()
    assert quiet_until(QuietHours(time(12), time(14)), here.timestamp()) == here.replace(hour=14, minute=0).timestamp()


@pytest.mark.parametrize(
    ("unless", "severity", "waits"),
    [("critical", "high", True), ("critical", "critical", False), ("high", "high", False), ("off", "critical", True)],
)
def test_what_is_grave_enough_does_not_wait(unless: str, severity: str, waits: bool) -> None:
    fold = AlertThrottle(Rules(quiet=QuietHours(time(22), time(7), "UTC", unless)), AlertState(None, 0, 0))
    now = datetime(2026, 5, 1, 23, tzinfo=UTC).timestamp()
    [(_, when)] = fold.admit(alert(severity=severity), now)
    assert when == (now + 8 * HOUR if waits else now)


@pytest.mark.parametrize(
    ("start", "end", "now", "until"),
    [
        (22, 7, "21:59:59", None), (22, 7, "22:00:00", 31), (22, 7, "00:00:00", 7), (22, 7, "06:59:59", 7),
        (22, 7, "07:00:00", None), (12, 14, "12:00:00", 14), (12, 14, "13:59:59", 14), (12, 14, "14:00:00", None),
        (12, 14, "11:59:59", None),
    ],
)  # fmt: skip
def test_where_quiet_hours_begin_and_end(start: int, end: int, now: str, until: int | None) -> None:
    """From the first second on, until the last one before their end; over midnight, too."""
    moment = at(f"2026-05-01T{now}+00:00")
    over = moment if until is None else at("2026-05-01T00:00:00+00:00") + until * 3600
    assert quiet_until(QuietHours(time(start), time(end), "UTC"), moment) == over


@pytest.mark.parametrize(("later", "recent"), [(0.0, True), (9.9, True), (10.0, False), (-1.0, False)])
def test_how_long_an_alert_is_recent(later: float, recent: bool) -> None:
    fold = AlertThrottle(Rules(), AlertState(None, 0, 0))
    fold.admit(alert(), 1e9)
    assert fold.recent("k", 1e9 + later, 10.0) is recent and not fold.recent("other", 1e9, 10.0)


def test_critical_ones_and_the_sensor_itself_are_never_held_back() -> None:
    fold = AlertThrottle(Rules(at_most_an_hour=1), AlertState(None, 0, 0))
    assert len(fold.admit(alert("a"), 1e9)) == 1 and fold.admit(alert("b"), 1e9) == []
    assert len(fold.admit(alert("c", severity="critical"), 1e9)) == 1
    sensor = alert("s", kind="sensor")
    free = AlertThrottle(Rules(), AlertState(None, 0, 0))
    assert len(free.admit(sensor, 1e9)) == len(free.admit(sensor, 1e9 + 1)) == 1, "each change of its state"


def test_an_hour_later_one_line_says_what_was_held_back_and_counts_itself() -> None:
    fold = AlertThrottle(Rules(at_most_an_hour=1), AlertState(None, 0, 0))
    fold.admit(alert("a"), 1e9)
    for number in range(3):
        fold.admit(alert(f"n{number}", "low" if number else "medium"), 1e9 + number)
    assert fold.due(1e9 + HOUR - 1) == [] and fold.suppressed == 3
    [(summary, when)] = fold.due(1e9 + HOUR)
    assert (summary.count, summary.severity, summary.kind, when) == (3, "medium", "summary", 1e9 + HOUR)
    assert fold.due(1e9 + HOUR) == [] and fold.admit(alert("d"), 1e9 + HOUR + 1) == [], "the line was the hour's one"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", "d"]), st.sampled_from(["low", "high", "critical"]),
            st.sampled_from([0.0, 1.0, 600.0, 3599.0, 3600.0, 7200.0]),
        ),
        max_size=40,
    ),
    st.integers(1, 3),
)  # fmt: skip
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_each_alert_is_sent_or_counted_whatever_comes(steps: list[tuple[str, str, float]], most: int) -> None:
    """None is lost, no repeat is sent within its two hours, what is critical and new is sent at once, and no hour has
    more than is allowed."""
    memory = AlertState(None, 0, 0)
    fold = AlertThrottle(Rules(repeat_hours=2, at_most_an_hour=most), memory)
    now, given_, out, last = 1e9, 0, list[tuple[Alert, float]](), dict[str, float]()
    for key, severity, later in steps:
        now += later
        given_ += 1
        made = fold.admit(alert(key, severity), now)
        out += made
        sent_now = [one for one, _ in made if one.key == key]
        if sent_now:
            assert now - last.get(key, 0.0) >= 2 * HOUR
        elif severity == "critical":
            assert now - last[key] < 2 * HOUR, "it is a repeat"
        if sent_now or key not in last or now - last[key] >= 2 * HOUR:
            last[key] = now
        assert all(when == now for _, when in made)
        waiting = sum(one.count for one in fold._suppressed) + sum(int(left) for _, left in memory.sent.values())
        assert sum(one.count for one, _ in out) + waiting == given_
        recent = [one for one, when in out if now - when < HOUR and one.severity != "critical"]
        assert len(recent) <= 2 * most
    out += fold.due(now + HOUR)
    assert sum(one.count for one, _ in out) + sum(int(left) for _, left in memory.sent.values()) == given_


def test_repeats_of_an_alert_that_a_flood_held_back_are_counted_later() -> None:
    fold = AlertThrottle(Rules(repeat_hours=1, at_most_an_hour=1), AlertState(None, 0, 0))
    start = 1e9
    assert [one.count for one, _ in fold.admit(alert("a"), start)] == [1]
    assert fold.admit(alert("a"), start + 1) == fold.admit(alert("a"), start + 2) == []
    assert [one.key for one, _ in fold.admit(alert("b"), start + HOUR)] == ["b"]
    assert fold.admit(alert("a"), start + HOUR + 1) == []
    [(summary, _)] = fold.due(start + 2 * HOUR)
    assert (summary.key, summary.count) == ("summary", 1)
    fold.due(start + 3 * HOUR)
    assert [(one.key, one.count) for one, _ in fold.admit(alert("a"), start + 3 * HOUR)] == [("a", 3)]


@pytest.mark.parametrize("kinds", [["new_device"], ["finding", "verdict", "sensor"], ["gone", "back", "better"]])
def test_the_line_of_an_hour_names_each_kind_and_the_gravest(kinds: list[str]) -> None:
    fold = AlertThrottle(Rules(at_most_an_hour=1), AlertState(None, 0, 0))
    fold.admit(alert("first"), 1e9)
    severities = ["info", "medium", "low"]
    for number, kind in enumerate(kinds):
        fold.admit(alert(f"k{number}", severities[number], kind), 1e9 + 1)
        fold.admit(alert(f"l{number}", "info", kind), 1e9 + 2)
    [(summary, _)] = fold.due(1e9 + HOUR)
    assert summary.count == 2 * len(kinds) and summary.severity == ("info" if len(kinds) == 1 else "medium")
    words = {"new_device": "2 new devices", "gone": "6 "}
    assert words.get(kinds[0], "2 ") in summary.text
    assert summary.text.count("2 ") == (0 if kinds[0] == "gone" else len(kinds))
