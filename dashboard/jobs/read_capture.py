"""A program of its own: one uploaded capture is read to a store; progress comes as JSON Lines.

It reads bytes that an attacker may have made, so it is not the process that holds the log-ins. Its priority is low.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from sensor.capture import Capture
from sensor.capture.join import Joined
from sensor.export.progress import Progress
from sensor.replay import Replay
from sensor.replay.storing import RunStore
from sensor.run import Options

STORE = "LANWITNESS_READING_STORE"
"""The environment variable that names the store: a URL may hold a password, and arguments are public."""

PROGRESS_EVERY = 0.25
"""Seconds between two lines of progress."""

NICE = 10


def write(**what: Any) -> None:
    """One line for the dashboard."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Share(Progress):
    """How much of the file has been read."""

    def __init__(self, capture: Capture | Joined) -> None:
        self._capture = capture
        self._at = 0.0

    def update(self) -> None:
        """A block was read."""
        now = time.monotonic()
        if now - self._at >= PROGRESS_EVERY and self._capture.size:
            self._at = now
            write(share=round(min(self._capture.position / self._capture.size, 1.0), 4))


def main(name: str) -> int:
    """Read the capture of that name; the exit status is replay's."""
    from sensor.cli._options import vault_of

    os.nice(NICE)
    replay = Replay(
        paths=[name],
        vault=vault_of(reveal=False),
        options=Options(),
        json=None,
        json_name="",
        page=lambda _: None,
        say=lambda sentence: write(message=sentence),
        progress=lambda capture, _: Share(capture),
        # The run is named once the store holds it: a capture that was read and not stored is no upload done.
        store=RunStore(
            os.environ[STORE], lambda sentence: write(message=sentence), lambda stored: write(run=stored.run)
        ),
    )
    return replay.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
