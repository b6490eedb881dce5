"""The Flask application of the dashboard: pages, their JSON and CSV, metrics, errors."""

from __future__ import annotations

import contextlib
import shlex
import traceback
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from dashboard.auth.access import FORM, AccessControl, protect, to_api
from dashboard.auth.guard import Guard
from dashboard.charts import charts, icon_of, strip
from dashboard.fleet import Fleet
from dashboard.formatting import (
    ago,
    catalogue,
    distinct,
    number_text,
    plain,
    run_title,
    short,
    size_text,
    time_element,
)
from dashboard.jobs.jobs import Jobs
from dashboard.language import language, of_records
from dashboard.queries import NoRuns, Queries, Unknown
from dashboard.rendered import Links, RenderedRows
from dashboard.views import blueprints, events, packets, uploads
from sensor.basis import basis_text
from sensor.catalogue import LANGUAGES, counted
from sensor.devices.device import CATEGORIES
from sensor.needs import texts as needs_texts
from sensor.records import CLAIMED
from sensor.report.page import ENVIRONMENT, FILTERS, texts
from sensor.report.pdf import printer
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


def create_app(
    store: StoreLocation | str,
    *,
    contact: str | None = None,
    access: AccessControl | None = None,
    speaks: str | None = None,
) -> Flask:
    """The dashboard of a store (path, URL or `StoreLocation`).

    ``access``: access control; without it this machine alone can read the pages, and nothing can be changed.
    ``contact``: URI for `/.well-known/security.txt`. ``speaks``: the language of the pages, whatever a browser asks
    for. Raises StoreFailed; OSError where ``access``'s folder is unusable.
    """
    app = Application("dashboard", static_folder=None)
    where = store_location(store) if isinstance(store, str) else store
    app.config.update(SECURITY_CONTACT=contact, MAX_CONTENT_LENGTH=FORM, MAX_FORM_MEMORY_SIZE=FORM, MAX_FORM_PARTS=40)
    app.config["LANGUAGE"] = speaks
    app.extensions["queries"] = Queries(where)
    app.extensions["fleet"] = Fleet(app.extensions["queries"])
    app.extensions["watch"] = events.StampWatch(app.extensions["queries"].stamp, renew=app.extensions["queries"].renew)
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
        FILTERS,
        short=short,
        plain=lambda value: plain(value, language()),
        time_element=time_element,
        basis=lambda text: basis_text(text, language()),
        quoted=shlex.quote,
        distinct=distinct,
        zip=zip,
        number=lambda count: number_text(count, language()),
        size=lambda count: size_text(count, language()),
        ago=lambda seconds: ago(seconds, language()),
        counted=lambda count, forms, **more: counted(forms, count, number_text(count, language()), **more),
    )
    app.context_processor(_words)
    app.jinja_env.globals.update(
        url_for=Links(app).url_for,
        rendered=RenderedRows(),
        charts=charts,
        dict=dict,
        strip=strip,
        icon_of=icon_of,
        many_sensors=lambda: _many_sensors(app),
        claimed=CLAIMED,
        shown=SHOWN,
        run_title=run_title,
        categories=lambda: sorted(CATEGORIES),
        shown_packets=packets.shown,
        packets_order=packets.packets_order,
        printer=printer,
        can_dissect=packets.can_dissect,
        capture_path=packets.capture_path,
        hex_gap=packets.gap,
    )


def _many_sensors(app: Flask) -> bool:
    """Whether the store has several sensors; not where it cannot be read, which another page says."""
    with contextlib.suppress(StoreFailed):
        return len(app.extensions["fleet"].sensors()) > 1
    return False


def _words() -> dict[str, Any]:
    """The catalogues of a page: ``t`` shared with the report, ``n`` of devices and needs, ``w`` the dashboard's own."""
    own = language()
    return {"t": texts(own), "n": needs_texts(own), "w": catalogue(own), "languages": LANGUAGES}


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
        if to_api():
            return jsonify({"error": message}), code
        page = render_template(
            "error.html", c={"run": None}, here="", json_url=None, csv_url=None, title=title, message=message
        )
        return page, code

    def words() -> dict[str, str]:
        if to_api():
            of_records(None)
        found: dict[str, str] = catalogue(language())["error"]
        return found

    @app.errorhandler(Unknown)
    def unknown(error: Unknown) -> tuple[Response | str, int]:
        phrases = words()
        return answer(404, phrases["not_here"], f"{phrases.get(str(error), error)} {phrases['replaced']}")

    @app.errorhandler(NoRuns)
    def no_runs(_: NoRuns) -> tuple[Response | str, int]:
        if to_api():
            return jsonify({"run": None}), 200
        return render_template("empty.html", c={"run": None}, here="home", json_url=None, csv_url=None), 200

    @app.errorhandler(StoreFailed)
    def failed(error: StoreFailed) -> tuple[Response | str, int]:
        return answer(503, words()["store"], str(error))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> tuple[Response | str, int]:
        code, phrases = error.code or 500, words()
        # Our own sentences are shown; the framework's are for developers.
        own = error.description if error.description and error.description != type(error).description else None
        own = phrases.get(own, own) if own else None
        if code == 404:
            return answer(404, phrases["not_here"], own or phrases["no_page"])
        if code in (401, 403):
            return answer(code, phrases["closed"], own or phrases["log_in"])
        return answer(code, phrases["failed"], phrases["bug"] if code == 500 else own or error.name)
