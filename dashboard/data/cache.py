"""What was read of a store, held until the store changes: a page that is asked for again costs one look at the store's stamp."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")

MOST = 64
"""Contents that are held, those used last: a page of a list is some 100 kB."""

STANDS = 60.0
"""Seconds for which anything is held at most: what is muted until a time is not muted after it, though the store is the same."""


class StampedCache:
    """``stamp`` gives what changes whenever the store does. Within one call it is asked for once, so that what belongs together is of one state."""

    def __init__(self, stamp: Callable[[], str], clock: Callable[[], float] = time.monotonic) -> None:
        self._stamp = stamp
        self._clock = clock
        self._lock = threading.Lock()
        self._own = threading.local()
        self._contents: OrderedDict[Hashable, tuple[tuple[str, int], Any]] = OrderedDict()

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gives, made once for each state of the store; not to be changed by who gets it."""
        outer: tuple[str, int] | None = getattr(self._own, "state", None)
        state = outer or (self._stamp(), int(self._clock() // STANDS))
        with self._lock:
            held = self._contents.get(key)
            if held is not None and held[0] == state:
                self._contents.move_to_end(key)
                found: T = held[1]
                return found
        self._own.state = state
        try:
            made = make()
        finally:
            self._own.state = outer
        with self._lock:
            self._contents[key] = (state, made)
            self._contents.move_to_end(key)
            while len(self._contents) > MOST:
                self._contents.popitem(last=False)
        return made

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._contents.clear()
