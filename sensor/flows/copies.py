"""Second copies of datagrams, which a mirror that copies a packet coming and going writes."""

from __future__ import annotations

DOUBLED_TIME = 5_000_000
"""Nanoseconds in which such a mirror writes both copies; programs repeat later."""

DOUBLED_RECENT = 4
"""Datagrams of a side that a second copy is compared with: a mirror may write a few between the two."""


class RecentDatagrams:
    """Of each side of a flow the datagrams seen last."""

    __slots__ = ("_of_sides",)

    def __init__(self) -> None:
        self._of_sides: tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]] = ([], [])
        """Hash, length, time (ns)."""

    def is_copy(self, side: int, payload: bytes, time: int) -> bool:
        """Whether a datagram is the second copy of one that the same side sent a moment ago."""
        recent, code, length = self._of_sides[side], hash(payload), len(payload)
        if any(h == code and n == length and abs(time - at) <= DOUBLED_TIME for h, n, at in recent):
            return True
        recent.append((code, length, time))
        if len(recent) > DOUBLED_RECENT:
            del recent[0]
        return False
