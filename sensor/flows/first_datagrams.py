"""First datagrams of flows in which no protocol shows: bytes that wait, in place of a conversation.

A flow of one datagram in no known protocol ends as it began, so no parser, driver or reassembler is made for it. With
its second datagram it becomes a conversation like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sensor.flows.identify import says_nothing
from sensor.flows.interfaces import SIDES
from sensor.memory import MemoryBudget
from sensor.model import Flow, Observation, Protection
from sensor.parsing.fallback import UNREAD, content_of, is_text
from sensor.statistics import Statistics

PER_CONVERSATION = 4
"""So many weigh as much as one conversation, at most."""

SHARE_OF_WAITING = 4
"""Their bytes are at most this part of what may wait."""


class FirstDatagram(NamedTuple):
    """One datagram: the side that sent it (the decoder's), its bytes, frame and time."""

    side: int
    data: bytes
    frame: int
    time: int

    def read(self, flow: Flow, time: int, statistics: Statistics, emit: Callable[[Observation], None]) -> None:
        """What it holds, as the parser of last resort says it; ``time``: now, or when ``flow`` was over."""
        content = content_of(SIDES[self.side], self.data)
        figures = statistics.of(UNREAD.name)
        figures.calls += 1
        figures.bytes += len(self.data)
        if content is not None:
            if is_text(content.data):
                flow.protection = Protection.CLEARTEXT
            emit(Observation(content, flow, time, (self.frame,), UNREAD.name))


class FirstDatagrams:
    """By the decoder's slot, the oldest first."""

    def __init__(self, memory: MemoryBudget) -> None:
        self._most = PER_CONVERSATION * memory.conversations
        self._most_bytes = memory.waiting_bytes // SHARE_OF_WAITING
        self._bytes = 0
        self._waiting: dict[int, FirstDatagram] = {}

    def __iter__(self) -> Iterator[int]:
        return iter(self._waiting)

    def take(self, slot: int, ports: tuple[int, int], first: FirstDatagram) -> bool:
        """Take the first datagram of a flow, if nothing shows in it."""
        if not says_nothing(ports, SIDES[first.side], first.data):
            return False
        self._waiting[slot] = first
        self._bytes += len(first.data)
        return True

    def pop(self, slot: int) -> FirstDatagram | None:
        """That of a flow which goes on, or is over."""
        first = self._waiting.pop(slot, None)
        if first is not None:
            self._bytes -= len(first.data)
        return first

    def surplus(self) -> int | None:
        """The slot that has waited longest, where there are too many."""
        if len(self._waiting) > self._most or self._bytes > self._most_bytes:
            return next(iter(self._waiting))
        return None
