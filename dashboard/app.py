"""A store into a Flask application: pages, their JSON, metrics, and errors that say what happened without repeating what was sent."""

from __future__ import annotations

import shlex
import traceback
from importlib.resources import files
from pathlib import Path
from types import TracebackType

from flask import Flask, Response, jsonify, render_template, request
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException

from dashboard import device, findings, help, home, machines, runs
from dashboard.guard import Guard
from dashboard.pages import API
from dashboard.queries import NoRuns, Queries, Unknown
from sensor.report.build import CLAIMED
from sensor.report.charts import by_party, over_time
from sensor.report.page import clean, percent, size_text, texts, time_text
from sensor.store.kept import Cell, Record
from sensor.store.place import Place, StoreFailed, place

NAME = 48
"""Characters of a name in a table or a title; the device's own page has more of it."""

SHOWN = {"destinations": 40, "reasons": 12, "findings": 25, "frames": 64}
"""Rows of a list on a page; the JSON of the page has all."""


class Application(Flask):
    """Flask, but a bug is logged by kind and place: its text may hold what a device said."""

    def log_exception(self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        """One line on standard error."""
        if exc_info[0] is not None:
            last = traceback.extract_tb(exc_info[2])[-1]
            self.logger.error("a bug: %s at %s:%s", exc_info[0].__name__, Path(last.filename).name, last.lineno)


def create_app(store: Place | str, *, contact: str | None = None) -> Flask:
    """The dashboard of a store (path, URL or `Place`). ``contact``: URI for `/.well-known/security.txt`. Raises StoreFailed."""
    app = Application("dashboard", static_folder=None)
    app.config["SECURITY_CONTACT"] = contact
    app.extensions["queries"] = Queries(place(store) if isinstance(store, str) else store)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_options = {
        **app.jinja_options,
        "undefined": StrictUndefined,
        "finalize": clean,
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    app.jinja_env.filters.update(
        size=size_text,
        time=time_text,
        percent=percent,
        number=lambda n: f"{n or 0:,}",
        short=short,
        plain=findings.plain,
        quoted=shlex.quote,
        distinct=distinct,
    )
    app.jinja_env.globals.update(
        t=texts(), w=help.words(), charts=charts, claimed=CLAIMED, shown=SHOWN, run_title=run_title,
    )  # fmt: skip
    for page in (home, device, findings, runs, help, machines):
        app.register_blueprint(page.blueprint)
    _files(app)
    _errors(app)
    app.wsgi_app = Guard(app.wsgi_app)  # type: ignore[method-assign]
    return app


def short(value: object, limit: int = NAME) -> str:
    """Text cut to what a table has room for."""
    text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def distinct(reasons: list[Record]) -> list[Record]:
    """Reasons without those that would read the same: several signatures may rest on one value."""
    return list({(one["field"], one["value"], repr(one["evidence"])): one for one in reasons}.values())


def charts(device: Record) -> tuple[object, object]:
    """The geometry of a device's two charts."""
    cells = [Cell(**cell) for cell in device["hourly_bytes"]]
    return over_time(cells), by_party(cells)


def run_title(run: Record) -> str:
    """What a person knows a run by: its captures and when they were recorded."""
    captures = ", ".join(short(name, 60) for name in run["captures"][:3]) or run["id"]
    return f"{captures} ({time_text(run['first_time'])[:16]})"


def _files(app: Flask) -> None:
    # The report's style sheet is the dashboard's as well: one look, one place to keep its contrasts.
    style = files("sensor.report").joinpath("templates", "report.css").read_bytes()
    style += files("dashboard").joinpath("static", "dashboard.css").read_bytes()
    icon = files("dashboard").joinpath("static", "icon.svg").read_bytes()

    def serve(data: bytes, kind: str) -> Response:
        response = Response(data, content_type=kind)
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        return response.make_conditional(request)  # type: ignore[return-value]

    app.add_url_rule("/style.css", "style", lambda: serve(style, "text/css; charset=utf-8"))
    app.add_url_rule("/icon.svg", "icon", lambda: serve(icon, "image/svg+xml"))
    app.add_url_rule("/favicon.ico", "favicon", lambda: serve(icon, "image/svg+xml"))


def _errors(app: Flask) -> None:
    def answer(code: int, title: str, told: str) -> tuple[Response | str, int]:
        if request.path.startswith(f"{API}/"):
            return jsonify({"error": told}), code
        return render_template("error.html", c={"run": None}, here="", json_url=None, title=title, told=told), code

    @app.errorhandler(Unknown)
    def unknown(error: Unknown) -> tuple[Response | str, int]:
        return answer(404, "Not here", f"{error} It may have been replaced or forgotten.")

    @app.errorhandler(NoRuns)
    def no_runs(_: NoRuns) -> tuple[Response | str, int]:
        if request.path.startswith(f"{API}/"):
            return jsonify({"run": None}), 200
        return render_template("empty.html", c={"run": None}, here="home", json_url=None), 200

    @app.errorhandler(StoreFailed)
    def failed(error: StoreFailed) -> tuple[Response | str, int]:
        return answer(503, "The store cannot be read", str(error))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> tuple[Response | str, int]:
        code = error.code or 500
        if code == 404:
            said = error.description if request.path.startswith("/.well-known/") else None
            return answer(404, "Not here", said or "There is no such page.")
        return answer(
            code, "That did not work", "A bug of this program: please report it." if code == 500 else error.name
        )
