"""Devices that come, go and come back: who is new, who fell silent, who is heard again.

Pure but for the state that it is given. Times of packets are seconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sensor.alerts.alert import Alert, called, claimed, clean
from sensor.alerts.state import DEVICES, AlertState
from sensor.catalogue import worded
from sensor.records import Record
from sensor.settings.keys import AlertSettings as Rules

UNDECIDED = 60.0
"""Seconds in which a new device may show what it is before it is told of."""

WAITING = 1000
"""New devices that wait: a flood of them is told of at once."""

HOUR = 3600.0

PAUSE = HOUR
"""Seconds without a sensor after which it counts anew who is silent: nobody can tell who spoke meanwhile."""


class Newcomers:
    """Holds the records of new devices back until it can be said what they are, or `UNDECIDED` seconds are over."""

    def __init__(self, state: AlertState) -> None:
        self._state = state
        self._records: dict[str, Record] = {}

    def settle(self, records: Iterable[Record], removed: Iterable[tuple[str, str]], now: float) -> list[Record]:
        """The records that may be told of now: these without devices that wait, and those that have waited enough."""
        waiting, found = self._state.waiting, []
        for kind, name in removed:
            if kind == "device":
                self._drop(name)
        for record in records:
            if record.get("record") != "device" or record["id"] in self._state.devices:
                found.append(record)
                continue
            name = record["id"]
            self._drop_all_but(WAITING)
            if self._state.learning or claimed(record, "category") or len(self._records) >= WAITING:
                self._drop(name)
                found.append(record)
                continue
            if name not in waiting:
                waiting[name], self._state.changed = now, True
            self._records[name] = record
        for name in [name for name in self._records if not 0 <= now - waiting.get(name, 0.0) < UNDECIDED]:
            found.append(self._records[name])
            self._drop(name)
        return found

    def _drop(self, name: str) -> None:
        self._records.pop(name, None)
        if self._state.waiting.pop(name, None) is not None:
            self._state.changed = True

    def _drop_all_but(self, most: int) -> None:
        while len(self._state.waiting) > most:
            self._drop(next(iter(self._state.waiting)))


def presence(
    records: Iterable[Record],
    removed: Iterable[tuple[str, str]],
    state: AlertState,
    rules: Rules,
    at: float,
    now: float,
) -> list[Alert]:
    """Who fell silent for the hours of the rules, and who of those is heard again. ``at``: the packets' time.

    Only devices that are judged count: phones and computers leave the house. Time in which no sensor listened does not.
    """
    if not rules.gone_hours:
        return []
    if not 0 <= at - state.listened[1] < PAUSE:
        state.listened[0] = at
    state.listened[1], state.changed = at, True
    for kind, name in removed:
        if kind == "device":
            state.heard.pop(name, None)
            state.gone.pop(name, None)
    alerts = []
    for record in records:
        if record.get("record") == "device" and record.get("in_scope") and record.get("last_seen"):
            name, last = record["id"], datetime.fromisoformat(record["last_seen"]).timestamp()
            state.heard[name] = max(last, state.heard.pop(name, 0.0))
            if name in state.gone and last > state.gone[name]:
                del state.gone[name]
                alerts.append(_alert("back", record["id"], called(record), last, now, rules.language))
    while len(state.heard) > DEVICES:
        longest = next(iter(state.heard))
        del state.heard[longest]
        state.gone.pop(longest, None)
    silent = rules.gone_hours * HOUR
    for name, last in state.heard.items():
        if name in state.devices.keys() - state.gone.keys() and at - max(last, state.listened[0]) >= silent:
            state.gone[name] = last
            alerts.append(_alert("gone", name, state.devices[name], last, now, rules.language))
    return alerts


MESSAGES = {"gone": ("gone.title", "gone.text"), "back": ("back.title", "back.text")}
"""Kind of alert -> ids of its title and text."""


def _alert(kind: str, device: str, name: str, last: float, now: float, language: str) -> Alert:
    about = {"name": name, "last": f"{datetime.fromtimestamp(last, UTC):%Y-%m-%d %H:%M}"}
    title, text = (worded("alert", message, about, language) for message in MESSAGES[kind])
    return Alert(
        key=f"{kind} {device}",
        kind=kind,
        severity="low" if kind == "gone" else "info",
        time=now,
        title=clean(title),
        text=clean(text),
        device=device,
        name=name,
    )
