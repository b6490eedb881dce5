"""The cache over the store: content that holds until the stamp of the store changes."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")

MOST = 64
"""Entries, the last used ones: a page of a list is some 100 kB."""

RENEWED = 4
"""Entries that are made again before they are asked for: the first page in the languages of who looks at it."""

STANDS = 60.0
"""Seconds that an entry is valid at most: a mute ends at its time although the store is the same."""


class StampedCache:
    """``stamp`` changes whenever the store does. It is read once for nested calls, so that their content is of one
    state."""

    def __init__(self, stamp: Callable[[], str], clock: Callable[[], float] = time.monotonic) -> None:
        self._stamp = stamp
        self._clock = clock
        self._lock = threading.Lock()
        self._own = threading.local()
        self._contents: OrderedDict[Hashable, tuple[tuple[str, int], Any, Callable[[], Any]]] = OrderedDict()

    @contextlib.contextmanager
    def one_state(self) -> Iterator[None]:
        """Let this thread's calls within it be of one state of the store, which the first of them reads."""
        if getattr(self._own, "within", False):
            yield
            return
        self._own.within = True
        try:
            yield
        finally:
            self._own.within, self._own.state = False, None

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gives, made once for each state of the store; not to be changed by who gets it."""
        outer: tuple[str, int] | None = getattr(self._own, "state", None)
        state = outer or (self._stamp(), int(self._clock() // STANDS))
        if getattr(self._own, "within", False):
            outer = self._own.state = state
        with self._lock:
            entry = self._contents.get(key)
            if entry is not None and entry[0] == state:
                self._contents.move_to_end(key)
                found: T = entry[1]
                return found
        self._own.state = state
        try:
            made = make()
        finally:
            self._own.state = outer
        with self._lock:
            self._contents[key] = (state, made, make)
            self._contents.move_to_end(key)
            while len(self._contents) > MOST:
                self._contents.popitem(last=False)
        return made

    def renew(self, wanted: Callable[[Hashable], bool]) -> None:
        """Make the entries whose key is ``wanted`` for the present state of the store: the last `RENEWED` that were
        asked for. What is no longer there (LookupError) is left out."""
        with self._lock:
            entries = [(key, entry[2]) for key, entry in self._contents.items() if wanted(key)]
        for key, make in entries[-RENEWED:]:
            with contextlib.suppress(LookupError):
                self.once(key, make)

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._contents.clear()
