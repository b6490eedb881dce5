"""The list of sensors: who each is, whether it is heard, what it lost."""

from __future__ import annotations

from flask import Blueprint

from dashboard.data.answers import SENSORS
from dashboard.data.sensors import NARROW
from dashboard.language import language
from dashboard.queries import Content
from dashboard.routes import Table, fleet, narrowing, page, table

blueprint = Blueprint("sensors", __name__)

TITLES = (
    "id",
    "name",
    "site",
    "bench",
    "interface",
    "version",
    "heard",
    "last_heard",
    "state",
    "packets",
    "lost",
    "last_packet",
    "lag_seconds",
    "days",
    "fingerprint_key",
)


@page(blueprint, "/sensors", "sensors.html", params=(*NARROW, "language"), sheet="sensors.sheet", answer=SENSORS)
def sensors() -> Content:
    """The sensors that ever wrote into the store: whether each is heard, what it lost, for how long its rows stay."""
    return fleet().listed(narrowing(), language())


@table(blueprint, "/sensors.csv", name="sheet", params=NARROW)
def sheet() -> Table:
    """The same sensors."""
    return TITLES, [[one[title] for title in TITLES] for one in fleet().listed(narrowing())["sensors"]]
