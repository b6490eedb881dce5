"""One `watch` for a store and an interface: a lock in the state folder that ends with its process."""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path

from sensor.files import private_open


class AlreadyWatched(Exception):  # noqa: N818 - a sentence for the user
    """Another process listens there; the text is a sentence that names it."""


def lock(folder: Path, store: str, interface: str) -> int:
    """A descriptor that holds the lock until it is closed. AlreadyWatched; OSError where there can be none."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = hashlib.sha256(f"{store}\0{interface}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
    descriptor = private_open(folder / name, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        other = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise AlreadyWatched(
            f"{interface} is listened to for this store already (process {other or 'unknown'}); one sensor is enough. "
            "A second one needs a state folder of its own (LANWITNESS_STATE)"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor
