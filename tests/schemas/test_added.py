"""What a live run and a store add to the records, against the schemas."""

from __future__ import annotations

import json
from typing import Any

from sensor.live.health import sensor_record
from sensor.store.applied_corrections import AppliedCorrections, Correction
from sensor.store.types import Sensor
from tests.replaying import PCAPS, capture_in, of, replayed
from tests.schemas.test_generate import validator


def test_what_a_live_run_adds_fits() -> None:
    source = {
        "source": "eth1", "state": "ok", "message": "", "captures": 1, "packets": 1, "dropped_packets": 0,
        "lost_share": 0.0, "vlans": [10, 20],
    }  # fmt: skip
    more = {"live_flows": 3, "sources": [source]}
    validator("sensor").validate(sensor_record("r1", Sensor(1, "ok", "", "eth1", 1, 60, 0, None, more)))
    validator("gone").validate({"record": "gone", "run": "r1", "kind": "finding", "id": "f1"})


def corrected(found: list[dict[str, Any]], *given: dict[str, Any]) -> list[dict[str, Any]]:
    """Records of a store in which a user corrected something."""
    made = [Correction(number=number, by="anna", at=number, **one) for number, one in enumerate(given, 1)]
    return [json.loads(json.dumps(one)) for one in AppliedCorrections(made, 1000).records(found)]


def test_what_a_store_adds_fits() -> None:
    found = replayed(capture_in(PCAPS / "ftp_login"))
    judged = next(one["device"] for one in of(found, "verdict") if one["against"])
    found = corrected(
        found,
        {"kind": "name", "device": judged, "value": "Porch"},
        {"kind": "category", "device": judged, "value": "doorbell"},
        {"kind": "mute", "device": judged},
    )
    for one in found:
        validator(one["record"]).validate(one)
    [device] = [one for one in of(found, "device") if one["id"] == judged]
    assert set(device["corrected"]) == {"name", "category"}
    assert any("muted" in one for one in of(found, "finding"))
    assert any("but_for" in one for one in of(found, "verdict")) and any(
        "but_for" in one for one in of(found, "provision")
    )
