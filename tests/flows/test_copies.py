"""Second copies of datagrams: equal, of the same side, within a few milliseconds."""

from __future__ import annotations

import pytest

from sensor.flows.copies import DOUBLED_RECENT, DOUBLED_TIME, RecentDatagrams


@pytest.mark.parametrize(
    ("side", "payload", "time", "copy"),
    [
        (0, b"hello", DOUBLED_TIME, True),
        (0, b"hello", -DOUBLED_TIME, True),  # two clocks
        (0, b"hello", DOUBLED_TIME + 1, False),
        (1, b"hello", 0, False),
        (0, b"hellp", 0, False),
        (0, b"hello!", 0, False),
    ],
)
def test_a_copy_is_equal_and_comes_at_once(side: int, payload: bytes, time: int, copy: bool) -> None:
    recent = RecentDatagrams()
    assert not recent.is_copy(0, b"hello", 0)
    assert recent.is_copy(side, payload, time) is copy


def test_only_the_last_few_are_compared() -> None:
    recent = RecentDatagrams()
    for number in range(DOUBLED_RECENT + 1):
        assert not recent.is_copy(0, b"%d" % number, 0)
    assert recent.is_copy(0, b"1", 0) and not recent.is_copy(0, b"0", 0)
