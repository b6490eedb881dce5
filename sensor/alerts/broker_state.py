"""The retained MQTT messages that mirror the network's devices in Home Assistant.

Only changed messages are due. Bounded; no network, no clock.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from typing import Any, NamedTuple

from sensor.alerts import homeassistant
from sensor.alerts.alert import DEVICE_KINDS
from sensor.records import Record

DEVICES = 300
"""Devices that appear in Home Assistant: an attacker who makes up addresses must not fill it. The first ones stay."""

FINDINGS = 2000
"""Findings counted for one device."""


class Publication(NamedTuple):
    """A retained message; an empty payload takes it back."""

    topic: str
    payload: bytes


class BrokerState:
    """What the broker is to hold. Its methods may be called from any thread."""

    def __init__(self, node: str, topic: str, prefix: str | None) -> None:
        """``prefix`` None: states only, no discovery."""
        self.node = node
        self.root = f"{topic}/{node}"
        self._prefix = prefix
        self._lock = threading.Lock()
        self._devices: dict[str, Record] = {}
        self._findings: dict[str, dict[str, Record]] = {}
        self._verdicts: dict[str, dict[str, str]] = {}
        self._health = "well"
        self._published: dict[str, bytes] = {}
        """Topic -> what the broker has."""
        self._gone: list[str] = []

    def update(
        self, records: Iterable[Record], removed: Iterable[tuple[str, str]] = (), health: str | None = None
    ) -> None:
        """What is gone (``(kind, id)``, kind ``device``, ``finding`` or ``judgement``: a device's verdicts) is taken
        out first, then records taken over."""
        with self._lock:
            self._health = health or self._health
            for what, name in removed:
                self._take_out(what, name)
            for record in records:
                kind = record.get("record")
                if kind == "device" and (record["id"] in self._devices or len(self._devices) < DEVICES):
                    self._devices[record["id"]] = record
                elif kind == "finding" and isinstance(record.get("device"), str):
                    mine = self._findings.setdefault(record["device"], {})
                    if record["id"] in mine or len(mine) < FINDINGS:
                        mine[record["id"]] = {"severity": record.get("severity")}
                elif kind == "verdict" and isinstance(record.get("device"), str):
                    self._verdicts.setdefault(record["device"], {})[record["capability"]] = record["status"]
            # Findings and verdicts may come before their device, but not without end.
            for group in (self._findings, self._verdicts):
                for device in [one for one in group if one not in self._devices][: max(len(group) - 2 * DEVICES, 0)]:
                    del group[device]

    def take_back(self, devices: Iterable[str]) -> None:
        """Have the broker hold nothing of these, whatever it holds now."""
        with self._lock:
            for device in devices:
                self._take_out("device", device)
                self._gone.append(device)

    def _take_out(self, kind: str, name: str) -> None:
        if kind in ("device", "judgement"):
            self._verdicts.pop(name, None)
        if kind == "device":
            self._findings.pop(name, None)
            if self._devices.pop(name, None) is not None:
                self._gone.append(name)
        elif kind == "finding":
            for mine in self._findings.values():
                mine.pop(name, None)

    def lost(self) -> None:
        """The broker may hold nothing any more: all of it is due again."""
        with self._lock:
            self._published.clear()

    def due(self) -> list[Publication]:
        """What the broker lacks. It counts as held from then on."""
        with self._lock:
            wanted: dict[str, bytes] = {}
            self._add(wanted, "sensor", homeassistant.sensor_config(self.node, self.root))
            wanted[f"{self.root}/state"] = _json({"health": self._health, "devices": len(self._devices)})
            for name, device in self._devices.items():
                self._add(wanted, name, homeassistant.device_config(self.node, self.root, device))
                state = homeassistant.device_state(
                    device, self._findings.get(name, {}).values(), self._verdicts.get(name, {})
                )
                wanted[self._state_topic(name)] = _json(state)
            out: list[Publication] = []
            for name in dict.fromkeys(self._gone):
                if name not in self._devices:
                    for topic in self._topics(name):
                        self._published.pop(topic, None)
                        out.append(Publication(topic, b""))
            self._gone.clear()
            out += [
                Publication(topic, payload)
                for topic, payload in wanted.items()
                if self._published.get(topic) != payload
            ]
            self._published.update(wanted)
            return out

    def event_topics(self, alert: Record) -> list[str]:
        """The topics of an alert's event: for the sensor, and for its device where that is there."""
        with self._lock:
            device = alert.get("device")
            here = [f"{self._base(device)}/event"] if device in self._devices and alert["kind"] in DEVICE_KINDS else []
            return [f"{self.root}/event", *here]

    def _add(self, wanted: dict[str, bytes], name: str, config: Record) -> None:
        if self._prefix is not None:
            wanted[self._config_topic(name)] = _json(config)

    def _config_topic(self, name: str) -> str:
        mine = f"lanwitness_{self.node}" if name == "sensor" else homeassistant.object_id(self.node, name)
        return f"{self._prefix}/device/{mine}/config"

    def _base(self, device: Any) -> str:
        return f"{self.root}/device/{homeassistant.object_id(self.node, str(device))}"

    def _state_topic(self, name: str) -> str:
        return f"{self._base(name)}/state"

    def _topics(self, name: str) -> list[str]:
        """All that the broker may hold of a device."""
        return [*([self._config_topic(name)] if self._prefix is not None else []), self._state_topic(name)]


def _json(value: Record) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
