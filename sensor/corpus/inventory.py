"""The captures of a corpus: files with their size, time and SHA-256."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from sensor.capture import find_captures
from sensor.light_dataclass import dataclass
from sensor.store.provenance import tool

Stamp = tuple[str, int, int]
"""Path, size in bytes, time of the last change in ns: a file whose stamp is known need not be hashed again."""


@dataclass(frozen=True, slots=True)
class CaptureFile:
    """A capture file as it was found. ``modified``: ns since 1970."""

    path: str
    size: int
    modified: int
    sha256: str

    @property
    def stamp(self) -> Stamp:
        """What tells whether the file changed."""
        return self.path, self.size, self.modified


def capture_paths(
    paths: Iterable[str], shard: tuple[int, int] | None = None, known: Container[Stamp] = ()
) -> Iterator[str]:
    """Every capture file under these paths, absolute, each once. ``shard``: (I, N), only the I-th part of N.
    ``known``: captures that need not be opened to see that they are some."""

    def is_known(path: str) -> bool:
        try:
            status = os.stat(path)  # noqa: PTH116 - a hundred thousand of them
        except OSError:
            return False
        return (path, status.st_size, status.st_mtime_ns) in known

    seen: set[str] = set()
    for path in paths:
        for found in find_captures(os.path.realpath(path), is_known) if Path(path).is_dir() else (path,):
            # Below a real path a file alone can be a link.
            real = os.path.realpath(found) if found == path or os.path.islink(found) else found  # noqa: PTH114
            if real not in seen:
                seen.add(real)
                if shard is None or _part_of(real, shard[1]) == shard[0]:
                    yield real


def capture_files(
    paths: Iterable[str], known: Mapping[Stamp, str], unread: Callable[[str, OSError], None]
) -> Iterator[CaptureFile]:
    """The files with their SHA-256, taken from ``known`` where the stamp is there. ``unread`` hears what failed."""
    for path in paths:
        try:
            status = os.stat(path)  # noqa: PTH116 - a hundred thousand of them
            stamp = (path, status.st_size, status.st_mtime_ns)
            yield CaptureFile(*stamp, known.get(stamp) or _sha256(path))
        except OSError as error:
            unread(path, error)


def reading_key(sha256: str, options: Mapping[str, object]) -> str:
    """The name of one reading: the same capture, program, signatures and options give the same records."""
    parts = f"[{json.dumps(sha256)}, {_of_all(json.dumps(dict(sorted(options.items()))))}"
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


@lru_cache(8)
def _of_all(options: str) -> str:
    """What the keys of all captures of a corpus have in common, as the end of a list in JSON."""
    program = tool()
    return json.dumps([program.version, program.sha256, program.signatures_sha256, json.loads(options)])[1:]


def _sha256(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _part_of(path: str, parts: int) -> int:
    return int.from_bytes(hashlib.sha256(os.fsencode(path)).digest()[:8], "big") % parts + 1
