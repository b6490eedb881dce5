"""Rate limiting of log-ins: failed attempts by name and address, in bounded memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

FREE = 5
"""Failures without a wait: people mistype."""

FIRST, LONGEST = 2.0, 300.0
"""Seconds of the first and of the longest wait: it doubles each time. Guesses of others never lock a user out for
good."""

DOUBLED = 10
"""Times that a wait doubles at most: a wait is the longest before, and failures of weeks overflow no number."""

FORGOTTEN = 3600.0
"""Seconds after which failures no longer count."""

SPREAD = 100
"""Failures for one name, from whatever addresses, without a wait: a link has more addresses than any limit of them."""

LARGEST = 4096
"""Names and addresses that are remembered; the oldest make room."""


class RateLimit:
    """Counts failures. ``free``: failures without a wait. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, free: int = FREE) -> None:
        self._clock = clock
        self._free = free
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, *keys: str) -> float:
        """Seconds until the next attempt with any of these keys; 0 for none."""
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
            while len(self._failures) > LARGEST:
                self._failures.popitem(last=False)

    def succeeded(self, *keys: str) -> None:
        """Forget the failures of these keys."""
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)

    def _left(self, key: str, now: float) -> float:
        count, last = self._failures.get(key, (0, now))
        if count < self._free:
            return 0.0
        return max(0.0, last + min(FIRST * 2.0 ** min(count - self._free, DOUBLED), LONGEST) - now)
