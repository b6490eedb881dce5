"""The Flask application of the dashboard: pages, their JSON and CSV, metrics, errors."""

from __future__ import annotations

import shlex
import traceback
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from types import TracebackType

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from dashboard.auth.access import API, FORM, AccessControl, protect
from dashboard.auth.guard import Guard
from dashboard.charts import charts, icon_of, spark
from dashboard.formatting import catalogue, distinct, plain, run_title, short, time_element
from dashboard.jobs.jobs import Jobs
from dashboard.queries import NoRuns, Queries, Unknown
from dashboard.views import blueprints, events, packets, uploads
from sensor.devices.device import CATEGORIES
from sensor.records import CLAIMED
from sensor.report.page import ENVIRONMENT, FILTERS, texts
from sensor.store.location import StoreFailed, StoreLocation, store_location

SHOWN = {"destinations": 40, "reasons": 12, "findings": 25, "frames": 64}
"""Rows of a list on a page; the JSON of the page has all."""

STATIC = (
    ("/style.css", "style", "text/css; charset=utf-8", ("dashboard.css",)),
    ("/dashboard.js", "script", "text/javascript; charset=utf-8", ("dashboard.js",)),
    ("/icon.svg", "icon", "image/svg+xml", ("icon.svg",)),
    ("/icons.svg", "icons", "image/svg+xml", ("icons.svg",)),
    ("/favicon.ico", "favicon", "image/svg+xml", ("icon.svg",)),
)


class Application(Flask):
    """Flask, but a bug is logged by kind and place: its text may hold bytes of a device."""

    request_class = uploads.Streaming

    def log_exception(self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        """Write one line to standard error."""
        if exc_info[0] is not None:
            last = traceback.extract_tb(exc_info[2])[-1]
            self.logger.error("a bug: %s at %s:%s", exc_info[0].__name__, Path(last.filename).name, last.lineno)


def create_app(store: StoreLocation | str, *, contact: str | None = None, access: AccessControl | None = None) -> Flask:
    """The dashboard of a store (path, URL or `StoreLocation`).

    ``access``: access control; without it this machine alone can read the pages, and nothing can be changed.
    ``contact``: URI for `/.well-known/security.txt`. Raises StoreFailed; OSError where ``access``'s folder is unusable.
    """
    app = Application("dashboard", static_folder=None)
    where = store_location(store) if isinstance(store, str) else store
    app.config.update(SECURITY_CONTACT=contact, MAX_CONTENT_LENGTH=FORM, MAX_FORM_MEMORY_SIZE=FORM, MAX_FORM_PARTS=40)
    app.extensions["queries"] = Queries(where)
    app.extensions["watch"] = events.StampWatch(app.extensions["queries"].stamp)
    app.extensions["access"] = access
    app.extensions["jobs"] = Jobs(access.folder, where.argument) if access is not None else None
    app.json.sort_keys = False  # type: ignore[attr-defined]
    _templates(app)
    protect(app)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    _files(app)
    _errors(app)
    if access is None:
        app.wsgi_app = Guard(app.wsgi_app)  # type: ignore[method-assign]
    else:
        app.wsgi_app = Guard(  # type: ignore[method-assign]
            app.wsgi_app, hosts=access.hosts, addresses=access.beyond, changing=True, lasting=access.trusted
        )
    return app


def _templates(app: Flask) -> None:
    app.jinja_options = {**app.jinja_options, **ENVIRONMENT}
    app.jinja_env.filters.update(
        FILTERS, short=short, plain=plain, time_element=time_element, quoted=shlex.quote, distinct=distinct
    )
    app.jinja_env.globals.update(
        t=texts(),
        w=catalogue(),
        charts=charts,
        spark=spark,
        icon_of=icon_of,
        claimed=CLAIMED,
        shown=SHOWN,
        run_title=run_title,
        categories=lambda: sorted(CATEGORIES),
        shown_packets=packets.shown,
        can_dissect=packets.can_dissect,
        capture_path=packets.capture_path,
        hex_gap=packets.gap,
    )


def _files(app: Flask) -> None:
    def serve(data: bytes, kind: str) -> Callable[[], Response]:
        def served() -> Response:
            response = Response(data, content_type=kind)
            response.headers["Cache-Control"] = "no-cache"
            response.add_etag()
            return response.make_conditional(request)  # type: ignore[return-value]

        return served

    own = files("dashboard").joinpath("static")
    # The report's style sheet is the dashboard's as well: one look, one place to keep its contrasts.
    report = files("sensor.report").joinpath("templates", "report.css").read_bytes()
    for rule, name, kind, parts in STATIC:
        data = b"".join(own.joinpath(part).read_bytes() for part in parts)
        app.add_url_rule(rule, name, serve(report + data if name == "style" else data, kind))


def _errors(app: Flask) -> None:
    def answer(code: int, title: str, message: str) -> tuple[Response | str, int]:
        if request.path.startswith(f"{API}/"):
            return jsonify({"error": message}), code
        page = render_template(
            "error.html", c={"run": None}, here="", json_url=None, csv_url=None, title=title, message=message
        )
        return page, code

    @app.errorhandler(Unknown)
    def unknown(error: Unknown) -> tuple[Response | str, int]:
        return answer(404, "Not here", f"{error} It may have been replaced or forgotten.")

    @app.errorhandler(NoRuns)
    def no_runs(_: NoRuns) -> tuple[Response | str, int]:
        if request.path.startswith(f"{API}/"):
            return jsonify({"run": None}), 200
        return render_template("empty.html", c={"run": None}, here="home", json_url=None, csv_url=None), 200

    @app.errorhandler(StoreFailed)
    def failed(error: StoreFailed) -> tuple[Response | str, int]:
        return answer(503, "The store cannot be read", str(error))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> tuple[Response | str, int]:
        code = error.code or 500
        # Our own sentences are shown; the framework's are for developers.
        own = error.description if error.description and error.description != type(error).description else None
        if code == 404:
            return answer(404, "Not here", own or "There is no such page.")
        if code in (401, 403):
            return answer(code, "That is not open to you", own or "Log in first.")
        message = "A bug of this program: please report it." if code == 500 else own or error.name
        return answer(code, "That did not work", message)
