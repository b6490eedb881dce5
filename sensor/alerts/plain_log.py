"""Plain log channel: one line an alert for a person to read; the same again is counted."""

from __future__ import annotations

import os
from pathlib import Path

from sensor.alerts.sender import Undelivered
from sensor.alerts.spool import QueuedMessage
from sensor.files import error_reason, private_open, rotate
from sensor.settings.keys import LogSettings as Settings

MEGABYTE = 1_000_000

OLD_FILES = 3
"""Full files that stay beside the one that is written."""


class PlainLog:
    """The channel. As in syslog, what comes again is one line with its count, written when something else comes or the
    program ends. The file is opened anew for each line, so that it may be moved away."""

    name = "log"

    def __init__(self, settings: Settings) -> None:
        self._path = Path(settings.path)
        self._size = settings.size_mb * MEGABYTE
        self._last = ""
        self._again = 0
        self._time = ""

    def deliver(self, message: QueuedMessage) -> None:
        """A line, or one more of the last."""
        body = message.body
        text = f"{body['severity']}: {body['title']}" + (f" - {body['text']}" if body["text"] else "")
        self._time = str(body["time"])[:19].replace("T", " ")
        if text == self._last:
            self._again += 1
            return
        self._write_count()
        self._write(text)
        self._last = text

    def _write_count(self) -> None:
        if self._again:
            times = "once more" if self._again == 1 else f"{self._again} times more"
            self._write(f"the same {times}")
            self._again = 0

    def _write(self, text: str) -> None:
        line = f"{self._time} {text}\n".encode("utf-8", "backslashreplace")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size + len(line) > self._size:
                rotate(self._path, OLD_FILES)
            handle = private_open(self._path, os.O_WRONLY | os.O_APPEND)
            try:
                os.write(handle, line)
            finally:
                os.close(handle)
        except OSError as error:
            raise Undelivered(f"the file cannot be written ({error_reason(error, type(error).__name__)})") from None

    def close(self) -> None:
        """The count of the last line, if there is one."""
        try:
            self._write_count()
        except Undelivered:
            return
