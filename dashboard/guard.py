"""A request on its way in, and its answer on the way out: only a browser that asked for this machine may read, nothing can be changed, headers are strict."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
"""Names of this machine. A page elsewhere whose name is made to resolve to 127.0.0.1 (DNS rebinding) still sends its own name."""

METHODS = frozenset({"GET", "HEAD"})

HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)


class Guard:
    """Stands before the whole application, so that no route can be without it."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as WSGI (PEP 3333) wants it."""

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            given = {name.lower() for name, _ in headers}
            # What a home says is not for a browser's disk.
            strict = [*HEADERS, ("Cache-Control", "no-store")]
            return start_response(status, [*headers, *(h for h in strict if h[0].lower() not in given)], *more)

        if not HOST.fullmatch(environ.get("HTTP_HOST", "")):
            return _refuse(start, "403 Forbidden", "This dashboard answers to localhost, 127.0.0.1 and [::1] only.")
        if environ["REQUEST_METHOD"] not in METHODS:
            told = "Nothing can be changed here: GET and HEAD only."
            return _refuse(start, "405 Method Not Allowed", told, ("Allow", "GET, HEAD"))
        return self._application(environ, start)


def _refuse(start: Any, status: str, told: str, *headers: tuple[str, str]) -> list[bytes]:
    body = f"{told}\n".encode()
    length = ("Content-Length", str(len(body)))
    start(status, [("Content-Type", "text/plain; charset=utf-8"), length, *headers])
    return [body]
