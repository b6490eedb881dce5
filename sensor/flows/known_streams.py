"""Memory of what TCP connections said: what says the same again, byte by byte, is not parsed.

The segments of a connection are a path in a tree, one tree for each pair of ends. A node holds what was observed when
its segment was read, and how each listener takes it when it is seen again. As long as a new connection follows a path,
the node's observations are repeated at once, with its own time and frames, so that all order is kept. With the first
segment that differs, what came before is read by a parser whose observations are not passed on, for they were; from
then on it is a connection like any other. Equal means all bytes and numbers of every segment, but for a server's clock
in the head of its first answer, on which no event rests: nothing is sampled.

A path whose repeats only count is given to the decoder: a connection that follows it to its end comes up as one entry.
"""

from __future__ import annotations

import string
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any
from typing import Protocol as Interface

from sensor.flows.identify import home_ports
from sensor.flows.stream_tree import Ends, Key, Node, Path, PathSummary, Replayable, StreamEnds, Tree
from sensor.model import Flow, Observation, Transport
from sensor.parsing.registry import protocols

MAX_BYTES = 16 * 1024 * 1024
"""Bytes of payload that all trees hold, each node counted with `NODE_BYTES` beside."""

MAX_TREE_BYTES = 1024 * 1024
"""The same for one pair of ends: a client that says something new each time begins its tree again."""

NODE_BYTES = 1024
"""What a node weighs beside its payload."""

MAX_TREES = 4096
"""Pairs of ends remembered; the ones heard least lately go first."""

BRANCHES = 8
"""Segments that may follow a node as they come. Behind so many, what is new (a token, a time) is mostly never said
again: it is remembered when it is said for the second time.
"""

MAX_SEEN = 32_768
"""Such segments whose first time is remembered, by their hash; then anew."""


CLIENT, SERVER = 0, 1


def clock_of(application: str | None, key: Key) -> Sequence[tuple[int, int]]:
    """The stretches of a segment that only tell what time it was at the server: see `Protocol.clock`."""
    side, at, _, _, payload = key
    if side != SERVER or at or not payload or application is None:
        return ()
    clock = protocols()[application].clock
    return () if clock is None else clock(payload)


def timeless(application: str | None, key: Key) -> Key:
    """A segment as all are compared that differ in such stretches alone: each digit is 0 there, each letter ``a``."""
    if not (stretches := clock_of(application, key)):
        return key
    payload = bytearray(key[4])
    for first, stop in stretches:
        payload[first:stop] = payload[first:stop].translate(_ALIKE)
    return *key[:4], bytes(payload)


_ALIKE = bytes.maketrans(string.digits.encode() + string.ascii_letters.encode(), b"0" * 10 + b"a" * 52)


class PathFollower(Interface):
    """Who holds back connections that follow a path, and the FINs and RSTs of others (the decoder)."""

    def learn(
        self, ends: StreamEnds, segments: Sequence[Key], varying: Sequence[Sequence[tuple[int, int]]] | None = None
    ) -> int:
        """Follow a path from now on; its number, -1 where all are forgotten for want of room. ``varying``: of each
        segment the stretches in which a digit stands for any digit and a letter for any letter.
        """

    def forget(self, ends: Ends) -> None:
        """Follow no path between these ends."""

    def close_at_once(self, slot: int, wanted: bool) -> None:
        """Whether the FINs and RSTs of a flow are brought up as they come."""


class Listener(Interface):
    """Who hears observations."""

    def circumstances_epoch(self) -> int:
        """A number that changes whenever equal words of equal ends may mean something else than before."""

    def circumstances_of(self, flow: Flow) -> object:
        """What a flow's observations are judged by beside themselves; compared when the number has changed."""

    def observe(self, observation: Observation) -> None:
        """Hear an observation."""

    def hear(self, observation: Observation) -> object:
        """Hear an observation; what it does when it is seen again."""

    def repeat(self, effect: Any, flow: Flow, time: int, frames: tuple[int, ...]) -> None:
        """Hear it again."""

    def only_counts(self, effect: Any) -> bool:
        """Whether it makes no difference when it is repeated, and in which order with others."""

    def counted_by(self, effect: Any) -> Sequence[object] | None:
        """Of one that only counts: what it counts; None where it has to be heard nevertheless."""
        return None

    def count(self, observations: int, findings: Sequence[tuple[Any, int]], times: Sequence[int]) -> None:
        """So many observations are seen again; what they count, each with the place of its time."""

    def read_on(self, effect: Any, flow: Flow, time: int, frames: tuple[int, ...]) -> None:
        """Its flow, where it was repeated, says something new."""


class KnownStreams:
    """The trees of one run. ``repeated`` counts connections that no parser had to read."""

    def __init__(self, listener: Listener, follower: PathFollower) -> None:
        self.repeated = 0
        self.follower = follower
        self.paths: dict[int, Path] = {}
        """Those that the decoder follows, by their numbers."""
        self._forgotten = 0
        self.listener = listener
        self._trees: OrderedDict[Ends, Tree] = OrderedDict()
        self._bytes = 0
        self._seen: set[int] = set()
        """Hashes of segments that were read without being remembered."""

    @property
    def weight(self) -> int:
        """Bytes that all trees hold."""
        return self._bytes

    def trees(self) -> Iterator[Tree]:
        """All trees."""
        return iter(self._trees.values())

    def tree_of(self, flow: Flow) -> Tree:
        """The tree of a flow's ends."""
        client, server = flow.client, flow.server
        # A protocol may be at home on the client's port as well, and identified by it; other ports of a client say
        # nothing.
        own = client.port if client.port in home_ports(flow.transport) else None
        ends = (client.mac, client.address, server.mac, server.address, server.port, own)
        key: Ends = (*ends, True) if flow.transport is Transport.UDP else ends
        tree = self._trees.get(key)
        if tree is None:
            tree = self._trees[key] = Tree(key)
            if len(self._trees) > MAX_TREES:
                self._drop_oldest()
        else:
            self._trees.move_to_end(key)
        return tree

    def valid(self, tree: Tree, flow: Flow) -> bool:
        """Whether what the tree holds means the same now; one that does not is emptied."""
        epoch = self.listener.circumstances_epoch()
        if tree.epoch == epoch:
            return True
        now = self.listener.circumstances_of(flow)
        same = tree.circumstances == now
        if not same:
            self._empty(tree)
            tree.circumstances = now
        tree.epoch = epoch
        return same

    def admits(self, node: Node, key: Key) -> bool:
        """Whether a segment is to be remembered behind ``node``. Its hash decides on nothing else."""
        if len(node.following) < BRANCHES:
            return True
        seen, code = self._seen, hash((id(node), key))
        if code in seen:
            return True
        if len(seen) >= MAX_SEEN:
            seen.clear()
        seen.add(code)
        return False

    def grow(self, tree: Tree, node: Node, key: Key) -> Node:
        """A new node behind ``node``."""
        size = len(key[4]) + NODE_BYTES
        if tree.bytes + size > MAX_TREE_BYTES:
            self._empty(tree)
        tree.bytes += size
        self._bytes += size
        while self._bytes > MAX_BYTES and len(self._trees) > 1:
            self._drop_oldest()
        made = node.following[key] = Node(key)
        return made

    def learn(self, tree: Tree, nodes: Sequence[Node]) -> None:
        """A whole connection was repeated: where that only counted, the decoder need not bring up the next one.

        What reading its end did need not only count: it is repeated where the end stands in the order of all.
        """
        end = nodes[-1]
        if end.learned == self._forgotten:
            return
        only_counts = self.listener.only_counts
        if all(only_counts(effect) for node in nodes for effect, _ in node.read.effects):
            varying = [clock_of(one.read.flow[0], node.key) for one, node in pairwise((tree.root, *nodes))]
            number = self.follower.learn(tree.ends[:6], [node.key for node in nodes], varying)
            if number < 0:
                self._forgotten += 1
            else:
                tree.learned[end] = self.paths[number] = Path(tree, tree.root, tuple(nodes))
                end.learned = self._forgotten

    def repeat(self, path: Path, flow: Flow, frames: Sequence[int], times: Sequence[int], end: int) -> bool:
        """Repeat a whole connection; False where its words mean something else now, so that it must be read."""
        tree = self.tree_of(flow)
        at_end = path.nodes[-1].at_end
        if tree is not path.tree or not self.valid(tree, flow) or tree.root is not path.root or at_end is None:
            return False
        summary = path.nodes[-1].summary
        if summary is None:
            summary = path.nodes[-1].summary = self._summary(path)
        if summary.observations:
            self.listener.count(summary.observations, summary.findings, times)
        for place in summary.heard:
            self.apply(path.nodes[place].read, flow, times[place], frames)
        self.apply(at_end, flow, end, frames)
        self.repeated += 1
        return True

    def _summary(self, path: Path) -> PathSummary:
        observations, findings, heard = 0, list[tuple[object, int]](), list[int]()
        for place, node in enumerate(path.nodes):
            counted = [self.listener.counted_by(effect) for effect, _ in node.read.effects]
            if None in counted:
                heard.append(place)
                continue
            observations += len(counted)
            findings += [(finding, place) for each in counted for finding in each or ()]
        return PathSummary(observations, tuple(findings), tuple(heard))

    def apply(self, reading: Replayable, flow: Flow, time: int, frames: Sequence[int]) -> None:
        """Do what reading a segment did; ``frames`` are those of the connection's segments."""
        flow.application, flow.layers, flow.protection, flow.cleartext_bytes, flow.server_name = reading.flow
        for effect, places in reading.effects:
            self.listener.repeat(effect, flow, time, tuple([frames[place] for place in places]))

    def _drop_oldest(self) -> None:
        _, tree = self._trees.popitem(last=False)
        self._empty(tree)

    def _empty(self, tree: Tree) -> None:
        """Connections that follow it see that its root is another one, and leave it."""
        self._bytes -= tree.bytes
        tree.empty()
        self.follower.forget(tree.ends)
