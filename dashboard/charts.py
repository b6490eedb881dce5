"""Small charts and icons of the pages: geometry that the templates draw as SVG, without a script."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from sensor.report.charts import PROTECTIONS, Chart, by_party, over_time
from sensor.store.types import TrafficCell

STRIP = 100
"""Units of the whole width of a strip of traffic."""

OTHER = "unknown"


def charts(traffic: Mapping[str, Any]) -> tuple[Chart | None, Chart | None, Chart | None]:
    """A device's charts: all the time, the last days by hour (None where the first shows them), by party."""
    over, recent, parties = ([TrafficCell(**cell) for cell in traffic[name]] for name in ("all", "recent", "parties"))
    return over_time(over), over_time(recent), by_party(parties)


def strip(amounts: Mapping[str, int]) -> list[tuple[str, float, float]]:
    """The parts of a bar of `STRIP` units: protection, where it begins, how wide it is; nothing of nothing."""
    whole = sum(amounts.get(name, 0) for name in PROTECTIONS)
    found, at = [], 0.0
    for name in PROTECTIONS:
        if amount := amounts.get(name, 0):
            width = amount / whole * STRIP
            found.append((name, at, width))
            at += width
    return found


@cache
def icons() -> frozenset[str]:
    """The categories that have an icon."""
    sprite = files("dashboard").joinpath("static", "icons.svg").read_text("utf-8")
    return frozenset(re.findall(r'<symbol id="([a-z_]+)"', sprite))


def icon_of(category: str | None) -> str:
    """The icon of a category; one for what is not known."""
    return category if category in icons() else OTHER
