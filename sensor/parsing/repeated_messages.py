"""Folding of repeated messages of one name (telemetry).

The first ones are reported one by one, later ones and exact repeats by the dozen; every byte is counted.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.light_dataclass import dataclass
from sensor.model import Side

NAMES = 256
"""Names of one conversation that are remembered: a hub publishes some hundred topics. Messages of others are not
folded."""

SAMPLES = 32
"""Messages of one name that are reported one by one, so that a search sees what varies: half a minute of a sensor that
sends every second."""

FOLD = 64
"""Messages of a much repeated name that are reported as one: the sum of their sizes, the data of the last."""


@dataclass(slots=True)
class _Known:
    reported: int = 0
    last: int = 0
    waiting: int = 0
    waiting_size: int = 0


class MessageFolding:
    """Counts of one conversation's messages, by side and name."""

    def __init__(self) -> None:
        self._known: dict[tuple[Side, str], _Known] = {}

    def is_new(self, side: Side, name: str) -> bool:
        """Whether ``name`` was not met before and there is room to remember it. Ask before `add`."""
        return (side, name) not in self._known and len(self._known) < NAMES

    def add(self, side: Side, name: str, size: int, data: bytes) -> int | None:
        """Count one more message. Returns the size to report with it, or None while it waits.

        The size is its own and that of the messages that waited since the last report.
        """
        known = self._known.get((side, name))
        if known is None:
            if len(self._known) >= NAMES:
                return size
            known = self._known[side, name] = _Known()
        mark = hash(data)
        same, known.last = known.reported > 0 and known.last == mark, mark
        known.waiting += 1
        known.waiting_size += size
        if (same or known.reported >= SAMPLES) and known.waiting < FOLD:
            return None
        size, known.waiting, known.waiting_size = known.waiting_size, 0, 0
        known.reported += 1
        return size

    def rest(self) -> Iterator[tuple[Side, str, int]]:
        """Side, name and size of the messages that still wait at the end of the conversation."""
        for (side, name), known in self._known.items():
            if known.waiting:
                yield side, name, known.waiting_size
                known.waiting = known.waiting_size = 0
