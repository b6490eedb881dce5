"""The search of a run: devices, destinations and findings in which all words stand."""

from __future__ import annotations

from flask import Blueprint

from dashboard.data import tables
from dashboard.data.answers import SEARCH
from dashboard.language import language
from dashboard.queries import Content
from dashboard.routes import Table, page, param, queries, table

blueprint = Blueprint("search", __name__)

PARAMS = ("run", "q", "language")


@page(blueprint, "/search", "search.html", params=PARAMS, sheet="search.sheet", answer=SEARCH)
def search() -> Content:
    """Devices, destinations and findings in which all words stand, of the run that was put in last or is asked for."""
    return queries().search(param("run"), param("q") or "", language())


@table(blueprint, "/search.csv", name="sheet", params=PARAMS)
def sheet() -> Table:
    """The same as a table: what kind of thing, its id, its text."""
    return tables.hits(queries(), param("run"), param("q") or "")
