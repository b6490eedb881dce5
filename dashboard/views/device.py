"""The page of a device: claims with reasons, verdicts, destinations, findings, the user's corrections."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response

from dashboard.data import tables
from dashboard.data.answers import DEVICE_PAGE
from dashboard.language import language
from dashboard.queries import Content
from dashboard.routes import Table, fleet, page, queries, table
from sensor.report.page import html

blueprint = Blueprint("device", __name__)

WHERE = "/runs/<run>/devices/<device>"


@page(blueprint, WHERE, "device.html", params=("language",), sheet="device.destinations", answer=DEVICE_PAGE)
def device(run: str, device: str) -> Content:
    """A device of a run: claims with reasons, verdicts with coverage and provisions, destinations, traffic,
    findings."""
    content = queries().device(run, device, language())
    views, unread = fleet().views_of(run, content["device"]["id"])
    return {**content, "sensors": views, "unread": unread}


@blueprint.get(f"{WHERE}/report.html")
def report(run: str, device: str) -> Response:
    """The hand-over report of one device as a file."""
    return report_file(queries().report_of(run, device, language()))


@blueprint.get("/runs/<run>/report.html")
def whole_report(run: str) -> Response:
    """The hand-over report of a run as a file."""
    return report_file(queries().report(run, language()))


def report_file(content: Content) -> Response:
    """A report as one HTML file to take away."""
    made = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
    # Saved and not shown: its style is its own, which the pages' strict policy would not let be.
    named = {"Content-Disposition": 'attachment; filename="lanwitness-report.html"'}
    return Response(html(content, made, language()), content_type="text/html; charset=utf-8", headers=named)


@table(blueprint, f"{WHERE}/destinations.csv")
def destinations(run: str, device: str) -> Table:
    """A device's destinations."""
    return tables.destinations(queries(), run, device)


@table(blueprint, f"{WHERE}/hours.csv")
def hours(run: str, device: str) -> Table:
    """A device's payload bytes by hour, protection and party."""
    return tables.hours(queries(), run, device)


@table(blueprint, f"{WHERE}/provisions.csv")
def provisions(run: str, device: str) -> Table:
    """A device's provisions with status and reasons."""
    return tables.provisions(queries(), run, device)
