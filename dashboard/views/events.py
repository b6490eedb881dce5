"""Server-sent events (WHATWG HTML 9.2): the stamp of the store, on which a page reloads itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from flask import Blueprint, Response, current_app, jsonify

from dashboard.routes import queries
from sensor.store.location import StoreFailed

blueprint = Blueprint("events", __name__)

STREAMS = 12
"""Streams at once: each occupies a thread of the server. A browser without one polls the stamp instead."""

EVERY = 2.0
"""Seconds between two looks at the store, however many streams there are."""

LASTS = 300.0
"""Seconds of one stream: the browser opens the next, and a user who was logged out since gets none."""

QUIET = 15.0
"""Seconds after which a comment is sent, so that a peer that has gone is noticed."""


class StampWatch:
    """The store's stamp, read at most once in `EVERY` seconds for all streams. ``renew``: called on a change, before
    anybody hears of it."""

    def __init__(
        self,
        look: Callable[[], str],
        clock: Callable[[], float] = time.monotonic,
        renew: Callable[[], object] = lambda: None,
    ) -> None:
        self._look = look
        self._renew = renew
        self._clock = clock
        self._lock = threading.Lock()
        self._at = float("-inf")
        self._stamp = ""
        self.free = threading.BoundedSemaphore(STREAMS)
        self.closed = threading.Event()

    def close(self) -> None:
        """End all streams: the server stops, and each holds one of its threads."""
        self.closed.set()

    def stamp(self) -> str:
        """Changes whenever a page would; "" where the store cannot be read now."""
        with self._lock:
            if self._clock() - self._at >= EVERY:
                try:
                    found = self._look()
                    if found != self._stamp:
                        self._renew()
                    self._stamp = found
                except StoreFailed:
                    self._stamp = ""
                self._at = self._clock()
            return self._stamp


def stamp_watch() -> StampWatch:
    """The one of this application."""
    found: StampWatch = current_app.extensions["watch"]
    return found


@blueprint.get("/events")
def events() -> Response:
    """A stream of stamps, the present one first; 503 where there are too many streams."""
    one = stamp_watch()
    if not one.free.acquire(blocking=False):
        return Response("Too many streams.\n", 503, content_type="text/plain; charset=utf-8")
    response = Response(stream(one), content_type="text/event-stream; charset=utf-8")
    # Also where the stream never began, or broke off before its first event.
    response.call_on_close(one.free.release)
    return response


@blueprint.get("/stamp")
def stamp() -> Response:
    """The present stamp, for browsers without a stream."""
    queries()
    return jsonify({"stamp": stamp_watch().stamp()})


def stream(
    one: StampWatch, sleep: Callable[[float], object] | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[str]:
    """Events until `LASTS` seconds have gone, or the server stops."""
    sleep = sleep or one.closed.wait
    began = sent = clock()
    last = None
    yield "retry: 5000\n\n"
    while clock() - began < LASTS and not one.closed.is_set():
        now = one.stamp()
        if now != last:
            last = now
            sent = clock()
            yield f"data: {now}\n\n"
        elif clock() - sent > QUIET:
            sent = clock()
            yield ": still here\n\n"
        sleep(EVERY)
