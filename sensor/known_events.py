"""Memory of single events: what each does when equal ends bring it again, so that none judges anew.

A memory of streams (flows/known_streams.py) repeats connections that are equal from their first byte. In one that says
something new somewhere (a token, a time) most events are the same as before all the same. An event is known by all of
its fields but its place in the stream, by the ends, and by how their flow is read: nothing is sampled.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import Generic, TypeVar

from sensor.events import Access, Attribute, Content, Event, Login, Lookup, Transfer
from sensor.model import Flow, Observation, Secret

KINDS: tuple[type[Event], ...] = (Access, Attribute, Content, Login, Lookup, Transfer)
"""Kinds of event that conversations repeat. Others are rare, cost less than to know them, or are compared by time."""

MAX_EVENT_BYTES = 4096
"""Bytes of an object up to which its event is looked up: larger ones cost more to compare, and seldom come again."""

MAX_BYTES = 4 * 1024 * 1024
"""What all remembered events weigh, each counted with `EVENT_BYTES` beside its texts; beyond it a kind begins anew."""

EVENT_BYTES = 1024
"""What an event weighs beside its texts."""

MAX_SEEN = 32_768
"""Events whose first time is remembered, by their hash; then anew. What comes once is not worth room."""

NOT_NOW = -1
"""Instead of an epoch: nothing can be remembered, or repeated, as things are."""

MAX_ENDS = 8192
"""Ends that have a number; then all begin anew."""

_ends_of = attrgetter(
    "client.address", "client.mac", "server.address", "server.port", "server.mac", "transport._value_"
)  # fmt: skip

K = TypeVar("K")


class Room:
    """What the memories of all kinds share."""

    def __init__(self) -> None:
        self.bytes = 0
        self.seen: set[int] = set()
        """Hashes of events that came once. A hash decides on nothing but whether an event is remembered."""
        self.flow: Flow | None = None
        """The flow heard last, how it was read, and the number of both: events of one flow follow each other."""
        self.application: str | None = None
        self.layers: tuple[str, ...] = ()
        self.number = 0
        self._numbers: dict[tuple[object, ...], int] = {}
        self._last = 0

    def turn_to(self, flow: Flow) -> int:
        """The number of a flow's ends and of how it is read; none is given twice."""
        self.flow, self.application, self.layers = flow, flow.application, flow.layers
        key = (_ends_of(flow), flow.application, flow.layers)
        number = self._numbers.get(key)
        if number is None:
            if len(self._numbers) >= MAX_ENDS:
                self._numbers.clear()
            self._last += 1
            number = self._numbers[key] = self._last
        self.number = number
        return number


class KnownEvents(Generic[K]):
    """The events of one kind, each with what it does. ``epoch``: a number that changes whenever equal events of equal
    ends may mean something else than before, or `NOT_NOW`.
    """

    def __init__(self, kind: type[Event], epoch: Callable[[], int], room: Room) -> None:
        self.known: dict[object, K] = {}
        names = [one.name for one in dataclasses.fields(kind) if one.name != "spans"]
        self._fields = attrgetter(*names)
        self._is_object = "data" in names
        self._epoch, self._since = epoch, NOT_NOW
        self._room, self._bytes = room, 0

    def key_of(self, observation: Observation) -> object | None:
        """What an event is known by; None for one that is not remembered."""
        event = observation.event
        if self._is_object and len(event.data) > MAX_EVENT_BYTES:  # type: ignore[attr-defined]
            return None
        epoch = self._epoch()
        if epoch != self._since:
            self.clear()
            self._since = epoch
        if epoch == NOT_NOW:
            return None
        room, flow = self._room, observation.flow
        if flow is room.flow and flow.application is room.application and flow.layers is room.layers:
            return room.number, observation.protocol, self._fields(event)
        return room.turn_to(flow), observation.protocol, self._fields(event)

    def admits(self, key: object) -> bool:
        """Whether it is worth remembering: it came before."""
        seen, code = self._room.seen, hash(key)
        if code in seen:
            return True
        if len(seen) >= MAX_SEEN:
            seen.clear()
        seen.add(code)
        return False

    def learn(self, key: object, event: Event, known: K) -> None:
        """Remember an event, unless it changed itself what it is judged by."""
        if self._epoch() != self._since:
            return
        size = EVENT_BYTES + _texts(self._fields(event))
        if size > EVENT_BYTES + 2 * MAX_EVENT_BYTES:
            return
        if self._room.bytes + size > MAX_BYTES:
            self.clear()
            if self._room.bytes + size > MAX_BYTES:
                return
        self.known[key] = known
        self._bytes += size
        self._room.bytes += size

    def clear(self) -> None:
        """Forget all of them."""
        self.known.clear()
        self._room.bytes -= self._bytes
        self._bytes = 0


def _texts(value: object) -> int:
    """Bytes or characters of all texts in an event's fields."""
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, Secret):
        return value.kilobytes * 1024
    return sum(map(_texts, value)) if isinstance(value, tuple) else 0
