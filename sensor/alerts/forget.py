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
        memory = AlertState(path, 0, 0)
        names |= {memory.devices[one] for one in wanted if one in memory.devices}
        there = any(one in memory.devices for one in wanted)
        for one in wanted:
            memory.forget(one)
        if memory.node and there:
            memory.taken_back = list(dict.fromkeys([*memory.taken_back, *wanted]))
        if not memory.damaged:
            memory.save()
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
