"""TCP reassembly of one side: segments in any order to in-order chunks and gaps; the first copy wins."""

from __future__ import annotations

from bisect import bisect_right

from sensor.light_dataclass import dataclass

SEQUENCE = 1 << 32
HALF = 1 << 31

WAITING_BYTES = 512 * 1024
"""Out-of-order bytes kept for one side: more than a home's links can reorder; beyond it the missing piece is taken as
lost.
"""

WINDOW = 1024 * 1024
"""Bytes that may be missing between two segments of one connection; a larger step is another connection's numbers."""

PIECE_BYTES = 256
"""What a piece weighs beside its payload: its object, its numbers and its place in the list."""

WAITING_PIECES = 512
"""Out-of-order pieces kept for one side: as above, for a sender of single bytes."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next in-order bytes of a side and the frame they came in."""

    data: bytes
    frame: int


@dataclass(frozen=True, slots=True)
class Gap:
    """``length`` bytes of a side that the capture does not have."""

    length: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """Bytes ``start`` to ``end`` of the side (not wrapped); ``data`` is shorter where the capture cut the packet."""

    start: int
    end: int
    data: bytes
    frame: int

    def part(self, start: int, end: int) -> _Piece:
        return _Piece(start, end, self.data[start - self.start : end - self.start], self.frame)


class Reassembler:
    """One side of a TCP connection. ``start``: sequence number of its first byte, None where the start was not seen."""

    def __init__(self, start: int | None) -> None:
        self.lost = 0
        self.gaps = 0
        self._first = start
        self._next = 0
        self._waiting: list[_Piece] = []
        self._waiting_bytes = 0
        self._fin: int | None = None
        self._excused: int | None = None

    @property
    def sequence(self) -> int:
        """The sequence number of the next byte that is wanted."""
        return ((self._first or 0) + self._next) % SEQUENCE

    @property
    def buffered_bytes(self) -> int:
        """About how many bytes wait out of order, with what their pieces weigh."""
        return self._waiting_bytes + len(self._waiting) * PIECE_BYTES

    @property
    def waits(self) -> bool:
        """Whether something came out of order and waits."""
        return bool(self._waiting)

    def _unwrapped(self, seq: int) -> int:
        """Place of a sequence number relative to the first byte, by its nearness to what is wanted next
        (RFC 9293 3.4).
        """
        ahead = (seq - self.sequence) % SEQUENCE
        return self._next + (ahead - SEQUENCE if ahead >= HALF else ahead)

    @property
    def begun(self) -> bool:
        """Whether any of its bytes was read."""
        return self._next > 0

    def reached(self, ack: int) -> bool:
        """Whether everything that ``ack`` acknowledges has been read, or is known not to come; true where the start is
        not known.
        """
        if self._first is None:
            return True
        ahead = (ack - self._first - self._next) % SEQUENCE
        if ahead == 0 or ahead >= HALF:
            return True
        if ahead == 1 and self._fin == self.sequence:
            return True  # a FIN takes a number of its own
        return self._excused is not None and (self._excused - ack) % SEQUENCE < HALF

    def finishes_at(self, seq: int) -> None:
        """A FIN came: ``seq`` is the number behind the last byte."""
        self._fin = seq % SEQUENCE

    def excuse(self, ack: int) -> None:
        """Bytes before ``ack`` are not waited for any more."""
        self._excused = ack

    def misses(self, seq: int) -> bool:
        """Whether bytes before ``seq`` are missing, as many as one window may hold."""
        return self._first is not None and 0 < (seq - self.sequence) % SEQUENCE <= WINDOW

    def lose_until(self, seq: int) -> list[Chunk | Gap]:
        """The bytes before ``seq`` were lost to the capture."""
        if not self.misses(seq):
            return []
        if self._waiting:
            return self.acknowledged(seq)
        missing = (seq - self.sequence) % SEQUENCE
        self._count(missing)
        self._next += missing
        return [Gap(missing)]

    def in_order(self, seq: int, wire_length: int, payload: bytes) -> bool:
        """Whether a segment brings, whole, just the bytes that come next; they count as used then. Nearly every segment
        does.
        """
        if self._waiting or len(payload) != wire_length:
            return False
        if self._first is None:
            self._first = seq
        elif (seq - self._first - self._next) % SEQUENCE:
            return False
        self._next += wire_length
        return True

    def segment(self, seq: int, wire_length: int, payload: bytes, frame: int) -> list[Chunk | Gap]:
        """A segment as captured: ``payload`` may be shorter than ``wire_length`` (cut snap length); the rest of it is a
        gap.
        """
        if self._first is None:
            self._first = seq
        if not payload and not self._next and not self._waiting:
            # Of the first, nothing: what follows shows whether it was cut short or only said that it is long (a damaged
            # header, which receivers drop).
            return []
        start = self._unwrapped(seq)
        piece = _Piece(start, start + wire_length, payload, frame)
        if piece.end <= self._next:
            return []
        if start <= self._next and not self._waiting:
            return self._use(piece)
        self._keep(piece)
        ready = self._release()
        while self._waiting_bytes > WAITING_BYTES or len(self._waiting) > WAITING_PIECES:
            ready += self._give_up()
        return ready

    def acknowledged(self, ack: int) -> list[Chunk | Gap]:
        """The receiver has everything before ``ack``: what is missing before it was lost to the capture, not to the
        receiver.
        """
        ready: list[Chunk | Gap] = []
        if self._waiting:
            limit = self._unwrapped(ack)
            while self._waiting and self._waiting[0].start < limit:
                ready += self._give_up()
        return ready

    def skip(self, length: int) -> list[Chunk | Gap]:
        """Pass over the next ``length`` bytes; what waited behind them may be due."""
        self._next += length
        return self._release()

    def finish(self) -> list[Chunk | Gap]:
        """The connection is over: everything that waits, with gaps for what is missing."""
        ready: list[Chunk | Gap] = []
        while self._waiting:
            ready += self._give_up()
        return ready

    def _use(self, piece: _Piece) -> list[Chunk | Gap]:
        """A piece that covers the next byte wanted."""
        data = piece.data[self._next - piece.start :]
        missing = piece.end - self._next - len(data)
        self._next = piece.end
        ready: list[Chunk | Gap] = [Chunk(data, piece.frame)] if data else []
        if missing:
            self._count(missing)
            ready.append(Gap(missing))
        return ready

    def _keep(self, piece: _Piece) -> None:
        """Store the parts of ``piece`` that no waiting piece covers."""
        start = max(piece.start, self._next)
        index = max(0, bisect_right(self._waiting, start, key=lambda p: p.start) - 1)
        fresh: list[_Piece] = []
        while start < piece.end and index < len(self._waiting):
            present = self._waiting[index]
            if present.start >= piece.end:
                break
            if present.start > start:
                fresh.append(piece.part(start, present.start))
            start = max(start, present.end)
            index += 1
        if start < piece.end:
            fresh.append(piece.part(start, piece.end))
        for part in fresh:
            self._waiting.insert(bisect_right(self._waiting, part.start, key=lambda p: p.start), part)
            self._waiting_bytes += len(part.data)

    def _release(self) -> list[Chunk | Gap]:
        """What has become in-order."""
        ready: list[Chunk | Gap] = []
        while self._waiting and self._waiting[0].start <= self._next:
            piece = self._waiting.pop(0)
            self._waiting_bytes -= len(piece.data)
            if piece.end > self._next:
                ready += self._use(piece)
        return ready

    def _give_up(self) -> list[Chunk | Gap]:
        """Take what is missing before the nearest waiting piece as lost and go on behind it."""
        missing = self._waiting[0].start - self._next
        self._count(missing)
        self._next += missing
        return [Gap(missing), *self._release()]

    def _count(self, missing: int) -> None:
        self.lost += missing
        self.gaps += 1
