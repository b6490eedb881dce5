"""Ranges are merged, and a captured frame does not print its bytes."""

from __future__ import annotations

from sensor.evidence.packet import CapturedFrame, merge_ranges


def test_ranges_that_meet_are_one() -> None:
    assert merge_ranges([(5, 7), (1, 3), (3, 4), (6, 9), (20, 20)]) == ((1, 4), (5, 9))
    assert merge_ranges([]) == ()


def test_a_captured_frame_does_not_print_its_bytes() -> None:
    assert "geheim" not in repr(CapturedFrame("c", 1, 0, 1, b"geheim", 6))


def test_a_range_inside_another_ends_nothing() -> None:
    assert merge_ranges([(1, 9), (2, 3), (9, 9), (8, 12)]) == ((1, 12),)
    assert merge_ranges([(4, 3), (1, 2), (3, 4)]) == ((1, 2), (3, 4))
