"""The WSGI guard before all routes: host names, methods, origins, strict headers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of this machine for itself."""

HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::[0-9]{1,5})?")
"""A Host field (RFC 9110 7.2): an address or a name, with a port or without."""

READING = frozenset({"GET", "HEAD"})
CHANGING = READING | {"POST"}

HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    # Not no-referrer: browsers would then send "null" as the origin of our own forms (Fetch 3.1).
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)


class Guard:
    """Stands before the whole application, so that no route can be without it.

    ``hosts``: names of this dashboard. ``addresses``: any address literal is accepted as well, which no foreign name
    can be (DNS rebinding). ``changing``: forms are accepted. ``lasting``: HSTS is sent.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        hosts: Iterable[str] = LOOPBACK,
        addresses: bool = False,
        changing: bool = False,
        lasting: bool = False,
    ) -> None:
        self._application = application
        self._hosts = frozenset(name.lower().rstrip(".") for name in hosts)
        self._addresses = addresses
        self._methods = CHANGING if changing else READING
        # Strict-Transport-Security only with a trusted certificate: with another one it locks the owner out (RFC 6797
        # 8.4).
        self._more = [("Strict-Transport-Security", "max-age=31536000")] if lasting else []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as WSGI (PEP 3333) wants it."""

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            given = {name.lower() for name, _ in headers}
            # What a home says is not for a browser's disk.
            strict = [*HEADERS, *self._more, ("Cache-Control", "no-store")]
            return start_response(status, [*headers, *(h for h in strict if h[0].lower() not in given)], *more)

        if not self._ours(environ.get("HTTP_HOST", "")):
            return _refuse(
                start, "403 Forbidden", "This dashboard does not go by that name. (serve --host NAME gives it one.)"
            )
        method = environ["REQUEST_METHOD"]
        if method not in self._methods:
            allowed = ", ".join(sorted(self._methods))
            return _refuse(start, "405 Method Not Allowed", f"Only {allowed} work here.", ("Allow", allowed))
        if method not in READING and not _from_here(environ):
            return _refuse(start, "403 Forbidden", "A page of another site asked for a change; nothing was changed.")
        return self._application(environ, start)

    def _ours(self, given: str) -> bool:
        found = HOST.fullmatch(given)
        if found is None:
            return False
        host = found[1].strip("[]").lower().rstrip(".")
        if host in self._hosts:
            return True
        if not self._addresses:
            return False
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
        return True


def _from_here(environ: WSGIEnvironment) -> bool:
    """Whether a page of ours sent the form, by the browser's headers. The form's token covers browsers without them."""
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None:
        return bool(origin.lower() == f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}".lower())
    return environ.get("HTTP_SEC_FETCH_SITE", "same-origin") in ("same-origin", "none")


def _refuse(start: Any, status: str, message: str, *headers: tuple[str, str]) -> list[bytes]:
    body = f"{message}\n".encode()
    length = ("Content-Length", str(len(body)))
    start(status, [("Content-Type", "text/plain; charset=utf-8"), length, *headers])
    return [body]
