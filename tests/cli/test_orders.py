"""What sensors say of an order, as a sentence that no sensor can spoil."""

from __future__ import annotations

import time

import pytest

from sensor.cli._orders import sentence, waited
from sensor.store.orders import OrderState

NOW = 1_767_225_600_000_000
"""2026-01-01 00:00 UTC."""


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([("a", "done", NOW)], "1 sensor holds packets of it: 1 done"),
        (
            [("a", "done", 1), ("b", "none", NOW), ("c", "open", NOW - 7_200_000_000)],
            "3 sensors hold packets of it: 2 done, 1 not heard since 2025-12-31 22:00 UTC (c)",
        ),
        ([("a", "open", NOW - 1), ("b", "open", None)],
         "2 sensors hold packets of it: 1 not answered yet, 1 not heard since it was enrolled (b)"),
        ([("\x1b[2Ja", "open", -(1 << 62))],
         "1 sensor holds packets of it: 1 not heard since an impossible time (?[2Ja)"),
    ],
)  # fmt: skip
def test_the_sentence(states: list[tuple[str, str, int | None]], expected: str) -> None:
    assert sentence([OrderState(*one) for one in states], NOW) == expected


def test_nobody_waits_longer_than_he_said() -> None:
    began = time.monotonic()
    found = waited(lambda: [OrderState("a", "open", 1)], 0.05, 0.01)
    assert found[0].state == "open" and time.monotonic() - began < 5
    assert waited(lambda: [OrderState("a", "done", 1)], 1e9)[0].state == "done"
