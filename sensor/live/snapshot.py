"""What a live run has to tell at one moment, and to whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sensor.live.delta import Delta
from sensor.live.health import Watched
from sensor.result import Result
from sensor.store.types import CaptureCount, Sensor, TrafficCell


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What there is to tell: ``news`` against the moment before, ``result`` as a whole, how the sensor does. ``cells`` and ``caught`` are since then, too.

    ``now`` is the packets' time, ``at`` the machine's (both ns since 1970 UTC); ``steady`` counts seconds and only goes forward.
    """

    now: int
    at: int
    steady: float
    delta: Delta
    result: Result
    sensor: Sensor
    watched: Sequence[Watched]
    cells: list[TrafficCell]
    captured: list[CaptureCount]
    last: bool


class Output(Protocol):
    """To whom a live run is told."""

    def update(self, snapshot: Snapshot) -> None:
        """Something may have changed."""
