"""Access control of every request: log-in, form tokens, changes for admins alone."""

from __future__ import annotations

import hmac
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from flask import Flask, Response, abort, current_app, g, jsonify, redirect, request, url_for

from dashboard.auth.accounts import BROWSER_LASTS, Accounts, User, form_token
from dashboard.auth.api_tokens import ApiTokens
from dashboard.auth.audit import Audit
from dashboard.auth.guard import LOOPBACK
from dashboard.auth.peers import peer_key
from dashboard.auth.rate_limit import SPREAD, RateLimit
from sensor.prometheus import authorized

OPEN = frozenset(
    {
        "style",
        "script",
        "icon",
        "icons",
        "favicon",
        "languages.choose",
        "service.healthz",
        "service.security_txt",
        "users.log_in",
        "users.set_up",
    }
)
"""Endpoints that need no log-in: they show nothing of the network."""

FORM = 64 * 1024
"""Bytes of a form: names and notes. An upload has a limit of its own."""

API = "/api/v1"
UPLOADS = frozenset({"uploads.upload", "uploads.upload_by_program"})
"""Endpoints whose body is a capture: it is not read before the request is known to be allowed."""

ADMINS_ONLY = "Only an admin may change that."

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class AccessControl:
    """Access control of a dashboard.

    ``folder`` holds users, the audit log and uploads. ``beyond``: other machines can reach it. ``trusted``: the
    certificate is the user's own and browsers trust it. ``metrics_token``: a bearer token of `/metrics` alone; None
    where `/metrics` asks for none. ``upload``: bytes of the largest capture that may be uploaded. ``throttle`` counts
    failed log-ins and tokens by peer, ``spread`` log-ins by name from all peers.
    """

    folder: Path
    accounts: Accounts
    audit: Audit
    tokens: ApiTokens
    hosts: frozenset[str] = LOOPBACK
    beyond: bool = False
    tls: bool = False
    trusted: bool = False
    metrics_token: str | None = None
    upload: int = 2 * 1024**3
    throttle: RateLimit = field(default_factory=RateLimit)
    spread: RateLimit = field(default_factory=lambda: RateLimit(free=SPREAD))

    @property
    def cookie(self) -> str:
        """The session's cookie. ``__Host-``: browsers hold it to this host, this path and TLS (RFC 6265bis 4.1.3)."""
        return "__Host-lanwitness" if self.tls else "lanwitness"

    @property
    def browser_cookie(self) -> str:
        """The cookie of a browser in which a user logged in before; it opens nothing."""
        return f"{self.cookie}-browser"


def access() -> AccessControl | None:
    """The access control of this application; None where it is read-only and for this machine alone."""
    return cast("AccessControl | None", current_app.extensions["access"])


def to_api() -> bool:
    """Whether this request is to the API: it is answered as JSON, in the language of records."""
    return request.path.startswith(f"{API}/")


def user() -> User | None:
    """The user of this request; None without a log-in."""
    return cast("User | None", g.get("user"))


def may_change() -> bool:
    """Whether the user of this request may change anything."""
    who = user()
    return who is not None and who.admin


def for_viewers(view: F) -> F:
    """Mark a view whose change every logged-in user may make (his own password, logging out)."""
    view.for_viewers = True  # type: ignore[attr-defined]
    return view


def protect(app: Flask) -> None:
    """Check each request: endpoints that are not open need a log-in, changes a form token and, unless marked, an
    admin."""

    @app.before_request
    def ask() -> Response | tuple[Response, int] | None:
        control = access()
        if control is None:
            return None
        for_programs = to_api()
        if request.endpoint == "service.metrics":
            if control.metrics_token is None or authorized(
                request.headers.get("Authorization", ""), control.metrics_token
            ):
                return None
            for_programs = True
        if for_programs and (shown := _bearer()) is not None:
            return _program(control, shown)
        if request.endpoint == "service.metrics":
            return _refuse(401, "A token is needed (Authorization: Bearer).")
        cookie = request.cookies.get(control.cookie, "")
        g.user = control.accounts.who(cookie) if cookie else None
        g.cookie = cookie
        if request.method == "POST":
            _change(control)
        elif user() is None and request.endpoint not in OPEN:
            return _log_in()
        return None

    @app.after_request
    def give(response: Response) -> Response:
        if (fresh := g.get("fresh")) is not None:
            _cookie(response, fresh)
        return response

    app.jinja_env.globals.update(user=user, may_change=may_change, form=form, has_accounts=lambda: access() is not None)


def form() -> str:
    """The token for a form on this page. Without a log-in, a cookie is set for it."""
    if not g.get("cookie"):
        g.cookie = g.fresh = secrets.token_urlsafe(32)
    return form_token(g.cookie)


def remember(response: Response, token: str) -> Response:
    """Give the browser the session's cookie."""
    g.fresh = None
    return _cookie(response, token)


def remember_browser(response: Response, token: str) -> Response:
    """Give the browser the cookie that keeps others' failed log-ins from locking it out."""
    control = access()
    assert control is not None
    response.set_cookie(
        control.browser_cookie,
        token,
        max_age=int(BROWSER_LASTS),
        path="/",
        secure=control.tls,
        httponly=True,
        samesite="Strict",
    )
    return response


def note(action: str, **what: Any) -> None:
    """Write a change into the audit log."""
    control = access()
    if control is not None:
        control.audit.write(action, **_author(user()), **what)


def local(path: str | None) -> str:
    """A path of this dashboard to go on to; the first page for what is none (an open redirect)."""
    fine = path and path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if path and fine else "/"


def _change(control: AccessControl) -> None:
    who = user()
    if request.endpoint in OPEN:
        if request.endpoint not in ("users.log_in", "users.set_up"):
            abort(405)
    elif who is None:
        abort(401)
    else:
        view = current_app.view_functions.get(request.endpoint or "")
        if not who.admin and not getattr(view, "for_viewers", False):
            control.audit.write("refused", **_author(who), path=request.path)
            abort(403, ADMINS_ONLY)
    # The token of an upload is in the form's address, not in the body.
    given = request.args.get("form") or ("" if request.endpoint in UPLOADS else request.form.get("form", ""))
    if not g.cookie or not hmac.compare_digest(given.encode(), form_token(g.cookie).encode()):
        abort(403, "This form is too old, or it is not from this dashboard. Load the page again.")


def _bearer() -> str | None:
    """The bearer token of the request (RFC 6750 2.1); None where it shows none."""
    given = request.authorization
    return (given.token or "") if given is not None and given.type == "bearer" else None


def _program(control: AccessControl, shown: str) -> Response | None:
    """A request with a token: cookies do not count, and no form token is needed, because no browser sends it by
    itself."""
    found = control.tokens.find(shown)
    if found is None:
        # A right token is good during the wait, too: it cannot be guessed, and one wrong program must not stop others.
        peer = peer_key(request.remote_addr)
        if wait := control.throttle.wait(peer):
            response = _refuse(429, "Too many requests with a wrong token. Wait a little.")
            response.headers["Retry-After"] = str(math.ceil(wait))
            return response
        control.throttle.failed(peer)
        control.audit.write("token.failed", user=None, address=request.remote_addr)
        return _refuse(401, "There is no such token, or it was revoked.", "invalid_token")
    if found.expired:
        return _refuse(401, "This token has expired.", "invalid_token")
    g.user = User(f"token {found.name}", found.role, session="", form="", token=found.name)
    if request.method == "POST" and not g.user.admin:
        control.audit.write("refused", **_author(g.user), path=request.path)
        return _refuse(403, ADMINS_ONLY, "insufficient_scope")
    return None


def _author(who: User | None) -> dict[str, str | None]:
    """Who did it, for the audit log: a user, or a program by its token's name."""
    if who is not None and who.token is not None:
        return {"user": None, "token": who.token}
    return {"user": who.name if who is not None else None}


def _refuse(code: int, message: str, error: str | None = None) -> Response:
    """A refusal for a program. ``error``: a code of RFC 6750 3.1."""
    if to_api():
        response = jsonify({"error": message})
    else:
        response = Response(f"{message}\n", content_type="text/plain; charset=utf-8")
    response.status_code = code
    if code in (401, 403):
        response.headers["WWW-Authenticate"] = 'Bearer realm="lanwitness"' + (f', error="{error}"' if error else "")
    return response


def _log_in() -> Response | tuple[Response, int]:
    if to_api() or request.path == "/events":
        return jsonify({"error": "Log in first."}), 401
    target = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("users.log_in", **({"next": target} if target != "/" else {})), 303)  # type: ignore[return-value, arg-type]


def _cookie(response: Response, token: str) -> Response:
    control = access()
    assert control is not None
    response.set_cookie(
        control.cookie, token, max_age=None, path="/", secure=control.tls, httponly=True, samesite="Strict"
    )
    return response
