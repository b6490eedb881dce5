"""A flow of datagrams that is compared with what was said before, and read where it differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sensor.flows.conversation import Conversation
from sensor.flows.interfaces import StreamControl
from sensor.flows.known_exchanges import MAX_EXCHANGE, Datagram, Heard, KnownExchanges, Spoken
from sensor.flows.stream_tree import UNREAD_YET
from sensor.model import Flow, Observation

MAX_READ = 5
"""Datagrams of a flow that are read here; a longer one is a conversation like any other."""


class Exchange:
    """A flow whose datagrams are compared, for whoever feeds it like a `Conversation`: each is read by itself, until
    there are many or one is unusual. Then a conversation takes it over, which has read the others, too.
    """

    def __init__(
        self,
        flow: Flow,
        slot: int,
        spoken: Spoken,
        known: KnownExchanges,
        made: Callable[[StreamControl, Callable[[Observation], None]], Conversation],
        wants: StreamControl,
        emit: Callable[[Observation], None],
        left: Callable[[Conversation], None],
    ) -> None:
        self.flow = flow
        self.slot = slot
        self.over = self.flipped = False
        self.expectations: list[Any] = []
        self.taken = self.buffered_bytes = 0
        self.last = spoken.datagrams[-1][3]
        self._known, self._made, self._wants, self._emit, self._left = known, made, wants, emit, left
        self._application = spoken.application
        self._datagrams = list(spoken.datagrams)
        self._muted = False
        self._is_odd = spoken.heard is None
        self._unanswered: list[tuple[int, bytes, Heard]] | None = []
        if spoken.heard is not None:
            self._add(spoken.datagrams[0], spoken.heard)

    def datagram(self, side: int, payload: bytes, frame: int, time: int) -> None:
        """The next one of the flow."""
        self.last = time
        datagram = (side, payload, frame, time)
        if not self._is_odd and len(self._datagrams) < MAX_READ and not self._is_equal(side, payload):
            heard = self._known.read(self.flow, self._application, datagram)
            if heard is not None:
                self._datagrams.append(datagram)
                self._add(datagram, heard)
                return
        reader = self._take_up()
        reader.datagram(*datagram)
        self.over = reader.over
        self._left(reader)

    def segment(self, *_segment: object) -> None:
        """A flow of datagrams has none."""

    def _is_equal(self, side: int, payload: bytes) -> bool:
        return any(one[0] == side and one[1] == payload for one in self._datagrams)

    def _add(self, datagram: Datagram, heard: Heard) -> None:
        spoken = self._unanswered
        if spoken is None:
            return
        spoken.append((datagram[0], datagram[1], heard))
        answers = sum(one[0] for one in spoken)
        if 2 * answers > len(spoken) or len(spoken) > MAX_EXCHANGE:
            self._unanswered = None
        elif 2 * answers == len(spoken):
            self._known.learn(self.flow, self._application, spoken)
            self._unanswered = []

    def _take_up(self) -> Conversation:
        flow = self.flow
        flow.application, flow.layers, flow.protection, flow.cleartext_bytes, _ = UNREAD_YET.flow
        self._muted = True
        reader = self._made(self._wants, self._observed)
        for datagram in self._datagrams:
            reader.datagram(*datagram)
        self._muted = False
        return reader

    def _observed(self, observation: Observation) -> None:
        if not self._muted:
            self._emit(observation)

    def close(self, _time: int) -> None:
        """The flow ended: nothing waits for it."""

    def abandon(self) -> None:
        """Nobody can afford to read it on."""
        self.over = True
        self._wants.ignore(self.slot)

    def weigh(self) -> int:
        """About how many bytes it holds."""
        self.taken = 0
        self.buffered_bytes = sum(len(data) for _, data, _, _ in self._datagrams)
        return self.buffered_bytes

    def settle(self) -> None:
        """Nothing was lost that anybody could know of."""

    def release(self) -> None:
        """Nobody will feed it again."""
        self._unanswered = None
