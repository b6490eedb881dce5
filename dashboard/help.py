"""The words of the pages and the standards map into a page that explains them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from flask import Blueprint

from dashboard.pages import page
from dashboard.queries import Content, standards
from sensor.report.page import texts
from sensor.verdicts.baseline import standard

blueprint = Blueprint("help", __name__)

SHARED = ("statuses", "capabilities", "severities", "parties")


@cache
def words(language: str = "en") -> dict[str, Any]:
    """The dashboard's own words: glossary, what severities mean, names of what a finding tells."""
    return tomllib.loads(files("dashboard").joinpath("texts", f"{language}.toml").read_text("utf-8"))


@page(blueprint, "/help", "help.html")
def help() -> Content:
    """Marks, capabilities, severities, glossary, provisions with what corresponds to them elsewhere."""
    shared = {name: texts()[name] for name in SHARED}
    return {
        "run": None,
        **shared,
        "severity_meanings": words()["severity"],
        "glossary": words()["glossary"],
        "frameworks": dict(standard().frameworks),
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
            for one in standards()
        ],
    }
