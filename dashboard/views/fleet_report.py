"""Files of the report of several sensors: page and PDF, for programs JSON and JUnit XML, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, jsonify

from dashboard import fleet_report
from dashboard.auth.access import API
from dashboard.data.answers import REPORT
from dashboard.data.sensors import NARROW
from dashboard.language import language, of_records
from dashboard.routes import described, fleet, narrowing, param, queries
from dashboard.views.device import report_file
from dashboard.views.handover import AT_ONCE, PATIENCE, failing_at
from sensor.report.build import Report
from sensor.report.junit import junit
from sensor.report.page import html
from sensor.report.pdf import NoPrinter, pdf

blueprint = Blueprint("fleet_report", __name__)

ON_PAPER = 20
"""Judged devices of a PDF: each takes 5 MB beside 200, and the unit of `serve` ends it at 350."""

PARAMS = (*NARROW, "device", "language")


@blueprint.get("/report.html")
def page() -> Response:
    """The report of the sensors that are asked for as a file."""
    with _alone():
        return report_file(_report())


@blueprint.get("/report.pdf")
def paper() -> Response:
    """The same as PDF."""
    with _alone():
        report = _report()
        if len(report["devices"]) > ON_PAPER:
            abort(413, "These are too many devices for a PDF. Choose a site, a bench or a sensor.")
        try:
            made = pdf(html(report, _now(), language(), paper=True))
        except NoPrinter as error:
            abort(501, str(error))
    named = {"Content-Disposition": 'attachment; filename="lanwitness-report.pdf"'}
    return Response(made, content_type="application/pdf", headers=named)


def report_json() -> Response:
    """The report of several sensors as one, or of one device that they heard: of a site, a bench, or all. With one
    sensor or none it is of the run that was put in last."""
    with _alone():
        return jsonify({"made": _now(), **_report()})


def report_html() -> Response:
    """The same report as one HTML file."""
    return page()


def report_pdf() -> Response:
    """The same report as PDF."""
    return paper()


def report_junit() -> Response:
    """Verdicts and provisions of the same report as JUnit XML test cases."""
    fail_on = failing_at()
    with _alone():
        return Response(junit(_report(), fail_on), content_type="application/xml; charset=utf-8")


@contextmanager
def _alone() -> Iterator[None]:
    """One report or bundle at a time: each holds the records of its runs in memory."""
    if not AT_ONCE.acquire(timeout=PATIENCE):
        abort(429, "Another report is being made. Try again in a moment.")
    try:
        yield
    finally:
        AT_ONCE.release()


def _report() -> Report:
    device = param("device")
    if fleet().many():
        return fleet_report.report(fleet(), narrowing(), device, language())
    if device is None:
        return queries().report(None, language())
    return queries().report_of(queries().info(None).id, device, language())


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _for_programs(view: Callable[[], Response]) -> Callable[[], Response]:
    def answer() -> Response:
        of_records(param("language"))
        return view()

    answer.__doc__ = view.__doc__
    return answer


for name, view, kind, params, errors in (
    ("report.json", report_json, "application/json", PARAMS, ()),
    ("report.html", report_html, "text/html", PARAMS, ()),
    ("report.pdf", report_pdf, "application/pdf", PARAMS, (413, 501)),
    ("report.xml", report_junit, "application/xml", (*PARAMS, "fail_on"), (400,)),
):
    blueprint.add_url_rule(
        f"{API}/{name}",
        view.__name__,
        described(
            _for_programs(view), kind, params, errors=errors, answer=REPORT if kind == "application/json" else None
        ),
        methods=["GET"],
    )
