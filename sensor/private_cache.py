"""Cache of what each start would compute again: files in a folder that nobody else can write.

What is read from here may be run by a library as it stands, so a file counts only where it, and its folder, are the
user's own and closed to others, and its bytes are the ones that were written. Anything else is as if it were missing.
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path

from sensor.files import write_atomic

MAX_BYTES = 32 * 1024 * 1024
"""Bytes of a file that is read: the largest that is written has a third of a megabyte."""

SUM_BYTES = 32


def cache_folder() -> Path:
    """``lanwitness`` in the user's cache folder (XDG Base Directory Specification 0.8)."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path(os.environ.get("HOME", "/")) / ".cache") / "lanwitness"


def load_cached(kind: str, key: str) -> bytes | None:
    """What `store_cached` stored under that key; None where there is nothing that can be trusted."""
    try:
        folder = _open_own(cache_folder(), os.O_DIRECTORY)
    except OSError:
        return None
    try:
        with os.fdopen(_open_own(_name(kind, key), os.O_NONBLOCK, folder), "rb") as file:
            stored = file.read(MAX_BYTES)
    except OSError:
        return None
    finally:
        os.close(folder)
    data = stored[SUM_BYTES:]
    return data if stored[:SUM_BYTES] == _sum(data) else None


def store_cached(kind: str, key: str, data: bytes) -> None:
    """Store ``data`` in the place of all else of its kind. Where that cannot be, the next start computes it again."""
    folder = cache_folder()
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(_open_own(folder, os.O_DIRECTORY))
        for old in folder.glob(f"{kind}-*"):
            old.unlink(missing_ok=True)
        write_atomic(folder / _name(kind, key), _sum(data) + data)


def _name(kind: str, key: str) -> str:
    return f"{kind}-{key}"


def _sum(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=SUM_BYTES).digest()


def _open_own(path: str | Path, flags: int, folder: int | None = None) -> int:
    """A descriptor of a file or folder that is the user's own, and that no other can write. OSError."""
    opened = os.open(path, flags | os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    found = os.fstat(opened)
    is_kind = stat.S_ISDIR(found.st_mode) if flags & os.O_DIRECTORY else stat.S_ISREG(found.st_mode)
    if is_kind and found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return opened
    os.close(opened)
    raise PermissionError(f"{path}: others can write it")
