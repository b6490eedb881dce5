"""Geometry of the charts that pages draw as SVG: bytes by protection over time, bytes by party."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import UTC, datetime

from sensor.light_dataclass import dataclass
from sensor.store.types import TrafficCell

WIDTH, HEIGHT = 640, 170
"""Of a chart of columns, in SVG units; the page scales it."""

COLUMNS = 72
"""Columns that are distinct at that width: three days of hours; longer spans are drawn by day, week or more."""

STEPS = (1, 24, 7 * 24, 30 * 24, 365 * 24, 3650 * 24)
"""Hours a column may stand for."""

BAR, GAP, LABEL, VALUE = 20, 10, 150, 80
"""Height of a bar, space between, room for its name and its value."""

PROTECTIONS = ("encrypted", "cleartext", "unknown")
PARTIES = ("local", "vendor", "infrastructure", "third", "tracker", "")


@dataclass(frozen=True, slots=True)
class Rect:
    """A filled rectangle; ``kind`` names its colour and its entry in the legend."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(slots=True)
class Chart:
    """Rectangles in a box. ``rows``: the amounts as a table, (label, amount by kind). ``ticks``: (x, label, y)."""

    width: int
    height: int
    rects: list[Rect] = field(default_factory=list)
    rows: list[tuple[str, dict[str, int]]] = field(default_factory=list)
    ticks: list[tuple[float, str, float]] = field(default_factory=list)
    step: int = 1
    highest: int = 0


def over_time(cells: Iterable[TrafficCell]) -> Chart | None:
    """Stacked columns of bytes by protection, an hour or more each; None where there are no bytes."""
    amounts: dict[int, dict[str, int]] = {}
    for cell in cells:
        at = amounts.setdefault(cell.hour, dict.fromkeys(PROTECTIONS, 0))
        at[cell.protection] = at.get(cell.protection, 0) + cell.bytes
    if not amounts:
        return None
    first, last = min(amounts), max(amounts)
    step = next((step for step in STEPS if last // step - first // step < COLUMNS), STEPS[-1])
    columns: dict[int, dict[str, int]] = {}
    for hour, by in amounts.items():
        at = columns.setdefault(hour // step, dict.fromkeys(PROTECTIONS, 0))
        for protection, amount in by.items():
            at[protection] += amount
    # A span of centuries is a clock gone wrong: only the columns that have something are drawn then.
    spans = last // step - first // step < COLUMNS
    places = list(range(first // step, last // step + 1)) if spans else sorted(columns)[:COLUMNS]
    highest = max(sum(by.values()) for by in columns.values()) or 1
    chart = Chart(WIDTH, HEIGHT + 24, step=step, highest=highest)
    pitch = min(WIDTH / len(places), 80)
    every = max(1, -(-len(places) * 110 // WIDTH)) if len(places) > 1 else 1
    for number, place in enumerate(places):
        by = columns.get(place, {})
        top = float(HEIGHT)
        for protection in PROTECTIONS:
            height = by.get(protection, 0) * HEIGHT / highest
            if height:
                top -= height
                chart.rects.append(Rect(number * pitch + 1, top, max(pitch - 2, 1), height, protection))
        label = hour_text(place * step, step)
        if number % every == 0:
            chart.ticks.append((number * pitch + 1, label, HEIGHT + 17))
        if by:
            chart.rows.append((label, by))
    return chart


def by_party(cells: Iterable[TrafficCell]) -> Chart | None:
    """A bar for each party, longest whole width; None where there are no bytes."""
    amounts: dict[str, dict[str, int]] = {}
    for cell in cells:
        at = amounts.setdefault(cell.party, dict.fromkeys(PROTECTIONS, 0))
        at[cell.protection] = at.get(cell.protection, 0) + cell.bytes
    if not amounts:
        return None
    highest = max(sum(by.values()) for by in amounts.values()) or 1
    known = sorted(amounts, key=lambda party: PARTIES.index(party) if party in PARTIES else len(PARTIES))
    chart = Chart(WIDTH, len(known) * (BAR + GAP), highest=highest)
    room = WIDTH - LABEL - VALUE
    for number, party in enumerate(known):
        left = float(LABEL)
        for protection in PROTECTIONS:
            width = amounts[party].get(protection, 0) * room / highest
            if width:
                chart.rects.append(Rect(left, number * (BAR + GAP), width, BAR, protection))
                left += width
        chart.ticks.append((left + 6, party, number * (BAR + GAP) + BAR * 0.72))
        chart.rows.append((party, amounts[party]))
    return chart


def hour_text(hour: int, step: int = 1) -> str:
    """An hour counted from 1970 as text: with the time of day where a column is less than a day."""
    try:
        time = datetime.fromtimestamp(hour * 3600, UTC)
    except (ValueError, OverflowError, OSError):
        return "?"
    return f"{time:%Y-%m-%d %H:00}" if step < 24 else f"{time:%Y-%m-%d}"


def totals(rows: Iterable[tuple[str, Mapping[str, int]]]) -> dict[str, int]:
    """Bytes by protection over all rows."""
    found = dict.fromkeys(PROTECTIONS, 0)
    for _, by in rows:
        for protection, amount in by.items():
            found[protection] = found.get(protection, 0) + amount
    return found
