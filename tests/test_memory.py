"""The budget: its parts fit into it."""

from __future__ import annotations

import pytest

from sensor.memory import CONVERSATION_BYTES, DEVICE_BYTES, FINDING_BYTES, LEAST_MEMORY, MEGABYTE, MemoryBudget


@pytest.mark.parametrize("megabytes", [LEAST_MEMORY, 100, 4000])
def test_the_parts_fit_into_the_budget(megabytes: int) -> None:
    memory = MemoryBudget(megabytes * MEGABYTE)
    parts = (
        memory.conversations * CONVERSATION_BYTES, memory.waiting_bytes, memory.pairs * DEVICE_BYTES,
        memory.findings * FINDING_BYTES,
    )  # fmt: skip
    assert 0.9 * memory.total < sum(parts) <= memory.total
    assert 0 < memory.dust < memory.pairs


def test_a_home_fits_into_the_least() -> None:
    """A hundred devices with four addresses, ten conversations each, and a hundred findings of each."""
    memory = MemoryBudget(LEAST_MEMORY * MEGABYTE)
    assert memory.pairs >= 400 and memory.conversations >= 1000 and memory.findings >= 1500
