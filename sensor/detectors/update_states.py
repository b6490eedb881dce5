"""What a device says of its updates: ``update.state``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from sensor.catalogue import Message
from sensor.detectors._detector import Context, Detector
from sensor.detectors._update_hosts import is_served_by
from sensor.detectors._update_signs import UpdateState, update_states
from sensor.events import Event, Transfer
from sensor.model import Capability, Finding, Observation, OnRepeat, Severity

MAX_STATES = 8192
"""Devices and makers whose last answer is remembered."""

MAX_BYTES = 64 * 1024
"""Bytes of an answer that are searched."""

WORDS = (b"update", b"Upgrade")
"""One of them is in each of the table's patterns; an answer without one is not searched."""


class UpdateStates(Detector):
    """``update.state``."""

    EVENTS = (Transfer,)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._states: dict[tuple[str, str], Finding] = {}

    def on_repeat(self, event: Event) -> OnRepeat:
        """The last state counts, which one that was said before may be."""
        says = isinstance(event, Transfer) and _states_in(event.data)
        return OnRepeat.AGAIN if says else OnRepeat.NOTHING

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """Remember the state that a device answers with."""
        event = observation.event
        if isinstance(event, Transfer):
            for row, waits in _states_in(event.data):
                self._remember(observation, event, row, waits=waits)
        return ()

    def _remember(self, observation: Observation, event: Transfer, row: UpdateState, *, waits: bool) -> None:
        ends = self.responsible(observation.flow, event.side)
        if ends.device is None or ends.role != event.side.name.lower():
            return
        key = (ends.device, row.maker)
        if key in self._states or len(self._states) < MAX_STATES:
            self._states[key] = self.finding(
                observation,
                "update.state",
                Severity.INFO,
                ends,
                capability=Capability.SOFTWARE_UPDATES,
                provisions=(),
                message=Message("update.state.waits" if waits else "update.state.none"),
                detail={"waits": waits, "maker": row.maker, "source": row.source},
                identity=(row.maker,),
                protocol=event.application,
            )

    def finish(self) -> Iterable[Finding]:
        """The last state of each device of the row's maker: others imitate the answers."""
        for (device, maker), state in self._states.items():
            if is_served_by(maker, self.context.identity_of(device)):
                yield replace(state, detail=dict(state.detail))


def _states_in(data: bytes) -> tuple[tuple[UpdateState, bool], ...]:
    """The states that an answer tells, and whether it says that new software waits."""
    if data.find(WORDS[0], 0, MAX_BYTES) < 0 and data.find(WORDS[1], 0, MAX_BYTES) < 0:
        return ()
    return _searched(data[:MAX_BYTES])


@lru_cache(2)
def _searched(head: bytes) -> tuple[tuple[UpdateState, bool], ...]:
    """Asked twice of what is heard for the first time: what it says, and how its repeat is taken."""
    found = ((row, row.pattern.search(head)) for row in update_states())
    return tuple((row, match[1] in row.waits) for row, match in found if match is not None)


DETECTOR = UpdateStates
