"""A TCP connection that is compared with what was said before, and read from where it differs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from sensor.flows.causal_order import may_be_padding
from sensor.flows.conversation import Conversation
from sensor.flows.copies import DOUBLED_TIME
from sensor.flows.interfaces import StreamControl
from sensor.flows.known_streams import SERVER, KnownStreams, timeless
from sensor.flows.reassembly import SEQUENCE
from sensor.flows.stream_tree import NO_KEY, UNREAD_YET, Key, Node, Replayable, Tree, segment_of
from sensor.model import Flow, Observation, Protection

FIN, RST = 1, 4
FIN_RST = 5
"""Flags of a TCP header; a conversation reads these."""

MAX_SEGMENTS = 64
"""Segments of one connection that are compared: polls and commands have three to ten."""


class KnownConversation:
    """A TCP connection from its start, for whoever feeds it like a `Conversation`: it follows its tree, or is read."""

    def __init__(
        self,
        flow: Flow,
        slot: int,
        wants: StreamControl,
        streams: KnownStreams,
        starts: tuple[int, int],
        made: Callable[[StreamControl, Callable[[Observation], None]], Conversation],
        left: Callable[[Conversation], None] | None = None,
    ) -> None:
        self.flow = flow
        self.over = False
        self.expectations: list[Any] = []
        self.last = flow.last_time
        self.taken = 0
        self.buffered_bytes = 0
        self._slot = slot
        self._wants = wants
        self._streams = streams
        self._starts = starts
        self._made = made
        self._left = left
        """Told when a plain conversation goes on with it."""
        self._reader: Conversation | None = None
        self._tree: Tree | None = streams.tree_of(flow)
        streams.valid(self._tree, flow)
        self._root = self._node = self._tree.root
        self._nexts = [0, 0]
        self._finished = [0, 0]
        self._seen: list[tuple[Key, int, int]] = []
        self._latest: list[tuple[Key, int]] = [(NO_KEY, 0)] * 2
        """Of each side the segment with payload seen last, and when."""
        self._copies: list[tuple[int, Key, int, int]] = []
        """Retransmissions of those before anything was read: how many segments came before, segment, frame, time."""
        self._passed: list[Node] = []
        """The nodes that it came by, as long as it is not read."""
        self._repeated: list[tuple[Replayable, int]] = []
        """What was repeated, with its times."""
        self._muted = False
        self._effects: list[tuple[object, tuple[int, ...]]] | None = None

    @property
    def flipped(self) -> bool:
        """Whether client and server are exchanged against the decoder's view."""
        return self._reader is not None and self._reader.flipped

    def release(self) -> None:
        """Nobody will feed it again: see `Conversation.release`."""
        if self._reader is not None:
            self._reader.release()
            self._reader = None

    def segment(
        self, side: int, seq: int, ack: int, flags: int, wire_length: int, payload: bytes, frame: int, time: int
    ) -> None:
        """A TCP segment: see `Conversation.segment`."""
        self.last = time
        if payload and self._is_copy(side, seq, ack, flags, wire_length, payload) and self._is_valid():
            self._copy(side, seq, ack, flags, wire_length, payload, frame, time)
            return
        key = self._key(side, seq, ack, flags, wire_length, payload, frame) if self._is_valid() else None
        known = self._node.following.get(key) if key is not None and self._reader is None else None
        if key is None or (
            known is None
            and not (self._reader is not None and key in self._node.following)
            and not self._streams.admits(self._node, key)
        ):
            self._leave_tree()
            self._read(side, seq, ack, flags, wire_length, payload, frame, time)
            if not self.expectations:
                self._hand_over()
            return
        if known is None and not payload and self._reader is None and self._seen:
            known = self._closes(key)
        if known is None:
            reader = self._reader or self._take_up()
            self._effects = []
        self._nexts[side] += wire_length
        self._finished[side] |= flags & FIN
        key = key if known is None else known.key
        self._seen.append((key, frame, time))
        if payload:
            self._latest[side] = key if key[4] == payload else (*key[:4], payload), time
        if known is not None:
            if len(self._seen) == 1:
                self._streams.follower.close_at_once(self._slot, True)
            self._node = known
            self._passed.append(known)
            self._repeat(known.read, time)
            if self._tree is not None and (flags & RST or all(self._finished)):
                self._streams.learn(self._tree, self._passed)
            return
        self._read(side, seq, ack, flags, wire_length, payload, frame, time)
        if self.over or self.expectations:
            self._leave_tree()
        if self._tree is not None:
            before = self._node
            self._node = before.following.get(key) or self._streams.grow(self._tree, before, key)
            self._node.read = Replayable(tuple(self._effects or ()), _known_of(reader.flow))

    def datagram(self, side: int, payload: bytes, frame: int, time: int) -> None:
        """A stream has none."""

    def close(self, time: int) -> None:
        """The flow ended."""
        if self._reader is None and self._node.at_end is not None and self._is_valid():
            self._repeat(self._node.at_end, time)
            self._streams.repeated += 1
            self._tree = None
            return
        reader = self._reader or self._take_up()
        self._effects = []
        reader.close(time)
        self._sync(reader)
        if self._is_valid() and not self.over and not self.expectations:
            self._node.at_end = Replayable(tuple(self._effects or ()), _known_of(reader.flow))
        self._leave_tree()

    def abandon(self) -> None:
        """Nobody can afford to read it on."""
        reader = self._reader or self._take_up()
        self._leave_tree()
        reader.abandon()
        self._sync(reader)

    def weigh(self) -> int:
        """About how many bytes it holds; those of a tree are the tree's."""
        self.taken = 0
        self.buffered_bytes = self._reader.weigh() if self._reader is not None else 0
        return self.buffered_bytes

    def settle(self) -> None:
        """Write what was lost into the flow."""
        if self._reader is not None:
            self._reader.settle()

    # What a conversation asks of the decoder: its segments are no longer all there, so no tree can hold them.

    def ignore(self, slot: int) -> None:
        """Nobody wants this flow's bytes."""
        self._leave_tree()
        self._wants.ignore(slot)

    def skip(self, slot: int, side: int, seq: int) -> None:
        """Segments wholly before ``seq`` are not wanted."""
        self._leave_tree()
        self._wants.skip(slot, side, seq)

    def _is_valid(self) -> bool:
        tree = self._tree
        return tree is not None and self._streams.valid(tree, self.flow) and tree.root is self._root

    def _hand_over(self) -> None:
        """Its segments are compared with nothing any more: whoever feeds it feeds its reader."""
        if self._reader is not None and self._left is not None:
            reader, self._reader, self.taken = self._reader, None, 0
            # It talks to them itself: nobody stands between any more.
            reader.wants, reader.emit = self._wants, self._streams.listener.observe
            self._left(reader)

    def _is_copy(self, side: int, seq: int, ack: int, flags: int, wire_length: int, payload: bytes) -> bool:
        """Whether a segment is all that the last one of its side was: sent again, or written twice by a mirror."""
        _, at, acknowledged, ended, data = self._latest[side][0]
        return (
            payload == data
            and wire_length == len(data)
            and flags & FIN_RST == ended & FIN
            and (seq - self._starts[side] - at) % SEQUENCE == 0
            and ((ack - self._starts[side ^ 1] - acknowledged) % SEQUENCE == 0 if ack >= 0 else acknowledged < 0)
            and len(self._copies) < MAX_SEGMENTS
        )

    def _copy(self, side: int, *segment: Any) -> None:
        """A segment that says nothing more: a reader counts it, and so is it counted where nothing is read."""
        frame, time = segment[-2:]
        key, before = self._latest[side]
        self._latest[side] = key, time
        if self._reader is None:
            self._copies.append((len(self._seen), key, frame, time))
            self.flow.doubled_packets += abs(time - before) <= DOUBLED_TIME
            return
        self._effects = []
        self._read(side, *segment)
        if self._effects or self.over or self.expectations:
            self._leave_tree()

    def _key(
        self, side: int, seq: int, ack: int, flags: int, wire_length: int, payload: bytes, frame: int
    ) -> Key | None:
        """The segment as a tree's key. None where its time would matter: it is cut, late, twice, or acknowledges what
        was not read yet.
        """
        seen = self._seen
        at = (seq - self._starts[side]) % SEQUENCE
        acknowledged = (ack - self._starts[side ^ 1]) % SEQUENCE if ack >= 0 else -1
        if (
            at != self._nexts[side]
            or len(payload) != wire_length
            or acknowledged > self._nexts[side ^ 1] + self._finished[side ^ 1]
            or len(seen) >= MAX_SEGMENTS
            or (seen and seen[-1][1] >= frame)
            or (wire_length and may_be_padding(wire_length, payload))
        ):
            return None
        key = side, at, acknowledged, flags & FIN_RST, payload
        return timeless(self.flow.application, key) if at == 0 and payload and side == SERVER else key

    def _closes(self, key: Key) -> Node | None:
        """A node for a FIN or RST without payload behind what is known: nothing waits for it, so it does nothing."""
        assert self._tree is not None
        before = self._node
        node = self._streams.grow(self._tree, before, key)
        if self._tree.root is not self._root:
            return None
        node.read = Replayable((), before.read.flow)
        return node

    def _read(self, *segment: Any) -> None:
        reader = self._reader or self._take_up()
        reader.segment(*segment)
        self._sync(reader)

    def _sync(self, reader: Conversation) -> None:
        self.over, self.taken = reader.over, reader.taken
        if reader.expectations:
            self.expectations, reader.expectations = reader.expectations, []

    def _take_up(self) -> Conversation:
        """A conversation that has read what was repeated so far."""
        flow = self.flow
        # What the tree knew of the flow is found again; the server's name is not, for it is observed.
        flow.application, flow.layers, flow.protection, flow.cleartext_bytes, _ = UNREAD_YET.flow
        reader = self._reader = self._made(self, self._observed)
        if self._seen:
            self._streams.follower.close_at_once(self._slot, False)
        flow.doubled_packets = 0
        self._muted = True
        copies = deque(self._copies)
        for place, (key, frame, time) in enumerate(self._seen, 1):
            reader.segment(*segment_of(key, self._starts), frame, time)
            while copies and copies[0][0] == place:
                _, key, frame, time = copies.popleft()
                reader.segment(*segment_of(key, self._starts), frame, time)
        self._muted = False
        for reading, time in self._repeated:
            for effect, places in reading.effects:
                self._streams.listener.read_on(effect, flow, time, self._frames(places))
        self._repeated.clear()
        return reader

    def _observed(self, observation: Observation) -> None:
        if self._muted:
            return
        if self._effects is None:
            self._streams.listener.observe(observation)
        else:
            effect = self._streams.listener.hear(observation)
            frames, seen = observation.frames, self._seen
            if seen and len(frames) == 1 and frames[0] == seen[-1][1]:
                self._effects.append((effect, (len(seen) - 1,)))
                return
            numbers = [frame for _, frame, _ in seen]
            try:
                self._effects.append((effect, tuple([numbers.index(frame) for frame in frames])))
            except ValueError:
                self._leave_tree()

    def _leave_tree(self) -> None:
        """From here on it is read, and nothing of it is remembered."""
        self._tree = self._effects = None

    def _repeat(self, reading: Replayable, time: int) -> None:
        frames: list[int] = []
        if reading.effects:
            self._repeated.append((reading, time))
            frames = [frame for _, frame, _ in self._seen]
        self._streams.apply(reading, self.flow, time, frames)

    def _frames(self, places: tuple[int, ...]) -> tuple[int, ...]:
        return tuple([self._seen[place][1] for place in places])


def _known_of(flow: Flow) -> tuple[str | None, tuple[str, ...], Protection, int, str | None]:
    return flow.application, flow.layers, flow.protection, flow.cleartext_bytes, flow.server_name
