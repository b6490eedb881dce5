"""Conversations without ports (ARP, NDP, LLDP, routing): a pair of neighbours is one conversation."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from sensor.flows.conversation import Conversation
from sensor.flows.copies import RecentDatagrams
from sensor.flows.expectations import Expected
from sensor.flows.interfaces import NO_STREAM, SIDES
from sensor.flows.shared_parsers import SharedParsers, name_flow
from sensor.model import Endpoint, Flow, Observation, Transport
from sensor.parsing.parser import Protocol
from sensor.statistics import Statistics

LINK_CONVERSATIONS = 4096
"""Pairs of neighbours on one link that are kept at a time."""


class LinkFlow:
    """A pair whose protocol is independent: a parser that all pairs share reads it, so there is little to keep."""

    __slots__ = ("flow", "recent")

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.recent = RecentDatagrams()


class Neighbours:
    """All pairs of one run. ``begins`` hears of each packet: its flow, its frame, and whether it is the first;
    ``given_up`` is called for each pair that makes room.
    """

    def __init__(
        self,
        statistics: Statistics,
        emit: Callable[[Observation], None],
        parsers: SharedParsers,
        given_up: Callable[[], None],
    ) -> None:
        self._statistics = statistics
        self._emit = emit
        self._parsers = parsers
        self._given_up = given_up
        self._pairs: OrderedDict[object, Conversation | LinkFlow] = OrderedDict()

    def packet(
        self,
        protocol: Protocol,
        transport: Transport,
        code: int,
        here: tuple[bytes, bytes],
        there: tuple[bytes, bytes],
        payload: bytes,
        frame: int,
        time: int,
        begins: Callable[[Flow, int, bool], None] | None = None,
    ) -> None:
        """Read a packet from ``here`` to ``there``, each a MAC and an address."""
        ordered = bool(there[0] and there[0][0] & 1) or here < there
        key = (transport, code, here, there) if ordered else (transport, code, there, here)
        pair = self._pairs.get(key)
        is_first = pair is None or (isinstance(pair, Conversation) and pair.over)
        if pair is None or is_first:
            flow = Flow(
                -1,
                transport,
                Endpoint(here[1], None, here[0]),
                Endpoint(there[1], None, there[0]),
                time,
                time,
                frame,
            )
            if protocol.independent and pair is None:
                name_flow(flow, protocol)
                pair = LinkFlow(flow)
            else:
                pair = self._conversation(flow, protocol)
            self._pairs[key] = pair
            if len(self._pairs) > LINK_CONVERSATIONS:
                oldest = self._pairs.popitem(last=False)[1]
                if isinstance(oldest, Conversation):
                    oldest.release()
                self._given_up()
        flow = pair.flow
        flow.last_time = time
        if begins is not None:
            begins(flow, frame, is_first)
        side = 0 if (flow.client.mac, flow.client.address) == here else 1
        if isinstance(pair, Conversation):
            pair.datagram(side, payload, frame, time)
        elif not pair.recent.is_copy(side, payload, time):
            events = self._parsers.events(protocol, SIDES[side], payload)
            if events is None:
                flow.application, flow.layers = None, ()
                conversation = self._pairs[key] = self._conversation(flow, protocol)
                conversation.datagram(side, payload, frame, time)
                return
            for event in events:
                self._emit(Observation(event, flow, time, (frame,), protocol.name))

    def _conversation(self, flow: Flow, protocol: Protocol) -> Conversation:
        return Conversation(flow, -1, NO_STREAM, self._statistics, self._emit, expected=Expected(protocol.name, None))

    def finish(self) -> None:
        """The capture is over: what parsers still hold."""
        for pair in self._pairs.values():
            if isinstance(pair, Conversation):
                pair.close(pair.flow.last_time)
        self._pairs.clear()
