"""The help page: marks, glossary and the standards map."""

from __future__ import annotations

from flask import Blueprint

from dashboard.data.answers import HELP
from dashboard.formatting import catalogue
from dashboard.queries import Content
from dashboard.routes import Table, page, table
from sensor.report.page import texts
from sensor.verdicts.baseline import baseline, standard

blueprint = Blueprint("help", __name__)

SHARED = ("statuses", "capabilities", "severities", "parties")


@page(blueprint, "/help", "help.html", sheet="help.standards_sheet", answer=HELP)
def help() -> Content:
    """Marks, capabilities, severities, glossary, provisions with what corresponds to them elsewhere."""
    shared = {name: texts()[name] for name in SHARED}
    return {
        "run": None,
        **shared,
        "severity_meanings": catalogue()["severity"],
        "glossary": catalogue()["glossary"],
        "frameworks": {name: f"{one.title} ({one.edition})" for name, one in standard().frameworks.items()},
        "provisions": [
            {
                "capability": one.capability.value if one.capability else None,
                "provision": {"v2.1.1": one.v2, "v3.1.3": one.v3},
                "modal": one.modal,
                "title": one.title,
                "traffic": one.traffic,
                "why": one.why,
                "lab": one.lab,
                "see": [[each.framework, each.item, each.verified] for each in one.see],
            }
            for one in baseline()
        ],
    }


@table(blueprint, "/standards.csv")
def standards_sheet() -> Table:
    """The standards map."""
    rows = [
        [
            one.v3,
            one.v2,
            one.capability.value if one.capability else None,
            one.modal,
            one.title,
            one.traffic,
            one.why,
            one.lab,
            "; ".join(f"{each.framework} {each.item}{'' if each.verified else ' ?'}" for each in one.see),
        ]
        for one in baseline()
    ]
    return ("v3.1.3", "v2.1.1", "capability", "modal", "title", "traffic", "why", "lab", "see"), rows
