"""A run's state as rows of the store, one for each device and finding; only changed ones are written.

Between two savings of everything one small row says each minute what has been counted since. The hours in which a
device was heard grow over the years: those before the day before yesterday are written once a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar, get_type_hints

from sensor.export.run_records import without_values
from sensor.live.state_codec import decode, encode, fits
from sensor.model import Finding
from sensor.run_state import MOST_GAPS, CountedBefore, DeviceState, RunState
from sensor.store.types import RECENT, StateKey
from sensor.verdicts.coverage import HOUR, Coverage

RUN, NETWORK = ("run", ""), ("network", "")
DEVICE, FINDING, HOURS = "device", "finding", "hours"
"""Parts of the state; the first two are one row each, as is `RECENT`. `HOURS`: those in which a device was heard,
without the late ones, which stand with the device."""

SAVE = 600.0
"""Seconds between two savings of everything."""

COVER = 60.0
"""Seconds between two savings of what was counted since: what `kill -9` costs of coverage."""

SOON = 5.0
"""The same where a finding or a device is new: a verdict that rests on it must not be lost."""

LATE_HOURS = 48
"""Hours of the clock, back from the last packet, in which bytes may have been counted since everything was saved: in
older ones only by connections that have been open for as long."""

GREAT = frozenset({"channels", "commissioning"})
"""Fields of a coverage that are saved with everything alone."""

Brief = dict[str, Any]
"""A coverage without what is `GREAT`, and of its hours the late ones."""

Kind = TypeVar("Kind")


class SavedState:
    """Remembers what was written. ``parts``: what is there already, of an earlier part of the run."""

    def __init__(self, parts: Mapping[StateKey, str] | None = None) -> None:
        self._written: dict[StateKey, int] = {key: hash(value) for key, value in (parts or {}).items()}
        self._due = 0.0
        self._saved = 0.0
        self._all_due = 0.0
        self._base: dict[str, Brief] = {}
        self._base_gap = (0, 0)
        self._late_from = 0

    def is_due(self, now: float, *, new: bool = False) -> bool:
        """Whether something is to be saved again; ``now``: seconds of a clock that only goes forward. The first time
        comes after `COVER`; `SOON` after the last time where something is ``new``."""
        if not self._due:
            self._due, self._saved = now + COVER, now
        if new:
            self._due = min(self._due, self._saved + SOON)
        if now < self._due:
            return False
        self._due, self._saved = now + COVER, now
        return True

    def changed(self, state: RunState, now: float | None = None) -> dict[StateKey, str | None]:
        """The rows that say something else than the last time; None for those that are no more. ``now`` as above:
        everything seldom, else what was counted since; None: everything."""
        if now is not None and now < self._all_due and RUN in self._written:
            return self._recent(state)
        self._all_due = (now or 0.0) + SAVE
        self._base = {name: _brief(one.coverage, state.counted.last_time) for name, one in state.devices.items()}
        self._base_gap = max(state.counted.gaps, default=(0, 0))
        last_hour = state.counted.last_time // HOUR
        late_from = last_hour // 24 * 24 - LATE_HOURS
        skipped = HOURS if late_from == self._late_from and now is not None else None
        self._late_from = late_from
        rows = {
            key: encode(value)
            for key, value in _parts(state, late_from)
            if key[0] != skipped or key not in self._written
        }
        found = self._new(rows)
        gone = {key for key in self._written.keys() - rows.keys() if key[0] != skipped or key[1] not in state.devices}
        found |= dict.fromkeys(gone)
        stays = {key: mark for key, mark in self._written.items() if key not in gone}
        self._written = stays | {key: hash(text) for key, text in rows.items()}
        return found

    def _new(self, rows: Mapping[StateKey, str]) -> dict[StateKey, str | None]:
        return {key: text for key, text in rows.items() if self._written.get(key) != hash(text)}

    def _recent(self, state: RunState) -> dict[StateKey, str | None]:
        """Devices and findings that are new, and one row of what was counted since everything was saved."""
        rows = {key: encode(value) for key, value in _parts(state, self._late_from) if key not in self._written}
        coverage = dict[str, Brief]()
        for name, device in state.devices.items():
            brief = _brief(device.coverage, state.counted.last_time)
            base = brief if (DEVICE, name) in rows else self._base.get(name, {})
            self._base.setdefault(name, brief)
            since = {field: value for field, value in brief.items() if value != base.get(field)}
            for field in ("heard", "unread"):
                if field in since:
                    before = base.get(field, {})
                    since[field] = {key: value for key, value in brief[field].items() if value != before.get(key)}
            if since:
                coverage[name] = since
        gaps = [gap for gap in state.counted.gaps if gap > self._base_gap]
        rows[RECENT] = encode({"counted": replace(state.counted, gaps=gaps), "coverage": coverage})
        found = self._new(rows)
        self._written |= {key: hash(text) for key, text in rows.items()}
        return found


def _brief(coverage: Coverage, last_time: int) -> Brief:
    since = last_time // HOUR - LATE_HOURS
    found = {one.name: getattr(coverage, one.name) for one in fields(coverage) if one.name not in GREAT}
    found["heard"] = {hour: amount for hour, amount in coverage.heard.items() if hour >= since}
    found["unread"] = dict(coverage.unread)
    return found


def _parts(state: RunState, late_from: int) -> Iterator[tuple[StateKey, Any]]:
    yield RUN, state.counted
    yield NETWORK, state.network
    for name, device in state.devices.items():
        heard = device.coverage.heard
        late = {hour: amount for hour, amount in heard.items() if hour >= late_from}
        yield (DEVICE, name), replace(device, coverage=replace(device.coverage, heard=late))
        if len(late) < len(heard):
            yield (HOURS, name), {hour: amount for hour, amount in heard.items() if hour < late_from}
    for name, finding in state.findings.items():
        # What --reveal shows of secrets is for the records alone.
        yield (FINDING, name), replace(finding, detail=without_values(finding.detail))


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
    for name, device in devices.items():
        device.coverage.heard = _hours(parts.get((HOURS, name))) | device.coverage.heard
    counted = _with_recent(counted, devices, _read(parts.get(RECENT), dict))
    ordered = dict(sorted(findings.items(), key=lambda item: (item[1].time, item[1].frames)))
    return RunState(counted, devices, ordered, _read(parts.get(NETWORK), dict) or {})


def _hours(text: str | None) -> dict[int, int]:
    found = _read(text, dict) or {}
    return found if fits(found, dict[int, int]) else {}


def _with_recent(counted: CountedBefore, devices: dict[str, DeviceState], recent: Brief | None) -> CountedBefore:
    """Take in what was counted after everything was saved."""
    if recent is None or not isinstance(late := recent.get("counted"), CountedBefore):
        return counted
    for name, since in _read_coverage(recent):
        if (device := devices.get(name)) is not None:
            for field in ("heard", "unread"):
                getattr(device.coverage, field).update(since.pop(field, {}))
            device.coverage = replace(device.coverage, **since)
    return replace(late, gaps=[*counted.gaps, *(gap for gap in late.gaps if gap not in counted.gaps)][-MOST_GAPS:])


def _read_coverage(recent: Brief) -> Iterator[tuple[str, Brief]]:
    """By device; of what another version wrote, what this one knows."""
    kinds = get_type_hints(Coverage)
    for name, since in _dict(recent.get("coverage")).items():
        known = {field: value for field, value in _dict(since).items() if field in kinds and fits(value, kinds[field])}
        yield name, known


def _dict(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _read(text: str | None, kind: type[Kind]) -> Kind | None:
    if text is None:
        return None
    try:
        found = decode(text)
    except ValueError:
        return None
    return found if isinstance(found, kind) else None
