"""Reassembly of IPv4 and IPv6 fragments (RFC 791, RFC 815, RFC 8200 4.5), bounded in number and age.

Overlapping IPv4 fragments: the bytes that came first stay. Overlapping IPv6 fragments: the datagram is dropped (RFC
5722, 4).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from struct import unpack_from

# Linux keeps 4 MiB of fragments (net.ipv4.ipfrag_high_thresh) for 30 s (ipfrag_time); a sensor sees several machines'
# worth.
MAX_BYTES = 16 * 1024 * 1024
MAX_DATAGRAMS = 4096
MAX_SECONDS = 30
# A piece costs this much beside its bytes: what keeps a flood of 8-byte fragments within MAX_BYTES too.
PIECE_COST = 160


class _Datagram:
    """The pieces of one datagram so far, disjoint and in order."""

    __slots__ = ("bad", "cost", "end", "fragments", "have", "head", "pieces", "starts", "time")

    def __init__(self, time: int) -> None:
        self.time = time
        self.head = b""  # the header of the fragment with offset 0, which the whole one gets
        self.starts: list[int] = []
        self.pieces: list[bytes] = []
        self.have = 0  # bytes in pieces
        self.end = -1  # payload length, known from the last fragment
        self.cost = PIECE_COST * 4
        self.fragments = 0
        self.bad = False

    def put(self, start: int, data: bytes) -> bool:
        """Keep what is new in `data`; True if some of it was there already."""
        at = bisect_right(self.starts, start)
        if at and self.starts[at - 1] == start and self.pieces[at - 1] == data:
            return False  # a copy made by the network, which RFC 8200, 4.5 lets pass
        overlap = False
        if at and self.starts[at - 1] + len(self.pieces[at - 1]) > start:
            overlap = True
            gone = self.starts[at - 1] + len(self.pieces[at - 1]) - start
            start, data = start + gone, data[gone:]
        while data:
            room = self.starts[at] - start if at < len(self.starts) else len(data)
            if room < len(data):
                overlap = True
            if room > 0:
                self.starts.insert(at, start)
                self.pieces.insert(at, data[:room])
                self.have += min(room, len(data))
                self.cost += min(room, len(data)) + PIECE_COST
                at += 1
            if room >= len(data) or at >= len(self.starts):
                break
            gone = self.starts[at] + len(self.pieces[at]) - start
            start, data = start + gone, data[gone:]
            at += 1
        return overlap

    def whole(self) -> bytes | None:
        # Disjoint pieces, none past the end, that add up to it leave no hole.
        return b"".join(self.pieces) if self.head and self.have == self.end else None


class Fragments:
    """Datagrams that wait for their pieces. `lost` counts fragments given up, `bounds_hit` how often a bound made that
    so.
    """

    def __init__(self) -> None:
        # In order of their first fragments; of a plain dict the oldest is found only by passing over all that went
        # before.
        self._waiting: OrderedDict[tuple[bytes, ...], _Datagram] = OrderedDict()
        self._cost = 0
        self.lost = 0
        self.bounds_hit: dict[str, int] = {}

    def add(self, data: bytes, time: int, wire: int, head: int) -> bytes | None:
        """`data`: an IP packet that is a fragment, from its IP header on, `wire` bytes long by its header; `head`:
        where its IPv6 fragment header stands, 0 for IPv4. `time` in ns. The whole datagram once this made it so,
        else None.
        """
        self._expire(time)
        if len(data) < wire:  # cut by the capture's snap length: it can never be whole
            self.lost += 1
            return None
        return self._add6(data, time, head) if head else self._add4(data, time)

    def clear(self) -> None:
        """Nothing more will come."""
        for key in list(self._waiting):
            self._drop(key)

    def _add4(self, data: bytes, time: int) -> bytes | None:
        size = (data[0] & 15) * 4
        (place,) = unpack_from("!H", data, 6)
        key = (data[12:20], data[4:6], data[9:10])  # RFC 791, 2.3: source, target, identification, protocol
        whole = self._put(key, data[:size], data[size:], (place & 0x1FFF) * 8, bool(place & 0x2000), time, True)
        if whole is None:
            return None
        header, payload = whole
        length = len(header) + len(payload)
        if length > 0xFFFF:
            return None
        return header[:2] + length.to_bytes(2, "big") + header[4:6] + b"\0\0" + header[8:] + payload

    def _add6(self, data: bytes, time: int, head: int) -> bytes | None:
        (place,) = unpack_from("!H", data, head + 2)
        key = (data[8:40], data[head + 4 : head + 8])  # RFC 8200, 4.5: source, target, identification
        whole = self._put(key, data[: head + 1], data[head + 8 :], place & 0xFFF8, bool(place & 1), time, False)
        if whole is None:
            return None
        header, payload = bytearray(whole[0]), whole[1]
        following = header.pop()  # the fragment header's own Next Header, which takes its place in the chain
        if len(header) - 40 + len(payload) > 0xFFFF:
            return None
        at, where = 6, 40
        while header[at] != 44:
            size = (header[where + 1] + 2) * 4 if header[at] == 51 else (header[where + 1] + 1) * 8
            at, where = where, where + size
        header[at] = following
        header[4:6] = (len(header) - 40 + len(payload)).to_bytes(2, "big")
        return bytes(header) + payload

    def _put(
        self, key: tuple[bytes, ...], header: bytes, payload: bytes, start: int, more: bool, time: int, first_wins: bool
    ) -> tuple[bytes, bytes] | None:
        end = start + len(payload)
        if (more and (len(payload) & 7 or not payload)) or end > 0xFFFF:
            self.lost += 1
            return None
        datagram = self._waiting.get(key)
        if datagram is None:
            self._make_room()
            datagram = self._waiting[key] = _Datagram(time)
            self._cost += datagram.cost
        datagram.fragments += 1
        if datagram.bad:
            return None
        before = datagram.cost
        if start == 0 and not datagram.head:
            datagram.head = header
            datagram.cost += len(header)
        overlap = datagram.put(start, payload)
        if not more and datagram.end < 0:
            datagram.end = end
        past = datagram.end >= 0 and datagram.starts and datagram.starts[-1] + len(datagram.pieces[-1]) > datagram.end
        self._cost += datagram.cost - before
        if past or (overlap and not first_wins):
            self._spoil(datagram)
            return None
        whole = datagram.whole()
        if whole is None:
            if self._cost > MAX_BYTES:
                self._make_room()
            return None
        del self._waiting[key]
        self._cost -= datagram.cost
        return datagram.head, whole

    def _spoil(self, datagram: _Datagram) -> None:
        """Kept empty until it is too old, so that its later fragments are dropped as well (RFC 5722, 4)."""
        self._cost -= datagram.cost - PIECE_COST * 4
        datagram.cost = PIECE_COST * 4
        datagram.starts, datagram.pieces, datagram.bad = [], [], True

    def _make_room(self) -> None:
        while self._waiting and (len(self._waiting) >= MAX_DATAGRAMS or self._cost > MAX_BYTES):
            self._drop(next(iter(self._waiting)))
            self.bounds_hit["fragments waiting"] = self.bounds_hit.get("fragments waiting", 0) + 1

    def _expire(self, time: int) -> None:
        while self._waiting:
            key = next(iter(self._waiting))
            if time - self._waiting[key].time <= MAX_SECONDS * 1_000_000_000:
                return
            self._drop(key)

    def _drop(self, key: tuple[bytes, ...]) -> None:
        datagram = self._waiting.pop(key)
        self._cost -= datagram.cost
        self.lost += datagram.fragments
