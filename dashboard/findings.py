"""A run's findings into a list that can be narrowed down, and one finding into its page: what happened, what to do, provisions, packets."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from dashboard.pages import asked, page, queries
from dashboard.queries import FILTERS, Content

blueprint = Blueprint("findings", __name__)

VALUES = 12
"""Values of a list that a page shows: enough to see what it is about; the JSON has all."""


@page(blueprint, "/findings", "findings.html")
@page(blueprint, "/runs/<run>/findings", "findings.html")
def findings(run: str | None = None) -> Content:
    """The findings for which all that is asked is so."""
    narrowed = {name: value for name in FILTERS if (value := asked(name))}
    number = asked("page") or ""
    return queries().findings(
        run, narrowed, int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 1
    )


@page(blueprint, "/runs/<run>/findings/<finding>", "finding.html")
def finding(run: str, finding: str) -> Content:
    """A finding of a run by its id."""
    return queries().finding(run, finding)


def plain(value: Any) -> str:
    """A value of a finding's detail as text for people; a secret as what may be shown of it."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        if "fingerprint" in value:
            begins = f"begins with {value['mask']}, " if value.get("mask") else ""
            return f"{begins}{value.get('length', '?')} characters long, fingerprint {value['fingerprint']} (the secret itself is not kept)"
        return "; ".join(f"{str(name).replace('_', ' ')}: {plain(each)}" for name, each in list(value.items())[:VALUES])
    if isinstance(value, list):
        more = f" and {len(value) - VALUES} more" if len(value) > VALUES else ""
        return ", ".join(plain(each) for each in value[:VALUES]) + more
    if isinstance(value, int | float):
        return f"{value:,}"
    return str(value)
