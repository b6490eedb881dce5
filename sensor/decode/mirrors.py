"""Senders of mirror tunnels: who sends copies of other devices' frames to a collector."""

from __future__ import annotations

from struct import unpack_from

from sensor.decode import slow

MIRROR = 6
"""First item of the tuple by which a batch names such a sender (`sensor.decode.engine` has those before it)."""

MIRROR_KINDS = frozenset({slow.TZSP})
MIRROR_PROTOCOLS = frozenset({0x88BE, 0x22EB})
"""Tunnels that carry nothing but copies: TZSP, and ERSPAN by its ethertypes in GRE (draft-foschiano-erspan, 4)."""

GRE = 47
MAX_SENDERS = 256
MAX_PAIRS = 64
"""Senders, and pairs of MACs in the frames of each, that are remembered: a mirror shows an answer among the first."""

Sender = tuple[bytes, bytes]


class MirrorSenders:
    """The senders of one run. Other tunnels (VXLAN, Geneve, GRE) carry copies where one end sends both directions of a
    conversation: the end of an overlay sends only what comes from its own side.
    """

    def __init__(self) -> None:
        self._pairs: dict[Sender, set[bytes] | None] = {}

    def is_new(self, sender: Sender, kind: int, code: int, data: bytes, frame: bytes) -> bool:
        """Whether ``sender`` (MAC, address) shows with this packet that it mirrors. ``data``: the tunnel's header and
        what follows; ``frame``: the Ethernet frame inside.
        """
        if sender not in self._pairs and len(self._pairs) >= MAX_SENDERS:
            return False
        pairs = self._pairs.setdefault(sender, set())
        if pairs is None:
            return False
        if kind in MIRROR_KINDS or (kind == slow.PROTOCOL and code == GRE and _is_erspan(data)):
            self._pairs[sender] = None
            return True
        source, target = frame[6:12], frame[:6]
        if len(source) < 6 or (source[0] | target[0]) & 1 or sender[0] in (source, target) or source == target:
            return False
        if target + source in pairs:
            self._pairs[sender] = None
            return True
        if len(pairs) < MAX_PAIRS:
            pairs.add(source + target)
        return False


def _is_erspan(data: bytes) -> bool:
    return len(data) >= 4 and unpack_from("!H", data, 2)[0] in MIRROR_PROTOCOLS
