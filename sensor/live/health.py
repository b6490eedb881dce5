"""Health of each source in a word and a sentence: down, silent, blind, losing packets, or well."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any

from sensor.catalogue import LANGUAGES, Message
from sensor.export.records import time_text
from sensor.light_dataclass import dataclass
from sensor.live.mirror import Mirror, SourceState
from sensor.live.source import LiveSource
from sensor.model import SensorState
from sensor.record_values import CaveatRecord
from sensor.records import Record
from sensor.store.recorder import Health
from sensor.store.types import Sensor
from sensor.wording import caveat_record

MINUTE = 60
"""Seconds over which a share of lost packets is reported."""

LOSING = 0.001
"""Share of lost packets from which it is reported: one in a thousand costs a conversation now and then."""

CLOCK_STEP = 5.0
"""Seconds that the machine's clock may part from the time that has gone by; a time service corrects less."""


@dataclass(slots=True, eq=False)
class Watched:
    """A source with what its packets say of the mirror. Call `second` every second."""

    source: LiveSource
    mirror: Mirror
    packets: int = 0
    unread: int = 0
    """Packets that were captured and not read: there was no time left at the end."""
    lost_share: float = 0.0
    state: SourceState = field(default_factory=lambda: SourceState(SensorState.STARTING, ""))
    _history: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=MINUTE))

    @property
    def lost(self) -> int:
        """Packets that the kernel had no room for, or nobody the time to read."""
        return self.source.dropped + self.unread

    def ended(self) -> None:
        """All was read that could be: what else the kernel took in is lost."""
        if self.source.stream.lasting:
            self.unread = max(0, self.source.received - self.source.dropped - self.packets)

    def second(self, now: float) -> SourceState:
        """Look at it; ``now`` in seconds of a clock that only goes forward."""
        source = self.source
        source.check()
        self._history.append((source.received, source.dropped))
        received = self._history[-1][0] - self._history[0][0]
        dropped = self._history[-1][1] - self._history[0][1]
        self.lost_share = dropped / received if received > 0 else 0.0
        self.state = self._state(now, dropped)
        return self.state

    def _state(self, now: float, dropped: int) -> SourceState:
        if self.source.over:
            return SourceState(SensorState.ENDED, self.source.message)
        if not self.source.capturing:
            failed = self.source.starts or self.source.failed
            return SourceState(SensorState.DOWN if failed else SensorState.STARTING, self.source.message)
        state = self.mirror.state(now)
        if self.lost_share >= LOSING and state.word.rank > SensorState.LOSING.rank:
            share = f"{self.lost_share:.1%}" if self.lost_share < 0.995 else "nearly_all"
            return SourceState(SensorState.LOSING, Message("mirror.losing", {"count": dropped, "share": share}))
        return state


@dataclass(slots=True)
class Clock:
    """Whether the machine's clock was set: ``wall`` in ns since 1970, ``steady`` seconds that only go forward."""

    wall: Callable[[], int]
    steady: Callable[[], float]
    _apart: float | None = None

    def step(self) -> float:
        """Seconds by which it was set since the last call; 0.0 where it was not."""
        apart = self.wall() / 1e9 - self.steady()
        before, self._apart = self._apart, apart
        moved = 0.0 if before is None else apart - before
        return moved if abs(moved) >= CLOCK_STEP else 0.0


def worst(watched: Sequence[Watched]) -> Watched:
    """The source that hides the most."""
    return min(watched, key=lambda one: one.state.word.rank)


def message_of(watched: Sequence[Watched], language: str = LANGUAGES[0]) -> str:
    """How the sensor does in a sentence, with the source's name where there are several."""
    bad = worst(watched)
    sentence = bad.state.message_in(language)
    return f"{bad.source.name}: {sentence}" if _is_named(watched, bad) else sentence


def _is_named(watched: Sequence[Watched], bad: Watched) -> bool:
    return len(watched) > 1 and bad.state.word is not SensorState.OK


def sensor_of(watched: list[Watched], at: int, byte_count: int, last_packet: int, more: dict[str, Any]) -> Sensor:
    """How the sensor does as a whole; ``at`` and ``last_packet`` in ns since 1970."""
    bad = worst(watched)
    named = {"message_source": bad.source.name} if bad.state.data and _is_named(watched, bad) else {}
    return Sensor(
        at=at // 1000,
        state=bad.state.word.value,
        message=message_of(watched),
        source=", ".join(one.source.name for one in watched),
        packets=sum(one.packets for one in watched),
        bytes=byte_count,
        dropped=sum(one.lost for one in watched),
        last_packet=last_packet // 1000 if last_packet else None,
        more={**more, **bad.state.data, **named},
    )


HIDING = frozenset({SensorState.ONE_STATION, SensorState.ONE_WAY, SensorState.DUPLICATES})
"""States of a mirror that limit what is seen, in a sentence of their own."""


def caveats_of_mirrors(watched: list[Watched]) -> list[Record]:
    """What the sources hide, as caveats (`sensor.caveats`)."""
    return [
        {**one.state.data, "kind": one.state.word.value, "count": 1, "sentence": one.state.message}
        for one in watched
        if one.state.word in HIDING
    ]


def caveats_of_store(health: Health | None) -> list[CaveatRecord]:
    """What a store in trouble has cost, as caveats."""
    if health is None or not health.lost:
        return []
    return [caveat_record("not_stored", health.lost, Message("not_stored", {"count": health.lost}))]


def sensor_record(run: str, sensor: Sensor) -> Record:
    """The ``sensor`` record of docs/output.md."""
    return {
        "record": "sensor",
        "run": run,
        "time": time_text(sensor.at * 1000),
        "source": sensor.source,
        "state": sensor.state,
        "message": sensor.message,
        "packets": sensor.packets,
        "bytes": sensor.bytes,
        "dropped_packets": sensor.dropped,
        "last_packet": time_text((sensor.last_packet or 0) * 1000),
        **sensor.more,
    }
