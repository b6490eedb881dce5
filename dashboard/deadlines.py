"""Deadlines of receiving: whole requests by time, by address and by free threads of the web server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboard.auth.peers import peer_key

HEADER = 10.0
"""Seconds in which the TLS handshake and the whole header must be there; browsers need milliseconds."""

BODY = 10.0
SLOWEST = 16 * 1024
"""Seconds for a body, and further ones by its length: bytes a second of the slowest uplink that may send one."""

PER_ADDRESS = 8
"""Requests that one address may be sending at once: browsers open six connections. A further one ends the oldest."""

RESERVED = 6
"""Threads that stay free of incomplete requests: where fewer are left, the oldest incomplete ones end."""

YOUNG = 0.5
"""Seconds in which an incomplete request is never ended for room: honest ones are complete by then."""

EVERY = 0.25
"""Seconds between two looks at what is late."""


@dataclass(slots=True)
class Receiving:
    """A connection whose request is not complete. ``until``: by the clock; ``left``: bytes of the body to come."""

    sock: Any
    address: str
    since: float
    until: float
    left: Callable[[], bool] | None = None


class Deadlines:
    """The incomplete requests of one server with ``threads``; ends those that are late. Thread-safe."""

    def __init__(self, threads: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = max(1, threads - RESERVED)
        self._clock = clock
        self._lock = threading.Lock()
        self._receiving: dict[int, Receiving] = {}
        self._stopped = threading.Event()
        self.ended = 0

    def begin(self, key: int, sock: Any, address: str | None) -> None:
        """A thread begins to wait for a request."""
        now = self._clock()
        place = peer_key(address)
        with self._lock:
            same = [each for each in self._receiving.values() if each.address == place]
            for each in same[: max(0, len(same) + 1 - PER_ADDRESS)]:
                self._end(each)
            self._receiving[key] = Receiving(sock, place, now, now + HEADER)

    def body(self, key: int, length: int, left: Callable[[], bool]) -> None:
        """The header is there. ``length``: bytes of the body; ``left``: whether some of it has not arrived."""
        with self._lock:
            found = self._receiving.get(key)
            if found is None:
                return
            if length <= 0:
                del self._receiving[key]
                return
            found.since = self._clock()
            found.until = found.since + BODY + length / SLOWEST
            found.left = left

    def done(self, key: int) -> None:
        """The connection ends or waits for another request; its socket is closed after this."""
        with self._lock:
            self._receiving.pop(key, None)

    def check(self) -> None:
        """End what is late, and the oldest where threads run short."""
        now = self._clock()
        with self._lock:
            for key, each in list(self._receiving.items()):
                if each.left is not None and not each.left():
                    del self._receiving[key]
            old = sorted((each for each in self._receiving.values()), key=lambda each: each.since)
            late = [each for each in old if now >= each.until]
            waiting = [each for each in old if each.left is None and each not in late and now >= each.since + YOUNG]
            excess = len(old) - len(late) - self._most
            for each in [*late, *waiting[: max(0, excess)]]:
                self._end(each)

    def run(self) -> None:
        """Look again and again, until `stop`."""
        while not self._stopped.wait(EVERY):
            self.check()

    def stop(self) -> None:
        """End `run`."""
        self._stopped.set()

    def _end(self, each: Receiving) -> None:
        # The plain socket's method: an SSLSocket's own would take its TLS state from the thread that reads.
        self.ended += 1
        each.until = float("inf")
        try:
            socket.socket.shutdown(each.sock, socket.SHUT_RDWR)
        except (OSError, TypeError):
            return
