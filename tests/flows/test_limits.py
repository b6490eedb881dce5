"""Bounds are bounds: positive, and far below what would hurt a small machine."""

from __future__ import annotations

from sensor.flows import limits
from sensor.memory import DEFAULT_BUDGET


def test_openings_of_all_conversations_together_fit_a_small_machine() -> None:
    assert 0 < 2 * limits.OPENING_BYTES * DEFAULT_BUDGET.conversations <= 100_000_000
    assert 0 < limits.OPENING_DATAGRAMS < limits.OPENING_PIECES < 100
    assert 0 < limits.LAYERS <= 8 and 0 < limits.MALFORMED_DATAGRAMS <= 16
