"""The alerts' persistent state: what was alerted or learned, so that a restart sends nothing twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sensor.alerts.derive import Step
from sensor.files import write_atomic

DEVICES = 10_000
"""A network of that many is no home; an attacker who makes up addresses costs a megabyte, not the disk."""

FINDINGS = 50_000
"""Fingerprints of 16 characters: about a megabyte."""

VERSION = 1


class AlertState:
    """Devices, findings and verdicts that were alerted or learned; oldest are forgotten beyond the bounds. ``learning``
    until ``learn_until``."""

    def __init__(self, path: Path | None, learn_seconds: float, now: float) -> None:
        """``path`` None: nothing is kept. A file that cannot be read starts anew, as a first start does; ``damaged``
        says so."""
        self._path = path
        self.devices: dict[str, str] = {}
        self.findings: dict[str, int] = {}
        self.verdicts: dict[str, str] = {}
        self.health = "well"
        self.node = ""
        """This sensor's name among others at a broker, made by chance once."""
        self.sent: dict[str, list[float]] = {}
        """Key of an alert -> when it was sent last, how many were held back since."""
        self.waiting: dict[str, float] = {}
        """New devices of which it cannot be said yet what they are -> since when."""
        self.heard: dict[str, float] = {}
        """Judged devices -> when they were heard last, by the packets' time."""
        self.gone: dict[str, float] = {}
        """Those that were told of as gone -> the same."""
        self.listened: list[float] = [0.0, 0.0]
        """Since when, and until when the sensor listened without a pause, by the packets' time."""
        self.limits: list[str] = []
        """Kinds of caveats that were told of."""
        self.taken_back: list[str] = []
        """Devices that were forgotten while no sensor ran, and that a broker may still hold."""
        self._stamp: tuple[int, int] | None = None
        self.learn_until: float | None = now + learn_seconds if learn_seconds > 0 else None
        """None once learning is over."""
        self.damaged = False
        self.changed = False
        if path is not None and path.exists():
            self.read()

    def read(self) -> None:
        """Take over what the file says."""
        assert self._path is not None
        try:
            self._stamp = stamp(self._path)
            self._load(json.loads(self._path.read_text("utf-8")))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self.damaged = True

    def replaced(self) -> bool:
        """Whether another program wrote the file since it was read or written: `sensor.alerts.forget` does."""
        return self._path is not None and self._stamp is not None and stamp(self._path) not in (None, self._stamp)

    @property
    def learning(self) -> bool:
        """Whether the first start's learning goes on."""
        return self.learn_until is not None

    def _load(self, data: dict[str, Any]) -> None:
        if data["version"] != VERSION:
            raise ValueError(data["version"])
        self.devices = {str(key): str(value) for key, value in data["devices"].items()}
        self.findings = dict.fromkeys(map(str, data["findings"]), 1)
        self.verdicts = {str(key): str(value) for key, value in data["verdicts"].items()}
        self.sent = {str(key): [float(value[0]), float(value[1])] for key, value in data["sent"].items()}
        self.health, self.node = str(data["health"]), str(data["node"])
        self.learn_until = None if data["learn_until"] is None else float(data["learn_until"])
        self.taken_back = list(map(str, data.get("taken_back", ())))
        self.waiting, self.heard, self.gone = (
            {str(key): float(value) for key, value in data.get(name, {}).items()}
            for name in ("waiting", "heard", "gone")
        )
        self.limits = list(map(str, data.get("limits", ())))
        since, until = data.get("listened", (0.0, 0.0))
        self.listened = [float(since), float(until)]

    def learn(self, step: Step) -> None:
        """Take over what follows from a change."""
        for mine, new, most in (
            (self.devices, step.devices, DEVICES),
            (self.findings, step.findings, FINDINGS),
            (self.verdicts, step.verdicts, 5 * DEVICES),
        ):
            if new:
                self.changed = True
                mine.update(new)  # type: ignore[arg-type]
                while len(mine) > most:
                    del mine[next(iter(mine))]

    def forget(self, device: str) -> None:
        """Know a device no more."""
        self.changed = True
        for mine in (self.devices, self.waiting, self.heard, self.gone):
            mine.pop(device, None)
        for where in [one for one in self.verdicts if one.startswith(f"{device} ")]:
            del self.verdicts[where]
        for key in [one for one in self.sent if device in one.split(" ")]:
            del self.sent[key]

    def save(self) -> None:
        """Write it, whole or not at all, if anything changed. OSError where the folder cannot be written."""
        if self._path is None or not self.changed:
            return
        data = {
            "version": VERSION,
            "devices": self.devices,
            "findings": list(self.findings),
            "verdicts": self.verdicts,
            "sent": self.sent,
            "health": self.health,
            "node": self.node,
            "learn_until": self.learn_until,
            "taken_back": self.taken_back,
            "waiting": self.waiting,
            "heard": self.heard,
            "gone": self.gone,
            "listened": self.listened,
            "limits": self.limits,
        }
        write_whole(self._path, json.dumps(data, separators=(",", ":")).encode())
        self._stamp = stamp(self._path)
        self.changed = False


def stamp(path: Path) -> tuple[int, int] | None:
    """What changes when a file is replaced; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def write_whole(path: Path, data: bytes) -> None:
    """A file that is there whole or not at all, and only for its owner; its folder is made. OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(path, data)
