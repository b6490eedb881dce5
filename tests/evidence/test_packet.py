"""Ranges as few as can be, and a raw packet that shows nothing of itself."""

from __future__ import annotations

from sensor.evidence.packet import Raw, merged


def test_ranges_that_meet_are_one() -> None:
    assert merged([(5, 7), (1, 3), (3, 4), (6, 9), (20, 20)]) == ((1, 4), (5, 9))
    assert merged([]) == ()


def test_a_raw_packet_is_not_printed() -> None:
    assert "geheim" not in repr(Raw("c", 1, 0, 1, b"geheim", 6))
