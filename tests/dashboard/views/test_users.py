"""Users: set-up by a link, log-in, waits, passwords, invitations, removal."""

import ipaddress
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboard.auth import peers
from dashboard.auth.accounts import VIEWER
from dashboard.auth.rate_limit import FREE, SPREAD
from dashboard.formatting import catalogue
from dashboard.views.users import _time, _waiting
from tests.dashboard.site import PASSWORD, Site, form_of, send, site


@pytest.fixture
def one(tmp_path: Path) -> Site:
    return site(tmp_path)


def test_a_first_start_says_that_nobody_is_set_up(one: Site) -> None:
    page = one.client.get("/log-in").text
    assert "There is no user yet" in page and "<input" not in page.replace('type="hidden"', "")


def test_the_link_sets_up_once(one: Site) -> None:
    token = one.link()
    assert "Welcome" in one.client.get(f"/set-up/{token}").text
    assert send(one.client, f"/set-up/{token}", name="anna", password=PASSWORD, again="other").status_code == 400
    assert send(one.client, f"/set-up/{token}", name="anna", password="short", again="short").status_code == 400
    assert (
        send(one.client, f"/set-up/{token}", name="anna", password=PASSWORD, again=PASSWORD).headers["Location"] == "/"
    )
    assert one.client.get(f"/set-up/{token}").status_code == 404
    assert one.client.get("/").status_code == 200


def test_failures_of_others_do_not_close_a_link(one: Site) -> None:
    token = one.link()
    assert [one.client.get(f"/set-up/{number}").status_code for number in range(3 * FREE)] == [404] * 3 * FREE
    assert one.client.get(f"/set-up/{token}").status_code == 200


def test_log_in_and_on_to_where_one_wanted_to_go(one: Site) -> None:
    one.log_in()
    client = one.app.test_client()
    onward = client.get("/runs?page=2").headers["Location"]
    assert onward == "/log-in?next=/runs?page%3D2"
    answer = client.post(onward, data={"form": form_of(client, onward), "name": "anna", "password": PASSWORD})
    assert answer.status_code == 303 and answer.headers["Location"] == "/runs?page=2"


def test_a_wrong_password_and_a_wrong_name_read_the_same(one: Site) -> None:
    one.log_in()
    pages = []
    for name in ("anna", "nobody"):
        answer = send(one.client, "/log-in", name=name, password="wrong wrong wrong")
        assert answer.status_code == 403
        pages.append(re.sub(r'value="[^"]*"', "", answer.text))
    assert pages[0] == pages[1] and "wrong wrong" not in pages[0]
    assert {line["action"] for line in one.access.audit.last(2)} == {"log-in.failed"}


def test_failed_log_ins_must_wait_even_with_the_right_password(one: Site) -> None:
    one.log_in()
    codes = [send(one.client, "/log-in", name="anna", password="wrong wrong wrong").status_code for _ in range(FREE)]
    assert codes == [403] * FREE
    answer = send(one.client, "/log-in", name="anna", password=PASSWORD)
    assert (
        answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1 and one.client.get("/").status_code == 303
    )
    # Somebody at another address is not kept out by that; an IPv6 network counts as one.
    other = one.app.test_client()
    data = {"form": form_of(other, "/log-in"), "name": "anna", "password": PASSWORD}
    assert other.post("/log-in", data=data, environ_base={"REMOTE_ADDR": "192.0.2.9"}).status_code == 303


def test_addresses_of_one_ipv6_network_wait_together(one: Site) -> None:
    one.log_in()
    form = form_of(one.client, "/log-in")
    codes = [
        one.client.post(
            "/log-in",
            data={"form": form, "name": f"n{number}", "password": "x"},
            environ_base={"REMOTE_ADDR": f"2001:db8::{number:x}"},
        ).status_code
        for number in range(FREE + 1)
    ]
    assert codes == [403] * FREE + [429]


def attempt(client: FlaskClient, form: str, address: str, password: str = "wrong wrong wrong") -> int:
    """The status of anna's log-in from an address."""
    data = {"form": form, "name": "anna", "password": password}
    return client.post("/log-in", data=data, environ_base={"REMOTE_ADDR": address}).status_code


def test_hosts_of_an_own_link_wait_each_for_itself(one: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "on_link_prefixes", lambda: [ipaddress.IPv6Network("2001:db8:7::/64")])
    peers._prefixes.cache_clear()
    one.log_in()
    form = form_of(one.client, "/log-in")
    assert [attempt(one.client, form, "2001:db8:7::bad") for _ in range(FREE + 1)] == [403] * FREE + [429]
    assert attempt(one.client, form, "2001:db8:7::2", PASSWORD) == 303
    peers._prefixes.cache_clear()


def test_many_addresses_guess_one_name_no_faster_and_do_not_lock_its_owner_out(one: Site) -> None:
    owner = one.log_in()
    send(owner, "/log-out", page="/people")
    other = one.app.test_client()
    form = form_of(other, "/log-in")
    codes = [attempt(other, form, f"198.51.{number}.1") for number in range(SPREAD + 1)]
    assert codes == [403] * SPREAD + [429]
    # Right, from yet another address, but in a browser that nobody logged in with before.
    assert attempt(other, form, "203.0.113.1", PASSWORD) == 429
    assert attempt(owner, form_of(owner, "/log-in"), "203.0.113.1", PASSWORD) == 303


def test_a_known_browser_has_limits_of_its_own(one: Site) -> None:
    owner = one.log_in()
    send(owner, "/log-out", page="/people")
    form = form_of(owner, "/log-in")
    # The address does not matter: a browser carries its cookie along.
    codes = [attempt(owner, form, f"198.51.100.{number}") for number in range(FREE + 1)]
    assert codes == [403] * FREE + [429]


def test_another_password(one: Site) -> None:
    client = one.log_in()
    other = one.app.test_client()
    send(other, "/log-in", name="anna", password=PASSWORD)
    assert send(client, "/people/password", page="/people", old="no", new="n" * 12, again="n" * 12).status_code == 400
    new = "quite another sentence"
    assert send(client, "/people/password", page="/people", old=PASSWORD, new=new, again=new).status_code == 303
    assert client.get("/").status_code == 200 and other.get("/").status_code == 303


def test_an_admin_invites_and_removes(one: Site) -> None:
    admin = one.log_in()
    page = send(admin, "/people/invite", page="/people", role=VIEWER)
    found = re.search(r"http://localhost(/set-up/[\w-]+)", page.text)
    assert found
    viewer = one.app.test_client()
    send(viewer, found[1], name="vera", password=PASSWORD, again=PASSWORD)
    seen = viewer.get("/people").text
    assert "a viewer" in seen and "anna" not in seen and "What was changed" not in seen
    assert send(admin, "/people/remove", page="/people", name="vera").status_code == 303
    assert viewer.get("/").status_code == 303
    assert send(admin, "/people/remove", page="/people", name="anna").status_code == 400
    assert {"user.invited", "user.removed", "set-up"} <= {line["action"] for line in one.access.audit.last()}


def test_an_invitation_for_a_role_that_there_is_none_of(one: Site) -> None:
    admin = one.log_in()
    assert send(admin, "/people/invite", page="/people", role="root").status_code == 400
    assert send(admin, "/people/invite", page="/people", role=VIEWER, name="nobody").status_code == 400


def test_the_log_holds_no_password_and_no_token(one: Site) -> None:
    admin = one.log_in()
    token = re.search(r"/set-up/([\w-]+)", send(admin, "/people/invite", page="/people", role=VIEWER).text)
    send(one.app.test_client(), "/log-in", name="anna", password="wrong wrong wrong")
    text = one.access.audit.path.read_text()
    assert token and token[1] not in text and PASSWORD not in text and "wrong wrong" not in text


def test_refusals_are_in_the_language_of_the_page(one: Site) -> None:
    mine = one.log_in()
    client = one.app.test_client()
    client.get("/language?to=de&next=/log-in")
    data = {"form": form_of(client, "/log-in"), "name": "anna", "password": "wrong wrong wrong"}
    assert "Name oder Passwort ist falsch." in client.post("/log-in", data=data).text
    for _ in range(FREE):
        answer = client.post("/log-in", data=data)
    assert answer.status_code == 429
    assert re.search(r"Versuchen Sie es in (eine|\d+) (Sekunden?|Minuten?) wieder", answer.text)
    mine.get("/language?to=de&next=/")
    refused = send(mine, "/people/password", page="/people", old="wrong", new=PASSWORD, again=PASSWORD)
    assert "Das jetzige Passwort stimmt nicht." in refused.text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 second"), (1, "1 second"), (1.01, "2 seconds"), (89, "89 seconds"), (89.9, "90 seconds"),
        (90, "2 minutes"), (119, "2 minutes"), (120, "2 minutes"), (120.1, "3 minutes"), (300, "5 minutes"),
    ],
)  # fmt: skip
def test_a_wait_in_words_is_never_too_short(seconds: float, text: str) -> None:
    assert _waiting(seconds, catalogue("en")["log_in"]) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, None), (0.0, "1970-01-01T00:00:00Z"), (1e9, "2001-09-09T01:46:40Z")]
)
def test_times_of_tokens(seconds: float | None, text: str | None) -> None:
    assert _time(seconds) == text


@pytest.mark.parametrize(
    ("path", "fields", "code"),
    [
        ("/people/invite", {"role": "viewer"}, 200), ("/people/invite", {"role": "admin", "name": "anna"}, 200),
        ("/people/invite", {"role": ""}, 400), ("/people/invite", {"role": "viewer", "name": "nobody"}, 400),
        ("/people/remove", {"name": "nobody"}, 400), ("/people/remove", {"name": "anna"}, 400),
        ("/people/token", {"name": "a" * 40, "role": "viewer", "days": "366"}, 200),
        ("/people/token", {"name": "a" * 41, "role": "viewer", "days": "1"}, 400),
        ("/people/token", {"name": "a", "role": "viewer", "days": "367"}, 400),
        ("/people/token", {"name": "a", "role": "viewer", "days": "-1"}, 400),
        ("/people/token", {"name": "a", "role": "root", "days": "1"}, 400),
        ("/people/token/revoke", {"name": "nobody"}, 400),
        ("/people/password", {"old": "wrong", "new": PASSWORD, "again": PASSWORD}, 400),
        ("/people/password", {"old": PASSWORD, "new": "n" * 12, "again": "n" * 12}, 400),
        ("/people/password", {"old": PASSWORD, "new": PASSWORD + "2", "again": PASSWORD}, 400),
        ("/people/password", {"old": PASSWORD, "new": PASSWORD + "2", "again": PASSWORD + "2"}, 303),
    ],
)  # fmt: skip
def test_forms_of_the_page(one: Site, path: str, fields: dict[str, str], code: int) -> None:
    """A refused form changes nothing and leaves no line of a change."""
    admin = one.log_in()
    before = [line["action"] for line in one.access.audit.last()]
    users, tokens = one.access.accounts.users(), one.access.tokens.tokens()
    assert send(admin, path, page="/people", **fields).status_code == code
    lines = [line["action"] for line in one.access.audit.last()]
    if code == 400:
        assert lines == before and one.access.tokens.tokens() == tokens
    else:
        assert len(lines) == len(before) + 1
    assert one.access.accounts.users() == users and admin.get("/people").status_code == 200


@pytest.mark.parametrize(("extra", "fine"), [(0, True), (1, False)])
def test_what_is_too_long_is_not_cut_into_something_that_is_right(one: Site, extra: int, fine: bool) -> None:
    """A name of 40 and a password of 256 characters are good; with one more they are another name and password."""
    name, password = "n" * 40, ("abcdefgh" * 32)
    one.access.accounts.accept(one.link(), name, password)
    client = one.app.test_client()
    assert send(client, "/log-in", name=name + "n" * extra, password=password).status_code == (303 if fine else 403)
    client = one.app.test_client()
    assert send(client, "/log-in", name=name, password=password + "a" * extra).status_code == (303 if fine else 403)
    path = f"/set-up/{one.link(VIEWER)}"
    for fields in (
        {"name": "v" * (40 + extra), "password": PASSWORD, "again": PASSWORD},
        {"name": "w", "password": password + "a" * extra, "again": password + "a" * extra},
    ):
        assert send(one.app.test_client(), path, **fields).status_code == (303 if fine else 400)
        path = f"/set-up/{one.link(VIEWER)}"
    again = one.access.accounts.users()
    answer = send(one.app.test_client(), path, name="x", password=password, again=password + "b")
    assert answer.status_code == 400 and one.access.accounts.users() == again


def test_a_wait_for_another_password_counts_the_wrong_ones(one: Site) -> None:
    mine = one.log_in()
    form = {"old": "wrong wrong wrong", "new": PASSWORD + "2", "again": PASSWORD + "2"}
    codes = [send(mine, "/people/password", page="/people", **form).status_code for _ in range(FREE + 1)]
    assert codes == [400] * FREE + [429]
    form["old"] = PASSWORD
    assert send(mine, "/people/password", page="/people", **form).status_code == 429
    other = one.log_in("bert")
    assert send(other, "/people/password", page="/people", **form).status_code == 303, "each by himself"


def test_a_right_log_in_forgets_the_wrong_ones(one: Site) -> None:
    one.log_in()
    client = one.app.test_client()
    for _ in range(3):
        wrong = [send(client, "/log-in", name=" anna ", password="no").status_code for _ in range(FREE - 1)]
        assert wrong == [403] * (FREE - 1)
        assert send(client, "/log-in", name="anna", password=PASSWORD).status_code == 303
        send(client, "/log-out", page="/people")
