"""Memory of what datagrams said: an exchange that says the same is neither brought up nor parsed.

An exchange is questions of a client and as many answers, of a protocol that reads each datagram by itself. It is the
same when all bytes are, but for those that no event rests on (`Protocol.exchanges`: the id and times to live of DNS,
the times of NTP). The decoder follows the known ones (`Engine.learn_exchange`): a flow that has no other brings up one
entry for each, with the answer, so that names are known in the order in which they were said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from typing import Protocol as Interface

from sensor.events import Event
from sensor.flows.identify import first_answer
from sensor.flows.interfaces import SIDES
from sensor.flows.known_streams import CLIENT, MAX_SEEN, KnownStreams
from sensor.flows.shared_parsers import SharedParsers
from sensor.flows.stream_tree import DatagramEnds, Node, Replayable, Tree
from sensor.model import Flow, Observation, Protection
from sensor.parsing.registry import protocols

MAX_EXCHANGE = 4
"""Datagrams of one exchange: a program asks for IPv4 and IPv6 addresses at once."""

AT_ONCE = 2048
"""Exchanges of a run that are known when they were said once; later ones when they are said again, for a flood of
names would push out all paths."""

NOT_A_SEGMENT = 2
"""Stands in a key for a segment's flags."""

Datagram = tuple[int, bytes, int, int]
"""Side, bytes, frame, time (ns)."""

Effects = tuple[object, ...]
FlowState = tuple[str | None, tuple[str, ...], Protection, int, str | None]


class ExchangeFollower(Interface):
    """Who holds back exchanges that are known (the decoder)."""

    def learn_exchange(
        self, ends: DatagramEnds, datagrams: Sequence[tuple[int, bytes, Sequence[tuple[int, int]]]]
    ) -> int:
        """Follow an exchange from now on; its number, -1 where all paths are forgotten for want of room."""

    def ignore(self, slot: int) -> None:
        """Nobody wants this flow's bytes."""


class Heard(NamedTuple):
    """What a datagram did when it was read, and the circumstances then."""

    effects: Effects
    epoch: int


class Spoken(NamedTuple):
    """What is known of a flow: its protocol, the datagrams so far, and what the only one did if it was read."""

    application: str
    datagrams: tuple[Datagram, ...]
    heard: Heard | None = None


class KnownExchange(NamedTuple):
    """One that the decoder follows. Once its tree is emptied, its nodes have the bytes alone."""

    tree: Tree
    root: Node
    nodes: tuple[Node, ...]
    flow: FlowState
    varying: tuple[Sequence[tuple[int, int]], ...]
    most: int


Repeated = tuple[KnownExchange, Sequence[int], Sequence[int], Sequence[bytes]]
"""An exchange, frames and times of its datagrams, and what they had in their varying bytes."""


class KnownExchanges:
    """Those of one run, in the trees of ``streams``. ``repeated`` counts exchanges that no parser had to read.
    ``varying``: so many bytes of a datagram the follower can leave out.
    """

    def __init__(self, streams: KnownStreams, follower: ExchangeFollower, parsers: SharedParsers, varying: int) -> None:
        self.repeated = 0
        self._streams = streams
        self._follower = follower
        self._parsers = parsers
        self._most_varying = varying
        self._known: dict[int, KnownExchange] = {}
        self._forgotten = 0
        self._at_once = 0
        self._seen: set[int] = set()
        self._flows: dict[int, tuple[KnownExchange, int, tuple[Repeated, ...]]] = {}
        """Of flows that had known exchanges alone: the last one, how many datagrams, the exchanges that a reader needs.
        """

    def __iter__(self) -> Iterator[int]:
        return iter(tuple(self._flows))

    def __contains__(self, slot: int) -> bool:
        return slot in self._flows

    def __bool__(self) -> bool:
        return bool(self._flows)

    def hear(self, flow: Flow, application: str, events: Sequence[Event], frame: int, time: int) -> Heard:
        """Tell everyone what a datagram says, and note what it does when it is said again."""
        listener = self._streams.listener
        effects = [listener.hear(Observation(event, flow, time, (frame,), application)) for event in events]
        return Heard(tuple(effects), listener.circumstances_epoch())

    def read(self, flow: Flow, application: str, datagram: Datagram) -> Heard | None:
        """Read a datagram and tell everyone; None where a conversation has to read it."""
        side, data, frame, time = datagram
        events = self._parsers.events(protocols()[application], SIDES[side], data)
        return None if events is None else self.hear(flow, application, events, frame, time)

    def learn(self, flow: Flow, application: str, spoken: Sequence[tuple[int, bytes, Heard]]) -> None:
        """An exchange was read: where it may come late, by its answer's time, the next one need not come up."""
        protocol, streams, listener = protocols()[application], self._streams, self._streams.listener
        now = listener.circumstances_epoch()
        if (exchanges := protocol.exchanges) is None or any(heard.epoch != now for _, _, heard in spoken):
            return
        datagrams: list[tuple[int, bytes, Sequence[tuple[int, int]]]] = []
        for side, data, heard in spoken:
            varying = exchanges.varying(data)
            if varying is None or sum(stop - first for first, stop in varying) > self._most_varying:
                return
            if side == CLIENT and not all(map(listener.only_counts, heard.effects)):
                return
            datagrams.append((side, _filled(data, varying, 0), varying))
        # Two that are equal may be one that was written twice, which is told by its time.
        if len({one[:2] for one in datagrams}) != len(datagrams) or not self._admits(flow, datagrams):
            return
        tree = streams.tree_of(flow)
        streams.valid(tree, flow)
        root = node = tree.root
        nodes: list[Node] = []
        for side, data, _ in datagrams:
            key = (side, 0, -1, NOT_A_SEGMENT, data)
            node = node.following.get(key) or streams.grow(tree, node, key)
            nodes.append(node)
        if tree.root is not root or node.learned == self._forgotten:
            return
        ports = (flow.client.port or 0, flow.server.port or 0)
        for (side, data, _), (_, _, varying) in zip(spoken, datagrams, strict=True):
            events = self._parsers.read(protocol, SIDES[side], data)
            for filling in (0, 0xFF):
                other = _filled(data, varying, filling)
                if self._parsers.read(protocol, SIDES[side], other) != events:
                    return  # a name points into what should not matter
                if side == CLIENT and first_answer(ports, SIDES[side], other) is not protocol:
                    return
        number = self._follower.learn_exchange((*tree.ends[:6], True), datagrams)
        if number < 0:
            self._forgotten += 1
            return
        state = (flow.application, flow.layers, flow.protection, flow.cleartext_bytes, flow.server_name)
        for place, (each, (_, _, heard)) in enumerate(zip(nodes, spoken, strict=True)):
            each.read = Replayable(tuple([(effect, (place,)) for effect in heard.effects]), state)
        known = KnownExchange(tree, root, tuple(nodes), state, tuple([one[2] for one in datagrams]), exchanges.most)
        self._known[number] = known
        tree.learned[node] = known
        node.learned = self._forgotten

    def _admits(self, flow: Flow, datagrams: Sequence[tuple[int, bytes, object]]) -> bool:
        """Whether an exchange is to be remembered. Its hash decides on nothing else."""
        if self._at_once < AT_ONCE:
            self._at_once += 1
            return True
        code = hash((flow.client.address, flow.server.address, tuple([one[:2] for one in datagrams])))
        if code in self._seen:
            return True
        if len(self._seen) >= MAX_SEEN:
            self._seen.clear()
        self._seen.add(code)
        return False

    def repeat(
        self,
        slot: int,
        number: int,
        flow: Flow | None,
        frames: Sequence[int],
        times: Sequence[int],
        varying: Sequence[bytes],
    ) -> Iterator[Datagram]:
        """Repeat an exchange of a flow that had no other. Where its words mean something else now, and where the flow
        is read (None): its datagrams.
        """
        known, streams = self._known[number], self._streams
        tree = streams.tree_of(flow) if flow is not None else None
        if flow is None or tree is not known.tree or not streams.valid(tree, flow) or tree.root is not known.root:
            return _datagrams(known, frames, times, varying)
        for node, time in zip(known.nodes, times, strict=True):
            streams.apply(node.read, flow, time, frames)
        _, count, earlier = self._flows.get(slot, (known, 0, ()))
        count += len(frames)
        # A reader that has enough at some time has to count all; any compares with the last ones.
        last = (known, frames, times, varying)
        self._flows[slot] = known, count, (*earlier, last) if known.most else (last,)
        if known.most and count >= known.most:
            self._follower.ignore(slot)
        self.repeated += 1
        return iter(())

    def leave(self, slot: int) -> Spoken | None:
        """A flow that had known exchanges alone says something new."""
        found = self._flows.pop(slot, None)
        if found is None:
            return None
        return Spoken(found[0].flow[0] or "", tuple([one for exchange in found[2] for one in _datagrams(*exchange)]))

    def name(self, slot: int, flow: Flow) -> Flow:
        """A flow as the decoder describes it, with what is known of it by its exchanges."""
        flow.application, flow.layers, flow.protection, flow.cleartext_bytes, flow.server_name = self._flows[slot][
            0
        ].flow
        return flow

    def end(self, slot: int, flow: Flow) -> Flow:
        """The same of one that is over."""
        self.name(slot, flow)
        del self._flows[slot]
        return flow


def _datagrams(
    known: KnownExchange, frames: Sequence[int], times: Sequence[int], varying: Sequence[bytes]
) -> Iterator[Datagram]:
    """The datagrams of a repeated exchange, as they came."""
    for node, stretches, frame, time, rest in zip(known.nodes, known.varying, frames, times, varying, strict=True):
        data = bytearray(node.key[4])
        for first, stop in stretches:
            data[first:stop], rest = rest[: stop - first], rest[stop - first :]
        yield node.key[0], bytes(data), frame, time


def _filled(data: bytes, varying: Sequence[tuple[int, int]], filling: int) -> bytes:
    found = bytearray(data)
    for first, stop in varying:
        found[first:stop] = bytes((filling,)) * (stop - first)
    return bytes(found)
