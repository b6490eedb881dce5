"""One device into its page: who it is and why we think so, five verdicts down to provisions, where it talks to, what was found."""

from __future__ import annotations

from flask import Blueprint

from dashboard.pages import page, queries
from dashboard.queries import Content

blueprint = Blueprint("device", __name__)


@page(blueprint, "/runs/<run>/devices/<device>", "device.html")
def device(run: str, device: str) -> Content:
    """A device of a run by its id."""
    return queries().device(run, device)
