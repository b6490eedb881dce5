"""Order of a TCP connection's segments by their acknowledgement numbers.

A segment that acknowledges bytes of the other side was sent after those arrived (RFC 9293 3.4). A mirror port with a
queue for each direction, or two taps with clocks apart, may write it before them: it waits here until they come.
Bounded: what does not come is taken as not captured.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

DEFERRED_SEGMENTS = 64
"""Segments that wait at a time: a millisecond of a fast link between two taps; a mirror is a few segments late."""

DEFERRED_BYTES = 256 * 1024
"""Bytes that wait at a time, with what their segments weigh: as above."""

DEFERRED_TIME = 2_000_000_000
"""Nanoseconds of the capture that a segment waits: no mirror is later, and a live run shows its findings soon."""

SEGMENT_BYTES = 320
"""What a waiting segment weighs beside its payload: seven values and their tuple."""

PADDING_LENGTH = 6
"""Zero bytes that may be frame padding: 54 bytes of Ethernet, IPv4 and TCP headers in a frame of at least 60."""


class Segment(NamedTuple):
    """A TCP segment with payload; ``side`` is the decoder's, ``time`` in ns, ``ack`` -1 where it
    acknowledges nothing.
    """

    side: int
    seq: int
    ack: int
    wire_length: int
    payload: bytes
    frame: int
    time: int


def may_be_padding(wire_length: int, payload: bytes) -> bool:
    """Whether a segment's payload may be the frame's padding, counted by a wrong IP length (a bare ACK made longer)."""
    return wire_length <= PADDING_LENGTH and len(payload) == wire_length and not any(payload)


class Deferred:
    """Segments that wait for bytes of the other side, in the order of the capture."""

    def __init__(self) -> None:
        self._segments: deque[Segment] = deque()
        self.bytes = 0
        """What they weigh: 0 where none waits."""

    def add(self, segment: Segment) -> None:
        """Let a segment wait."""
        self._segments.append(segment)
        self.bytes += len(segment.payload) + SEGMENT_BYTES

    def heads(self) -> Iterator[Segment]:
        """The first waiting segment of each side, the earlier one first."""
        sides: set[int] = set()
        for segment in self._segments:
            if segment.side not in sides:
                sides.add(segment.side)
                yield segment
                if len(sides) == 2:
                    return

    def remove(self, segment: Segment) -> None:
        """It waits no more."""
        self._segments.remove(segment)
        self.bytes -= len(segment.payload) + SEGMENT_BYTES

    def is_full(self, now: int) -> bool:
        """Whether a bound is reached: number, bytes, or the time (ns) that the first one has waited."""
        return bool(self._segments) and (
            len(self._segments) > DEFERRED_SEGMENTS
            or self.bytes > DEFERRED_BYTES
            or now - self._segments[0].time > DEFERRED_TIME
        )
