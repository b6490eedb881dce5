"""Access control: every route for everybody who may ask, form tokens, cookies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from dashboard.app import create_app
from dashboard.auth.access import OPEN, access, local, may_change, note, to_api, user
from dashboard.auth.accounts import ADMIN, SESSION_IDLE, SESSION_LASTS, VIEWER, User, form_token
from tests.dashboard.site import PASSWORD, Site, form_of, program, runs, send, site, store


@pytest.fixture
def one(tmp_path: Path) -> Site:
    return site(tmp_path)


def rules(one: Site, method: str) -> list[tuple[str, str]]:
    """Every route of a method as (endpoint, a path that fits it)."""
    found = []
    for rule in one.app.url_map.iter_rules():
        if method in (rule.methods or ()):
            path = re.sub(r"<int:\w+>", "1", rule.rule)
            found.append((rule.endpoint, re.sub(r"<\w+>", "x", path)))
    assert len(found) > 5
    return found


def test_without_a_log_in_only_what_is_named_open_answers(one: Site) -> None:
    for endpoint, path in rules(one, "GET"):
        answer = one.app.test_client().get(path)
        if endpoint in OPEN:
            assert answer.status_code in (200, 404) or endpoint == "languages.choose", path
        elif endpoint == "service.metrics":
            assert answer.status_code == 200
        elif path.startswith("/api/") or path == "/events":
            assert answer.status_code == 401 and set(answer.json or {}) == {"error"}, path
        else:
            assert answer.status_code == 303 and answer.headers["Location"].startswith("/log-in"), path


def test_every_change_needs_the_token_of_its_form(one: Site) -> None:
    client = one.log_in()
    other = form_of(one.log_in("bert"), "/people")
    for _, path in rules(one, "POST"):
        for form in ("", "x" * 40, other):
            answer = client.post(
                path, data={"form": form, "name": "anna", "password": PASSWORD}, query_string={"form": form}
            )
            assert answer.status_code == 403 and "form" in answer.text, path
    assert client.get("/people").status_code == 200


def test_no_change_without_a_log_in(one: Site) -> None:
    one.log_in()
    client = one.app.test_client()
    token = form_of(client, "/log-in")
    for endpoint, path in rules(one, "POST"):
        if endpoint not in OPEN:
            answer = client.post(path, data={"form": token}, query_string={"form": token})
            assert answer.status_code == 401, path


def test_a_viewer_sees_everything_and_changes_only_what_is_his(one: Site) -> None:
    admin, viewer = one.log_in(), one.log_in("vera", VIEWER)
    run = runs(admin)["home"]
    token = form_of(viewer, "/people")
    mine = {"users.log_out", "users.password", "users.log_in", "users.set_up"}
    for endpoint, path in rules(one, "POST"):
        if endpoint not in mine:
            answer = viewer.post(path, data={"form": token}, query_string={"form": token})
            assert answer.status_code == 403 and "Only an admin" in answer.text, path
    for path in ("/", f"/runs/{run}/findings", "/runs", "/help", "/people", f"/runs/{run}/devices/ec:71:db:1c:44:02"):
        page = viewer.get(path)
        assert page.status_code == 200
        assert not re.findall(r'action="[^"]*(?:upload|delete|name|accept|mute|invite|remove)', page.text), path
    assert [line["action"] for line in one.access.audit.last() if line["user"] == "vera"].count("refused") > 5


def test_the_cookie_of_a_session(one: Site) -> None:
    answer = send(one.client, f"/set-up/{one.link()}", name="anna", password=PASSWORD, again=PASSWORD)
    cookie = answer.headers["Set-Cookie"]
    assert (
        cookie.startswith("lanwitness=") and "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    )
    assert "Secure" not in cookie and "Domain" not in cookie and "Expires" not in cookie


def test_under_tls_the_cookie_is_secure_and_bound_to_the_host(tmp_path: Path) -> None:
    one = site(tmp_path, tls=True)
    found = one.client.get(f"/set-up/{one.link()}", base_url="https://localhost").headers["Set-Cookie"]
    assert (
        found.startswith("__Host-lanwitness=")
        and "Secure" in found
        and "HttpOnly" in found
        and "SameSite=Strict" in found
    )


def test_a_session_that_ended_is_worth_nothing(one: Site) -> None:
    client = one.log_in()
    cookie = client.get_cookie("lanwitness")
    assert cookie is not None
    assert send(client, "/log-out", page="/people").status_code == 303
    thief = one.app.test_client()
    thief.set_cookie("lanwitness", cookie.value)
    assert thief.get("/").status_code == 303


def test_logging_in_makes_a_new_session_whatever_cookie_came_with_it(one: Site) -> None:
    one.log_in()
    client = one.app.test_client()
    client.set_cookie("lanwitness", "planted")
    send(client, "/log-in", name="anna", password=PASSWORD)
    cookie = client.get_cookie("lanwitness")
    assert cookie is not None and cookie.value != "planted" and client.get("/").status_code == 200


def test_metrics_beyond_this_machine_ask_for_the_token(tmp_path: Path) -> None:
    client = site(tmp_path, beyond=True, metrics_token="right").client
    for given in (None, "Bearer wrong", "Basic right", "right", "Bearer", "Bearer right2"):
        answer = client.get("/metrics", headers={"Authorization": given} if given else {})
        assert answer.status_code == 401 and "lanwitness_" not in answer.text
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "lanwitness_devices" in client.get("/metrics", headers={"Authorization": "bearer right"}).text


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", None, "", "/a\r\nX: y"]
)
def test_no_way_out_through_next(path: str | None) -> None:
    assert local(path) == "/"
    assert local("/runs?x=1") == "/runs?x=1"


@pytest.mark.parametrize("planted", [None, ""])
@pytest.mark.parametrize("path", ["/log-in", "/set-up/x"])
def test_the_token_of_no_cookie_opens_no_form(one: Site, path: str, planted: str | None) -> None:
    """Everybody can compute it: with it another site could log a browser in (log-in CSRF)."""
    one.log_in()
    client = one.app.test_client()
    if planted is not None:
        client.set_cookie("lanwitness", planted)
    answer = client.post(path, data={"form": form_token(""), "name": "anna", "password": PASSWORD})
    assert answer.status_code == 403 and "too old" in answer.text and client.get("/").status_code == 303


OPEN_PATHS = [
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
    "/report.html",
    "/report.pdf",
    "/compare",
    "/search",
    "/help",
    "/people",
    "/sensors",
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
    "/api/v1/report.html",
    "/api/v1/report.json",
    "/api/v1/report.pdf",
    "/api/v1/report.xml",
    "/api/v1/openapi.json",
    "/api/v1/search",
    "/api/v1/search.csv",
    "/api/v1/sensors",
    "/api/v1/sensors.csv",
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
    "/api/v1/runs/x/findings/x/packets",
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
    "/runs/x/findings/x/packets",
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
    "/api/v1/runs/x/findings/x/packets",
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
    """A new route belongs into one of the lists above: who may ask for it is decided there."""
    found: dict[str, set[str]] = {"GET": set(), "POST": set()}
    for rule in one.app.url_map.iter_rules():
        path = re.sub(r"<\w+>", "x", re.sub(r"<int:\w+>", "1", rule.rule))
        for method in set(rule.methods or ()) & set(found):
            found[method].add(path)
    assert found["GET"] == {*OPEN_PATHS, *PAGES, *API, STREAM, "/metrics"}
    assert found["POST"] == {*OWN_CHANGES, *ADMIN_CHANGES, *API_CHANGES, "/log-in", "/set-up/x"}


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_sees_and_changes_nothing(one: Site, who: object) -> None:
    one.log_in()
    asker: Asker = who(one)  # type: ignore[operator]
    assert {path: asker.get(path) for path in [*PAGES, *API, STREAM]} == dict.fromkeys([*PAGES, *API, STREAM], 401)
    # An end of a session is also one of its forms; a form of the log-in page is good for nothing else.
    changes = [*OWN_CHANGES, *ADMIN_CHANGES, *API_CHANGES]
    assert {path: asker.post(path) for path in changes} == dict.fromkeys(changes, 401)
    assert all(asker.get(path) in (200, 302, 303, 404) for path in OPEN_PATHS)


@pytest.mark.parametrize("role", [VIEWER, ADMIN])
def test_what_users_may(one: Site, role: str) -> None:
    asker = browser(one, "vera", role)
    for path in [*PAGES, *API]:
        assert asker.get(path) not in (401, 403), path
    refused = {path for path in [*ADMIN_CHANGES, *API_CHANGES] if asker.post(path) in (401, 403)}
    assert refused == (set() if role == ADMIN else {*ADMIN_CHANGES, *API_CHANGES})
    # The password that is shown is wrong, which is not a matter of rights; logging out comes last.
    assert [asker.post(path) for path in OWN_CHANGES] == [400, 303]
    assert asker.get("/") == 401


@pytest.mark.parametrize("role", [VIEWER, ADMIN])
def test_what_programs_may(one: Site, role: str) -> None:
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


def test_where_a_log_in_leads_back_to(one: Site) -> None:
    """To the page that was asked for, with its parameters; never to a form that was sent."""
    one.log_in()
    stranger = one.app.test_client()
    for asked, target in (
        ("/runs?x=1", "/log-in?next=/runs?x%3D1"), ("/runs", "/log-in?next=/runs"), ("/", "/log-in"), ("/?", "/log-in"),
    ):  # fmt: skip
        assert stranger.get(asked).headers["Location"] == target
        assert stranger.head("/runs").headers["Location"] == "/log-in"


def test_who_may_change_is_asked_of_the_user() -> None:
    app = Flask("x")
    with app.test_request_context():
        assert user() is None and not may_change()
        for role, may in ((VIEWER, False), (ADMIN, True)):
            g.user = User("anna", role, "", "")
            assert may_change() is may


def test_the_log_says_who_did_it_a_user_or_a_program(one: Site) -> None:
    client = one.log_in()
    run = runs(client)["home"]
    path = f"/runs/{run}/devices/ec:71:db:1c:44:02/name"
    assert send(client, path, page="/people", name="Porch").status_code == 303
    headers = program(one, ADMIN)
    assert one.app.test_client().post(f"/api/v1{path}", json={"name": "Door"}, headers=headers).status_code < 300
    refused = program(one, VIEWER, "reader")
    assert one.app.test_client().post(f"/api/v1{path}", json={"name": "Hall"}, headers=refused).status_code == 403
    found = [(line["action"], line["user"], line.get("token")) for line in one.access.audit.last(3)]
    assert found == [("refused", None, "reader"), ("device.rename", None, "ci"), ("device.rename", "anna", None)]


@pytest.mark.parametrize("tls", [False, True])
def test_what_each_cookie_lets_a_browser_do(tmp_path: Path, tls: bool) -> None:
    """RFC 6265bis 4.1: sent to this host and over this scheme alone, with no request of another site, to no script."""
    one = site(tmp_path, tls=tls)
    base = f"{'https' if tls else 'http'}://localhost"
    client, path = one.app.test_client(), f"/set-up/{one.link()}"
    page = client.get(path, base_url=base)
    prefix = "__Host-" if tls else ""
    always = {"HttpOnly", "Path=/", "SameSite=Strict", *(["Secure"] if tls else [])}

    def cookies(answer: Any) -> dict[str, set[str]]:
        given = [line.split("; ") for line in answer.headers.getlist("Set-Cookie")]
        found = {first.partition("=")[0]: set(more) for first, *more in given}
        assert len(found) == len(given), "each cookie once"
        return found

    assert cookies(page) == {f"{prefix}lanwitness": always}
    assert cookies(client.get(path, base_url=base)) == {}, "a form's cookie stays the same"
    form = re.search(r'name="form" value="(\w+)"', page.text)
    assert form
    data = {"form": form[1], "name": "anna", "password": PASSWORD, "again": PASSWORD}
    given = cookies(client.post(path, data=data, base_url=base, headers={"Origin": base}))
    lasting = given.pop(f"{prefix}lanwitness-browser")
    assert given == {f"{prefix}lanwitness": always}
    assert "Max-Age=31536000" in lasting
    assert {each for each in lasting if not each.startswith(("Expires", "Max-Age"))} == always
    assert client.get("/people", base_url=base).status_code == 200


def test_over_tls_the_cookie_of_before_tls_opens_nothing(tmp_path: Path) -> None:
    """One without the prefix could have been set by another host of the network."""
    one = site(tmp_path, tls=True)
    session = one.access.accounts.accept(one.link(), "anna", PASSWORD)
    for name, code in (("lanwitness", 303), ("__Host-lanwitness-browser", 303), ("__Host-lanwitness", 200)):
        client = one.app.test_client()
        client.set_cookie(name, session)
        assert client.get("/people", base_url="https://localhost").status_code == code


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/", "/"), ("/a", "/a"), ("/a/b?c=d&e=%2F#f", "/a/b?c=d&e=%2F#f"), ("/ a", "/ a"),
        ("/b\u00fcro", "/b\u00fcro"),
        ("//", "/"), ("///a", "/"), ("/a//b", "/a//b"), ("/a\\b", "/"), ("\\a", "/"), ("/\t/a", "/"), ("/a\n", "/"),
        ("/\u202ea", "/"), ("a/b", "/"), ("?a", "/"), (" /a", "/"), ("javascript:alert(1)", "/"), ("http:/a", "/"),
    ],
)  # fmt: skip
def test_a_path_of_this_dashboard(path: str, target: str) -> None:
    """What a browser could take for another host's address (WHATWG URL 4.4: a backslash is a slash) is none."""
    assert local(path) == target


@pytest.mark.parametrize(
    ("who", "author"),
    [
        (None, {"user": None}),
        (User("anna", ADMIN, "s", "f"), {"user": "anna"}),
        (User("token ci", ADMIN, "", "", token="ci"), {"user": None, "token": "ci"}),
        (User("token ", ADMIN, "", "", token=""), {"user": None, "token": ""}),
    ],
)
def test_the_author_of_a_line_of_the_log(one: Site, who: User | None, author: dict[str, str | None]) -> None:
    with one.app.test_request_context():
        g.user = who
        note("x", name="Porch")
    (line,) = one.access.audit.last()
    assert line == {"time": line["time"], "action": "x", "name": "Porch", **author}


def test_without_access_control_nothing_is_noted_and_all_may_read(tmp_path: Path) -> None:
    app = create_app(str(store(tmp_path)))
    client = app.test_client()
    with app.test_request_context():
        note("x")
        assert access() is None and not may_change()
    for path in ("/", "/runs", "/api/v1/runs", "/metrics"):
        answer = client.get(path)
        assert answer.status_code == 200 and "Set-Cookie" not in answer.headers and 'name="form"' not in answer.text
    for path in ("/people", "/log-in", "/set-up/x"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "api"),
    [("/api/v1/", True), ("/api/v1/runs", True), ("/api/v1", False), ("/api/v10/runs", False), ("/api/", False),
     ("/runs/api/v1/", False), ("/API/v1/runs", False), ("/metrics", False)],
)  # fmt: skip
def test_what_is_the_api(one: Site, path: str, api: bool) -> None:
    with one.app.test_request_context(path):
        assert to_api() is api


@pytest.mark.parametrize("path", ["/", "/nothing", "/people/nothing", "/static/x", "/api/v2/runs"])
def test_what_there_is_not_needs_a_log_in_too(one: Site, path: str) -> None:
    """A stranger does not learn which pages there are."""
    one.log_in()
    assert one.app.test_client().get(path).headers["Location"].startswith("/log-in")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/runs/x", "/events"])
def test_a_program_without_a_token_hears_what_is_missing(one: Site, path: str) -> None:
    answer = one.app.test_client().get(path)
    assert (answer.status_code, answer.json) == (401, {"error": "Log in first."})
    assert "Location" not in answer.headers and "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", sorted({"/language", "/style.css", "/healthz", "/favicon.ico"}))
def test_what_is_open_to_all_takes_no_change(one: Site, path: str) -> None:
    client = one.log_in()
    form = form_of(client, "/people")
    assert client.post(path, data={"form": form}, query_string={"form": form}).status_code == 405


def test_the_form_of_an_upload_is_in_its_address(one: Site) -> None:
    """Its body is a capture, and is not read before the form is known."""
    client = one.log_in()
    form = form_of(client, "/people")
    for path in ("/runs/upload", "/api/v1/uploads"):
        for query, body, code in (({}, {"form": form}, 403), ({"form": ""}, {"form": form}, 403)):
            assert client.post(path, data=body, query_string=query).status_code == code
        assert client.post(path, query_string={"form": form}).status_code not in (401, 403)
    for query, body, fine in (
        ({}, {"form": form}, True), ({"form": form}, {}, True), ({"form": form}, {"form": "x"}, True),
        ({"form": "x"}, {"form": form}, False), ({"form": form[:-1]}, {}, False), ({"form": form.upper()}, {}, False),
        ({"form": "\u00e9"}, {}, False), ({}, {}, False),
    ):  # fmt: skip
        code = client.post("/people/remove", data=body, query_string=query).status_code
        assert (code == 400) is fine and (code == 403) is not fine, (query, body)


@pytest.mark.parametrize("name", ["/people/invite", "/runs/x/delete", "/corrections/1/undo"])
def test_a_refused_change_is_in_the_log_by_its_path(one: Site, name: str) -> None:
    one.log_in()
    viewer = browser(one, "vera", VIEWER)
    assert viewer.post(name) == 403
    line = one.access.audit.last(1)[0]
    assert (line["action"], line["user"], line["path"]) == ("refused", "vera", name)


def test_a_program_is_a_user_of_its_tokens_role_without_a_session(one: Site) -> None:
    headers = program(one, VIEWER, "reader")
    with one.app.test_request_context("/api/v1/runs", headers=headers):
        assert one.app.preprocess_request() is None
        assert user() == User("token reader", VIEWER, session="", form="", token="reader")
        assert not may_change()


def test_a_session_lends_a_program_nothing(one: Site) -> None:
    """A token that is shown decides alone, also where the browser's cookie would allow more."""
    admin = one.log_in()
    form = form_of(admin, "/people")
    reader = program(one, VIEWER, "reader")
    path = "/api/v1/corrections/1/undo"
    assert admin.post(path, headers=reader, query_string={"form": form}).status_code == 403
    for shown in ("Bearer", "Bearer ", "bearer a=b", 'Bearer realm="x"', "Bearer lanwitness_x"):
        answer = admin.post(path, headers={"Authorization": shown}, query_string={"form": form})
        assert answer.status_code == 401, shown
    assert admin.post(path, query_string={"form": form}).status_code not in (401, 403)


@pytest.mark.parametrize("ahead", [0.4, 1.0, 1.2])
def test_a_wait_is_named_in_whole_seconds_and_never_too_short(one: Site, ahead: float) -> None:
    """RFC 9110 10.2.3: Retry-After is a whole number; rounded down it would ask for the same refusal again."""
    now = [100.0]
    one.access.throttle._clock = lambda: now[0]
    client, wrong_token = one.app.test_client(), {"Authorization": "Bearer x"}
    for _ in range(5):
        assert client.get("/api/v1/runs", headers=wrong_token).status_code == 401
    now[0] += 2.0 - ahead
    answer = client.get("/api/v1/runs", headers=wrong_token)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2" if ahead > 1 else "1")
    assert "WWW-Authenticate" not in answer.headers
    now[0] += ahead
    assert client.get("/api/v1/runs", headers=wrong_token).status_code == 401
    assert client.get("/api/v1/runs", headers=wrong_token).headers["Retry-After"] == "4"


def test_wrong_tokens_of_one_peer_stop_no_other(one: Site) -> None:
    client, wrong_token = one.app.test_client(), {"Authorization": "Bearer x"}
    codes = [client.get("/api/v1/runs", headers=wrong_token).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    other = {"REMOTE_ADDR": "192.0.2.9"}
    assert client.get("/api/v1/runs", headers=wrong_token, environ_base=other).status_code == 401
    lines = [(line["action"], line["user"], line["address"]) for line in one.access.audit.last()]
    assert lines == [("token.failed", None, "192.0.2.9"), *[("token.failed", None, "127.0.0.1")] * 5]


@pytest.mark.parametrize("metrics_token", [None, "right"])
def test_who_may_read_the_metrics(tmp_path: Path, metrics_token: str | None) -> None:
    one = site(tmp_path, metrics_token=metrics_token)
    session, token = one.log_in(), program(one, VIEWER)
    stranger = one.app.test_client()
    for client, headers, fine in (
        (stranger, {}, False), (session, {}, False), (stranger, {"Authorization": "Bearer wrong"}, False),
        (stranger, {"Authorization": "Bearer right"}, True), (stranger, token, True),
        (stranger, {"Authorization": "Basic cmlnaHQ6"}, False),
    ):  # fmt: skip
        answer = client.get("/metrics", headers=headers)
        assert answer.status_code == (200 if fine or metrics_token is None else 401), headers
        assert answer.is_json is False
    assert one.client.get("/api/v1/runs", headers={"Authorization": "Bearer right"}).status_code == 401
