"""Bounds are bounds: positive, and far below what would hurt a small machine."""

from __future__ import annotations

from sensor.flows import terms
from sensor.flows.live import LIVE


def test_openings_of_all_conversations_together_fit_a_small_machine() -> None:
    assert 0 < 2 * terms.OPENING_BYTES * LIVE <= 256 * 1024 * 1024
    assert 0 < terms.OPENING_DATAGRAMS < terms.OPENING_PIECES < 100
    assert 0 < terms.LAYERS <= 8 and 0 < terms.MALFORMED_DATAGRAMS <= 16
