"""A JSON file in the state folder with locked, atomic changes, mode 0600."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sensor.files import write_atomic


class JsonFile:
    """``path`` holds one object. Raises OSError for an unusable folder, ValueError for a file that is not JSON."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._seen: tuple[int, int, int] | None = None
        self._value: dict[str, Any] = {}
        folder(path.parent)

    def read(self) -> dict[str, Any]:
        """The content, not to be changed; empty without a file."""
        with self._lock:
            return self._load()

    @contextmanager
    def change(self) -> Iterator[dict[str, Any]]:
        """The content to be changed, written when the block ends without an exception. Other programs wait."""
        with self._lock, self._path.with_suffix(".lock").open("a") as gate:
            os.fchmod(gate.fileno(), 0o600)
            fcntl.flock(gate, fcntl.LOCK_EX)
            value = json.loads(json.dumps(self._load()))
            yield value
            write_atomic(self._path, json.dumps(value).encode())

    def _load(self) -> dict[str, Any]:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._seen, self._value = None, {}
            return self._value
        stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
        if stamp != self._seen:
            self._value = json.loads(self._path.read_text("utf-8"))
            self._seen = stamp
        return self._value


def folder(path: Path) -> Path:
    """A folder that only its owner may look into, made where it is missing. Raises OSError."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
