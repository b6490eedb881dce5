"""Layout of a frame: payload, TCP sequence, checksums, addresses and the trailer.

Tunnels are followed by the decoder's own readers (`sensor.decode.slow`). Where no header is recognised, everything is
payload.
"""

from __future__ import annotations

from dataclasses import field
from struct import error as struct_error
from struct import unpack_from
from typing import NamedTuple

from sensor.decode import slow
from sensor.decode.wlan import Radio
from sensor.evidence.packet import ByteRange
from sensor.light_dataclass import dataclass

MAX_DEPTH = 6
"""Nested headers that are followed; deeper ones are payload."""

VLANS = (0x8100, 0x88A8, 0x9100)
VXLAN_PORT, GTP_PORT = 4789, 2152
RAW_IP = (12, 14, 101, 228, 229)
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION, AUTHENTICATION = 0, 43, 44, 60, 51


class Checksum(NamedTuple):
    """A 16-bit checksum at ``at`` over the bytes ``start`` to ``end`` and the pseudo-header at ``pseudo``."""

    at: int
    start: int
    end: int
    pseudo: tuple[ByteRange, ...] = ()


@dataclass(slots=True)
class FrameLayout:
    """Where the parts of a frame stand. ``payload``: the application's bytes.

    ``stream``: the direction of a TCP connection, None for a datagram; ``sequence``: its place in it. ``ends``: the
    two addresses, unordered. ``checks``: innermost first. ``macs``, ``addresses``: their positions. ``trailer``:
    padding after the packet (RFC 1042).
    """

    payload: ByteRange
    stream: tuple[bytes, ...] | None = None
    sequence: int = 0
    ends: frozenset[bytes] = frozenset()
    checks: list[Checksum] = field(default_factory=list)
    macs: list[int] = field(default_factory=list)
    addresses: list[ByteRange] = field(default_factory=list)
    trailer: ByteRange = (0, 0)


def layout(link: int, data: bytes) -> FrameLayout:
    """The layout of a frame of that link type."""
    found = FrameLayout((0, len(data)))
    _HeaderWalk(data, found).link(link, 0, len(data), 0)
    found.checks.reverse()
    return found


class _HeaderWalk:
    def __init__(self, data: bytes, found: FrameLayout) -> None:
        self.data = data
        self.found = found

    def link(self, kind: int, at: int, end: int, depth: int) -> None:
        """A link header at ``at``; after a header that is cut short, the payload begins there."""
        data, found = self.data, self.found
        found.payload = (at, end)
        try:
            if kind == 1:
                found.macs += [at, at + 6]
                found.ends = frozenset((data[at : at + 6], data[at + 6 : at + 12]))
                self._ethertype(unpack_from("!H", data, at + 12)[0], at + 14, end, depth)
            elif kind == 113:
                found.ends = frozenset((data[at + 6 : at + 12],))
                self._ethertype(unpack_from("!H", data, at + 14)[0], at + 16, end, depth)
            elif kind == 276:
                found.ends = frozenset((data[at + 12 : at + 18],))
                self._ethertype(unpack_from("!H", data, at)[0], at + 20, end, depth)
            elif kind in RAW_IP:
                self._ip(at, end, depth)
            elif kind in (0, 108):
                self._ip(at + 4, end, depth)
            else:
                self._inside(slow.LINK, kind, at, end, depth)
        except (struct_error, IndexError):
            return

    def _ethertype(self, kind: int, at: int, end: int, depth: int) -> None:
        data, found = self.data, self.found
        while kind in VLANS:
            kind, at = unpack_from("!H", data, at + 2)[0], at + 4
        found.payload = (at, end)
        if kind in (0x0800, 0x86DD):
            self._ip(at, end, depth)
        elif kind <= 1500:
            self._ends_at(at + kind, at, end)
        elif kind in slow.ETHERTYPES:
            self._inside(slow.ETHERTYPE, kind, at, end, depth)

    def _ends_at(self, packet_end: int, at: int, end: int) -> int:
        """The packet may end before the frame does: the bytes after it are padding."""
        if at < packet_end < end:
            self.found.trailer = self.found.trailer if self.found.trailer[1] else (packet_end, end)
            end = packet_end
        self.found.payload = (at, end)
        return end

    def _ip(self, at: int, end: int, depth: int) -> None:
        data, found = self.data, self.found
        found.payload = (at, end)
        version = data[at] >> 4
        if version == 4:
            size = (data[at] & 15) * 4
            total, pieces, protocol = unpack_from("!2xHxxHxB", data, at)
            source, target = (at + 12, at + 16), (at + 16, at + 20)
            if size < 20 or at + size > end:
                return
            end = self._ends_at(at + total, at, end) if total >= size else end
            found.checks.append(Checksum(at + 10, at, at + size))
            at, fragment = at + size, bool(pieces & 0x3FFF)
        elif version == 6:
            total, protocol = unpack_from("!4xHB", data, at)
            source, target = (at + 8, at + 24), (at + 24, at + 40)
            if at + 40 > end:
                return
            end = self._ends_at(at + 40 + total, at, end) if total else end
            at, protocol, fragment = self._extensions(protocol, at + 40, end)
        else:
            return
        found.addresses += [source, target]
        found.payload = (min(at, end), end)
        ends = (data[slice(*source)], data[slice(*target)])
        found.ends = frozenset(ends)
        found.stream = None
        if not fragment:
            self._transport(protocol, at, end, (source, target), depth)

    def _extensions(self, protocol: int, at: int, end: int) -> tuple[int, int, bool]:
        data = self.data
        for _ in range(MAX_DEPTH):
            if protocol == FRAGMENT:
                return at + 8, data[at], bool(unpack_from("!H", data, at + 2)[0] & 0xFFF9)
            if protocol not in (HOP_BY_HOP, ROUTING, DESTINATION, AUTHENTICATION):
                break
            size = (data[at + 1] + 2) * 4 if protocol == AUTHENTICATION else (data[at + 1] + 1) * 8
            protocol, at = data[at], at + size
        return at, protocol, False

    def _transport(self, protocol: int, at: int, end: int, pseudo: tuple[ByteRange, ByteRange], depth: int) -> None:
        data, found = self.data, self.found
        if protocol == 6:
            ports, sequence, size = data[at : at + 4], unpack_from("!I", data, at + 4)[0], (data[at + 12] >> 4) * 4
            found.checks.append(Checksum(at + 16, at, end, pseudo))
            found.payload = (min(at + max(size, 20), end), end)
            found.stream, found.sequence = (*(data[slice(*place)] for place in pseudo), ports), sequence
        elif protocol == 17:
            source, target, length = unpack_from("!HHH", data, at)
            if unpack_from("!H", data, at + 6)[0]:  # 0: none was made (RFC 768)
                found.checks.append(Checksum(at + 6, at, end, pseudo))
            end = self._ends_at(at + length, at, end) if length >= 8 else end
            found.payload = (at + 8, end)
            if target == VXLAN_PORT:
                self._inside(slow.VXLAN, 0, at + 8, end, depth)
            elif GTP_PORT in (source, target):
                self._inside(slow.GTP, 0, at + 8, end, depth)
        elif protocol in (1, 58):
            found.checks.append(Checksum(at + 2, at, end, pseudo if protocol == 58 else ()))
            found.payload = (min(at + 8, end), end)
        elif protocol in slow.PROTOCOLS:
            self._inside(slow.PROTOCOL, protocol, at, end, depth)

    def _inside(self, kind: int, code: int, at: int, end: int, depth: int) -> None:
        """The packet inside a tunnel, where its bytes are contiguous."""
        if depth >= MAX_DEPTH:
            return
        try:
            inner = slow.unwrap(kind, code, self.data[at:end])
        except KeyError:
            return
        if inner is None:
            return
        if inner[0] == slow.WLAN and isinstance(inner[1], bytes):
            frames = Radio().read(inner[1])
            if len(frames) != 1:  # of an aggregate everything is payload
                return
            inner = frames[0]
        link, within = inner
        if isinstance(within, str):
            return
        made = 12 if link == slow.ETHERNET and within and not self.data[at:end].endswith(within) else 0
        place = self.data.rfind(within[made:], at, end) if len(within) > made else -1
        if place < 0:
            return
        if made:
            self._ethertype(unpack_from("!H", within, 12)[0], place + 2, end, depth + 1)
        else:
            self.link(link, place, place + len(within), depth + 1)


def fix_checksums(found: FrameLayout, before: bytes, after: bytearray) -> None:
    """Update the checksums of ``after`` for the bytes that differ from ``before`` (RFC 1624).

    A checksum that was wrong stays wrong, and one of a packet cut short stays right.
    """
    for check in found.checks:
        at = check.at
        if at + 2 > len(after):
            continue
        delta = sum(_delta(before, after, start, end) for start, end in check.pseudo)
        delta += _delta(before, after, check.start, at) + _delta(before, after, at + 2, check.end, check.start)
        if delta:
            total = ((~unpack_from("!H", before, at)[0] & 0xFFFF) + delta) % 0xFFFF
            # All ones and all zeros are the same number; UDP keeps zero for "none was made" (RFC 768).
            after[at : at + 2] = ((~total & 0xFFFF) or 0xFFFF).to_bytes(2, "big")


def _delta(before: bytes, after: bytearray, start: int, end: int, origin: int | None = None) -> int:
    """Growth of the sum of 16-bit words, counted from ``origin``."""
    if before[start:end] == after[start:end]:
        return 0
    origin = start if origin is None else origin
    end = min(end, len(after))
    high, low = (sum(after[at:end:2]) - sum(before[at:end:2]) for at in (start, start + 1))
    return (low << 8) + high if (start - origin) & 1 else (high << 8) + low
