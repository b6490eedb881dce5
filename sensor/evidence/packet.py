"""A packet of evidence as types: as it was captured, and as it may be kept and shown."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[int, int]
"""Bytes from (included) and to (excluded)."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A frame as captured: ``frame`` counted from 1 in ``capture`` (path as given), ``time`` ns since 1970 UTC, ``length`` as sent (bytes)."""

    capture: str
    frame: int
    time: int
    link: int
    data: bytes
    length: int

    def __repr__(self) -> str:
        return f"Raw(frame {self.frame}, {len(self.data)} bytes)"


@dataclass(frozen=True, slots=True)
class Packet:
    """A frame whose secrets and personal data are covered. ``marked``: the ranges of ``data`` that are filler; ``findings``: ids -> why it is kept."""

    capture: str
    frame: int
    time: int
    link: int
    data: bytes
    length: int
    marked: tuple[Range, ...] = ()
    findings: tuple[tuple[str, str], ...] = ()


def merged(ranges: list[Range]) -> tuple[Range, ...]:
    """The same bytes as few ranges in order."""
    found: list[Range] = []
    for start, end in sorted(ranges):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)
