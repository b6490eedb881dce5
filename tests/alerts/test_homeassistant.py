"""Discovery messages: one device there for each device here, with ids that stay and nothing a name could break."""

from __future__ import annotations

import re

import pytest

from sensor.alerts.broker_state import BrokerState
from sensor.alerts.homeassistant import device_config, device_state, event, object_id, sensor_config
from tests.alerts.records import CAMERA, device, finding

TOPIC_PART = re.compile(r"[a-zA-Z0-9_-]+")
"""What Home Assistant takes as node and object id (MQTT discovery)."""


@pytest.mark.parametrize("name", [CAMERA, "192.168.1.7", "2001:db8::1", "weird/#+ name", "é" * 200, ""])
def test_ids_fit_into_a_topic_and_stay(name: str) -> None:
    made = object_id("ab12", name)
    assert TOPIC_PART.fullmatch(made) and made == object_id("ab12", name) and len(made) < 70
    assert made != object_id("ab12", name + "x")


def test_a_device_is_published_with_its_mac_and_sure_claims_only() -> None:
    config = device_config("ab12", "lanwitness/ab12", device())
    assert config["dev"] == {
        "ids": ["lanwitness_ab12_50c7bf005302"],
        "cns": [["mac", CAMERA]],
        "name": "hall-cam",
        "mf": "Example",
        "via_device": "lanwitness_ab12",
    }
    assert config["o"]["name"] == "LANwitness"
    assert config["availability_topic"] == "lanwitness/ab12/status"
    ids = [part["unique_id"] for part in config["cmps"].values()]
    assert len(set(ids)) == len(ids) == 9
    assert all(part["p"] in ("sensor", "event") and part["name"] for part in config["cmps"].values())


def test_without_a_mac_there_is_no_connection() -> None:
    assert "cns" not in device_config("n", "r", device(mac=None))["dev"]
    assert "cns" not in device_config("n", "r", device(mac="not a mac"))["dev"]


def test_what_is_not_judged_has_no_verdicts() -> None:
    assert "personal_data" not in device_config("n", "r", device(in_scope=False))["cmps"]


def test_states_are_among_their_options() -> None:
    config = device_config("n", "r", device())
    found = [finding(severity="info"), finding(severity="low"), finding(severity="high"), finding(severity="odd")]
    state = device_state(device(), found, {"personal_data": "concern"})
    assert (state["findings"], state["worst_finding"], state["last_seen"]) == (2, "high", "2026-05-01T10:00:00Z")
    assert (state["personal_data"], state["software_updates"]) == ("concern", "unknown")
    for name, part in config["cmps"].items():
        if "options" in part:
            assert state[name] in part["options"]
    assert device_state(device(last_seen=None), [], {})["last_seen"] is None
    assert device_state(device(), [], {})["worst_finding"] == "none"


def test_templates_hold_no_bytes_of_a_device() -> None:
    """Home Assistant runs templates: a name must never stand in one."""
    broker_state = BrokerState("ab12", "lanwitness", "homeassistant")
    broker_state.update([device("{{ 7 * 7 }}", hostname="{{ states('x') }}")])
    config = device_config("ab12", "r", device("{{ 7 * 7 }}", hostname="{{ states('x') }}"))
    for name, part in config["cmps"].items():
        assert part.get("value_template", "") in ("", f"{{{{ value_json.{name} }}}}")
    assert all("{" not in publication.topic for publication in broker_state.due())


def test_the_sensor_itself() -> None:
    config = sensor_config("ab12", "lanwitness/ab12")
    assert config["dev"]["ids"] == ["lanwitness_ab12"] and config["cmps"]["problem"]["device_class"] == "problem"


def test_an_event_carries_its_alert_as_attributes() -> None:
    made = event({"record": "alert", "kind": "finding", "title": "t", "rule": None})
    assert made == {"event_type": "finding", "title": "t"}


@pytest.mark.parametrize(
    ("seen", "shown"),
    [
        ("2026-05-01T10:00:07.123456Z", "2026-05-01T10:00:00Z"), ("2026-05-01T10:00Z", "2026-05-01T10:00:00Z"),
        ("2026-05-01T10:00", None), ("", None), (None, None), (7, None),
    ],
)  # fmt: skip
def test_when_a_device_was_seen_to_the_minute(seen: object, shown: str | None) -> None:
    assert device_state(device(last_seen=seen), [], {})["last_seen"] == shown


@pytest.mark.parametrize(
    ("severities", "count", "worst"),
    [
        ([], 0, "none"), (["info"], 0, "info"), (["info", "info"], 0, "info"), (["info", "low"], 1, "low"),
        (["high", "critical", "medium"], 3, "critical"), (["odd", None], 0, "none"), (["odd", "medium"], 1, "medium"),
    ],
)  # fmt: skip
def test_findings_of_a_device_in_numbers(severities: list[object], count: int, worst: str) -> None:
    """Remarks (info) are no findings, and the worst of nothing else."""
    state = device_state(device(), [finding(severity=one) for one in severities], {})
    assert (state["findings"], state["worst_finding"]) == (count, worst)
