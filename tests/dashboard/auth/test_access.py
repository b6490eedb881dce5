"""Access control: log-in, form tokens, rights of viewers and admins, cookies."""

import re
from pathlib import Path

import pytest

from dashboard.auth.access import OPEN, local
from dashboard.auth.accounts import VIEWER, form_token
from tests.dashboard.site import PASSWORD, Site, form_of, runs, send, site


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
