"""Evidence packets: a frame as captured, and the masked frame that may be stored and shown."""

from __future__ import annotations

from sensor.light_dataclass import dataclass

FILLER = ord("*")
"""What covered bytes become."""

ByteRange = tuple[int, int]
"""Bytes from (included) and to (excluded)."""


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """A frame as captured. ``frame``: counted from 1 in ``capture`` (path as given).

    ``time``: ns since 1970 UTC; ``length``: bytes as sent, of which ``data`` may be the beginning.
    """

    capture: str
    frame: int
    time: int
    link: int
    data: bytes
    length: int

    def __repr__(self) -> str:
        return f"CapturedFrame(frame {self.frame}, {len(self.data)} bytes)"


@dataclass(frozen=True, slots=True)
class EvidencePacket:
    """A frame whose secrets and personal data are covered.

    ``marked``: the ranges of ``data`` that are filler; ``findings``: id -> reason why the packet is stored.
    """

    capture: str
    frame: int
    time: int
    link: int
    data: bytes
    length: int
    marked: tuple[ByteRange, ...] = ()
    findings: tuple[tuple[str, str], ...] = ()


def merge_ranges(ranges: list[ByteRange]) -> tuple[ByteRange, ...]:
    """The same bytes as the fewest ranges, in order."""
    found: list[ByteRange] = []
    for start, end in sorted(ranges):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)
