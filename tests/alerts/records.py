"""Records as `replay --json` writes them, for the tests of the alerts."""

from __future__ import annotations

from typing import Any

from sensor.records import Record

CAMERA = "50:c7:bf:00:53:02"
PHONE = "02:00:5e:00:53:09"


def device(name: str = CAMERA, **more: Any) -> Record:
    return {
        "record": "device",
        "run": "r1",
        "id": name,
        "mac": name,
        "mac_randomized": False,
        "addresses": ["192.168.50.20"],
        "hostname": "hall-cam",
        "last_seen": "2026-05-01T10:00:07.123456Z",
        "vendor": {"value": "Example", "confidence": 0.9, "because": []},
        "category": {"value": "baby_monitor", "confidence": 0.8, "because": []},
        "model": None,
        "firmware": {"value": "1.2", "confidence": 0.4, "because": []},
        "bytes": {"encrypted": 0, "cleartext": 0, "unknown": 0},
        "destinations": [],
        "probably_same": [],
        "in_scope": True,
        **more,
    }


def finding(**more: Any) -> Record:
    return {
        "record": "finding",
        "run": "r1",
        "id": "f7c1",
        "rule": "credential.cleartext",
        "severity": "high",
        "device": CAMERA,
        "peer_device": None,
        "role": "server",
        "capability": "secure_communication",
        "client": "192.168.50.90:47210",
        "server": "203.0.113.9:21",
        "protocol": "ftp",
        "summary": "A password crossed readable.",
        "advice": "Change it.",
        "detail": {"mechanism": "password", "username": "anton", "secret": {"mask": "S", "value": "Sesame"}},
        **more,
    }


def verdict(status: str, capability: str = "secure_communication", **more: Any) -> Record:
    return {"record": "verdict", "run": "r1", "device": CAMERA, "capability": capability, "status": status, **more}
