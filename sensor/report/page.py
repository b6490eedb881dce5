"""The report as one HTML file that loads and runs nothing and escapes everything from the wire."""

from __future__ import annotations

import base64
import hashlib
import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from sensor.model import SEVERITIES
from sensor.records import CLAIMED, Record
from sensor.report.build import Report
from sensor.report.charts import by_party, over_time
from sensor.store.types import TrafficCell
from sensor.text import printable, size

FOLDER = files("sensor.report")

FINDINGS_SHOWN = 300
"""Findings of a device on the page: more than a reader reads, few enough for any browser; the JSON has all."""

PRINTED = 40
"""The same on paper, which cannot be searched."""

REASONS_SHOWN = 12
"""Reasons of one status or claim on the page: enough to check it."""

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


def html(report: Report, made: str, language: str = "en", *, findings: int = FINDINGS_SHOWN) -> str:
    """The whole page. ``made``: when, RFC 3339; ``findings`` of a device that are shown."""
    style = FOLDER.joinpath("templates", "report.css").read_text("utf-8")
    # The one style sheet is allowed by its hash: nothing else on the page can style or run.
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    charts = {}
    for device in [*report["devices"], *report["not_judged"]]:
        cells = [TrafficCell(**cell) for cell in device["hourly_bytes"]]
        charts[device["id"]] = (over_time(cells), by_party(cells))
    ids = {finding["id"] for device in report["devices"] for finding in device["findings"]}
    devices = [*report["devices"], *report["not_judged"]]
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
            severities=SEVERITIES,
            findings_shown=findings,
            reasons_shown=REASONS_SHOWN,
            finding_ids=ids,
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
