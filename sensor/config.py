"""The program's own folder and key: the state folder and the fingerprint key, from the environment."""

from __future__ import annotations

import os
from pathlib import Path

from sensor.light_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Config:
    """``state``: the folder of what must survive (key, later the store)."""

    state: Path

    @property
    def key_file(self) -> Path:
        """The key of keyed hashes; it never leaves the installation."""
        return self.state / "fingerprint.key"

    @property
    def sensor_file(self) -> Path:
        """The id of this sensor."""
        return self.state / "sensor.id"


def load(environment: dict[str, str] | None = None) -> Config:
    """``LANWITNESS_STATE``, else the XDG state folder, else ``~/.local/state/lanwitness`` (XDG Base Directory
    Specification 0.8).
    """
    env = os.environ if environment is None else environment
    if env.get("LANWITNESS_STATE"):
        return Config(Path(env["LANWITNESS_STATE"]))
    base = Path(env["XDG_STATE_HOME"]) if env.get("XDG_STATE_HOME") else Path(env.get("HOME", "/")) / ".local" / "state"
    return Config(base / "lanwitness")
