"""Names, passwords and one-time links into sessions: log in, log out, set up, one's own password, and for admins who may come in."""

from __future__ import annotations

import ipaddress
import math

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from dashboard.auth.access import Access, access, for_viewers, local, note, remember, user
from dashboard.auth.accounts import ADMIN, LONGEST, NAME, ROLES, SHORTEST, Refused, User

blueprint = Blueprint("users", __name__)


@blueprint.route("/log-in", methods=["GET", "POST"])
def log_in() -> Response:
    """The first page of who is not known; a session where name and password are right. Wrong ones cost time, more each time."""
    keep = _kept()
    onward = local(request.args.get("next"))
    if request.method == "GET":
        return _page("log-in.html", onward=onward, told=None, first=keep.accounts.empty)
    name = request.form.get("name", "")[: NAME + 1].strip()
    # Not by the name alone: then anybody could keep its owner out by failing on purpose.
    keys = (f"{_network()} {name.casefold()}", _network())
    wait = keep.throttle.wait(*keys)
    if wait:
        told = f"Too many log-ins failed. Try again in {_waiting(wait)}."
        response = _page("log-in.html", 429, onward=onward, told=told, first=False)
        response.headers["Retry-After"] = str(math.ceil(wait))
        return response
    # Counted before it is looked at: many at once are no way around the wait.
    keep.throttle.failed(*keys)
    token = keep.accounts.log_in(name, request.form.get("password", "")[: LONGEST + 1])
    if token is None:
        keep.audit.write("log-in.failed", user=None, name=name, address=request.remote_addr)
        return _page("log-in.html", 403, onward=onward, told="Name or password is wrong.", first=False)
    keep.throttle.succeeded(*keys)
    keep.audit.write("log-in", user=name, address=request.remote_addr)
    return remember(_to(onward), token)


@blueprint.post("/log-out")
@for_viewers
def log_out() -> Response:
    """End the session."""
    keep, who = _kept(), _user()
    keep.accounts.log_out(who)
    note("log-out")
    response = _to(url_for("users.log_in"))
    response.delete_cookie(keep.cookie, path="/", secure=keep.tls, httponly=True, samesite="Strict")
    return response


@blueprint.route("/set-up/<token>", methods=["GET", "POST"])
def set_up(token: str) -> Response:
    """Where a one-time link leads: a name and a password are chosen there."""
    keep = _kept()
    key = _network()
    if keep.throttle.wait(key):
        abort(429)
    invitation = keep.accounts.invited(token)
    if invitation is None:
        keep.throttle.failed(key)
        return _page("set-up.html", 404, invitation=None, token="", name="", told=None)
    if request.method == "GET":
        return _page("set-up.html", invitation=invitation, token=token, name=invitation["name"] or "", told=None)
    name = request.form.get("name", "")[: NAME + 1]
    password = request.form.get("password", "")[: LONGEST + 1]
    try:
        if password != request.form.get("again", "")[: LONGEST + 1]:
            raise Refused("The two passwords are not the same.")
        opened = keep.accounts.accept(token, name, password)
    except Refused as error:
        return _page("set-up.html", 400, invitation=invitation, token=token, name=name, told=str(error))
    who = keep.accounts.who(opened)
    keep.audit.write("set-up", user=who.name if who else None, role=who.role if who else None)
    return remember(_to("/"), opened)


@blueprint.route("/people", methods=["GET"])
def people() -> Response:
    """Who may come in, and what was changed by whom; for a viewer his own password alone."""
    return _people()


@blueprint.post("/people/password")
@for_viewers
def password() -> Response:
    """Another password of one's own."""
    keep, who = _kept(), _user()
    key = f"name:{who.name.casefold()}"
    if keep.throttle.wait(key):
        return _people(429, told="Too many tries with a wrong password. Wait a little.")
    try:
        new = request.form.get("new", "")[: LONGEST + 1]
        if new != request.form.get("again", "")[: LONGEST + 1]:
            raise Refused("The two passwords are not the same.")
        keep.throttle.failed(key)
        token = keep.accounts.new_password(who, request.form.get("old", "")[: LONGEST + 1], new)
    except Refused as error:
        return _people(400, told=str(error))
    keep.throttle.succeeded(key)
    note("password.changed")
    return remember(_to(url_for("users.people")), token)


@blueprint.post("/people/invite")
def invite() -> Response:
    """A one-time link for somebody else, shown once."""
    role = request.form.get("role", "")
    if role not in ROLES:
        abort(400)
    name = request.form.get("name") or None
    if name is not None and name not in dict(_kept().accounts.users()):
        abort(400)
    token = _kept().accounts.link(role, name)
    note("user.invited", role=role, name=name)
    return _people(link=url_for("users.set_up", token=token, _external=True))


@blueprint.post("/people/remove")
def remove() -> Response:
    """Take somebody's way in."""
    name = request.form.get("name", "")[:NAME]
    try:
        _kept().accounts.remove(name)
    except Refused as error:
        return _people(400, told=str(error))
    note("user.removed", name=name)
    return _to(url_for("users.people"))


def _people(code: int = 200, *, told: str | None = None, link: str | None = None) -> Response:
    keep, who = _kept(), _user()
    users = keep.accounts.users() if who.admin else [(who.name, who.role)]
    log = keep.audit.last() if who.admin else []
    return _page("people.html", code, users=users, log=log, told=told, link=link)


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


def _kept() -> Access:
    keep = access()
    if keep is None:
        abort(404)
    return keep


def _user() -> User:
    who = user()
    if who is None:
        abort(401)
    return who


def _network() -> str:
    """Whose failures count together: an IPv4 address, an IPv6 network, of which a single machine may use every address (RFC 4291 2.5.4)."""
    try:
        address = ipaddress.ip_address((request.remote_addr or "").partition("%")[0])
    except ValueError:
        return "?"
    return str(address) if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))


def _waiting(seconds: float) -> str:
    return f"{math.ceil(seconds)} seconds" if seconds < 90 else f"{math.ceil(seconds / 60)} minutes"
