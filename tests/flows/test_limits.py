"""Bounds are bounds: positive, and far below what would hurt a small machine."""

from __future__ import annotations

import itertools

from sensor.flows import limits
from sensor.memory import DEFAULT_BUDGET


def test_openings_of_all_conversations_together_fit_a_small_machine() -> None:
    assert 0 < 2 * limits.OPENING_BYTES * DEFAULT_BUDGET.conversations <= 100_000_000
    assert 0 < limits.OPENING_DATAGRAMS < limits.OPENING_PIECES < 100
    assert 0 < limits.LAYERS <= 8 and 0 < limits.MALFORMED_DATAGRAMS <= 16


def test_all_protocols_are_asked_at_once_and_then_ever_more_seldom() -> None:
    """At each of the first pieces; then each step is one piece longer than the one before."""
    steps = sorted(limits.OPENING_STEPS)
    assert steps[0] == 1 and steps[-1] < limits.OPENING_PIECES
    assert [later - step for step, later in itertools.pairwise(steps)] == [1, 1, 1, 2, 3, 4, 5]
