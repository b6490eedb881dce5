"""Growth of compressed content: a usual one for each piece, and a reserve that a run shares.

What crosses compressed costs its reader what it grows to. Usual growth is always granted, so that nobody who fills the
reserve keeps others from being read; what grows further draws on the reserve, which what crosses fills again.
"""

from __future__ import annotations

USUAL_GROWTH = 16
"""Text shrinks to a tenth."""

USUAL_BYTES = 4 * 1024
"""Granted beside it: a short page of spaces."""

RESERVE = 32 * 1024 * 1024
"""Bytes beyond usual growth: a second of work."""

REFILL = 2
"""Bytes that each compressed byte puts back."""


def usual(packed: int) -> int:
    """Bytes that so many compressed ones may always grow to."""
    return USUAL_BYTES + USUAL_GROWTH * packed


class UnpackingReserve:
    """The reserve of one run. ``cut`` counts what was read to less than it grows to."""

    def __init__(self) -> None:
        self.cut = 0
        self._left = RESERVE

    def limit(self, packed: int, most: int) -> int:
        """Bytes that ``packed`` compressed ones may grow to now, at most ``most``."""
        return min(most, usual(packed) + self._left)

    def grew(self, packed: int, plain: int, most: int) -> None:
        """They grew to ``plain`` bytes (of at most ``most``)."""
        self.cut += self.limit(packed, most) <= plain < most
        self._left = min(RESERVE, self._left - max(0, plain - usual(packed)) + REFILL * packed)
