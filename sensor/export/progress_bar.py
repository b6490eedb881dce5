"""Progress bar of a replay: it appears after a second and leaves nothing behind."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from sensor.capture import Capture
from sensor.capture.join import Joined
from sensor.export.progress import Progress

BAR_AFTER = 1.0
"""Seconds before a bar appears: what is done sooner needs none."""


class ProgressBar(Progress):
    """A bar for one capture, or several as one; ``name`` stands before it."""

    def __init__(self, console: Console, capture: Capture | Joined, name: str) -> None:
        self._capture = capture
        self._path = name
        self._began = time.monotonic()
        self._console = console
        self._bar: Bar | None = None

    def update(self) -> None:
        """Move the bar; it appears after `BAR_AFTER` seconds."""
        if self._bar is None:
            if time.monotonic() - self._began < BAR_AFTER:
                return
            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                DownloadColumn(),
                TimeRemainingColumn(),
            )
            self._bar = Bar(*columns, console=self._console, transient=True)
            self._task = self._bar.add_task(self._path, total=self._capture.size)
            self._bar.start()
        self._bar.update(self._task, completed=self._capture.position)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
