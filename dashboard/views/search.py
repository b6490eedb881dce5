"""The search: devices, destinations and findings of all sensors or of a run."""

from __future__ import annotations

from flask import Blueprint, abort

from dashboard import fleet_search
from dashboard.data import tables
from dashboard.data.answers import SEARCH
from dashboard.data.sensors import NARROW
from dashboard.language import language
from dashboard.queries import Content
from dashboard.routes import Table, fleet, narrowing, page, param, queries, table

blueprint = Blueprint("search", __name__)

PARAMS = ("run", *NARROW, "q", "language")


@page(blueprint, "/search", "search.html", params=PARAMS, sheet="search.sheet", answer=SEARCH)
def search() -> Content:
    """Devices, destinations and findings in which all words stand: of all sensors; with one sensor or none, of the run
    that was put in last, or of the run that is asked for."""
    if param("run") is None and fleet().many():
        return fleet_search.search(fleet(), narrowing(), param("q") or "", language())
    return queries().search(param("run"), param("q") or "", language())


@table(blueprint, "/search.csv", name="sheet", params=PARAMS)
def sheet() -> Table:
    """The same as a table: what kind of thing, its id, its text; over all sensors also whose it is."""
    if param("run") is None and fleet().many():
        found = fleet_search.search(fleet(), narrowing(), param("q") or "")
        if found["fleet"]["unread"]:
            # A table has no place in which to say what is missing.
            abort(503, "A capture of a sensor could not be read; /search says which.")
        return tables.hits_of_sensors(found)
    return tables.hits(queries().search(param("run"), param("q") or ""))
