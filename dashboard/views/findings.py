"""The list of findings with filters, and the page of one finding."""

from __future__ import annotations

from flask import Blueprint, request

from dashboard.auth.access import API
from dashboard.data import tables
from dashboard.data.answers import FINDING, FINDINGS
from dashboard.data.rows import FILTERS
from dashboard.data.sensors import NARROW
from dashboard.language import language
from dashboard.queries import Content
from dashboard.routes import Table, fleet, narrowing, number, page, param, queries, table

blueprint = Blueprint("findings", __name__)

PARAMS = (*FILTERS, "alike", "sort", "page", "language")


def _narrowed() -> dict[str, str]:
    return {name: value for name in FILTERS if (value := param(name))}


def _grouped() -> bool:
    """Whether alike findings are one row: on the page but where it is told otherwise, in JSON only where it is."""
    return param("alike") == "together" or (param("alike") is None and not request.path.startswith(API))


@page(
    blueprint,
    "/findings",
    "findings.html",
    name="newest",
    params=(*NARROW, *PARAMS),
    sheet="findings.newest_sheet",
    answer=FINDINGS,
)
def newest() -> Content:
    """The findings of the store's sensors for which all that is asked is so; with one sensor or none, those of the run
    that was put in last."""
    if fleet().many():
        narrowed = narrowing()
        return fleet().findings(narrowed, _narrowed(), param("sort"), number("page"), language(), grouped=_grouped())
    return queries().findings(None, _narrowed(), param("sort"), number("page"), language(), grouped=_grouped())


@page(blueprint, "/runs/<run>/findings", "findings.html", params=PARAMS, sheet="findings.sheet", answer=FINDINGS)
def findings(run: str) -> Content:
    """The findings of a run for which all that is asked is so."""
    return queries().findings(run, _narrowed(), param("sort"), number("page"), language(), grouped=_grouped())


@page(blueprint, "/runs/<run>/findings/<finding>", "finding.html", params=("language",), answer=FINDING)
def finding(run: str, finding: str) -> Content:
    """A finding of a run: what happened, what to do, the provisions it speaks to, its packets."""
    return queries().finding(run, finding, language())


@table(blueprint, "/findings.csv", name="newest_sheet", params=(*NARROW, *PARAMS))
def newest_sheet() -> Table:
    """The same findings as the list, all of them, sensor by sensor."""
    if fleet().many():
        return tables.findings_of_sensors(queries(), fleet().runs(narrowing()), _narrowed(), param("sort"))
    return tables.findings(queries(), None, _narrowed(), param("sort"))


@table(blueprint, "/runs/<run>/findings.csv", name="sheet", params=PARAMS)
def sheet(run: str) -> Table:
    """The same findings as the list, all of them."""
    return tables.findings(queries(), run, _narrowed(), param("sort"))
