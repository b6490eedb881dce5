"""Home Assistant's MQTT discovery: one device of the network is one device there. Pure.

The form is "device discovery" (Home Assistant 2024.11 and newer): one retained message on ``PREFIX/device/ID/config``
describes a device and all its entities; a second one, on its own topic, has their states. An empty message on the first
removes the device.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sensor import __version__
from sensor.alerts.alert import DEVICE_KINDS, KINDS, called, claimed
from sensor.alerts.derive import CAPABILITIES
from sensor.catalogue import messages
from sensor.lazy_pattern import expression
from sensor.model import STATUSES
from sensor.records import Record
from sensor.settings.keys import RISING

MAC = expression(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")

ORIGIN = {"name": "LANwitness", "sw": __version__}


def object_id(node: str, device: str) -> str:
    """An id that Home Assistant takes (letters, digits, _): the device's own where it is a MAC or address, else a hash
    of it."""
    plain = re.sub(r"[:.]", "", device.lower())
    if not re.fullmatch(r"[a-z0-9]{1,40}", plain):
        plain = hashlib.blake2b(device.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return f"lanwitness_{node}_{plain}"


def device_config(node: str, root: str, device: Record) -> Record:
    """The discovery message of a device. ``root``: this sensor's topic."""
    name = object_id(node, device["id"])
    config: Record = {"ids": [name], "name": called(device), "via_device": f"lanwitness_{node}"}
    mac = device.get("mac")
    if isinstance(mac, str) and MAC.fullmatch(mac):
        # By its MAC, Home Assistant joins it with what other integrations say of it.
        config["cns"] = [["mac", mac]]
    for field, key in (("vendor", "mf"), ("model", "mdl"), ("firmware", "sw")):
        if value := claimed(device, field):
            config[key] = value
    parts: Record = {
        "findings": {
            "p": "sensor",
            "name": "Findings",
            "value_template": "{{ value_json.findings }}",
            "state_class": "measurement",
            "icon": "mdi:shield-search",
        },
        "worst_finding": {
            "p": "sensor",
            "name": "Worst finding",
            "value_template": "{{ value_json.worst_finding }}",
            "device_class": "enum",
            "options": ["none", *RISING],
        },
        "last_seen": {
            "p": "sensor",
            "name": "Last seen",
            "value_template": "{{ value_json.last_seen }}",
            "device_class": "timestamp",
            "entity_category": "diagnostic",
        },
        "alert": {
            "p": "event",
            "name": "Alert",
            "state_topic": f"{root}/device/{name}/event",
            "event_types": list(DEVICE_KINDS),
        },
    }
    if device.get("in_scope", True):
        for capability in CAPABILITIES:
            words = messages()["words"]["alert_capability"][capability]
            parts[capability] = {
                "p": "sensor",
                "name": words[0].upper() + words[1:],
                "value_template": f"{{{{ value_json.{capability} }}}}",
                "device_class": "enum",
                "options": ["unknown", *STATUSES],
                "entity_category": "diagnostic",
                "icon": "mdi:shield-check",
            }
    for part, entity in parts.items():
        entity["unique_id"] = f"{name}_{part}"
    return {
        "dev": config,
        "o": ORIGIN,
        "cmps": parts,
        "state_topic": f"{root}/device/{name}/state",
        "availability_topic": f"{root}/status",
    }


def device_state(device: Record, findings: Iterable[Record], verdicts: Mapping[str, str]) -> Record:
    """The states of its entities: how many findings (remarks aside), the worst, when it was seen, its verdicts."""
    ranks = [RISING.index(one["severity"]) for one in findings if one.get("severity") in RISING]
    seen = device.get("last_seen")
    return {
        "findings": sum(rank > 0 for rank in ranks),
        "worst_finding": RISING[max(ranks)] if ranks else "none",
        # To the minute: each change is a message, and a row in Home Assistant's own history.
        "last_seen": f"{seen[:16]}:00Z" if isinstance(seen, str) and len(seen) > 16 else None,
        **{capability: verdicts.get(capability, "unknown") for capability in CAPABILITIES},
    }


def sensor_config(node: str, root: str) -> Record:
    """The discovery message of the sensor itself."""
    name = f"lanwitness_{node}"
    parts: Record = {
        "problem": {
            "p": "binary_sensor",
            "name": "Problem",
            "device_class": "problem",
            "value_template": "{{ 'OFF' if value_json.health == 'well' else 'ON' }}",
        },
        "devices": {
            "p": "sensor",
            "name": "Devices",
            "value_template": "{{ value_json.devices }}",
            "state_class": "measurement",
        },
        "alert": {
            "p": "event",
            "name": "Alert",
            "state_topic": f"{root}/event",
            "event_types": list(KINDS),
        },
    }
    for part, entity in parts.items():
        entity["unique_id"] = f"{name}_{part}"
    return {
        "dev": {"ids": [name], "name": "LANwitness", "mf": "LANwitness", "sw": __version__},
        "o": ORIGIN,
        "cmps": parts,
        "state_topic": f"{root}/state",
        "availability_topic": f"{root}/status",
    }


def event(alert: Mapping[str, Any]) -> Record:
    """An alert as the state of an event entity; its other fields are attributes there."""
    return {
        "event_type": alert["kind"],
        **{key: value for key, value in alert.items() if key not in ("record", "kind") and value is not None},
    }
