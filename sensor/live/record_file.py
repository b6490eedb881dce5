"""The file of a live run's records: begun anew where it was moved away, and put aside at a size."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sensor.files import rotate

OLD_FILES = 3
"""Full files that stay beside the one that is written: ``FILE.1`` is the newest."""


class RecordFile:
    """The file at ``path``, which ``descriptor`` writes to. ``size``: bytes at which it is put aside; None: never."""

    def __init__(self, path: Path, descriptor: int, size: int | None = None) -> None:
        self._path = path
        self._descriptor = descriptor
        self._size = size
        self._mode = stat.S_IMODE(os.fstat(descriptor).st_mode)

    def reopen(self) -> None:
        """Go on at the end of the file that is at the path now, or in a new one. OSError; then the old one goes on."""
        found = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, self._mode)
        try:
            os.dup2(found, self._descriptor, inheritable=False)
        finally:
            os.close(found)

    def put_aside_if_full(self) -> None:
        """To be called between two lines. OSError."""
        now = os.fstat(self._descriptor)
        if self._size is None or now.st_size < self._size or not stat.S_ISREG(now.st_mode):
            return
        rotate(self._path, OLD_FILES)
        self.reopen()
