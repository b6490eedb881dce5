"""Files of the program's own: written whole or not at all, private, with a sentence for a failure."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o600
"""Mode of a file that its owner alone may read and write."""


def private_open(path: Path, flags: int) -> int:
    """A descriptor of a file that is made, where it is missing, for its owner alone. Symbolic links are refused.
    OSError.
    """
    return os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)


def owner_only(path: str, flags: int) -> int:
    """An opener for `open`: a file that is made is its owner's alone; one that is there keeps its mode. OSError."""
    return os.open(path, flags, PRIVATE)


@contextmanager
def replacement(path: Path, mode: int = PRIVATE) -> Iterator[tuple[BinaryIO, Path]]:
    """A new file beside ``path``, and its own path; it takes the place of ``path`` when the block ends without an
    exception.

    Its bytes are on the disk by then: after a power cut there is the old file or the new one. OSError.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(private_open(part, os.O_WRONLY | os.O_EXCL), "wb") as file:
            yield file, part
            file.flush()
            if mode != PRIVATE:
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def write_atomic(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """Write a file whole or not at all, with ``mode`` whatever the umask is; its folder must be there. OSError."""
    with replacement(path, mode) as (file, _):
        file.write(data)


def rotate(path: Path, keep: int) -> None:
    """``FILE`` becomes ``FILE.1``, that one ``FILE.2``, and the last of ``keep`` goes. OSError."""
    if not keep:
        path.unlink()
        return
    for number in range(keep - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    path.replace(path.with_name(f"{path.name}.1"))


def error_reason(error: BaseException, otherwise: str) -> str:
    """Why the system refused something, in its words and small letters; ``otherwise`` where it gave none."""
    return (getattr(error, "strerror", None) or otherwise).lower()
