"""The list of runs and of uploaded captures with their progress."""

from __future__ import annotations

from flask import Blueprint, current_app

from dashboard.auth.access import access
from dashboard.data.answers import LISTED_RUN
from dashboard.data.schema_parts import COUNT, NULL, fields, listed, maybe, part
from dashboard.queries import Content
from dashboard.routes import Table, page, queries, table
from dashboard.views.uploads import JOB, jobs, sent_in

blueprint = Blueprint("runs", __name__)

RUNS = part("Runs", fields(run=NULL, runs=listed(LISTED_RUN), uploads=listed(JOB), largest_upload=maybe(COUNT)))


@page(blueprint, "/runs", "runs.html", sheet="runs.sheet", answer=RUNS)
def runs() -> Content:
    """All runs, the one put in last first; captures that were sent in, with how far they are."""
    names = jobs().names() if current_app.extensions["jobs"] is not None else {}
    control = access()
    return {
        "run": None,
        "runs": [{**one, "sent_as": names.get(one["id"])} for one in queries().runs()],
        "uploads": sent_in(),
        "largest_upload": control.upload if control is not None else None,
    }


@table(blueprint, "/runs.csv", name="sheet")
def sheet() -> Table:
    """All runs."""
    titles = (
        "run",
        "captures",
        "first_time",
        "last_time",
        "devices",
        "findings",
        "worst",
        "read",
        "version",
        "parser_failures",
    )
    return titles, [[one[title] if title != "run" else one["id"] for title in titles] for one in queries().runs()]
