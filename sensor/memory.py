"""The memory that traffic may fill: one budget, shared by named parts.

What a part holds beyond its share is given up: first dust (a sender or flow that said nothing), then what is oldest,
then what is least severe. Each is counted in the run's bounds, which the `capture` record's caveats say in a sentence.
"""

from __future__ import annotations

from sensor.light_dataclass import dataclass

MEGABYTE = 1_000_000
DEFAULT_MEMORY = 100
"""Megabytes that traffic may fill, on a base of some ninety."""

LEAST_MEMORY, MOST_MEMORY = 20, 100_000
"""Megabytes from which on a home fits, and more than any computer gives."""

CONVERSATION_BYTES = 4096
"""What a conversation weighs beside the bytes that wait in it: parser, maps of frames, two reassemblers."""

DEVICE_BYTES = 2048
"""What a pair of MAC and address weighs, with what is counted of it."""

FINDING_BYTES = 2560
"""What a finding weighs, with its sentences and frames."""


@dataclass(frozen=True, slots=True)
class MemoryBudget:
    """Shares of ``total`` bytes."""

    total: int = DEFAULT_MEMORY * MEGABYTE

    @property
    def conversations(self) -> int:
        """Conversations that are read at a time: a third."""
        return self.total // 3 // CONVERSATION_BYTES

    @property
    def waiting_bytes(self) -> int:
        """Bytes that wait in parsers, identification and reassembly: a fifth."""
        return self.total // 5

    @property
    def pairs(self) -> int:
        """Pairs of MAC and address: a quarter."""
        return self.total // 4 // DEVICE_BYTES

    @property
    def dust(self) -> int:
        """Pairs among them that said nothing."""
        return self.pairs // 4

    @property
    def findings(self) -> int:
        """Different findings: a fifth."""
        return self.total // 5 // FINDING_BYTES


DEFAULT_BUDGET = MemoryBudget()
