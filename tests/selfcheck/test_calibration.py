"""Counting by band, and which shortfall is called a defect: numbers worked out by hand."""

from __future__ import annotations

import pytest

from sensor.model import Claim
from sensor.selfcheck.calibration import Calibration


def filled(*claims: tuple[float, int, int]) -> Calibration:
    found = Calibration()
    for confidence, count, right in claims:
        for number in range(count):
            found.add(Claim("x", confidence, ()), number < right)
    return found


def test_claims_are_counted_in_their_band() -> None:
    found = filled((0.5, 1, 1), (0.7, 2, 1), (0.969, 3, 3), (0.97, 1, 0), (0.999, 4, 4))
    assert found.bands == [[1, 1], [2, 1], [3, 3], [5, 4]] and found.claims == 11
    assert found.summary() == (
        "0.5 to 0.7: 1 of 1 right; 0.7 to 0.9: 1 of 2 right; 0.9 to 0.97: 3 of 3 right; 0.97 to 1: 4 of 5 right"
    )


def test_what_is_not_shown_is_not_counted() -> None:
    found = filled((0.499, 5, 0))
    found.add(None, False)
    assert found.claims == 0 and found.summary() == "no claims" and found.problems() == []


@pytest.mark.parametrize(
    ("confidence", "count", "right", "wrong"),
    [
        (0.95, 100, 84, False),  # 90 less two deviations of 3 is 84
        (0.95, 100, 83, True),
        (0.6, 1, 0, False),  # one wrong of one says nothing about a half
        (0.6, 100, 39, True),
        (0.98, 1, 0, True),
    ],
)
def test_a_clear_shortfall_is_a_defect(confidence: float, count: int, right: int, wrong: bool) -> None:
    assert bool(filled((confidence, count, right)).problems()) is wrong
