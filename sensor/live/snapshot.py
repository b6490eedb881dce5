"""What a live run has to tell at one moment, and to whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sensor.live.delta import News
from sensor.live.health import Watched
from sensor.result import Result
from sensor.store.types import Caught, Cell, Sensor


@dataclass(frozen=True, slots=True)
class Moment:
    """What there is to tell: ``news`` against the moment before, ``result`` as a whole, how the sensor does. ``cells`` and ``caught`` are since then, too.

    ``now`` is the packets' time, ``at`` the machine's (both ns since 1970 UTC); ``steady`` counts seconds and only goes forward.
    """

    now: int
    at: int
    steady: float
    news: News
    result: Result
    sensor: Sensor
    watched: Sequence[Watched]
    cells: list[Cell]
    caught: list[Caught]
    last: bool


class Teller(Protocol):
    """To whom a live run is told."""

    def tell(self, moment: Moment) -> None:
        """Something may have changed."""
