"""Copy on this disk of what a run goes on with, for a start while the database server is away.

A file for each server and source in the state folder: the run's name, then a line for each saving. A line that was cut
off when the program died is none. What an order says is forgotten goes out of it, as out of the database.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path

from sensor.files import private_open, write_atomic
from sensor.light_dataclass import dataclass
from sensor.live.snapshot import Snapshot
from sensor.store.location import StoreLocation
from sensor.store.outage_queue import queue_path
from sensor.store.scrub import names_pattern, scrubbed
from sensor.store.types import SHARED_PARTS, StateKey, StoredState

FOLDER = "runs"
"""Of the state folder."""

SPARE = 4_000_000
"""Bytes of lines that may be there beyond twice what the rows take, before the file is written anew."""


def local_path(where: StoreLocation, state: Path, source: str) -> Path | None:
    """The file of a database server and a source; None for a store that is a file: it is as near as this."""
    queue = queue_path(where, state, source)
    return None if queue is None else state / FOLDER / f"{queue.name}.jsonl"


def read_local(path: Path) -> StoredState | None:
    """What the file says; None where it says nothing that can be read."""
    parts: dict[StateKey, str] = {}
    run: str | None = None
    try:
        for line in _lines(path):
            data = json.loads(line)
            if isinstance(data, str):
                run = data
                continue
            for part, key, value in data:
                if value is None:
                    parts.pop((part, key), None)
                else:
                    parts[part, key] = value
    except OSError:
        return None
    except (ValueError, TypeError):
        # Nothing that comes after a damaged line can be trusted to be whole.
        pass
    return None if run is None or not parts else StoredState(run, parts, None)


def forget_local(state: Path, names: Collection[str], ids: Collection[str]) -> None:
    """Take a device out of all these files below the state folder: ``names`` wherever they stand, and the rows of
    ``ids`` (its own, its findings'). OSError."""
    pattern = names_pattern(names)
    for path in sorted((state / FOLDER).glob("*.jsonl")):
        with _locked(path):
            found = read_local(path)
            if found is None:
                path.unlink(missing_ok=True)
                continue
            parts = {key: text for key, text in found.parts.items() if key[1] not in ids and key[0] not in SHARED_PARTS}
            if pattern is not None:
                parts = {key: scrubbed(text, pattern) for key, text in parts.items()}
            write_atomic(path, _begin(found.run, parts))


@dataclass(slots=True)
class LocalState:
    """An output that writes each saving of a run to its file. ``parts``: what it goes on with, which is written first.

    What a disk refuses waits for the next saving.
    """

    path: Path
    run: str
    parts: Mapping[StateKey, str]
    _began: bool = False
    _spare: int = 0
    _waiting: dict[StateKey, str | None] = field(default_factory=dict)

    def update(self, snapshot: Snapshot) -> None:
        """Append what was saved."""
        if snapshot.state or not self._began:
            self.add(snapshot.state)

    def add(self, changed: Mapping[StateKey, str | None]) -> None:
        """Append these rows; None takes one out."""
        self._waiting |= changed
        with suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(self.path):
                self._add()

    def _add(self) -> None:
        if not self._began:
            write_atomic(self.path, _begin(self.run, self.parts))
            self.parts, self._began = {}, True
        line = _line(self._waiting)
        descriptor = private_open(self.path, os.O_WRONLY | os.O_APPEND)
        try:
            size = os.fstat(descriptor).st_size
            if os.write(descriptor, line) != len(line):
                os.ftruncate(descriptor, size)
                return
        finally:
            os.close(descriptor)
        self._waiting = {}
        self._spare += len(line)
        found = read_local(self.path) if self._spare > SPARE else None
        if found is not None:
            whole = _begin(self.run, found.parts)
            write_atomic(self.path, whole)
            self._spare = -len(whole)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One at a time, in this process and others."""
    descriptor = private_open(path.with_suffix(".lock"), os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _lines(path: Path) -> Iterable[bytes]:
    with path.open("rb") as stream:
        for line in stream:
            if not line.endswith(b"\n"):
                return
            yield line


def _begin(run: str, parts: Mapping[StateKey, str]) -> bytes:
    return json.dumps(run).encode() + b"\n" + _line(parts)


def _line(rows: Mapping[StateKey, str | None]) -> bytes:
    if not rows:
        return b""
    return json.dumps([[*key, value] for key, value in rows.items()], separators=(",", ":")).encode() + b"\n"
