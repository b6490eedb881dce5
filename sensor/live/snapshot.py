"""A snapshot of a live run, and the protocol of the outputs that take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Protocol

from sensor.light_dataclass import dataclass
from sensor.live.delta import Delta
from sensor.live.health import Watched
from sensor.result import Result
from sensor.store.types import CaptureCount, Sensor, StateKey, TrafficCell


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a live run: ``delta`` against the snapshot before, ``result`` as a whole, how the sensor does.
    ``traffic`` and ``captured`` are since then, too.

    ``now`` is the packets' time, ``at`` the machine's (both ns since 1970 UTC); ``steady`` counts seconds and only goes
    forward.
    """

    now: int
    at: int
    steady: float
    delta: Delta
    result: Result
    sensor: Sensor
    watched: Sequence[Watched]
    traffic: list[TrafficCell]
    captured: list[CaptureCount]
    last: bool
    state: dict[StateKey, str | None] = field(default_factory=dict)
    """Changed parts of what the run goes on with after a restart (`sensor.live.saved_state`)."""


class Output(Protocol):
    """An output of a live run."""

    def update(self, snapshot: Snapshot) -> None:
        """Take a snapshot; something may have changed."""
