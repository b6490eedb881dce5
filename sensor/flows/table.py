"""Table of the conversations that are read, bounded in number and bytes; of others the flow stays."""

from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple

from sensor.flows.conversation import Conversation
from sensor.flows.exchange import Exchange
from sensor.flows.known_conversation import KnownConversation
from sensor.memory import MemoryBudget
from sensor.model import Flow, Protection

KINDS = 4096
"""Different things learned of flows that are stored once."""

STEP = 16 * 1024
"""Bytes a conversation may take between two weighings."""


class RetiredFlow(NamedTuple):
    """What stays of a conversation that nobody reads any more: equal for most of them, so it is stored once."""

    flipped: bool
    application: str | None
    layers: tuple[str, ...]
    protection: Protection
    cleartext_bytes: int
    server_name: str | None
    lost_bytes: int
    lost_pieces: int
    reordered_segments: int
    doubled_packets: int

    @classmethod
    def of(cls, flow: Flow, *, flipped: bool) -> RetiredFlow:
        """What was learned of a flow."""
        return cls(flipped, *_learned(flow))

    def flow(self, made: Flow) -> Flow:
        """A flow that the decoder has just described, with what was learned of it."""
        if self.flipped:
            made.client, made.server = made.server, made.client
        # One by one, which costs a third of a loop over the names: a flood ends hundreds of thousands.
        made.application, made.layers, made.protection = self.application, self.layers, self.protection
        made.cleartext_bytes, made.server_name = self.cleartext_bytes, self.server_name
        made.lost_bytes, made.lost_pieces = self.lost_bytes, self.lost_pieces
        made.reordered_segments, made.doubled_packets = self.reordered_segments, self.doubled_packets
        return made


_learned = attrgetter(*RetiredFlow._fields[1:])


class Conversations:
    """By the decoder's slot. ``evicted`` counts those that were left to keep within the memory."""

    def __init__(self, memory: MemoryBudget) -> None:
        self._memory = memory
        self._retired: dict[RetiredFlow, RetiredFlow] = {}
        self.live: dict[int, Conversation | KnownConversation | Exchange] = {}
        self.left: dict[int, RetiredFlow] = {}
        self.evicted = 0
        self.buffered_bytes = 0

    def add(self, slot: int, conversation: Conversation | KnownConversation | Exchange) -> None:
        """A new one."""
        self.live[slot] = conversation
        most = self._memory.conversations
        if len(self.live) > most:
            idle = sorted(self.live, key=self._worth)
            for victim in [one for one in idle if one != slot][: most // 4]:
                self._evict(victim)

    def exchange(self, slot: int, conversation: Conversation) -> None:
        """Another one goes on with what is read there."""
        if slot in self.live:
            self.live[slot] = conversation

    def _worth(self, slot: int) -> tuple[bool, int]:
        """Order in which conversations are left: those that said nothing first, then those that were idle longest."""
        conversation = self.live[slot]
        return conversation.flow.application is not None, conversation.last

    def fed(self, slot: int, conversation: Conversation | KnownConversation | Exchange) -> None:
        """It has taken bytes: weigh it, or forget all but its flow when it has been left."""
        if conversation.over:
            self._retire(slot)
        elif conversation.taken >= STEP:
            self.buffered_bytes -= conversation.buffered_bytes
            self.buffered_bytes += conversation.weigh()
            if self.buffered_bytes > self._memory.waiting_bytes:
                self._lighten(slot)

    def end(self, slot: int, time: int) -> tuple[Flow, bool] | None:
        """The flow is over: close what still reads it; the flow, and whether its ends were exchanged. None for a flow
        that nobody reads (`retired`)."""
        conversation = self.live.pop(slot, None)
        if conversation is None:
            return None
        self.buffered_bytes -= conversation.buffered_bytes
        conversation.close(time)
        ended = conversation.flow, conversation.flipped
        conversation.release()
        return ended

    def retired(self, slot: int) -> RetiredFlow | None:
        """What is known of a flow that nobody reads any more and that is over; None for one that nobody ever read."""
        return self.left.pop(slot, None)

    def _lighten(self, now: int) -> None:
        """Leave those that hold most until half of the bound is free; the one being fed stays on its feet."""
        self.buffered_bytes = sum(conversation.weigh() for conversation in self.live.values())
        for victim in sorted(self.live, key=lambda one: -self.live[one].buffered_bytes):
            if self.buffered_bytes <= self._memory.waiting_bytes // 2:
                return
            if victim != now:
                self._evict(victim)

    def _evict(self, slot: int) -> None:
        self.live[slot].abandon()
        self.evicted += 1
        self._retire(slot)

    def leave(self, slot: int, flow: Flow) -> None:
        """A flow that had no conversation is not read: what is known of it stays."""
        self.evicted += 1
        self._keep(slot, RetiredFlow.of(flow, flipped=False))

    def _keep(self, slot: int, retired: RetiredFlow) -> None:
        if len(self._retired) > KINDS:
            self._retired.clear()
        self.left[slot] = self._retired.setdefault(retired, retired)

    def _retire(self, slot: int) -> None:
        conversation = self.live.pop(slot, None)
        if conversation is not None:
            self.buffered_bytes -= conversation.buffered_bytes
            conversation.settle()
            self._keep(slot, RetiredFlow.of(conversation.flow, flipped=conversation.flipped))
            conversation.release()
