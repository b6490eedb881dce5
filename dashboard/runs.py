"""The store's runs into a list to choose from."""

from __future__ import annotations

from flask import Blueprint

from dashboard.pages import page, queries
from dashboard.queries import Content

blueprint = Blueprint("runs", __name__)


@page(blueprint, "/runs", "runs.html")
def runs() -> Content:
    """All runs, the one put in last first."""
    return {"run": None, "runs": queries().runs()}
