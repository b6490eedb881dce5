"""Daily retention of a hub: the thread of a program that may remove what is too old, such as `serve`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import time_ns

from sensor.light_dataclass import dataclass
from sensor.removal import Removal, tidy_hub
from sensor.store.database import open_store, translate_errors
from sensor.store.location import StoreFailed, StoreLocation
from sensor.store.policies import is_owner
from sensor.store.retention import RetentionLimits


def owns_hub(where: StoreLocation) -> bool:
    """Whether a store is a hub's and this log-in may remove what all its sensors wrote. StoreFailed."""
    if where.path is not None:
        return False
    with translate_errors(where):
        engine = open_store(where, write=False)
        try:
            with engine.begin() as connection:
                return is_owner(connection)
        finally:
            engine.dispose()


def hub_retention(where: StoreLocation, state: Path, retention: RetentionLimits) -> Callable[[], str]:
    """Retention of this hub as `DailyTidy` calls it; nothing for a log-in that does not own it. It raises StoreFailed.

    Two programs at it do it one after the other: the second finds nothing left.
    """

    def apply() -> str:
        if not owns_hub(where):
            return ""
        removed: Removal = tidy_hub(where, state, retention, time_ns() // 1000)
        return removed.left

    return apply


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds until the first time, between two, and until the next try after a failure."""

    first: float = 60.0
    every: float = timedelta(days=1).total_seconds()
    again: float = timedelta(hours=1).total_seconds()


class DailyTidy:
    """Calls ``tidy`` once a day from a thread of its own, until it is closed. ``say`` takes its sentence on what it
    could not remove, and a store's failure."""

    def __init__(self, tidy: Callable[[], str], say: Callable[[str], None], times: Times | None = None) -> None:
        self._tidy = tidy
        self._say = say
        self._times = times or Times()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="retention", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        pause = self._times.first
        while not self._closing.wait(pause):
            pause = self._times.every
            try:
                sentence = self._tidy()
            except StoreFailed as error:
                sentence, pause = f"{error}; what is too old stays, and it is tried again", self._times.again
            except Exception as error:  # noqa: BLE001 (pages go on whatever it is; its text may hold rows)
                sentence = f"what is too old could not be removed ({type(error).__name__})"
            if sentence:
                self._say(sentence)

    def close(self) -> None:
        """No more; what has begun is left to end with the program: it is one transaction."""
        self._closing.set()
        self._thread.join(1.0)
