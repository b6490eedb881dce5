"""The store's journal: a small file beside it for changes that are mere counts.

A killed program loses none of them, and a memory card is spared: an append to a file is the operating system's at once,
while the database would write whole pages for each count.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

from sensor.store.change_json import batch_name, change_from, json_of
from sensor.store.location import StoreLocation
from sensor.store.types import Change

LARGEST = 50_000_000
"""Bytes of a journal: a store that cannot be written for days. What comes then is not in it."""


def beside(where: StoreLocation) -> Path | None:
    """The file of a store; None for a database that is no file."""
    return None if where.path is None else where.path.with_name(where.path.name + "-tail")


class Journal:
    """An open journal; only one program has it. ``batch`` names what is in it: the store remembers the last one it
    took, so that none is taken twice."""

    def __init__(self, path: Path) -> None:
        """Open or make it. Raises OSError where it cannot be, BlockingIOError where another program has it."""
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.batch, self.left = self._read()
        except BaseException:
            os.close(self._file)
            raise
        self._size = os.fstat(self._file).st_size

    def _read(self) -> tuple[str, list[Change]]:
        """The batch that a program left behind and its changes, one for each run; a line that was cut off by its death
        is none."""
        with os.fdopen(os.dup(self._file), "rb") as stream:
            stream.seek(0)
            lines = stream.read(2 * LARGEST).split(b"\n")[:-1]
        found: dict[str, Change] = {}
        batch = ""
        for number, line in enumerate(lines):
            try:
                data = json.loads(line)
                if number == 0:
                    batch = str(data["batch"])
                    continue
                change = change_from(data)
            except (ValueError, KeyError, TypeError):
                break
            before = found.get(change.run)
            found[change.run] = change if before is None else before.then(change)
        return batch or batch_name(), list(found.values())

    def add(self, change: Change) -> None:
        """Append. Raises OSError; what it then holds ends with a whole line or is not read."""
        text = b"" if self._size else json.dumps({"batch": self.batch}).encode() + b"\n"
        text += json.dumps(json_of(change), separators=(",", ":")).encode() + b"\n"
        if self._size + len(text) > LARGEST:
            return
        self._size += len(text)
        if os.write(self._file, text) != len(text):
            raise OSError("cut short")

    def clear(self) -> None:
        """Begin a new batch: all of the last one is in the store. Raises OSError."""
        os.ftruncate(self._file, 0)
        self._size = 0
        self.batch, self.left = batch_name(), []

    def close(self) -> None:
        """Let go of it; an empty one is taken away."""
        if not self._size:
            self._path.unlink(missing_ok=True)
        os.close(self._file)


def drop(where: StoreLocation) -> None:
    """Take away what a program left behind, unless one is at work with it."""
    path = beside(where)
    if path is None or not path.exists():
        return
    try:
        journal = Journal(path)
    except OSError:
        return
    path.unlink(missing_ok=True)
    journal.close()
