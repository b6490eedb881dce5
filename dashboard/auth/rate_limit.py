"""Failed log-ins into how long the next one must wait: by name and by address, longer each time, forgotten after a while, in bounded memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

FREE = 5
"""Failures before anybody has to wait: people mistype."""

FIRST, LONGEST = 2.0, 300.0
"""Seconds of the first wait and of any: it doubles each time. A person is never locked out for good by somebody else's guessing."""

FORGOTTEN = 3600.0
"""Seconds after which failures no longer count."""

KEPT = 4096
"""Names and addresses that are remembered; the oldest make room."""


class Throttle:
    """Counts failures. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, *keys: str) -> float:
        """Seconds that whoever has these keys must still wait; 0 for none."""
        now = self._clock()
        with self._lock:
            return max((self._left(key, now) for key in keys), default=0.0)

    def failed(self, *keys: str) -> None:
        """One more failure for each key."""
        now = self._clock()
        with self._lock:
            for key in keys:
                count, last = self._failures.pop(key, (0, now))
                self._failures[key] = (count + 1 if now - last < FORGOTTEN else 1, now)
            while len(self._failures) > KEPT:
                self._failures.popitem(last=False)

    def succeeded(self, *keys: str) -> None:
        """Forget the failures of these keys."""
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)

    def _left(self, key: str, now: float) -> float:
        count, last = self._failures.get(key, (0, now))
        if count < FREE or now - last >= FORGOTTEN:
            return 0.0
        return max(0.0, last + min(FIRST * 2.0 ** (count - FREE), LONGEST) - now)
