"""Every route × everybody who may ask: a table by hand of what is let in, and of how the rest is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboard.auth.accounts import ADMIN, SESSION_IDLE, SESSION_LASTS, VIEWER
from tests.dashboard.site import PASSWORD, Site, form_of, program, send, site

OPEN = [
    "/log-in",
    "/set-up/x",
    "/language",
    "/style.css",
    "/dashboard.js",
    "/icon.svg",
    "/icons.svg",
    "/favicon.ico",
    "/healthz",
    "/.well-known/security.txt",
]
PAGES = [
    "/",
    "/findings",
    "/runs",
    "/runs/x",
    "/runs/x/findings",
    "/runs/x/findings/x",
    "/runs/x/findings/x/packets.pcapng",
    "/runs/x/findings/x/dissected",
    "/runs/x/devices/x",
    "/runs/x/devices/x/report.html",
    "/runs/x/report.html",
    "/compare",
    "/search",
    "/help",
    "/people",
    "/stamp",
]
STREAM = "/events"
API = [
    "/api/v1/",
    "/api/v1/runs",
    "/api/v1/runs.csv",
    "/api/v1/findings",
    "/api/v1/findings.csv",
    "/api/v1/devices.csv",
    "/api/v1/help",
    "/api/v1/openapi.json",
    "/api/v1/search",
    "/api/v1/search.csv",
    "/api/v1/standards.csv",
    "/api/v1/compare",
    "/api/v1/uploads",
    "/api/v1/uploads/x",
    "/api/v1/runs/x",
    "/api/v1/runs/x/devices.csv",
    "/api/v1/runs/x/devices/x",
    "/api/v1/runs/x/devices/x/destinations.csv",
    "/api/v1/runs/x/devices/x/hours.csv",
    "/api/v1/runs/x/devices/x/provisions.csv",
    "/api/v1/runs/x/evidence.zip",
    "/api/v1/runs/x/findings",
    "/api/v1/runs/x/findings.csv",
    "/api/v1/runs/x/findings/x",
    "/api/v1/runs/x/findings/x/dissected",
    "/api/v1/runs/x/report.html",
    "/api/v1/runs/x/report.json",
    "/api/v1/runs/x/report.xml",
]
OWN_CHANGES = ["/people/password", "/log-out"]
ADMIN_CHANGES = [
    "/people/invite",
    "/people/remove",
    "/people/token",
    "/people/token/revoke",
    "/runs/upload",
    "/runs/uploads/x/cancel",
    "/runs/x/delete",
    "/corrections/1/undo",
    "/runs/x/devices/x/apart",
    "/runs/x/devices/x/category",
    "/runs/x/devices/x/merge",
    "/runs/x/devices/x/name",
    "/runs/x/devices/x/yours",
    "/runs/x/findings/x/accept",
    "/runs/x/findings/x/mute",
]
API_CHANGES = [
    "/api/v1/uploads",
    "/api/v1/uploads/x/cancel",
    "/api/v1/corrections/1/undo",
    "/api/v1/runs/x/devices/x/apart",
    "/api/v1/runs/x/devices/x/category",
    "/api/v1/runs/x/devices/x/merge",
    "/api/v1/runs/x/devices/x/name",
    "/api/v1/runs/x/devices/x/yours",
    "/api/v1/runs/x/findings/x/accept",
    "/api/v1/runs/x/findings/x/mute",
]


@dataclass
class Asker:
    """Somebody with a browser, or a program: ``form`` is the token of the forms that they were shown."""

    client: FlaskClient
    form: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> int:
        answer = self.client.get(path, headers=self.headers)
        onward = answer.headers.get("Location", "")
        answer.close()
        return 401 if onward.startswith("/log-in") else answer.status_code

    def post(self, path: str) -> int:
        return self.client.post(
            path, data={"form": self.form}, query_string={"form": self.form}, headers=self.headers
        ).status_code


@pytest.fixture
def one(tmp_path: Path) -> Site:
    found = site(tmp_path)
    found.log_in()
    return found


def browser(one: Site, name: str, role: str) -> Asker:
    client = one.log_in(name, role)
    return Asker(client, form_of(client, "/people"))


def nobody(one: Site) -> Asker:
    client = one.app.test_client()
    return Asker(client, form_of(client, "/log-in"))


def ended(one: Site) -> Asker:
    """Logged out in another window: the cookie is the one of before."""
    found = browser(one, "berta", ADMIN)
    cookie = found.client.get_cookie("lanwitness")
    assert cookie is not None and send(found.client, "/log-out", page="/people").status_code == 303
    found.client.set_cookie("lanwitness", cookie.value)
    return found


def idle(one: Site) -> Asker:
    """Not used for longer than a session may be."""
    found = browser(one, "carl", ADMIN)
    clock = one.access.accounts._clock
    one.access.accounts._clock = lambda: clock() + SESSION_IDLE + 1
    return found


def old(one: Site) -> Asker:
    """Used all the time, and open for longer than a session may be."""
    found = browser(one, "dora", ADMIN)
    with one.access.accounts._file.change() as content:
        for session in content["sessions"].values():
            session["since"] -= SESSION_LASTS + 1
    return found


def removed(one: Site) -> Asker:
    """Another admin has taken the user out."""
    found = browser(one, "emil", ADMIN)
    one.access.accounts.remove("emil")
    return found


def by_link(one: Site) -> Asker:
    """Whoever knew the password of before: since, a link set another."""
    found = browser(one, "frida", ADMIN)
    assert one.access.accounts.accept(one.link(name="frida"), "", f"another {PASSWORD}")
    return found


def known(one: Site) -> Asker:
    """A browser that is only known from a log-in before."""
    before = browser(one, "gerd", ADMIN)
    cookie = before.client.get_cookie("lanwitness-browser")
    assert cookie is not None
    found = nobody(one)
    found.client.set_cookie("lanwitness-browser", cookie.value)
    found.client.set_cookie("lanwitness", cookie.value)
    found.form = form_of(found.client, "/log-in")
    return found


STRANGERS = [nobody, ended, idle, old, removed, by_link, known]


def expired(one: Site) -> Asker:
    headers = program(one, ADMIN, days=1)
    clock = one.access.tokens._clock
    one.access.tokens._clock = lambda: clock() + 86400 + 1
    return Asker(one.app.test_client(), headers=headers)


def revoked(one: Site) -> Asker:
    headers = program(one, ADMIN)
    one.access.tokens.revoke("ci")
    return Asker(one.app.test_client(), headers=headers)


def wrong(one: Site) -> Asker:
    """Also the name of a token, and its hash as it is in the file, are no tokens."""
    program(one, ADMIN)
    (hashed,) = one.access.tokens._file.read()["tokens"]
    return Asker(one.app.test_client(), headers={"Authorization": f"Bearer {hashed}"})


def test_the_table_names_every_route(one: Site) -> None:
    found: dict[str, set[str]] = {"GET": set(), "POST": set()}
    for rule in one.app.url_map.iter_rules():
        path = re.sub(r"<\w+>", "x", re.sub(r"<int:\w+>", "1", rule.rule))
        for method in set(rule.methods or ()) & set(found):
            found[method].add(path)
    assert found["GET"] == {*OPEN, *PAGES, *API, STREAM, "/metrics"}
    assert found["POST"] == {*OWN_CHANGES, *ADMIN_CHANGES, *API_CHANGES, "/log-in", "/set-up/x"}


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_sees_and_changes_nothing(one: Site, who: object) -> None:
    asker: Asker = who(one)  # type: ignore[operator]
    assert {path: asker.get(path) for path in [*PAGES, *API, STREAM]} == dict.fromkeys([*PAGES, *API, STREAM], 401)
    # An end of a session is also one of its forms; a form of the log-in page is good for nothing else.
    changes = [*OWN_CHANGES, *ADMIN_CHANGES, *API_CHANGES]
    assert {path: asker.post(path) for path in changes} == dict.fromkeys(changes, 401)
    assert all(asker.get(path) in (200, 302, 303, 404) for path in OPEN)


@pytest.mark.parametrize("role", [VIEWER, ADMIN])
def test_users(one: Site, role: str) -> None:
    asker = browser(one, "vera", role)
    for path in [*PAGES, *API]:
        assert asker.get(path) not in (401, 403), path
    refused = {path for path in [*ADMIN_CHANGES, *API_CHANGES] if asker.post(path) in (401, 403)}
    assert refused == (set() if role == ADMIN else {*ADMIN_CHANGES, *API_CHANGES})
    # The password that is shown is wrong, which is not a matter of rights; logging out comes last.
    assert [asker.post(path) for path in OWN_CHANGES] == [400, 303]
    assert asker.get("/") == 401


@pytest.mark.parametrize("role", [VIEWER, ADMIN])
def test_programs(one: Site, role: str) -> None:
    asker = Asker(one.app.test_client(), headers=program(one, role))
    for path in API:
        assert asker.get(path) not in (401, 403), path
    refused = {path for path in API_CHANGES if asker.post(path) in (401, 403)}
    assert refused == (set() if role == ADMIN else set(API_CHANGES))
    assert {asker.get(path) for path in [*PAGES, STREAM]} == {401}
    assert {asker.post(path) for path in [*OWN_CHANGES, *ADMIN_CHANGES]} == {401}


@pytest.mark.parametrize("who", [expired, revoked, wrong])
def test_programs_whose_token_is_worth_nothing(one: Site, who: object) -> None:
    asker: Asker = who(one)  # type: ignore[operator]
    one.access.throttle._free = 10_000
    assert {asker.get(path) for path in API} == {401}
    assert {asker.post(path) for path in API_CHANGES} == {401}


def test_the_forms_of_another_user_change_nothing(one: Site) -> None:
    """Each form is of its own session (CSRF), also between two admins and two windows of one user."""
    admin, other = browser(one, "anton", ADMIN), browser(one, "berta", ADMIN)
    admin.form = other.form
    changes = [*OWN_CHANGES, *ADMIN_CHANGES, *API_CHANGES]
    assert {path: admin.post(path) for path in changes} == dict.fromkeys(changes, 403)
    assert admin.get("/people") == 200
