"""Reliability of claims, measured by bench/holdout.py on makers whose own facts were left out.

`signatures/reliability.toml` holds the results with date and number of devices; docs/classification.md shows them.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from sensor.devices.signatures.compiled import SHIPPED
from sensor.light_dataclass import dataclass
from sensor.records import CLAIMED

FILE = SHIPPED / "reliability.toml"

EDGES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.97, 1.0)
"""Bands of confidence. Below the first, a value is noted and not claimed."""

Z = 1.96
"""Standard deviations of an interval that holds the true share in 95 of 100 cases (Wilson's score interval)."""

ENOUGH = 20
"""Values from which a band decides on the threshold."""

WIDTH, HEIGHT, MARGIN = 420, 300, 44


@dataclass(frozen=True, slots=True)
class Count:
    """Values of a band, or of a claim by the field of its strongest reason: how many there were, how many right."""

    name: str
    claims: int
    right: int

    @property
    def least(self) -> float:
        """The share of right ones that the count still allows (lower end of Wilson's interval)."""
        share, spread = self.right / self.claims, Z * Z / self.claims
        middle = share + spread / 2
        reach = Z * math.sqrt(share * (1 - share) / self.claims + spread / (4 * self.claims))
        return max(0.0, (middle - reach) / (1 + spread))


@dataclass(frozen=True, slots=True)
class Measured:
    """A set of labelled devices: its name, its size, its makers, and the counts by band and by field."""

    name: str
    devices: int
    makers: int
    bands: tuple[Count, ...]
    fields: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class Reliability:
    """All that was measured, when, and the answers on a sample of captures."""

    measured: date
    sets: tuple[Measured, ...]
    sample: dict[str, str]

    def summary(self) -> str:
        """One line: the share that is right among claims of 0.9 and more, set by set."""
        parts = []
        for one in self.sets:
            sure = [band for band in one.bands if float(band.name.split()[0]) >= 0.9]
            claims, right = sum(band.claims for band in sure), sum(band.right for band in sure)
            size = f"{one.name}: {one.devices} devices, {one.makers} makers"
            parts.append(f"{right} of {claims} claims of 0.9 and more right ({size})")
        return f"measured {self.measured.isoformat()} without each maker's own facts: {'; '.join(parts)}"

    def problems(self) -> list[str]:
        """Bands in which fewer are right than they state, beyond chance; a threshold below the one that follows."""
        found = [
            f"{one.name}: of {band.claims} claims of {band.name} only {band.right} were right"
            for one in self.sets
            for band in one.bands
            if (low := float(band.name.split()[0])) > 0 and _most(band) < low
        ]
        if self.threshold() > CLAIMED:
            found.append(f"values are claimed from {CLAIMED:g}, and the bands allow it from {self.threshold():g}")
        return found

    def threshold(self) -> float:
        """The confidence from which values may be claimed: the lowest edge above which no band speaks against it.

        A band, over all sets, speaks against it where it may be that half of its values are wrong (95 %), or where
        fewer are right than it states; with fewer than `ENOUGH` values it decides nothing. The lowest band states
        nothing: only enough values of its own would open it.
        """
        for low, high in reversed(list(pairwise(EDGES))):
            name = f"{low:g} to {high:g}"
            of_band = [band for one in self.sets for band in one.bands if band.name == name]
            band = Count(name, sum(each.claims for each in of_band), sum(each.right for each in of_band))
            decides = band.claims >= ENOUGH
            if (decides and (band.least <= 0.5 or _most(band) < low)) or (low == 0 and not decides):
                return high
        return 0.0

    def markdown(self) -> str:
        """The tables of docs/classification.md."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield from (f"The bands allow claims from **{self.threshold():g}** on.", "")
        for one in self.sets:
            yield f"**{one.name}** ({one.devices} devices of {one.makers} makers, {self.measured.isoformat()}):"
            for head, counts in (("confidence", one.bands), ("claim by field", one.fields)):
                yield from ("", f"| {head} | values | right | share | at least (95 %) |", "|---|---:|---:|---:|---:|")
                yield from (f"| {_row(count)} |" for count in counts)
            yield ""

    def svg(self) -> str:
        """The curve: the stated confidence of each band beside the share that was right, with its interval."""
        return "\n".join(self._curve()) + "\n"

    def _curve(self) -> Iterator[str]:
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
            'font-size="11"><title>Stated confidence and share of right claims</title>'
        )
        yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        for tick in (0, 0.25, 0.5, 0.75, 1):
            yield f'<text x="{MARGIN - 6}" y="{_y(tick) + 4:.0f}" text-anchor="end">{tick:g}</text>'
            yield f'<text x="{_x(tick):.0f}" y="{HEIGHT - MARGIN + 16}" text-anchor="middle">{tick:g}</text>'
            yield f'<path d="M{MARGIN} {_y(tick):.0f}H{WIDTH - 16}" stroke="#ddd"/>'
        yield f'<path d="M{_x(0):.0f} {_y(0):.0f}L{_x(1):.0f} {_y(1):.0f}" stroke="#999" stroke-dasharray="4"/>'
        yield f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">stated confidence</text>'
        yield f'<text x="12" y="{HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 12 {HEIGHT / 2})">right</text>'
        for number, (one, colour) in enumerate(zip(self.sets, ("#06c", "#c50"), strict=False)):
            points = []
            for band in one.bands:
                low, high = (float(part) for part in band.name.split(" to "))
                x, share = _x((low + high) / 2) + 3 * number, band.right / band.claims
                points.append(f"{x:.1f},{_y(share):.1f}")
                yield f'<path d="M{x:.1f} {_y(band.least):.1f}V{_y(_most(band)):.1f}" stroke="{colour}"/>'
                yield f'<circle cx="{x:.1f}" cy="{_y(share):.1f}" r="3" fill="{colour}"/>'
            yield f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}"/>'
            yield f'<text x="{MARGIN + 8}" y="{20 + 14 * number}" fill="{colour}">{one.name}</text>'
        yield "</svg>"


def _most(count: Count) -> float:
    return 1 - Count(count.name, count.claims, count.claims - count.right).least


def _row(count: Count) -> str:
    return f"{count.name} | {count.claims} | {count.right} | {count.right / count.claims:.2f} | {count.least:.2f}"


def _x(value: float) -> float:
    return MARGIN + value * (WIDTH - MARGIN - 16)


def _y(value: float) -> float:
    return HEIGHT - MARGIN - value * (HEIGHT - MARGIN - 40)


def band_of(confidence: float) -> str:
    """The name of the band in which a confidence lies."""
    bands = list(pairwise(EDGES))
    low, high = next((band for band in bands if confidence < band[1]), bands[-1])
    return f"{low:g} to {high:g}"


@cache
def reliability(path: Path = FILE) -> Reliability:
    """The results in the file. OSError, ValueError or KeyError where there are none."""
    data = tomllib.loads(path.read_text("utf-8"))
    return Reliability(data["measured"], tuple(_set(one) for one in data["set"]), data["sample"])


def _set(row: dict[str, Any]) -> Measured:
    return Measured(row["name"], row["devices"], row["makers"], _counts(row["bands"]), _counts(row["fields"]))


def _counts(rows: dict[str, list[int]]) -> tuple[Count, ...]:
    return tuple(Count(name, claims, right) for name, (claims, right) in rows.items())
