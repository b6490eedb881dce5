"""Table of the conversations that are read, bounded in number and bytes; of others the flow stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sensor.flows.conversation import Conversation
from sensor.flows.known_streams import KnownConversation
from sensor.model import Flow

LIVE = 20_000
"""Conversations read at a time: a hundred busy devices have a few thousand; a flood of half-open ones costs those that
were idle longest.
"""

MAX_BUFFERED = 256 * 1024 * 1024
"""Bytes that all parsers and reassemblers may hold together: fits a small machine; those that hold most are left first.
"""

STEP = 16 * 1024
"""Bytes a conversation may take between two weighings."""


class RetiredFlow(NamedTuple):
    """What stays of a conversation that nobody reads any more."""

    flow: Flow
    flipped: bool


class Conversations:
    """By the decoder's slot. ``evicted`` counts those that were left to keep the bounds."""

    def __init__(self) -> None:
        self.live: dict[int, Conversation | KnownConversation] = {}
        self.left: dict[int, RetiredFlow] = {}
        self.evicted = 0
        self.buffered_bytes = 0

    def add(self, slot: int, conversation: Conversation | KnownConversation) -> None:
        """A new one."""
        self.live[slot] = conversation
        if len(self.live) > LIVE:
            idle = sorted(self.live, key=lambda one: self.live[one].last)
            for victim in [one for one in idle if one != slot][: LIVE // 4]:
                self._evict(victim)

    def fed(self, slot: int, conversation: Conversation | KnownConversation) -> None:
        """It has taken bytes: weigh it, or forget all but its flow when it has been left."""
        if conversation.over:
            self._retire(slot)
        elif conversation.taken >= STEP:
            self.buffered_bytes -= conversation.buffered_bytes
            self.buffered_bytes += conversation.weigh()
            if self.buffered_bytes > MAX_BUFFERED:
                self._lighten(slot)

    def now(self) -> Iterator[tuple[int, Flow, bool]]:
        """Slot, flow and whether its ends were exchanged, of all that are not over."""
        for slot, conversation in self.live.items():
            yield slot, conversation.flow, conversation.flipped
        for slot, left in self.left.items():
            yield slot, left.flow, left.flipped

    def end(self, slot: int, time: int) -> RetiredFlow | None:
        """The flow is over: close what still reads it. None for a flow that nobody ever read."""
        conversation = self.live.pop(slot, None)
        if conversation is None:
            return self.left.pop(slot, None)
        self.buffered_bytes -= conversation.buffered_bytes
        conversation.close(time)
        retired = RetiredFlow(conversation.flow, conversation.flipped)
        conversation.release()
        return retired

    def _lighten(self, now: int) -> None:
        """Leave those that hold most until half of the bound is free; the one being fed stays on its feet."""
        self.buffered_bytes = sum(conversation.weigh() for conversation in self.live.values())
        for victim in sorted(self.live, key=lambda one: -self.live[one].buffered_bytes):
            if self.buffered_bytes <= MAX_BUFFERED // 2:
                return
            if victim != now:
                self._evict(victim)

    def _evict(self, slot: int) -> None:
        self.live[slot].abandon()
        self.evicted += 1
        self._retire(slot)

    def _retire(self, slot: int) -> None:
        conversation = self.live.pop(slot, None)
        if conversation is not None:
            self.buffered_bytes -= conversation.buffered_bytes
            conversation.settle()
            self.left[slot] = RetiredFlow(conversation.flow, conversation.flipped)
            conversation.release()
