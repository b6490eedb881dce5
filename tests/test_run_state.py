"""What was counted before, and the gaps between the parts of a run."""

from __future__ import annotations

from sensor.run_state import MOST_GAPS, CountedBefore, summed


def test_a_gap_ends_with_the_first_packet() -> None:
    before = CountedBefore(last_time=100, gaps=[(10, 20)])
    assert before.gaps_until(0) == [(10, 20)]
    assert before.gaps_until(130) == [(10, 20), (100, 130)]
    assert before.gaps_until(90) == [(10, 20)]  # a clock that was set back leaves no gap
    assert CountedBefore().gaps_until(5) == []


def test_gaps_are_bounded() -> None:
    before = CountedBefore(last_time=10**9, gaps=[(n, n + 1) for n in range(MOST_GAPS)])
    found = before.gaps_until(10**9 + 5)
    assert len(found) == MOST_GAPS and found[-1] == (10**9, 10**9 + 5) and found[0] == (1, 2)


def test_counts_are_summed_by_name() -> None:
    assert summed({"a": 1, "b": 2}, {"b": 3, "c": 4}) == {"a": 1, "b": 5, "c": 4}
