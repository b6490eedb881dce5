"""What the broker is to hold: only what changed, taken back when a device is gone, and bounded."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensor.alerts import broker_state as module
from sensor.alerts.broker_state import BrokerState
from tests.alerts.records import CAMERA, device, finding, verdict

HERE = "lanwitness/ab12/device/lanwitness_ab12_50c7bf005302"
CONFIG = "homeassistant/device/lanwitness_ab12_50c7bf005302/config"


@pytest.fixture
def broker_state() -> BrokerState:
    return BrokerState("ab12", "lanwitness", "homeassistant")


def due(broker_state: BrokerState) -> dict[str, object]:
    return {topic: json.loads(payload) if payload else None for topic, payload in broker_state.due()}


def test_only_what_changed_is_sent(broker_state: BrokerState) -> None:
    broker_state.update([device(), finding(), verdict("concern")])
    first = due(broker_state)
    assert set(first) == {
        "homeassistant/device/lanwitness_ab12/config",
        "lanwitness/ab12/state",
        CONFIG,
        f"{HERE}/state",
    }
    state = first[f"{HERE}/state"]
    assert isinstance(state, dict) and (state["findings"], state["secure_communication"]) == (1, "concern")
    assert due(broker_state) == {}
    broker_state.update([finding(), device(last_seen="2026-05-01T10:00:59.0Z")])
    assert due(broker_state) == {}, "the same finding again, and the same minute"
    broker_state.update([finding(id="f2", severity="critical")])
    assert set(due(broker_state)) == {f"{HERE}/state"}
    broker_state.update([], health="blind")
    assert due(broker_state) == {"lanwitness/ab12/state": {"health": "blind", "devices": 1}}


def test_a_broker_that_lost_all_gets_all_again(broker_state: BrokerState) -> None:
    broker_state.update([device()])
    first = due(broker_state)
    broker_state.lost()
    assert due(broker_state) == first


def test_a_device_that_is_gone_is_taken_back(broker_state: BrokerState) -> None:
    broker_state.update([device(), finding()])
    broker_state.due()
    broker_state.update([], [("device", CAMERA)])
    gone = due(broker_state)
    assert gone[CONFIG] is None and gone[f"{HERE}/state"] is None
    broker_state.update([device()])
    again = due(broker_state)[f"{HERE}/state"]
    assert isinstance(again, dict) and again["findings"] == 0


def test_findings_and_verdicts_that_are_gone(broker_state: BrokerState) -> None:
    broker_state.update([device(), finding(), finding(id="f2", severity="critical"), verdict("concern")])
    broker_state.due()
    broker_state.update(
        [], [("finding", "f2"), ("judgement", CAMERA), ("finding", "unheard of"), ("device", "unheard of")]
    )
    state = due(broker_state)[f"{HERE}/state"]
    assert isinstance(state, dict)
    assert (state["findings"], state["worst_finding"], state["secure_communication"]) == (1, "high", "unknown")


def test_without_discovery_only_states(broker_state: BrokerState) -> None:
    broker_state = BrokerState("ab12", "lanwitness", None)
    broker_state.update([device()])
    assert set(due(broker_state)) == {"lanwitness/ab12/state", f"{HERE}/state"}


def test_it_is_bounded(broker_state: BrokerState, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DEVICES", 5)
    monkeypatch.setattr(module, "FINDINGS", 5)
    for number in range(100):
        broker_state.update(
            [device(f"02:00:00:00:00:{number:02x}"), finding(id=str(number)), finding(device=f"x{number}")]
        )
    assert len([topic for topic in due(broker_state) if topic.endswith("/config")]) == 6
    assert len(broker_state._findings) <= 10 + 5 and max(map(len, broker_state._findings.values())) <= 5
    broker_state.update([device("02:00:00:00:00:00", hostname="renamed")])
    assert len(due(broker_state)) == 1, "those that are there go on"


def test_the_topics_of_an_alert(broker_state: BrokerState) -> None:
    broker_state.update([device()])
    assert broker_state.event_topics({"kind": "finding", "device": CAMERA}) == [
        "lanwitness/ab12/event",
        f"{HERE}/event",
    ]
    assert broker_state.event_topics({"kind": "finding", "device": "other"}) == ["lanwitness/ab12/event"]
    assert broker_state.event_topics({"kind": "sensor", "device": None}) == ["lanwitness/ab12/event"]


def test_a_finding_that_is_counted_goes_on_where_there_is_no_room(
    broker_state: BrokerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FINDINGS", 2)
    broker_state.update([device(), *(finding(id=f"f{number}", severity="low") for number in range(4))])
    state = due(broker_state)[f"{HERE}/state"]
    assert isinstance(state, dict) and (state["findings"], state["worst_finding"]) == (2, "low")
    broker_state.update([finding(id="f1", severity="critical"), finding(id="f9", severity="critical")])
    state = due(broker_state)[f"{HERE}/state"]
    assert isinstance(state, dict) and (state["findings"], state["worst_finding"]) == (2, "critical")


def test_what_is_taken_back_leaves_the_broker_even_where_it_was_never_seen_here(broker_state: BrokerState) -> None:
    """After a restart the broker may hold a device that was forgotten meanwhile."""
    broker_state.take_back([CAMERA])
    gone = due(broker_state)
    assert gone[CONFIG] is None and gone[f"{HERE}/state"] is None
    assert CONFIG not in due(broker_state), "once"
    broker_state.update([device(), verdict("concern")])
    broker_state.due()
    broker_state.update([], [("device", CAMERA)])
    broker_state.update([device()])
    state = due(broker_state)[f"{HERE}/state"]
    assert isinstance(state, dict) and state["secure_communication"] == "unknown", "its verdicts went with it"


def test_the_sensors_own_state(broker_state: BrokerState) -> None:
    here = "lanwitness/ab12/state"
    assert due(broker_state)[here] == {"health": "well", "devices": 0}
    broker_state.update([device()], health="losing packets")
    assert due(broker_state)[here] == {"health": "losing packets", "devices": 1}
    broker_state.update([finding()])
    assert here not in due(broker_state), "what it said last holds"


def test_which_alerts_are_a_devices_own(broker_state: BrokerState) -> None:
    broker_state.update([device()])
    for kind in module.DEVICE_KINDS:
        assert len(broker_state.event_topics({"kind": kind, "device": CAMERA})) == 2
    for kind in ("sensor", "summary"):
        assert broker_state.event_topics({"kind": kind, "device": CAMERA}) == ["lanwitness/ab12/event"]


NAMES = [f"02:00:00:00:00:0{number}" for number in range(4)]
STEPS = st.tuples(
    st.sampled_from(["device", "finding", "verdict", "gone", "judgement", "mended", "back", "lost", "due"]),
    st.sampled_from(NAMES), st.integers(0, 2),
)  # fmt: skip


@pytest.mark.parametrize("prefix", ["homeassistant", None])
@given(st.lists(STEPS, max_size=25))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_the_broker_holds_what_is_there_and_nothing_else(prefix: str | None, steps: list[tuple[str, str, int]]) -> None:
    """Whatever came, went and came again: as if told of all that is there at once, and of no topic twice."""
    state, held = BrokerState("ab12", "lanwitness", prefix), dict[str, bytes]()
    devices, findings, verdicts = (dict[tuple[str, int], dict[str, object]]() for _ in range(3))

    def publish(these: BrokerState) -> dict[str, bytes]:
        found = these.due()
        assert len({one.topic for one in found}) == len(found)
        assert all(one.topic.startswith(("lanwitness/ab12/", f"{prefix}/device/lanwitness_ab12")) for one in found)
        assert prefix is not None or not [one for one in found if one.topic.startswith("None")]
        return {one.topic: one.payload for one in found}

    def drop(group: dict[tuple[str, int], dict[str, object]], name: str) -> None:
        for key in [key for key in group if key[0] == name]:
            del group[key]

    for what, name, number in [*steps, ("due", NAMES[0], 0)]:
        if what == "device":
            devices[name, 0] = device(name, hostname=f"host-{number}")
            state.update([devices[name, 0]])
        elif what == "finding":
            findings[name, number] = finding(
                device=name, id=f"{name} {number}", severity=("low", "high", "info")[number]
            )
            state.update([findings[name, number]])
        elif what == "verdict":
            verdicts[name, number] = verdict(("concern", "violated", "no_violation_seen")[number], device=name)
            drop(verdicts, name)
            verdicts[name, number] = verdict(("concern", "violated", "no_violation_seen")[number], device=name)
            state.update([verdicts[name, number]])
        elif what in ("gone", "back"):
            state.take_back([name]) if what == "back" else state.update((), [("device", name)])
            for group in (devices, findings, verdicts):
                drop(group, name)
        elif what == "judgement":
            state.update((), [("judgement", name)])
            drop(verdicts, name)
        elif what == "mended":
            state.update((), [("finding", f"{name} {number}")])
            findings.pop((name, number), None)
        elif what == "lost":
            state.lost()
            held.clear()
        else:
            changed = publish(state)
            assert all(held.get(topic) != payload or not payload for topic, payload in changed.items())
            held |= changed
            held = {topic: payload for topic, payload in held.items() if payload}
            fresh = BrokerState("ab12", "lanwitness", prefix)
            fresh.update([*devices.values(), *findings.values(), *verdicts.values()])
            assert held == publish(fresh) and publish(state) == {}


@pytest.mark.parametrize(
    "kind", ["new_device", "gone", "back", "finding", "verdict", "better", "sensor", "summary", "test"]
)
def test_where_an_alerts_event_goes(broker_state: BrokerState, kind: str) -> None:
    """To the sensor's, and to its device's where it is about one that is there."""
    of_device = kind not in ("sensor", "summary", "test")
    alert = {"kind": kind, "device": CAMERA}
    assert broker_state.event_topics(alert) == ["lanwitness/ab12/event"]
    broker_state.update([device()])
    assert broker_state.event_topics(alert) == ["lanwitness/ab12/event", *([f"{HERE}/event"] if of_device else [])]
    assert broker_state.event_topics({"kind": kind, "device": None}) == ["lanwitness/ab12/event"]


@pytest.mark.parametrize("kind", ["capture", "ledger", "provision", "flow", "sensor", "alert", None])
def test_records_of_other_kinds_change_nothing(broker_state: BrokerState, kind: str | None) -> None:
    broker_state.update([device()])
    broker_state.due()
    broker_state.update([{"record": kind, "device": CAMERA, "id": CAMERA}])
    broker_state.update([{**finding(), "device": None}, {**verdict("violated"), "device": None}])
    assert broker_state.due() == []
