"""First datagrams of flows that may be their only ones: bytes that wait, in place of a conversation.

A flow of one datagram ends as it began, so no parser, driver or reassembler is made for it. In no known protocol its
bytes wait until it is over. Where its protocol is sure and reads each datagram by itself (a question to a resolver), it
is read at once by a parser that all such flows share. With its second datagram it becomes a conversation like any
other.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from sensor.flows.interfaces import SIDES
from sensor.flows.known_exchanges import Datagram, Heard, KnownExchanges
from sensor.flows.shared_parsers import SharedParsers, name_flow
from sensor.memory import MemoryBudget
from sensor.model import Flow, Observation, Protection
from sensor.parsing.fallback import UNREAD, content_of, is_text
from sensor.parsing.parser import Protocol
from sensor.statistics import Statistics

PER_CONVERSATION = 2
"""So many weigh as much as one conversation, at most: a flow with its ends, the datagram, the decoder's row."""

SHARE_OF_WAITING = 4
"""Their bytes are at most this part of what may wait."""


class FirstDatagram(NamedTuple):
    """One datagram: the side that sent it (the decoder's), its bytes, frame and time; where it was read at once, its
    protocol and flow, and whether it had events; what those did, where they may be compared.
    """

    side: int
    data: bytes
    frame: int
    time: int
    protocol: Protocol | None = None
    flow: Flow | None = None
    has_events: bool = False
    heard: Heard | None = None

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

    def __init__(
        self,
        memory: MemoryBudget,
        statistics: Statistics,
        emit: Callable[[Observation], None],
        parsers: SharedParsers,
        exchanges: KnownExchanges | None = None,
    ) -> None:
        self._statistics = statistics
        self._emit = emit
        self._parsers = parsers
        self._exchanges = exchanges
        self._most = PER_CONVERSATION * memory.conversations
        self._most_bytes = memory.waiting_bytes // SHARE_OF_WAITING
        self._bytes = 0
        # Ordered: of a plain one the first is found behind all that went before it.
        self._waiting: OrderedDict[int, FirstDatagram] = OrderedDict()

    def __iter__(self) -> Iterator[int]:
        return iter(self._waiting)

    def __contains__(self, slot: int) -> bool:
        return slot in self._waiting

    def items(self) -> Iterable[tuple[int, FirstDatagram]]:
        """All of them."""
        return self._waiting.items()

    def take(self, slot: int, first: FirstDatagram) -> None:
        """Take the first datagram of a flow."""
        self._waiting[slot] = first
        self._bytes += len(first.data)

    def read(self, slot: int, datagram: Datagram, protocol: Protocol, flow: Flow) -> bool:
        """Read the first datagram of a flow of an independent protocol at once, and take it; False where a conversation
        has to read it.
        """
        compared = self._exchanges if protocol.exchanges is not None else None
        if compared is None and not protocol.independent:
            return False
        side, data, frame, time = datagram
        events = self._parsers.events(protocol, SIDES[side], data)
        if events is None:
            return False
        name_flow(flow, protocol)
        heard = None
        if compared is not None:
            heard = compared.hear(flow, protocol.name, events, frame, time)
        else:
            for event in events:
                self._emit(Observation(event, flow, time, (frame,), protocol.name))
        self.take(slot, FirstDatagram(side, data, frame, time, protocol, flow, bool(events), heard))
        return True

    def leave(self, describe: Callable[[int], Flow]) -> tuple[int, Flow] | None:
        """Where there are too many: pop the one that has waited longest, which goes on unread. Its slot and its flow,
        which ``describe`` makes where there is none yet.
        """
        waiting = self._waiting
        if len(waiting) <= self._most and self._bytes <= self._most_bytes:
            return None
        slot, first = waiting.popitem(last=False)
        self._bytes -= len(first.data)
        flow = first.flow
        if flow is None:
            flow = describe(slot)
            first.read(flow, first.time, self._statistics, self._emit)
        return slot, flow

    def pop(self, slot: int) -> FirstDatagram | None:
        """That of a flow which goes on, or is over."""
        if slot not in self._waiting:
            return None
        first = self._waiting.pop(slot)
        self._bytes -= len(first.data)
        return first
