"""A folder for finished captures: their paths in time order, each once, also after a restart.

A file that is still being written is waited for.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from fcntl import F_RDLCK, F_SETLEASE, F_UNLCK, fcntl
from pathlib import Path

from sensor.capture import NotACapture, open_capture
from sensor.files import error_reason, write_atomic

EVERY = 1.0
"""Seconds between two looks into the folder."""

SETTLED = 30.0
"""Seconds that a file must be unchanged where the system cannot tell whether it is still being written (a network
share)."""

REMEMBERED = 100_000
"""Captures remembered: hourly ones of eleven years. The oldest are forgotten first."""

ENDS = 64 * 1024
"""Bytes of a file's beginning and end that tell it from all others, with its size."""

FILES = 20_000
"""Files looked at in the folder."""

Stamp = tuple[int, int]
"""Size in bytes and time of the last change (ns)."""


class DropFolder:
    """Iterating waits for captures and gives their paths until `stop`. A path counts as done when the next one is asked
    for.

    ``memory``: the file that remembers what was taken. A capture is known by its content, whatever it is called.
    """

    def __init__(
        self,
        folder: Path,
        memory: Path,
        say: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.time,
        every: float = EVERY,
    ) -> None:
        """Raises OSError where the memory cannot be read or written."""
        self.taken = 0
        self._folder, self._memory, self._say = folder, memory, say
        self._clock, self._every = clock, every
        self._stopped = threading.Event()
        self._seen: dict[Path, Stamp] = {}
        self._passed: dict[Path, Stamp] = {}
        memory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._known = self._load()
        self._lines = memory.open("a", encoding="ascii")
        self._missing = False

    def stop(self) -> None:
        """Give no more; what is being read is read to its end."""
        self._stopped.set()

    def close(self) -> None:
        """Let go of the memory."""
        self._lines.close()

    def __iter__(self) -> Iterator[str]:
        while not self._stopped.is_set():
            for path, name in self._ready():
                yield str(path)
                self.taken += 1
                self._done(name)
                if self._stopped.is_set():
                    return
            self._stopped.wait(self._every)

    def _ready(self) -> list[tuple[Path, str]]:
        """Captures that are finished and were not taken yet, in the order of their first packets, with what they are
        known by."""
        found: list[tuple[int, Path, str]] = []
        stamps = dict(self._files())
        for path, stamp in stamps.items():
            if self._passed.get(path) == stamp or self._seen.get(path) != stamp or not self._finished(path, stamp):
                continue
            self._passed[path] = stamp
            try:
                name = _name(path, stamp[0])
                first = None if name in self._known else _first_time(path)
            except OSError:
                del self._passed[path]
                continue
            if first is not None:
                found.append((first, path, name))
        self._seen = stamps
        self._passed = {path: stamp for path, stamp in self._passed.items() if path in stamps}
        ready: dict[str, Path] = {}
        for _, path, name in sorted(found):
            ready.setdefault(name, path)
        return [(path, name) for name, path in ready.items()]

    def _files(self) -> Iterator[tuple[Path, Stamp]]:
        try:
            entries = sorted(os.scandir(self._folder), key=lambda entry: entry.name)[:FILES]
        except OSError as error:
            if not self._missing:
                self._say(f"{self._folder}: {error_reason(error, 'cannot be read')}; it is waited for")
            self._missing = True
            return
        self._missing = False
        for entry in entries:
            try:
                if entry.is_file() and not entry.name.startswith("."):
                    status = entry.stat()
                    yield Path(entry.path), (status.st_size, status.st_mtime_ns)
            except OSError:
                continue

    def _finished(self, path: Path, stamp: Stamp) -> bool:
        """Nobody has it open to write: a lease to read is given then only (fcntl(2)). Where there are no leases, its
        age must do."""
        try:
            with path.open("rb") as file:
                fcntl(file.fileno(), F_SETLEASE, F_RDLCK)
                fcntl(file.fileno(), F_SETLEASE, F_UNLCK)
        except OSError as error:
            if error.errno == errno.EAGAIN:
                return False
            return self._clock() - stamp[1] / 1e9 >= SETTLED
        return True

    def _load(self) -> dict[str, None]:
        known: dict[str, None] = {}
        try:
            lines = self._memory.read_text("ascii", "replace").splitlines()
        except FileNotFoundError:
            return known
        for line in lines:
            try:
                known[str(json.loads(line)["capture"])] = None
            except (ValueError, KeyError, TypeError):
                continue  # the line that was being written when the power went
        if len(known) > REMEMBERED or len(lines) > len(known):
            known = dict.fromkeys(list(known)[-REMEMBERED:])
            write_atomic(self._memory, "".join(json.dumps({"capture": name}) + "\n" for name in known).encode("ascii"))
        return known

    def _done(self, name: str) -> None:
        self._known[name] = None
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]
        self._lines.write(json.dumps({"capture": name}) + "\n")
        self._lines.flush()
        os.fsync(self._lines.fileno())


def _name(path: Path, size: int) -> str:
    """What a file is known by: its size, beginning and end."""
    with path.open("rb") as file:
        found = hashlib.sha256(file.read(ENDS))
        if size > ENDS:
            file.seek(max(ENDS, size - ENDS))
            found.update(file.read(ENDS))
    return f"{size}-{found.hexdigest()[:32]}"


def _first_time(path: Path) -> int | None:
    """The time of a capture's first packet (ns); 0 without one, None for what is no capture."""
    try:
        with open_capture(str(path)) as capture:
            return next((block.table[3] for block in capture), 0)
    except NotACapture:
        return None
