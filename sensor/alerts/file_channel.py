"""File channel: alerts as JSON lines in a file for its owner alone, rotated when it is full."""

from __future__ import annotations

import json
import os
from pathlib import Path

from sensor.alerts.sender import Undelivered, body_of
from sensor.alerts.spool import QueuedMessage
from sensor.files import error_reason, private_open, rotate
from sensor.settings.keys import FileSettings as Settings

MEGABYTE = 1_000_000


class FileChannel:
    """The channel. The file is opened anew for each line: who moves it away (logrotate) finds a new one."""

    name = "file"

    def __init__(self, settings: Settings, size: int | None = None) -> None:
        """``size`` in bytes instead of the settings' megabytes, for tests."""
        self._path = Path(settings.path)
        self._size = settings.size_mb * MEGABYTE if size is None else size
        self._keep = settings.keep

    def deliver(self, message: QueuedMessage) -> None:
        """One whole line."""
        line = json.dumps(body_of(message), ensure_ascii=False).encode() + b"\n"
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size + len(line) > self._size:
                rotate(self._path, self._keep)
            handle = private_open(self._path, os.O_WRONLY | os.O_APPEND)
            try:
                written = os.write(handle, line)
                if written != len(line):
                    # A line that is cut is worse than none: take it back (the disk is full).
                    os.ftruncate(handle, max(os.fstat(handle).st_size - written, 0))
                    raise Undelivered("the disk is full")
            finally:
                os.close(handle)
        except OSError as error:
            raise Undelivered(f"the file cannot be written ({error_reason(error, type(error).__name__)})") from None

    def close(self) -> None:
        """Nothing is held open."""
