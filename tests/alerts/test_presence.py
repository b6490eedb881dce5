"""Who is new and can be told of, who is gone, who is back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sensor.alerts.presence import PAUSE, UNDECIDED, WAITING, Newcomers, presence
from sensor.alerts.state import AlertState
from sensor.export.records import time_text
from sensor.settings.keys import AlertSettings as Rules
from tests.alerts.records import CAMERA, PHONE, device, finding

RULES = Rules(learn_minutes=0, gone_hours=48)
HOUR = 3600.0
FIRST = 1_772_323_200.0
"""2026-03-01T00:00:00Z."""


@pytest.fixture
def state() -> AlertState:
    made = AlertState(None, 0, 0)
    made.learn_until = None
    return made


def test_a_device_that_says_what_it_is_does_not_wait(state: AlertState) -> None:
    records = [device(), finding()]
    assert Newcomers(state).settle(records, [], 100.0) == records and not state.waiting


def test_a_device_waits_until_it_can_be_said_what_it_is(state: AlertState) -> None:
    newcomers, unknown = Newcomers(state), device(category=None, vendor=None)
    assert newcomers.settle([unknown], [], 100.0) == []
    assert newcomers.settle([], [], 100.0 + UNDECIDED - 1) == []
    assert newcomers.settle([device()], [], 100.0 + UNDECIDED - 1) == [device()]
    assert newcomers.settle([], [], 100.0 + 2 * UNDECIDED) == []


def test_a_device_that_shows_nothing_is_told_of_once_after_a_minute(state: AlertState) -> None:
    newcomers, unknown = Newcomers(state), device(category=None, vendor=None)
    newcomers.settle([device(category=None, vendor=None, hostname=None)], [], 100.0)
    newcomers.settle([unknown], [], 130.0)
    assert newcomers.settle([], [], 100.0 + UNDECIDED) == [unknown]
    state.devices[CAMERA] = "cam"
    assert newcomers.settle([], [], 500.0) == [] and newcomers.settle([unknown], [], 500.0) == [unknown]


def test_a_restart_does_not_begin_the_minute_anew(tmp_path: Path, state: AlertState) -> None:
    unknown = device(category=None, vendor=None)
    first = AlertState(tmp_path / "memory.json", 0, 0)
    Newcomers(first).settle([unknown], [], 100.0)
    first.save()
    again = AlertState(tmp_path / "memory.json", 0, 0)
    assert Newcomers(again).settle([unknown], [], 100.0 + UNDECIDED) == [unknown] and not again.waiting


def test_one_that_is_part_of_another_by_then_is_not_told_of(state: AlertState) -> None:
    newcomers = Newcomers(state)
    newcomers.settle([device(category=None)], [], 100.0)
    assert newcomers.settle([], [("device", CAMERA)], 110.0) == []
    assert newcomers.settle([], [], 900.0) == [] and not state.waiting


def test_a_flood_does_not_wait(state: AlertState) -> None:
    newcomers = Newcomers(state)
    flood = [device(f"02:00:00:00:{n // 256:02x}:{n % 256:02x}", category=None) for n in range(WAITING + 50)]
    told = newcomers.settle(flood, [], 100.0)
    assert len(told) == 50 and len(state.waiting) <= WAITING


def at(hours: float) -> float:
    return FIRST + hours * HOUR


def seen(hours: float, name: str = CAMERA, **more: Any) -> dict[str, Any]:
    return {
        **device(name, **more),
        "last_seen": time_text(int(at(hours) * 1e9)),
        "in_scope": more.get("in_scope", True),
    }


def hourly(state: AlertState, first: int, last: int, *records: dict[str, Any], rules: Rules = RULES) -> list[str]:
    """What is told in these hours; the records come in the first of them."""
    kinds = []
    for hour in range(first, last):
        for step in (0.0, 0.5):
            found = presence(records if hour == first and not step else (), (), state, rules, at(hour + step), 1.0)
            kinds += [alert.kind for alert in found]
    return kinds


def test_who_was_silent_for_the_hours_is_gone_once_and_back_once(state: AlertState) -> None:
    state.devices[CAMERA] = "hall-cam"
    assert hourly(state, 0, 48, seen(0)) == []
    assert hourly(state, 48, 120) == ["gone"]
    assert hourly(state, 120, 130, seen(0)) == []  # an old record is no sign of life
    assert hourly(state, 130, 150, seen(129.9)) == ["back"]
    assert hourly(state, 150, 170) == []


def test_the_words_name_the_device_and_the_time(state: AlertState) -> None:
    state.devices[CAMERA] = "hall-cam"
    hourly(state, 0, 48, seen(0))
    [alert] = presence((), (), state, RULES, at(48), 5.0)
    assert (alert.kind, alert.device, alert.severity, alert.time) == ("gone", CAMERA, "low", 5.0)
    assert alert.title == "hall-cam is not heard any more" and "2026-03-01 00:00 UTC" in alert.text


def test_hours_without_a_sensor_do_not_count(state: AlertState) -> None:
    state.devices[CAMERA] = "hall-cam"
    hourly(state, 0, 24, seen(0))
    assert hourly(state, 24 + int(PAUSE / HOUR) + 72, 24 + 72 + 40) == []
    assert hourly(state, 24 + 72 + 40, 24 + 72 + 60) == ["gone"]


def test_phones_and_computers_leave_the_house_without_a_word(state: AlertState) -> None:
    state.devices[PHONE] = "phone"
    assert hourly(state, 0, 200, seen(0, PHONE, in_scope=False)) == []
    assert hourly(state, 200, 300, seen(200), rules=Rules(gone_hours=0)) == []


def test_only_a_device_that_is_gone_waits_no_more(state: AlertState) -> None:
    """A finding or verdict of the same name is none."""
    newcomers = Newcomers(state)
    waiting = device(category=None)
    assert newcomers.settle([waiting], (), 0.0) == []
    assert newcomers.settle([], [("finding", CAMERA), ("verdict", CAMERA)], 1.0) == [] and CAMERA in state.waiting
    assert newcomers.settle([], [("device", CAMERA)], 2.0) == [] and CAMERA not in state.waiting
    assert newcomers.settle([], (), 2.0 + UNDECIDED) == []


@pytest.mark.parametrize(
    ("at_hours", "heard", "listened", "kinds"),
    [
        (48.0, 0.0, 0.0, ["gone"]), (47.99, 0.0, 0.0, []), (48.0, 0.01, 0.0, []), (48.0, 0.0, 0.01, []),
        (100.0, 60.0, 0.0, []), (108.0, 60.0, 0.0, ["gone"]), (108.0, 0.0, 60.0, ["gone"]), (107.9, 0.0, 60.0, []),
    ],
)  # fmt: skip
def test_silence_counts_from_when_it_was_heard_or_listened_to(
    state: AlertState, at_hours: float, heard: float, listened: float, kinds: list[str]
) -> None:
    state.devices[CAMERA] = "hall-cam"
    state.heard[CAMERA], state.listened = at(heard), [at(listened), at(at_hours) - 60.0]
    assert [one.kind for one in presence((), (), state, RULES, at(at_hours), 1.0)] == kinds
    assert presence((), (), state, RULES, at(at_hours) + 1, 1.0) == []


@pytest.mark.parametrize(("pause", "anew"), [(0.0, False), (3599.9, False), (3600.0, True), (-1.0, True)])
def test_which_pause_of_the_sensor_begins_the_count_anew(state: AlertState, pause: float, anew: bool) -> None:
    """An hour, and a clock that was set back."""
    state.listened = [at(0), at(10)]
    presence((), (), state, RULES, at(10) + pause, 1.0)
    assert state.listened == [at(10) + pause if anew else at(0), at(10) + pause] and state.changed


def test_one_that_was_never_told_of_or_is_no_more_is_not_gone(state: AlertState) -> None:
    state.listened = [at(0), at(99)]
    state.heard = {CAMERA: at(0), PHONE: at(0)}
    state.devices = {PHONE: "phone"}
    assert [one.device for one in presence((), (), state, RULES, at(99), 1.0)] == [PHONE]
    state.devices[CAMERA] = "hall-cam"
    assert presence((), [("device", CAMERA), ("finding", PHONE)], state, RULES, at(99), 1.0) == []
    assert set(state.heard) == set(state.gone) == {PHONE}
    assert presence((), [("device", PHONE)], state, RULES, at(99), 1.0) == [] and not state.heard and not state.gone


def test_devices_that_were_heard_are_bounded_the_longest_silent_go(
    state: AlertState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attacker can make up any number of them."""
    monkeypatch.setattr("sensor.alerts.presence.DEVICES", 3)
    for number in range(20):
        name = f"02:00:00:00:00:{number:02x}"
        state.gone[name] = at(0)
        presence([seen(number, name), seen(number, CAMERA)], (), state, RULES, at(number), 1.0)
        assert len(state.heard) <= 3 and CAMERA in state.heard
    assert list(state.heard) == ["02:00:00:00:00:12", "02:00:00:00:00:13", CAMERA]
    assert len(state.gone) <= 3


def test_while_it_learns_nobody_waits(state: AlertState) -> None:
    """What is there in the first hour is learned without a word: there is nothing to wait for."""
    unknown = device(category=None, vendor=None)
    state.learn_until = 1000.0
    assert Newcomers(state).settle([unknown], [], 100.0) == [unknown] and not state.waiting
    state.learn_until = None
    assert Newcomers(state).settle([unknown], [], 100.0) == [] and set(state.waiting) == {CAMERA}


def test_those_that_waited_before_a_restart_are_bounded_too(state: AlertState) -> None:
    state.waiting = {f"old {number}": 50.0 for number in range(WAITING + 200)}
    assert Newcomers(state).settle([device(category=None)], [], 100.0) == []
    assert len(state.waiting) == WAITING + 1 and CAMERA in state.waiting and "old 0" not in state.waiting
