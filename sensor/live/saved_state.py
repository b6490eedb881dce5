"""A run's state as rows of the store, one for each device and finding; only changed ones are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from sensor.export.run_records import without_values
from sensor.live.state_codec import decode, encode
from sensor.model import Finding
from sensor.run_state import CountedBefore, DeviceState, RunState
from sensor.store.types import StateKey

RUN, NETWORK = ("run", ""), ("network", "")
DEVICE, FINDING = "device", "finding"
"""Parts of the state; the first two are one row each."""

SAVE = 600.0
"""Seconds between two savings: what `kill -9` costs of coverage and counts; findings are in the store at once."""

Kind = TypeVar("Kind")


class SavedState:
    """Remembers what was written. ``parts``: what is there already, of an earlier part of the run."""

    def __init__(self, parts: Mapping[StateKey, str] | None = None) -> None:
        self._written: dict[StateKey, int] = {key: hash(value) for key, value in (parts or {}).items()}
        self._due = 0.0

    def is_due(self, now: float) -> bool:
        """Whether it is to be saved again; ``now``: seconds of a clock that only goes forward. The first time comes
        after `SAVE`."""
        self._due = self._due or now + SAVE
        if now < self._due:
            return False
        self._due = now + SAVE
        return True

    def changed(self, state: RunState) -> dict[StateKey, str | None]:
        """The rows that say something else than the last time; None for those that are no more."""
        rows = {key: encode(value) for key, value in _parts(state).items()}
        found: dict[StateKey, str | None] = {
            key: text for key, text in rows.items() if self._written.get(key) != hash(text)
        }
        found |= dict.fromkeys(self._written.keys() - rows.keys())
        self._written = {key: hash(text) for key, text in rows.items()}
        return found


def _parts(state: RunState) -> dict[StateKey, Any]:
    parts: dict[StateKey, Any] = {RUN: state.counted, NETWORK: state.network}
    parts |= {(DEVICE, name): device for name, device in state.devices.items()}
    # What --reveal shows of secrets is for the records alone.
    parts |= {
        (FINDING, name): replace(finding, detail=without_values(finding.detail))
        for name, finding in state.findings.items()
    }
    return parts


def read_state(parts: Mapping[StateKey, str]) -> RunState | None:
    """The state in these rows; None without the run's own. A row that cannot be read is left out: what it said is
    learned anew."""
    counted = _read(parts.get(RUN), CountedBefore)
    if counted is None:
        return None
    devices, findings = dict[str, DeviceState](), dict[str, Finding]()
    for (part, key), text in parts.items():
        if part == DEVICE and (device := _read(text, DeviceState)) is not None:
            devices[key] = device
        elif part == FINDING and (finding := _read(text, Finding)) is not None:
            findings[key] = finding
    ordered = dict(sorted(findings.items(), key=lambda item: (item[1].time, item[1].frames)))
    return RunState(counted, devices, ordered, _read(parts.get(NETWORK), dict) or {})


def _read(text: str | None, kind: type[Kind]) -> Kind | None:
    if text is None:
        return None
    try:
        found = decode(text)
    except ValueError:
        return None
    return found if isinstance(found, kind) else None
