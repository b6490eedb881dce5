"""Pages for programs: `/metrics`, `/healthz`, `/.well-known/security.txt` (RFC 9116)."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, request

from dashboard.auth.json_file import folder as made
from dashboard.data.metrics import Collector
from dashboard.routes import queries
from sensor.files import private_open
from sensor.prometheus import exposition, registry_of

blueprint = Blueprint("service", __name__)

FRESH = timedelta(days=30)
"""How long a copy of security.txt is good: RFC 9116 2.5.5 wants less than a year."""


def token(folder: Path) -> str:
    """The token for `/metrics`, made at the first use; Prometheus reads its file (``credentials_file``).

    Raises OSError; ValueError for an empty file.
    """
    path = made(folder) / "metrics.token"
    try:
        handle = private_open(path, os.O_WRONLY | os.O_EXCL)
    except FileExistsError:
        token = path.read_text("ascii").strip()
        if not token:
            raise ValueError("the token's file is empty") from None
        return token
    with os.fdopen(handle, "w") as file:
        text = secrets.token_urlsafe(32)
        file.write(text + "\n")
    return text


@blueprint.get("/metrics")
def metrics() -> Response:
    """The store's newest run as gauges, in the format that the scraper asks for."""
    body, kind = exposition(registry_of("serve", Collector(queries())), request.headers.get("Accept", ""))
    return Response(body, content_type=kind)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 where the store can be read; the error handler says 503 where not."""
    queries().runs()
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/.well-known/security.txt")
def security_txt() -> Response:
    """The contact for reports of flaws; 404 without one, because a file needs a contact (RFC 9116 2.5.3)."""
    contact = current_app.config["SECURITY_CONTACT"]
    if contact is None:
        abort(404, "No contact was named; lanwitness serve --contact names one.")
    expires = (datetime.now(UTC) + FRESH).replace(hour=0, minute=0, second=0, microsecond=0)
    content = f"Contact: {contact}\nExpires: {expires:%Y-%m-%dT%H:%M:%SZ}\nPreferred-Languages: en\n"
    return Response(content, content_type="text/plain; charset=utf-8")
