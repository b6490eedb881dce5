"""The identity of this sensor: a UUID made once in the state folder, with the user's name for it."""

from __future__ import annotations

import platform
import uuid
from pathlib import Path

from sensor.files import write_atomic
from sensor.settings.keys import SensorSettings
from sensor.store.types import SensorIdentity


def load_id(path: Path) -> str:
    """The id in this file; made there at first use. OSError where neither can be done."""
    try:
        return str(uuid.UUID(path.read_text("ascii").strip()))
    except (FileNotFoundError, ValueError):
        # What is no UUID identifies nobody.
        pass
    made = str(uuid.uuid4())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomic(path, f"{made}\n".encode())
    return made


def identity(sensor: str, settings: SensorSettings, interface: str) -> SensorIdentity:
    """The sensor of this id that listens on ``interface``, by the words of the configuration."""
    name = settings.name or platform.node() or "sensor"
    return SensorIdentity(sensor, name, settings.site or "", settings.bench or "", interface)
