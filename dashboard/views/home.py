"""The home page of a run: what needs a person, capabilities, recent changes, devices."""

from __future__ import annotations

from flask import Blueprint

from dashboard.data import tables
from dashboard.language import language
from dashboard.queries import Content
from dashboard.routes import Table, number, page, param, queries, table

blueprint = Blueprint("home", __name__)

PARAMS = ("page", "kind", "language")


@page(blueprint, "/", "home.html", name="newest", params=("run", *PARAMS), sheet="home.newest_sheet")
def newest() -> Content:
    """How all devices of the run do that was put in last, or of the run that is asked for."""
    return queries().home(param("run"), number("page"), param("kind"), language())


@page(blueprint, "/runs/<run>", "home.html", params=PARAMS, sheet="home.sheet")
def home(run: str) -> Content:
    """How all devices of a run do: the five capabilities, what to do, each device with its marks."""
    return queries().home(run, number("page"), param("kind"), language())


@table(blueprint, "/devices.csv", name="newest_sheet", params=("run",))
def newest_sheet() -> Table:
    """The devices of the run that was put in last, or of the run that is asked for."""
    return tables.devices(queries(), param("run"))


@table(blueprint, "/runs/<run>/devices.csv", name="sheet")
def sheet(run: str) -> Table:
    """The devices of a run."""
    return tables.devices(queries(), run)
