"""The audit log of users' changes: one JSON object a line, never a password, secret or packet."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dashboard.auth.json_file import folder
from sensor.files import private_open

LARGEST = 4 * 1024 * 1024
"""Bytes of the log; one older log stays beside it."""

VALUE = 200
"""Characters of a value: what a user typed must not fill the log."""

SHOWN = 200
"""Entries that the page shows."""


class Audit:
    """An append-only log, mode 0600. Raises OSError where the folder cannot be used."""

    def __init__(self, place: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.path = folder(place) / "audit.jsonl"
        self._older = self.path.with_suffix(".1.jsonl")
        self._clock = clock
        self._lock = threading.Lock()

    def write(self, action: str, *, user: str | None, **what: Any) -> None:
        """One line: ``action`` such as ``device.rename``; ``user`` None without a log-in."""
        values = {name: value[:VALUE] if isinstance(value, str) else value for name, value in what.items()}
        entry = {"time": f"{self._clock():%Y-%m-%dT%H:%M:%S.%f}Z", "user": user, "action": action, **values}
        line = json.dumps(entry, ensure_ascii=True).encode() + b"\n"
        with self._lock:
            handle = private_open(self.path, os.O_WRONLY | os.O_APPEND)
            try:
                os.write(handle, line)
                full = os.fstat(handle).st_size > LARGEST
            finally:
                os.close(handle)
            if full:
                self.path.replace(self._older)

    def last(self, count: int = SHOWN) -> list[dict[str, Any]]:
        """The newest entries, newest first; those of the older log follow, so that a new log does not hide them."""
        found: list[dict[str, Any]] = []
        for path in (self.path, self._older):
            for line in _newest_lines(path, count):
                try:
                    found.append(json.loads(line))
                except ValueError:
                    continue  # the first line of what was read may be cut
        return found[:count]


def _newest_lines(path: Path, count: int) -> list[bytes]:
    """The last lines of a file, the last one first; none without the file."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - count * 1024))
            return file.read().splitlines()[-count:][::-1]
    except FileNotFoundError:
        return []
