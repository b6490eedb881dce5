"""An alert: its fields, with texts cleaned and cut, and its JSON object."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sensor.light_dataclass import dataclass
from sensor.records import Record, claimed_in
from sensor.settings.keys import RISING
from sensor.text import printable

NAME = 64
"""Characters of a device's name: a name is anybody's bytes."""

TEXT = 400
"""Characters of a sentence."""

BREAKS = str.maketrans(dict.fromkeys("\n\r\t\u2028\u2029", " "))
"""Line breaks part words: a space stands for them."""

KINDS = ("new_device", "gone", "back", "finding", "verdict", "better", "sensor", "summary", "test")
DEVICE_KINDS = ("new_device", "gone", "back", "finding", "verdict", "better")
"""Those that are about a device."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. ``key``: the same for what is the same thing; ``time`` seconds since 1970 UTC; ``count`` how many it
    stands for."""

    key: str
    kind: str
    severity: str
    time: float
    title: str
    text: str
    device: str | None = None
    name: str | None = None
    rule: str | None = None
    capability: str | None = None
    status: str | None = None
    finding: str | None = None
    count: int = 1

    @property
    def rank(self) -> int:
        """How grave, 0 for info."""
        return RISING.index(self.severity)

    def counted(self, count: int) -> Alert:
        """The same, for so many."""
        return replace(self, count=count)

    def record(self) -> Record:
        """As it is sent (docs/alerts.md)."""
        return {
            "record": "alert",
            "kind": self.kind,
            "severity": self.severity,
            "time": f"{datetime.fromtimestamp(self.time, UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            "title": self.title,
            "text": self.text,
            "device": self.device,
            "name": self.name,
            "rule": self.rule,
            "capability": self.capability,
            "status": self.status,
            "finding": self.finding,
            "count": self.count,
        }


def clean(text: object, limit: int = TEXT) -> str:
    """Text without controls, line breaks and direction overrides, of bounded length: it is shown by programs that we do
    not know."""
    return printable(str(text)[: limit + 1].translate(BREAKS), limit)


def claimed(device: Record, field: str) -> str | None:
    """What is claimed of a device: its vendor, category, model, firmware; None where we are not sure enough."""
    value = claimed_in(device, field)
    return None if value is None else clean(value, NAME)


def called(device: Record) -> str:
    """What a person knows a device by: its name, else what it is, else its address."""
    if device.get("hostname"):
        return clean(device["hostname"], NAME)
    kind = (claimed(device, "category") or "").replace("_", " ")
    parts = [claimed(device, "vendor"), claimed(device, "model") or kind]
    return clean(" ".join(filter(None, parts)) or next(iter(device.get("addresses") or ()), device["id"]), NAME)
