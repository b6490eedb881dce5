"""Log-in, log-out, set-up by a one-time link, passwords; the admins' lists of users and API tokens."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from dashboard.auth.access import (
    AccessControl,
    access,
    for_viewers,
    local,
    note,
    remember,
    remember_browser,
    user,
)
from dashboard.auth.accounts import ADMIN, LONGEST, NAME, ROLES, SHORTEST, AccountRefused, User
from dashboard.auth.api_tokens import DAYS, LONGEST_DAYS
from dashboard.auth.peers import peer_key
from dashboard.formatting import catalogue
from dashboard.language import language
from sensor.catalogue import counted

blueprint = Blueprint("users", __name__)


@blueprint.route("/log-in", methods=["GET", "POST"])
def log_in() -> Response:
    """The log-in page; a session for the right name and password. Each wrong attempt makes the next one wait longer."""
    control = _control()
    onward = local(request.args.get("next"))
    if request.method == "GET":
        return _page("log-in.html", onward=onward, message=None, first=control.accounts.empty)
    name = request.form.get("name", "")[: NAME + 1].strip()
    keys = _keys(control, name)
    words = catalogue(language())["log_in"]
    wait = max(control.throttle.wait(*keys[:2]), control.spread.wait(*keys[2:]))
    if wait:
        message = words["too_many"].format(wait=_waiting(wait, words))
        response = _page("log-in.html", 429, onward=onward, message=message, first=False)
        response.headers["Retry-After"] = str(math.ceil(wait))
        return response
    # Counted before it is looked at: many at once are no way around the wait.
    control.throttle.failed(*keys[:2])
    control.spread.failed(*keys[2:])
    token = control.accounts.log_in(name, request.form.get("password", "")[: LONGEST + 1])
    if token is None:
        control.audit.write("log-in.failed", user=None, name=name, address=request.remote_addr)
        return _page("log-in.html", 403, onward=onward, message=words["wrong"], first=False)
    control.throttle.succeeded(*keys[:2])
    control.spread.succeeded(*keys[2:])
    control.audit.write("log-in", user=name, address=request.remote_addr)
    return remember_browser(remember(_to(onward), token), control.accounts.browser(name))


@blueprint.post("/log-out")
@for_viewers
def log_out() -> Response:
    """End the session."""
    control, who = _control(), _user()
    control.accounts.log_out(who)
    note("log-out")
    response = _to(url_for("users.log_in"))
    response.delete_cookie(control.cookie, path="/", secure=control.tls, httponly=True, samesite="Strict")
    return response


@blueprint.route("/set-up/<token>", methods=["GET", "POST"])
def set_up(token: str) -> Response:
    """The page of a one-time link: the user chooses a name and a password."""
    # No rate limit: a token has 256 random bits, and failures of others must not close the owner's link.
    control = _control()
    invitation = control.accounts.invited(token)
    if invitation is None:
        return _page("set-up.html", 404, invitation=None, token="", name="", message=None)
    if request.method == "GET":
        return _page("set-up.html", invitation=invitation, token=token, name=invitation["name"] or "", message=None)
    name = request.form.get("name", "")[: NAME + 1]
    password = request.form.get("password", "")[: LONGEST + 1]
    try:
        if password != request.form.get("again", "")[: LONGEST + 1]:
            raise AccountRefused(catalogue(language())["set_up"]["not_same"])
        opened = control.accounts.accept(token, name, password)
    except AccountRefused as error:
        return _page("set-up.html", 400, invitation=invitation, token=token, name=name, message=_sentence(str(error)))
    who = control.accounts.who(opened)
    control.audit.write("set-up", user=who.name if who else None, role=who.role if who else None)
    response = remember(_to("/"), opened)
    return remember_browser(response, control.accounts.browser(who.name)) if who else response


@blueprint.route("/people", methods=["GET"])
def people() -> Response:
    """Users and the audit log; for a viewer his own password alone."""
    return _people()


@blueprint.post("/people/password")
@for_viewers
def password() -> Response:
    """Another password of one's own."""
    control, who = _control(), _user()
    key = f"name:{who.name.casefold()}"
    if control.throttle.wait(key):
        return _people(429, message=catalogue(language())["people"]["wait"])
    try:
        new = request.form.get("new", "")[: LONGEST + 1]
        if new != request.form.get("again", "")[: LONGEST + 1]:
            raise AccountRefused(catalogue(language())["set_up"]["not_same"])
        control.throttle.failed(key)
        token = control.accounts.new_password(who, request.form.get("old", "")[: LONGEST + 1], new)
    except AccountRefused as error:
        return _people(400, message=_sentence(str(error)))
    control.throttle.succeeded(key)
    note("password.changed")
    return remember_browser(remember(_to(url_for("users.people")), token), control.accounts.browser(who.name))


@blueprint.post("/people/invite")
def invite() -> Response:
    """A one-time link for another user, shown once."""
    role = request.form.get("role", "")
    if role not in ROLES:
        abort(400)
    name = request.form.get("name") or None
    if name is not None and name not in dict(_control().accounts.users()):
        abort(400)
    token = _control().accounts.link(role, name)
    note("user.invited", role=role, name=name)
    return _people(link=url_for("users.set_up", token=token, _external=True))


@blueprint.post("/people/remove")
def remove() -> Response:
    """Remove a user."""
    name = request.form.get("name", "")[:NAME]
    try:
        _control().accounts.remove(name)
    except AccountRefused as error:
        return _people(400, message=_sentence(str(error)))
    note("user.removed", name=name)
    for token in _control().tokens.revoke_of(name):
        note("token.revoked", name=token)
    return _to(url_for("users.people"))


@blueprint.post("/people/token")
def make_token() -> Response:
    """A token of a program, shown once."""
    name, role, days = (request.form.get(field, "")[: NAME + 1] for field in ("name", "role", "days"))
    try:
        length = int(days) if days.isascii() and days.isdigit() else 0
        token = _control().tokens.make(name, role, length, by=_user().name)
    except AccountRefused as error:
        return _people(400, refused=_sentence(str(error)))
    note("token.made", name=name.strip(), role=role, days=length)
    return _people(token=token)


@blueprint.post("/people/token/revoke")
def revoke_token() -> Response:
    """Revoke a token: the program that has it is refused from now on."""
    name = request.form.get("name", "")[:NAME]
    try:
        _control().tokens.revoke(name)
    except AccountRefused as error:
        return _people(400, refused=_sentence(str(error)))
    note("token.revoked", name=name)
    return _to(url_for("users.people") + "#tokens")


def _people(code: int = 200, **more: str) -> Response:
    """The page. ``message``: what is wrong with a password or a user; ``refused``: with a token. ``link`` and
    ``token`` are shown once."""
    control, who = _control(), _user()
    users = control.accounts.users() if who.admin else [(who.name, who.role)]
    log = control.audit.last() if who.admin else []
    tokens = [
        {**asdict(one), **{name: _time(getattr(one, name)) for name in ("until", "used")}}
        for one in (control.tokens.tokens() if who.admin else ())
    ]
    shown = {name: more.get(name) for name in ("message", "refused", "link", "token")}
    return _page(
        "people.html", code, users=users, log=log, tokens=tokens, days=DAYS, longest_days=LONGEST_DAYS, **shown
    )


def _time(seconds: float | None) -> str | None:
    """A time as records have it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}" if seconds is not None else None


def _page(template: str, code: int = 200, **what: object) -> Response:
    common = {
        "c": {"run": None},
        "here": "people",
        "json_url": None,
        "csv_url": None,
        "shortest": SHORTEST,
        "longest": LONGEST,
        "admin": ADMIN,
    }
    return make_response(render_template(template, **common, **what), code)


def _to(path: str) -> Response:
    return make_response(redirect(path, 303))


def _control() -> AccessControl:
    control = access()
    if control is None:
        abort(404)
    return control


def _user() -> User:
    who = user()
    if who is None:
        abort(401)
    return who


def _keys(control: AccessControl, name: str) -> tuple[str, ...]:
    """The keys of a log-in's failures: two of the peer, and then that of the name alone.

    A browser in which this user logged in before has keys of its own, so that failures of others, from one address or
    from many, do not lock the owner out.
    """
    known = control.accounts.known_browser(request.cookies.get(control.browser_cookie, ""), name)
    if known is not None:
        return (f"browser {known}", f"browser {known} {name.casefold()}")
    peer = peer_key(request.remote_addr)
    return (f"{peer} {name.casefold()}", peer, f"name {name.casefold()}")


def _waiting(seconds: float, words: Mapping[str, Any]) -> str:
    if seconds < 90:
        return counted(words["seconds"], math.ceil(seconds))
    return counted(words["minutes"], math.ceil(seconds / 60))


def _sentence(text: str) -> str:
    """A refusal in the reader's language, where the catalogue has it."""
    found: str = catalogue(language())["error"].get(text, text)
    return found
