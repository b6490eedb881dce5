"""Files of a run, for programs: the report as JSON, HTML and JUnit XML, the evidence bundle."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, jsonify

from dashboard.auth.access import API
from dashboard.data.answers import REPORT
from dashboard.routes import described, param, queries
from dashboard.views.device import report_file
from sensor import config
from sensor.evidence.bundle import bundle_files, concerns, zip_archive
from sensor.evidence.storage import EvidenceFolder, evidence_path
from sensor.model import STATUSES
from sensor.report.build import Report
from sensor.report.junit import junit
from sensor.report.page import html

blueprint = Blueprint("handover", __name__)

AT_ONCE = threading.BoundedSemaphore(1)
"""Bundles and reports of several sensors being made: each holds a run's records and packets in memory."""

PATIENCE = 30
"""Seconds for which a request waits for the bundle of another."""


def report_json(run: str) -> Response:
    """The report of a run, or of one device of it."""
    return jsonify({"made": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z", **_report(run)})


def report_html(run: str) -> Response:
    """The report of a run, or of one device of it, as one HTML file."""
    return report_file(_report(run))


def report_junit(run: str) -> Response:
    """Verdicts and provisions of a run, or of one device of it, as JUnit XML test cases."""
    return Response(junit(_report(run), failing_at()), content_type="application/xml; charset=utf-8")


def failing_at() -> str | None:
    """Which status the request lets fail its test case; 400 for a word that is none."""
    found = param("fail_on")
    if found is not None and found not in STATUSES:
        abort(400, f"fail_on is one of: {', '.join(STATUSES)}.")
    return found


def evidence(run: str) -> Response:
    """Findings of a run, or of one device of it, with their masked packets, report and SHA-256 sums, as ZIP."""
    if not AT_ONCE.acquire(timeout=PATIENCE):
        abort(429, "Another bundle is being made. Try again in a moment.")
    try:
        report = _report(run)
        info, device = queries().info(run), param("device")
        everything = queries().reader.records(info.id)
        records = [one for one in everything if device is None or concerns(one, device)]
        folder = EvidenceFolder(evidence_path(queries().where, config.load().state))
        made = bundle_files(
            records, report, html(report, info.written), folder.packets(info.id), facts=folder.facts(info.id)
        )
        archive = zip_archive(made)
    finally:
        AT_ONCE.release()
    named = {"Content-Disposition": 'attachment; filename="lanwitness-evidence.zip"'}
    return Response(archive, content_type="application/zip", headers=named)


def _report(run: str) -> Report:
    device = param("device")
    return queries().report(run) if device is None else queries().report_of(run, device)


for name, view, kind, params, errors in (
    ("report.json", report_json, "application/json", ("device",), ()),
    ("report.html", report_html, "text/html", ("device",), ()),
    ("report.xml", report_junit, "application/xml", ("device", "fail_on"), (400,)),
    ("evidence.zip", evidence, "application/zip", ("device",), ()),
):
    blueprint.add_url_rule(
        f"{API}/runs/<run>/{name}",
        view.__name__,
        described(view, kind, params, errors=errors, answer=REPORT if kind == "application/json" else None),
        methods=["GET"],
    )
