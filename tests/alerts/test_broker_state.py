"""What the broker is to hold: only what changed, taken back when a device is gone, and bounded."""

from __future__ import annotations

import json

import pytest

from sensor.alerts import broker_state as module
from sensor.alerts.broker_state import BrokerState
from tests.alerts.records import CAMERA, device, finding, verdict

HERE = "lanwitness/ab12/device/lanwitness_ab12_50c7bf005302"
CONFIG = "homeassistant/device/lanwitness_ab12_50c7bf005302/config"


@pytest.fixture
def twins() -> BrokerState:
    return BrokerState("ab12", "lanwitness", "homeassistant")


def due(twins: BrokerState) -> dict[str, object]:
    return {topic: json.loads(payload) if payload else None for topic, payload in twins.due()}


def test_only_what_changed_is_sent(twins: BrokerState) -> None:
    twins.update([device(), finding(), verdict("concern")])
    first = due(twins)
    assert set(first) == {
        "homeassistant/device/lanwitness_ab12/config",
        "lanwitness/ab12/state",
        CONFIG,
        f"{HERE}/state",
    }
    state = first[f"{HERE}/state"]
    assert isinstance(state, dict) and (state["findings"], state["secure_communication"]) == (1, "concern")
    assert due(twins) == {}
    twins.update([finding(), device(last_seen="2026-05-01T10:00:59.0Z")])
    assert due(twins) == {}, "the same finding again, and the same minute"
    twins.update([finding(id="f2", severity="critical")])
    assert set(due(twins)) == {f"{HERE}/state"}
    twins.update([], health="blind")
    assert due(twins) == {"lanwitness/ab12/state": {"health": "blind", "devices": 1}}


def test_a_broker_that_lost_all_is_told_all(twins: BrokerState) -> None:
    twins.update([device()])
    first = due(twins)
    twins.lost()
    assert due(twins) == first


def test_a_device_that_is_gone_is_taken_back(twins: BrokerState) -> None:
    twins.update([device(), finding()])
    twins.due()
    twins.update([], [("device", CAMERA)])
    gone = due(twins)
    assert gone[CONFIG] is None and gone[f"{HERE}/state"] is None
    twins.update([device()])
    again = due(twins)[f"{HERE}/state"]
    assert isinstance(again, dict) and again["findings"] == 0


def test_findings_and_verdicts_that_are_gone(twins: BrokerState) -> None:
    twins.update([device(), finding(), finding(id="f2", severity="critical"), verdict("concern")])
    twins.due()
    twins.update([], [("finding", "f2"), ("judgement", CAMERA), ("finding", "unheard of"), ("device", "unheard of")])
    state = due(twins)[f"{HERE}/state"]
    assert isinstance(state, dict)
    assert (state["findings"], state["worst_finding"], state["secure_communication"]) == (1, "high", "unknown")


def test_without_discovery_only_states(twins: BrokerState) -> None:
    twins = BrokerState("ab12", "lanwitness", None)
    twins.update([device()])
    assert set(due(twins)) == {"lanwitness/ab12/state", f"{HERE}/state"}


def test_it_is_bounded(twins: BrokerState, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DEVICES", 5)
    monkeypatch.setattr(module, "FINDINGS", 5)
    for number in range(100):
        twins.update([device(f"02:00:00:00:00:{number:02x}"), finding(id=str(number)), finding(device=f"x{number}")])
    assert len([topic for topic in due(twins) if topic.endswith("/config")]) == 6
    assert len(twins._findings) <= 10 + 5 and max(map(len, twins._findings.values())) <= 5
    twins.update([device("02:00:00:00:00:00", hostname="renamed")])
    assert len(due(twins)) == 1, "those that are there go on"


def test_where_an_alert_is_told(twins: BrokerState) -> None:
    twins.update([device()])
    assert twins.event_topics({"kind": "finding", "device": CAMERA}) == ["lanwitness/ab12/event", f"{HERE}/event"]
    assert twins.event_topics({"kind": "finding", "device": "other"}) == ["lanwitness/ab12/event"]
    assert twins.event_topics({"kind": "sensor", "device": None}) == ["lanwitness/ab12/event"]
