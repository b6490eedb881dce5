"""A device out of what alerts remember and what waits to be sent. A sensor that runs notices, and takes it from the broker; else the next start does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from sensor.alerts.spool import CHANNELS
from sensor.alerts.state import AlertState


def forget(state: Path, ids: Iterable[str]) -> bool:
    """Forget devices by their ids; whether anything was there. ``state``: the state folder. OSError where it cannot be written."""
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
            # It cannot be told what is in it: it goes as a whole.
            path.unlink()
    for channel in CHANNELS:
        for message in (folder / channel).glob("*.json"):
            with contextlib.suppress(FileNotFoundError):
                text = message.read_text("utf-8", "replace")
                if any(name in text for name in names):
                    there = True
                    message.unlink()
    return there
