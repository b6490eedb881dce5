"""Small charts and icons of the pages: geometry that the templates draw as SVG, without a script."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from sensor.report.charts import Chart, by_party, over_time
from sensor.store.types import TrafficCell

SPARK = (96, 22)
"""Width and height of a sparkline, in SVG units."""

OTHER = "unknown"


def charts(traffic: Mapping[str, Any]) -> tuple[Chart | None, Chart | None, Chart | None]:
    """A device's charts: all the time, the last days by hour (None where the first shows them), by party."""
    over, recent, parties = ([TrafficCell(**cell) for cell in traffic[name]] for name in ("all", "recent", "parties"))
    return over_time(over), over_time(recent), by_party(parties)


def spark(amounts: Sequence[int]) -> str:
    """An SVG path of the area under these amounts; "" for nothing. Heights are square roots: small ones stay
    visible."""
    highest = max(amounts, default=0)
    if not highest:
        return ""
    width, height = SPARK
    step = width / len(amounts)
    path = [f"M0 {height}"]
    for place, amount in enumerate(amounts):
        top = height - (amount / highest) ** 0.5 * (height - 1)
        path.append(f"V{top:.1f}H{(place + 1) * step:.1f}")
    return "".join(path) + f"V{height}Z"


@cache
def icons() -> frozenset[str]:
    """The categories that have an icon."""
    sprite = files("dashboard").joinpath("static", "icons.svg").read_text("utf-8")
    return frozenset(re.findall(r'<symbol id="([a-z_]+)"', sprite))


def icon_of(category: str | None) -> str:
    """The icon of a category; one for what is not known."""
    return category if category in icons() else OTHER
