"""Changes of a live run as JSON for files on this disk, and back; masked as in the store."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any

from sensor.store.rows import storable
from sensor.store.types import CaptureCount, Change, Removed, Sensor, SensorIdentity, Tool, TrafficCell


def batch_name() -> str:
    """A name that no other batch has."""
    return secrets.token_hex(8)


def json_of(change: Change) -> dict[str, Any]:
    """A change as JSON, with nothing in it that a store may not hold."""
    sensor = change.sensor
    return {
        "run": change.run,
        "tool": [change.tool.version, change.tool.sha256, change.tool.signatures_sha256],
        "written": change.written,
        "at": change.at,
        "records": [storable(record) for record in change.records],
        "gone": change.removed,
        "traffic": change.traffic,
        "caught": change.captured,
        "sensor": None if sensor is None else [getattr(sensor, name) for name in Sensor.__dataclass_fields__],
        "bounds": change.bounds,
        "failures": change.failures,
        "identity": None if change.identity is None else asdict(change.identity),
        "state": [[*key, value] for key, value in change.state.items()],
    }


def change_from(data: dict[str, Any]) -> Change:
    """The change that `json_of` was given. KeyError, TypeError, ValueError."""
    sensor = data["sensor"]
    return Change(
        run=data["run"],
        tool=Tool(*data["tool"]),
        written=data["written"],
        at=data["at"],
        records=data["records"],
        removed=[Removed(*one) for one in data["gone"]],
        traffic=[TrafficCell(*one) for one in data["traffic"]],
        captured=[CaptureCount(*one) for one in data["caught"]],
        sensor=None if sensor is None else Sensor(*sensor),
        bounds=data["bounds"],
        failures=data["failures"],
        # A journal that an older version left has neither.
        identity=None if data.get("identity") is None else SensorIdentity(**data["identity"]),
        state={(part, key): value for part, key, value in data.get("state", ())},
    )
