"""Orders of a hub at a live sensor: forgetting on this disk, and sending of masked packets.

The recorder's thread reads and answers them; what concerns evidence packets is done between two looks of the run, by
the one thread that writes them. An order of any other kind is left unanswered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sensor import __version__
from sensor.alerts.forget import forget as forget_alerts
from sensor.evidence import pcapng
from sensor.evidence.recorder import EvidenceRecorder
from sensor.live.local_state import forget_local
from sensor.store.orders import DONE, EVIDENCE, FORGET, MOST_BYTES, NONE, Order, without_device
from sensor.store.outage_queue import OutageQueue

EVERY = 5.0
"""Seconds between two looks for orders."""


class OrderStore(Protocol):
    """An open store with orders: `sensor.store.writer.Writer`."""

    def orders(self, sensor: str) -> list[Order]:
        """What was not answered yet. StoreFailed."""

    def answer(self, order: str, sensor: str, state: str, at: int, data: bytes | None = None) -> None:
        """Say how far this sensor is. StoreFailed."""


class OrderDesk:
    """The orders for one sensor (its id). ``state``: the state folder."""

    def __init__(
        self,
        sensor: str,
        state: Path,
        *,
        every: float = EVERY,
        steady: Callable[[], float] = time.monotonic,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sensor = sensor
        self._state = state
        self._every = every
        self._steady, self._clock = steady, clock
        self._due = 0.0
        self._lock = threading.Lock()
        self._open: dict[str, Order] = {}
        self._answers: dict[str, tuple[str, bytes | None]] = {}

    def look(self, store: OrderStore, queue: OutageQueue | None) -> None:
        """Answer what is carried out and take what is new, seldom. Raises StoreFailed, OSError; then it is tried
        again."""
        with self._lock:
            answers = dict(self._answers)
        for name, (state, data) in answers.items():
            store.answer(name, self._sensor, state, int(self._clock() * 1e6), data)
            with self._lock:
                self._answers.pop(name)
                self._open.pop(name, None)
        if not queue and self._steady() < self._due:
            return
        self._due = self._steady() + self._every
        for order in store.orders(self._sensor):
            if order.id in self._open or order.kind not in (FORGET, EVIDENCE):
                continue
            if order.kind == FORGET:
                if queue is not None:
                    queue.forget(lambda change, order=order: without_device(change, order))  # type: ignore[misc]
                try:
                    forget_local(self._state, [order.device, *order.names], {order.device, *order.findings})
                    forget_alerts(self._state, [order.device])
                except OSError:
                    continue  # the order stays open; what waits is written
            with self._lock:
                self._open[order.id] = order

    def carry_out(self, packets: EvidenceRecorder) -> None:
        """What is new, with the packets of this disk. Raises OSError; then it is tried again."""
        with self._lock:
            new = [order for name, order in self._open.items() if name not in self._answers]
        for order in new:
            data = None
            if order.kind == FORGET:
                packets.forget(order.findings, [name for name in (order.device, *order.names) if name])
                state = DONE
            else:
                found = packets.packets(order.run, order.finding)
                data = pcapng.write(found, f"LANwitness {__version__}") if found else None
                state = NONE if data is None or len(data) > MOST_BYTES else DONE
            with self._lock:
                self._answers[order.id] = state, data if state == DONE else None
