"""The spool of a channel: unsent messages, one small file each, bounded in number and age.

A restart loses none; they stay in order.
"""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from pathlib import Path
from typing import Any, NamedTuple

from sensor.alerts.state import write_whole
from sensor.lazy_pattern import expression

MOST = 1000
"""Messages that wait: two weeks of a flood that is held down to a few an hour; some megabytes. The oldest go first."""

AGE = 3 * 86_400.0
"""Seconds after which an alert is too old to be sent."""

NOTIFY = tuple(f"notify-{number}" for number in range(1, 9))
"""The channels of Apprise's URLs, in the order of their file."""

CHANNELS = ("file", "log", "mqtt", *NOTIFY, "syslog", "webhook")
"""Folders of them: the names of the channels."""

NAME = expression(r"(\d{13,16})-(\d{6})-([0-9a-f]{32})\.json")


class QueuedMessage(NamedTuple):
    """``id`` is the same at each try, so that a receiver can tell repeats; ``at``: not before, seconds since 1970
    UTC."""

    id: str
    at: float
    made: float
    body: dict[str, Any]
    file: str


class Spool:
    """One channel's folder. Its methods may be called from any thread."""

    def __init__(self, folder: Path, *, most: int = MOST) -> None:
        """Take up what an earlier start left. What cannot be read there is put away."""
        self._folder = folder
        self._most = most
        self._lock = threading.Lock()
        self._waiting: dict[str, QueuedMessage] = {}
        self._unkept: set[str] = set()
        """Those that are in memory alone."""
        self._number = 0
        self.dropped = 0
        """Messages given up since the start: too many, too old."""
        for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
            message = _read(path)
            if message is None:
                with contextlib.suppress(OSError):
                    path.unlink()
            else:
                self._waiting[path.name] = message
        self._trim()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, body: dict[str, Any], *, at: float, now: float, name: str | None = None) -> None:
        """Add a message; ``name``: its id, the same on every channel. OSError where it cannot be kept; it then waits in
        memory alone."""
        with self._lock:
            name = name or uuid.uuid4().hex
            self._number = (self._number + 1) % 1_000_000
            file = f"{max(int(now * 1000), 0):013d}-{self._number:06d}-{name}.json"
            message = QueuedMessage(name, at, now, body, file)
            self._waiting[file] = message
            self._unkept.add(file)
            self._trim()
            write_whole(self._folder / file, json.dumps({"at": at, "made": now, "body": body}).encode())
            self._unkept.discard(file)

    def next(self, now: float) -> QueuedMessage | None:
        """The oldest that may be sent now; what is too old is given up."""
        with self._lock:
            for file in [file for file, one in self._waiting.items() if now - max(one.made, one.at) > AGE]:
                self._remove(file)
                self.dropped += 1
            while (found := next((one for one in self._waiting.values() if one.at <= now), None)) is not None:
                if found.file in self._unkept or (self._folder / found.file).exists():
                    return found
                # Somebody took it away: it is about a device that was forgotten.
                del self._waiting[found.file]
            return None

    def soonest(self) -> float | None:
        """When the next one may be sent; None where none waits."""
        with self._lock:
            return min((one.at for one in self._waiting.values()), default=None)

    def done(self, message: QueuedMessage) -> None:
        """It was delivered."""
        with self._lock:
            self._remove(message.file)

    def _trim(self) -> None:
        while len(self._waiting) > self._most:
            self._remove(next(iter(self._waiting)))
            self.dropped += 1

    def _remove(self, file: str) -> None:
        self._waiting.pop(file, None)
        self._unkept.discard(file)
        with contextlib.suppress(OSError):
            (self._folder / file).unlink()


def _read(path: Path) -> QueuedMessage | None:
    known = NAME.fullmatch(path.name)
    if known is None:
        return None
    try:
        data = json.loads(path.read_text("utf-8"))
        return QueuedMessage(known[3], float(data["at"]), float(data["made"]), dict(data["body"]), path.name)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
