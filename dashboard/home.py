"""A run into the page for the family: five capabilities at one glance, at most three things to do, each device with its five marks."""

from __future__ import annotations

from flask import Blueprint

from dashboard.pages import asked, page, queries
from dashboard.queries import Content

blueprint = Blueprint("home", __name__)


@page(blueprint, "/", "home.html")
@page(blueprint, "/runs/<run>", "home.html")
def home(run: str | None = None) -> Content:
    """The run that is asked for, else the one put in last."""
    return queries().home(run or asked("run"))
