"""Removal of a device from the alerts' state and from unsent alerts.

A running sensor notices and removes it from the broker; otherwise the next start does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from sensor.alerts.spool import CHANNELS
from sensor.alerts.state import AlertState


def forget(state: Path, ids: Iterable[str]) -> bool:
    """Forget devices by their ids; whether anything was there. ``state``: the state folder. OSError where it cannot be
    written."""
    folder = state / "alerts"
    wanted = list(ids)
    there = False
    names = set(wanted)
    path = folder / "memory.json"
    if path.exists():
        known = AlertState(path, 0, 0)
        names |= {known.devices[one] for one in wanted if one in known.devices}
        there = any(one in known.devices for one in wanted)
        for one in wanted:
            known.forget(one)
        if known.node and there:
            known.taken_back = list(dict.fromkeys([*known.taken_back, *wanted]))
        if not known.damaged:
            known.save()
        else:
            # Its content is unknown: it goes as a whole.
            path.unlink()
    for channel in CHANNELS:
        for message in (folder / channel).glob("*.json"):
            with contextlib.suppress(FileNotFoundError):
                text = message.read_text("utf-8", "replace")
                if any(name in text for name in names):
                    there = True
                    message.unlink()
    return there
