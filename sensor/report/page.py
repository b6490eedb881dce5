"""The report as one HTML file that loads and runs nothing and escapes everything from the wire."""

from __future__ import annotations

import base64
import hashlib
import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from sensor.records import CLAIMED, Record
from sensor.report.build import UNTESTED, Report
from sensor.report.by_rule import by_rule, folded
from sensor.report.charts import by_party, over_time
from sensor.store.types import TrafficCell
from sensor.text import printable, size

FOLDER = files("sensor.report")

REASONS_SHOWN = 12
"""Reasons of one status or claim on the page: enough to check it."""


class Limits(NamedTuple):
    """What a page shows of long lists; the JSON has all."""

    findings: int
    """Rows of one sentence."""
    remarks: int
    """The same of what is a remark (severity info)."""
    destinations: int
    devices: int
    """Devices in the table of marks on the first page."""
    needs: int
    captures: int
    """Captures on the first page; a report of several sensors has one of each."""


ON_SCREEN = Limits(findings=300, remarks=300, destinations=40, devices=500, needs=20, captures=200)
"""More than a reader reads, few enough for any browser."""

ON_PAPER = Limits(findings=24, remarks=8, destinations=6, devices=12, needs=7, captures=2)
"""Paper cannot be searched, and the first page is one page."""

INK = {"encrypted": "#2f7d4f", "cleartext": "#c0392b", "unknown": "#8a93a0"}
"""Colours of charts where a style sheet does not reach into them (PDF): those of the style sheet."""

LONGEST = 600
"""Characters of one value on the page: a hostile name must not be a page of its own."""


@cache
def texts(language: str = "en") -> dict[str, Any]:
    """The catalogue of a language. FileNotFoundError where there is none."""
    return tomllib.loads(FOLDER.joinpath("texts", f"{language}.toml").read_text("utf-8"))


def clean(value: object) -> object:
    """A value for the page: text without controls and direction overrides (Unicode C*, line separators), bounded."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return printable(value, LONGEST)


def source_text(capture: str) -> str:
    """The name of a capture for people: its path, an interface's name, or "standard input" for ``-``."""
    return "standard input" if capture == "-" else capture


def time_text(time: str | None) -> str:
    """A record's time to the second, as people write it."""
    return time[:19].replace("T", " ") if time else "–"


def percent(share: float | None) -> str:
    """A share 0..1 in percent."""
    return "–" if share is None else f"{share * 100:.0f} %"


ENVIRONMENT: dict[str, Any] = {
    "undefined": StrictUndefined,
    "finalize": clean,
    "trim_blocks": True,
    "lstrip_blocks": True,
}
"""Options of each Jinja environment that shows records: every value is cleaned, an unknown name is an error."""

FILTERS: dict[str, Callable[..., Any]] = {
    "source": source_text,
    "size": size,
    "time": time_text,
    "percent": percent,
    "folded": folded,
    "number": lambda count: f"{count or 0:,}",
}
"""Filters of its templates, by name."""


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(lambda name: FOLDER.joinpath("templates", name).read_text("utf-8")),
        **ENVIRONMENT,
    )
    environment.filters.update(FILTERS)
    return environment


def html(report: Report, made: str, language: str = "en", *, paper: bool = False) -> str:
    """The whole page. ``made``: when, RFC 3339; ``paper``: without what can only be unfolded on a screen."""
    limits = ON_PAPER if paper else ON_SCREEN
    style = FOLDER.joinpath("templates", "report.css").read_text("utf-8")
    # The one style sheet is allowed by its hash: nothing else on the page can style or run.
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    charts = {}
    for device in [*report["devices"], *report["not_judged"]]:
        cells = [TrafficCell(**cell) for cell in device["hourly_bytes"]]
        charts[device["id"]] = (over_time(cells), by_party(cells))
    devices = [*report["devices"], *report["not_judged"]]
    everything = [one for device in devices for one in device["findings"]] + report["other_findings"]
    rules = by_rule({one["id"]: one for one in everything}.values())
    shown = {
        finding["id"]: finding
        for rule in rules
        for sentence in rule.sentences
        for row in sentence.rows[: limits.remarks if rule.severity == "info" else limits.findings]
        for finding in row.findings
    }
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            made=made,
            t=texts(language),
            style=Markup(style),  # noqa: S704 (our own file)
            style_hash=allowed,
            charts=charts,
            ink=INK,
            claimed=CLAIMED,
            paper=paper,
            limits=limits,
            rules=rules,
            shown=shown,
            names={device["id"]: device["name"] for device in devices},
            unsettled=UNTESTED,
            reasons_shown=REASONS_SHOWN,
            places={device["id"]: f"device-{number}" for number, device in enumerate(devices, 1)},
        )
    )


ROWS_SHOWN = 200
"""Rows of a table of the maker on the page for laboratories; the JSON has all."""


def ts103701_html(report: Record, language: str = "en") -> str:
    """The page for laboratories, of the content that `sensor.report.ts103701` builds."""
    style = FOLDER.joinpath("templates", "report.css").read_text("utf-8")
    return (
        _environment()
        .get_template("ts103701.html")
        .render(
            report=report,
            t=texts(language),
            style=Markup(style),  # noqa: S704 (our own file)
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            reasons_shown=REASONS_SHOWN,
            rows_shown=ROWS_SHOWN,
        )
    )
