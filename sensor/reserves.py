"""Reserves of one run: for compressed content that grows much, and for messages of a few bytes.

Both cost their reader far more than they cost their sender. What is usual is always granted, so that nobody who empties
a reserve keeps others from being read; what goes beyond draws on it, and what crosses fills it again.
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

    def grew(self, packed: int, plain: int, most: int, *, worked: int = 0, inner_cut: bool = False) -> None:
        """They grew to ``plain`` bytes (of at most ``most``). ``worked``: bytes that codings in one another gave to the
        next one; ``inner_cut``: these were cut, or not unpacked.
        """
        self.cut += inner_cut or self.limit(packed, most) <= plain < most
        self._left = min(RESERVE, self._left - max(0, plain + worked - usual(packed)) + REFILL * packed)


BYTES_PER_MESSAGE = 64
"""Of a conversation's bytes so many pay for one message, and for another one of the reserve."""

FIRST_MESSAGES = 16
"""Granted beside it."""

MESSAGE_RESERVE = 200_000
"""Messages beyond: two or three seconds of work."""


class MessageReserve:
    """The reserve of one run for messages of a few bytes: lines of one letter, one after the other."""

    def __init__(self) -> None:
        self._left = float(MESSAGE_RESERVE)

    def grants(self, messages: int, drawn: int, taken: int, new: int) -> int | None:
        """Messages that a conversation has drawn, when it has read ``messages`` in ``taken`` bytes, ``new`` of them
        since it last asked, and had ``drawn`` before; None where nothing is left for it.
        """
        self._left = min(MESSAGE_RESERVE, self._left + new / BYTES_PER_MESSAGE)
        beyond = messages - FIRST_MESSAGES - taken // BYTES_PER_MESSAGE - drawn
        if beyond <= 0:
            return drawn
        if beyond > self._left:
            return None
        self._left -= beyond
        return drawn + beyond
