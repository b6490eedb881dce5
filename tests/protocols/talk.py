"""Conversations of lines for tests: ``talk("S: 220 hi", "C: USER anna")``."""

from __future__ import annotations

from tests.conversation import C, S, Script, Span

SIDES = {"C": C, "S": S}


def talk(*lines: str, end: str = "\r\n", encoding: str = "utf-8") -> Script:
    """Each line begins with ``C: `` or ``S: ``; its end is added."""
    return [(SIDES[line[0]], (line[3:] + end).encode(encoding)) for line in lines]


def span(script: Script, turn: int) -> Span:
    """Where the bytes of a turn stand in their side's stream."""
    side, data = script[turn]
    start = sum(len(sent) for sender, sent in script[:turn] if sender is side)
    return Span(side, start, start + len(data))


def spans(script: Script, *turns: int) -> tuple[Span, ...]:
    """Those of several turns."""
    return tuple(span(script, turn) for turn in turns)
