"""The home page of all sensors or of a run: what needs a person, capabilities, changes, devices."""

from __future__ import annotations

from flask import Blueprint

from dashboard.data import tables
from dashboard.data.answers import HOME
from dashboard.data.sensors import NARROW
from dashboard.language import language
from dashboard.queries import Content
from dashboard.routes import Table, fleet, narrowing, number, page, param, queries, table

blueprint = Blueprint("home", __name__)

PARAMS = ("page", "kind", "language")


@page(
    blueprint,
    "/",
    "home.html",
    name="newest",
    params=("run", *NARROW, *PARAMS),
    sheet="home.newest_sheet",
    of_all="fleet.html",
    answer=HOME,
)
def newest() -> Content:
    """How all devices do that the store's sensors see; with one sensor or none, those of the run that was put in last,
    or of the run that is asked for."""
    if param("run") is None and fleet().many():
        return fleet().home(narrowing(), number("page"), param("kind"), language())
    return queries().home(param("run"), number("page"), param("kind"), language())


@page(blueprint, "/runs/<run>", "home.html", params=PARAMS, sheet="home.sheet", answer=HOME)
def home(run: str) -> Content:
    """How all devices of a run do: the five capabilities, what to do, each device with its marks."""
    return queries().home(run, number("page"), param("kind"), language())


@table(blueprint, "/devices.csv", name="newest_sheet", params=("run", *NARROW))
def newest_sheet() -> Table:
    """The devices that the store's sensors see, a row for each sensor; with one sensor or none, those of the run that
    was put in last, or of the run that is asked for."""
    if param("run") is None and fleet().many():
        return tables.devices_of_sensors(queries(), fleet().runs(narrowing()))
    return tables.devices(queries(), param("run"))


@table(blueprint, "/runs/<run>/devices.csv", name="sheet")
def sheet(run: str) -> Table:
    """The devices of a run."""
    return tables.devices(queries(), run)
