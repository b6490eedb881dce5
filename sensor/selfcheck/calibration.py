"""Calibration: how far the stated confidence of claims and their truth agree, band by band."""

from __future__ import annotations

import math
from dataclasses import field

from sensor.light_dataclass import dataclass
from sensor.model import Claim
from sensor.records import CLAIMED

EDGES = (CLAIMED, 0.7, 0.9, 0.97, 1.0)
"""Bands of confidence: where claiming starts, likely, sure, nearly certain."""

SLACK = 2.0
"""Standard deviations below the stated share that are a defect: one band in forty goes so far by chance."""


@dataclass(slots=True)
class Calibration:
    """Counts of (claims, right ones) for each band of `EDGES`."""

    bands: list[list[int]] = field(default_factory=lambda: [[0, 0] for _ in EDGES[1:]])

    def add(self, claim: Claim | None, right: bool) -> None:
        """One claim that has a label; one too weak to be shown is not counted."""
        if claim is None or claim.confidence < CLAIMED:
            return
        band = sum(claim.confidence >= edge for edge in EDGES[1:-1])
        self.bands[band][0] += 1
        self.bands[band][1] += right

    @property
    def claims(self) -> int:
        """All that were counted."""
        return sum(count for count, _ in self.bands)

    def summary(self) -> str:
        """One line: the bands that hold claims, with how many of them are right."""
        parts = [
            f"{low:g} to {high:g}: {right} of {count} right"
            for low, high, (count, right) in zip(EDGES, EDGES[1:], self.bands, strict=False)
            if count
        ]
        return "; ".join(parts) or "no claims"

    def problems(self) -> list[str]:
        """Bands in which clearly fewer claims are right than their lower edge states."""
        found = []
        for low, high, (count, right) in zip(EDGES, EDGES[1:], self.bands, strict=False):
            least = low * count - SLACK * math.sqrt(count * low * (1 - low))
            if count and right < least:
                found.append(f"of {count} claims made with {low:g} to {high:g} only {right} are right")
        return found
