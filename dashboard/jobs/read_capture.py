"""Run as a program of its own: one capture of the folder it is started in goes into a store, as `replay --store` does; what is to be told comes as JSON Lines.

It reads bytes that an attacker may have made, so it is not the process that holds the log-ins, and it goes on at low priority.
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
"""The variable of the environment that names the store: a URL may hold a password, and arguments are for everybody to see."""

TOLD_EVERY = 0.25
"""Seconds between two lines of progress."""

NICE = 10


def tell(**what: Any) -> None:
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
        if now - self._at >= TOLD_EVERY and self._capture.size:
            self._at = now
            tell(share=round(min(self._capture.position / self._capture.size, 1.0), 4))


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
        page=lambda result: tell(run=result.id),
        say=lambda sentence: tell(message=sentence),
        progress=lambda capture, _: Share(capture),
        store=RunStore(os.environ[STORE], lambda sentence: tell(message=sentence)),
    )
    return replay.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
