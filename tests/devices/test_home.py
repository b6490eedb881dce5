"""The home of our own recording.

Every device's kind right or left open, its maker never another's (what its maker did stands in expected.json).
"""

from __future__ import annotations

import json

from sensor.records import claimed
from tests.replaying import PCAPS, read

KINDS = {"assistant": "voice_assistant", "laptop": "computer", "recorder": "camera"}
"""Words of the recording's own list -> categories of docs/output.md; a video recorder counts with the cameras."""

MODULES = {"Tuya", "Espressif", "Intel"}
"""Owners of prefixes in the recording that are no product's maker."""


def test_kinds_and_makers_of_the_home() -> None:
    folder = PCAPS / "home"
    truth = json.loads((folder / "expected.json").read_text("utf-8"))["devices"]
    devices = {device.id: device for device in read(next(folder.glob("capture.pcap*"))).devices}
    right = 0
    for wanted in truth:
        device = devices[wanted["mac"]]
        kind = KINDS.get(wanted["kind"], wanted["kind"])
        assert claimed(device.category) in (None, kind), wanted
        right += claimed(device.category) == kind
        vendor = claimed(device.vendor)
        assert vendor in (None, wanted.get("oui")) and (vendor is None or wanted["oui"] not in MODULES), wanted
        assert device.in_scope is (kind not in ("phone", "computer", "router")), wanted
    assert right >= 12
