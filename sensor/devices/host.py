"""One pair of MAC and address, and one MAC with its pairs: what was counted and heard of them."""

from __future__ import annotations

from sensor.devices.device import Bytes
from sensor.model import address_text, mac_text

PairKey = tuple[bytes, bytes]
Peer = tuple[bytes, str | None]
Amounts = tuple[int, int, int]
"""Payload bytes: all, those that could be read, those that were encrypted."""

NOTHING: Amounts = (0, 0, 0)


def add(one: Amounts, other: Amounts) -> Amounts:
    """Both together."""
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


class Host:
    """One (MAC, address) pair: times in ns, counters, traits, peers. ``mac`` is b"" without a link layer."""

    __slots__ = (
        "address",
        "announced",
        "answers",
        "bound",
        "bytes",
        "confirmed",
        "earlier",
        "first",
        "frame",
        "last",
        "mac",
        "packets",
        "peers",
        "relayed",
        "rest",
        "subjects",
        "traits",
    )

    def __init__(self, mac: bytes, address: bytes, time: int, frame: int) -> None:
        self.mac, self.address = mac, address
        self.first = self.last = time
        self.frame = frame
        self.packets = 0
        self.earlier = 0
        """Packets of earlier parts of a run that was interrupted."""
        self.bytes: Bytes | None = None
        self.traits: dict[str, dict[str, tuple[int, ...]]] | None = None
        self.peers: dict[Peer, Amounts] | None = None
        self.rest = 0
        self.bound = False
        """A binding (ARP, NDP, DHCP) says that this address is this MAC's."""
        self.answers = False
        """Its own MAC says by ARP that it has the address."""
        self.subjects: dict[tuple[str, str], tuple[str, ...]] | None = None
        """Field and value of a trait -> addresses of the host that it is about, as its message says; empty: its own."""
        self.relayed: dict[str, dict[str, tuple[int, ...]]] | None = None
        """What other MACs sent in its name (DHCP with its hardware address)."""
        self.announced = False
        """It sent an attribute of its own."""
        self.confirmed = False
        """It took part in a conversation, or a lease names it: more than a spoofed frame."""

    @property
    def carrier(self) -> str:
        """The MAC's text, made when it is wanted: a forged sender's never is."""
        return mac_text(self.mac) or "unknown"

    @property
    def named(self) -> str:
        """The address's text."""
        return address_text(self.address) or "unknown"

    @property
    def is_dust(self) -> bool:
        """It said nothing and nobody answered it: what a spoofed frame leaves."""
        return not (self.traits or self.relayed or self.confirmed or self.announced or self.bound or self.answers)


class Station:
    """Of one MAC, by address length: the number of routable addresses, and of those with a binding."""

    __slots__ = ("bound", "count", "pairs", "routable", "sent")

    def __init__(self) -> None:
        self.count = 0
        """Of all its pairs; ``pairs`` has the first `sensor.devices.hosts.MAX_ADDRESSES`."""
        self.routable = {4: 0, 16: 0}
        self.bound = {4: 0, 16: 0}
        self.sent = False
        """It sent frames: it speaks for itself."""
        self.pairs: list[Host] = []
