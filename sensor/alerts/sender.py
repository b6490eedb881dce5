"""The sending thread of a channel: delivers what its spool holds, with growing pauses after failures."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from sensor.alerts.spool import QueuedMessage, Spool

FIRST = 5.0
LONGEST = 3600.0
"""Seconds until the second try, and the most between two."""

LOOK = 600.0
"""Seconds after which it looks at its clock again, whatever it waits for: the clock may have been set."""


class Undelivered(Exception):  # noqa: N818 - an answer of the other end, not a bug
    """It could not be delivered now. The text is a sentence without the address; ``after``: seconds the other end asked
    to be left alone for."""

    def __init__(self, sentence: str, after: float | None = None) -> None:
        super().__init__(sentence)
        self.after = after


class AlertChannel(Protocol):
    """A way to send alerts."""

    name: str

    def deliver(self, message: QueuedMessage) -> None:
        """Hand it over; Undelivered where that fails."""

    def close(self) -> None:
        """Let go."""


def pause(failures: int, after: float | None = None) -> float:
    """Seconds to wait after so many failures in a row: doubling, a fifth by chance so that many sensors do not knock at
    once, never over an hour."""
    wait = min(FIRST * 2.0 ** min(failures - 1, 20), LONGEST)
    wait += wait * secrets.randbelow(1000) / 5000
    return min(max(wait, after or 0.0), LONGEST)


class Sender:
    """The thread. ``say``: takes a sentence for the log, once for each kind of trouble."""

    def __init__(
        self, channel: AlertChannel, spool: Spool, say: Callable[[str], None], clock: Callable[[], float] = time.time
    ) -> None:
        self.channel = channel
        self.spool = spool
        self.sent = 0
        self.failed = 0
        self._say = say
        self._clock = clock
        self._failures = 0
        self._trouble = ""
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"alerts-{channel.name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Something new waits."""
        self._wake.set()

    def close(self, patience: float = 2.0) -> None:
        """Send what may be sent now, and end, in at most ``patience`` seconds. What was not sent waits for the next
        start."""
        end = time.monotonic() + patience
        while self._thread.is_alive() and not self._failures and time.monotonic() < end:
            if self.spool.next(self._clock()) is None:
                break
            self._wake.set()
            time.sleep(0.01)
        self._ending.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(max(end - time.monotonic(), 0.1))
        self.channel.close()

    def counts(self) -> dict[str, int]:
        """For metrics: ``sent``, ``failed`` tries, ``dropped``, ``waiting``."""
        return {"sent": self.sent, "failed": self.failed, "dropped": self.spool.dropped, "waiting": len(self.spool)}

    def _run(self) -> None:
        while not self._ending.is_set():
            self._wake.clear()
            wait = self.step()
            if self._failures:
                # New alerts do not shorten the pause that a failure asked for.
                self._ending.wait(wait)
            else:
                self._wake.wait(wait)

    def step(self) -> float:
        """Deliver what can be delivered now; seconds until it is worth to look again."""
        while not self._ending.is_set():
            message = self.spool.next(self._clock())
            if message is None:
                soonest = self.spool.soonest()
                return LOOK if soonest is None else min(max(soonest - self._clock(), 0.1), LOOK)
            try:
                self.channel.deliver(message)
            except Undelivered as trouble:
                return self._put_off(str(trouble), trouble.after)
            except Exception as error:  # noqa: BLE001 - a bug in one channel must end neither the thread nor the sensor; its text may hold what was sent
                return self._put_off(f"a bug of this program ({type(error).__name__})", None)
            self.spool.done(message)
            self.sent += 1
            if self._failures:
                self._failures, self._trouble = 0, ""
                self._say(f"alerts by {self.channel.name} arrive again")
        return 0.0

    def _put_off(self, sentence: str, after: float | None) -> float:
        self.failed += 1
        self._failures += 1
        if sentence != self._trouble:
            self._trouble = sentence
            self._say(f"alerts by {self.channel.name} wait: {sentence}")
        return pause(self._failures, after)


def body_of(message: QueuedMessage) -> dict[str, Any]:
    """The alert as it is sent, with the id that identifies repeats."""
    return {"id": message.id, **message.body}
