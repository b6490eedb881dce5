"""JSON Lines output: whole lines on a file or standard output; a partial line is taken back."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, BinaryIO

from sensor.lazy_pattern import expression

BUFFERED = 64 * 1024
"""Bytes of whole lines written at a time."""


BREAKS = expression("[\x85\u2028\u2029]")
"""Line separators of Unicode, which JSON allows within a string (RFC 8259 7) and many readers split lines at."""


class OutputFailed(Exception):  # noqa: N818 - a sentence for the user, not a bug
    """The output could not be written; the text says what and why, and that whole lines stand."""


class JsonLines:
    """Writes records to ``stream``, which may be a pipe. ``name`` is for messages."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._waiting: list[bytes] = []
        self._size = 0

    def write(self, record: Mapping[str, Any]) -> None:
        """One record as one line. Raises OutputFailed."""
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        if BREAKS.search(text):
            text = BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
        line = text.encode("utf-8", "backslashreplace") + b"\n"
        self._waiting.append(line)
        self._size += len(line)
        if self._size >= BUFFERED:
            self.flush()

    def flush(self) -> None:
        """Hand over what waits. Raises OutputFailed, BrokenPipeError."""
        data = b"".join(self._waiting)
        self._waiting, self._size = [], 0
        view = memoryview(data)
        try:
            while view:
                done = os.write(self._stream.fileno(), view)
                view = view[done:]
        except BrokenPipeError:
            raise
        except OSError as error:
            self._take_back(data, len(data) - len(view))
            raise OutputFailed(f"{self._name}: {error.strerror}; the lines written before stand whole") from None

    def _take_back(self, data: bytes, done: int) -> None:
        """Cut a half-written last line off a regular file."""
        whole = data.rfind(b"\n", 0, done) + 1
        if done > whole:
            try:
                descriptor = self._stream.fileno()
                os.ftruncate(descriptor, os.fstat(descriptor).st_size - (done - whole))
            except OSError:
                return
