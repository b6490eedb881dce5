"""Trees of TCP segments: nodes with what was observed, for the memory of what connections said."""

from __future__ import annotations

from typing import NamedTuple
from typing import Protocol as Interface

from sensor.flows.reassembly import SEQUENCE
from sensor.model import Protection

StreamEnds = tuple[bytes, bytes, bytes, bytes, int | None, int | None]
DatagramEnds = tuple[bytes, bytes, bytes, bytes, int | None, int | None, bool]
Ends = StreamEnds | DatagramEnds
"""MAC and address of the client and of the server, the server's port, the client's where a protocol is at home on it;
of ends of datagrams True."""

Key = tuple[int, int, int, int, bytes]
"""A segment: side, number and acknowledgement from the connection's start, flags, payload."""

NO_KEY: Key = (0, 0, 0, 0, b"")


class Replayable(NamedTuple):
    """What reading a segment did, and what was known of the flow behind it."""

    effects: tuple[tuple[object, tuple[int, ...]], ...] = ()
    """What each observation does when it is seen again, and the places of its frames among the segments."""
    flow: tuple[str | None, tuple[str, ...], Protection, int, str | None] = (None, (), Protection.UNKNOWN, 0, None)
    """Application, layers, protection, bytes before an upgrade, name of the server."""


UNREAD_YET = Replayable()
"""Nothing was read."""


class PathSummary(NamedTuple):
    """What the segments of a path do when all of them are seen again."""

    observations: int
    """Those that need nobody to hear them."""
    findings: tuple[tuple[object, int], ...]
    """What they count, each with the place of its segment."""
    heard: tuple[int, ...]
    """Places of segments that somebody has to hear again."""


class Node:
    """A segment at its place in a tree: what follows it, and what was observed with it and at an end behind it."""

    __slots__ = ("at_end", "following", "key", "learned", "read", "summary")

    def __init__(self, key: Key) -> None:
        self.key = key
        self.following: dict[Key, Node] = {}
        self.read = UNREAD_YET
        self.at_end: Replayable | None = None
        self.learned = -1
        """When the decoder was given the path that ends here: by the number of times that it forgot all."""
        self.summary: PathSummary | None = None
        """What a repeat of that path does before its end."""

    def strip(self) -> None:
        """Leave the segment alone: its tree was emptied, and a path that the decoder may still bring up passes here."""
        self.following = {}
        self.read = UNREAD_YET
        self.at_end = None
        self.summary = None


class Tree:
    """What one client said to one service, and what was known of the two when it did (``circumstances``)."""

    __slots__ = ("bytes", "circumstances", "ends", "epoch", "learned", "root")

    def __init__(self, ends: Ends) -> None:
        self.ends = ends
        self.root = Node(NO_KEY)
        self.bytes = 0
        self.epoch = -1
        self.circumstances: object = None
        self.learned: dict[Node, KnownPath] = {}
        """Those of its paths that the decoder was given, by their ends."""

    def empty(self) -> None:
        """Begin anew. Nothing of what was is held by a path that is still known."""
        for path in self.learned.values():
            for node in path.nodes:
                node.strip()
        self.learned.clear()
        self.root.strip()
        self.root = Node(NO_KEY)
        self.bytes = 0


class KnownPath(Interface):
    """What the decoder follows."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Its segments or datagrams."""


class Path(NamedTuple):
    """The nodes of a whole connection, whose repeats only count. Once its tree is emptied, only its segments."""

    tree: Tree
    root: Node
    nodes: tuple[Node, ...]


def segment_of(key: Key, starts: tuple[int, int]) -> tuple[int, int, int, int, int, bytes]:
    """Side, number, acknowledgement, flags, length and payload of a segment in a connection with these starts."""
    side, at, acknowledged, flags, payload = key
    ack = (starts[side ^ 1] + acknowledged) % SEQUENCE if acknowledged >= 0 else -1
    return side, (starts[side] + at) % SEQUENCE, ack, flags, len(payload), payload
