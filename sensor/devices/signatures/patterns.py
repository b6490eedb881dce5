"""Safety of regular expressions over hostile text: run time, and literals a match must have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

FLAGS = re.IGNORECASE | re.ASCII
"""Names are written in any case on the wire; ASCII classes, so that a look-alike digit is none."""

MAX_OPEN_REPEATS = 3
"""Unbounded repeats in a pattern: each is a factor of 512 at worst (`MAX_VALUE`); three stay in milliseconds."""

LONG = 64
"""From here on a counted repeat is as bad as an unbounded one."""

_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT)


@lru_cache(maxsize=8)  # `danger` and `literals` parse the same pattern
def _parsed(pattern: str) -> Any:
    return parser.parse(pattern, FLAGS)


def danger(pattern: str) -> str | None:
    """Why ``pattern`` may run long or does not compile; None if it is fine."""
    try:
        tree = _parsed(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"not a regular expression: {error}"
    try:
        count = _open_repeats(tree, 0)
    except ValueError as found:
        return str(found)
    return f"more than {MAX_OPEN_REPEATS} unbounded repeats" if count > MAX_OPEN_REPEATS else None


def _open_repeats(tree: Any, depth: int) -> int:
    """Number of unbounded repeats in one match; ``depth``: repeats around ``tree``.

    ValueError for what may take exponential time.
    """
    count = 0
    for code, value in tree:
        if code in _REPEATS:
            low, high, inner = value
            unbounded = high is op.MAXREPEAT or high - low >= LONG
            if depth and (unbounded or (high > 1 and low != high)):
                raise ValueError("repeats a repeat, which takes exponential time")
            # A group that is only optional ("?"), or there exactly n times, leaves no choice of how often.
            choice = unbounded or (high > 1 and low != high)
            count += unbounded + _open_repeats(inner, depth + choice) * (1 if choice else max(1, high))
        elif code is op.SUBPATTERN:
            count += _open_repeats(value[-1], depth)
        elif code is op.BRANCH:
            count += max(_open_repeats(branch, depth) for branch in value[1])
        elif code in (op.ASSERT, op.ASSERT_NOT):
            count += _open_repeats(value[1], depth)
        elif code is op.GROUPREF:
            raise ValueError("refers back to a group, which takes exponential time")
    return count


def literals(pattern: str) -> tuple[str, ...]:
    """Lower-case strings of which every match holds at least one; empty where none is certain."""
    best: tuple[str, ...] = ()
    for choice in _choices(_parsed(pattern)):
        if _worth(choice) > _worth(best):
            best = choice
    return best


def _worth(choice: Sequence[str]) -> int:
    return min((len(text) for text in choice), default=0) * 100 - len(choice) if choice else 0


def _choices(tree: Any) -> list[tuple[str, ...]]:
    """Each entry is a set of alternatives, one of which every match must hold."""
    found: list[tuple[str, ...]] = []
    run = ""
    for code, value in tree:
        if code is op.LITERAL and value < 128:
            run += chr(value).lower()
            continue
        if run:
            found.append((run,))
            run = ""
        if code is op.SUBPATTERN:
            found += _choices(value[-1])
        elif code in _REPEATS and value[0] >= 1:
            found += _choices(value[2])
        elif code is op.BRANCH:
            sides = [max(_choices(branch), key=_worth, default=()) for branch in value[1]]
            if all(sides):
                found.append(tuple(text for side in sides for text in side))
    if run:
        found.append((run,))
    return found
