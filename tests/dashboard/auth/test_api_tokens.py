"""API tokens: stored as hashes, expiring, revocable; what a program may do and how its failures count."""

import re
from pathlib import Path

import pytest

from dashboard.auth.access import _refuse
from dashboard.auth.accounts import ADMIN, ROLES, TOUCHED, VIEWER, AccountRefused
from dashboard.auth.api_tokens import TOKENS, ApiTokens
from dashboard.auth.rate_limit import FREE
from tests.dashboard.site import PASSWORD, Site, form_of, program, runs, send, site

DAY = 86400.0
WRONG = {"Authorization": "Bearer lanwitness_wrong"}


@pytest.fixture
def one(tmp_path: Path) -> Site:
    return site(tmp_path)


def test_a_token_is_stored_as_a_hash_in_a_file_of_its_owner(tmp_path: Path) -> None:
    token = ApiTokens(tmp_path).make("ci", VIEWER, 90, by="anna")
    file = tmp_path / "tokens.json"
    assert len(token.removeprefix("lanwitness_")) == 43 and token not in file.read_text()
    assert token.removeprefix("lanwitness_") not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    found = ApiTokens(tmp_path).find(token)
    assert found is not None and (found.name, found.role, found.by) == ("ci", VIEWER, "anna")
    assert ApiTokens(tmp_path).find(token[:-1]) is None and ApiTokens(tmp_path).find("") is None


def test_a_token_expires_and_says_when_it_was_used(tmp_path: Path) -> None:
    now = [1000.0]
    tokens = ApiTokens(tmp_path, clock=lambda: now[0])
    token = tokens.make("ci", VIEWER, 2, by="anna")
    assert tokens.tokens()[0].used is None
    tokens.find(token)
    now[0] += TOUCHED / 2
    tokens.find(token)
    assert tokens.tokens()[0].used == 1000.0
    now[0] = 1000.0 + 2 * DAY
    assert not tokens.find(token).expired  # type: ignore[union-attr]
    now[0] += 1
    assert tokens.find(token).expired  # type: ignore[union-attr]
    assert tokens.tokens()[0].used == 1000.0 + 2 * DAY


@pytest.mark.parametrize(
    ("name", "role", "days"), [("", VIEWER, 1), ("x" * 41, VIEWER, 1), ("a\nb", VIEWER, 1), ("a", "root", 1)]
    + [("a", VIEWER, days) for days in (0, -1, 367)]
)  # fmt: skip
def test_what_no_token_can_be(tmp_path: Path, name: str, role: str, days: int) -> None:
    tokens = ApiTokens(tmp_path)
    with pytest.raises(AccountRefused):
        tokens.make(name, role, days, by="anna")
    assert tokens.tokens() == []


def test_names_are_unique_and_tokens_are_few(tmp_path: Path) -> None:
    tokens = ApiTokens(tmp_path)
    for number in range(TOKENS):
        tokens.make(f"t{number}", VIEWER, 1, by="anna")
    with pytest.raises(AccountRefused, match="name already"):
        tokens.make("T1", VIEWER, 1, by="anna")
    with pytest.raises(AccountRefused, match="Revoke one"):
        tokens.make("another", VIEWER, 1, by="anna")


def test_a_program_reads_the_api_and_no_page(one: Site) -> None:
    run = runs(one.log_in())["home"]
    headers = program(one, VIEWER)
    client = one.app.test_client()
    answer = client.get(f"/api/v1/runs/{run}/findings", headers=headers)
    assert answer.status_code == 200 and answer.json["findings"]  # type: ignore[index]
    assert "Set-Cookie" not in answer.headers
    for path in ("/", f"/runs/{run}/findings", "/people"):
        assert client.get(path, headers=headers).status_code == 303, path
    assert client.get("/events", headers=headers).status_code == 401


@pytest.mark.parametrize("role", [VIEWER, ADMIN])
def test_a_token_makes_no_user_and_no_token(one: Site, role: str) -> None:
    browser = one.log_in()
    headers, form = program(one, role), form_of(browser, "/people")
    rules = {rule.rule for rule in one.app.url_map.iter_rules() if rule.rule.startswith("/people/")}
    assert {"/people/token", "/people/invite", "/people/token/revoke"} <= rules
    for path in rules:
        body = {"form": form, "role": ADMIN, "name": "ci", "days": "1"}
        assert one.app.test_client().post(path, data=body, headers=headers).status_code == 401, path
    assert [each.name for each in one.access.tokens.tokens()] == ["ci"] and len(one.access.accounts.users()) == 1


def test_a_wrong_an_expired_and_a_revoked_token(one: Site) -> None:
    browser = one.log_in()
    client = one.app.test_client()
    answer = client.get("/api/v1/runs", headers=WRONG)
    assert answer.status_code == 401 and 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert set(answer.json or {}) == {"error"}
    # A token that does not count is not made good by the session of the same browser.
    assert browser.get("/api/v1/runs", headers=WRONG).status_code == 401
    headers = program(one)
    assert client.get("/api/v1/runs", headers=headers).status_code == 200
    assert send(browser, "/people/token/revoke", page="/people", name="ci").status_code == 303
    assert client.get("/api/v1/runs", headers=headers).status_code == 401
    headers = program(one, days=1)
    one.access.tokens._clock = lambda: 2e12
    answer = client.get("/api/v1/runs", headers=headers)
    assert answer.status_code == 401 and "expired" in answer.json["error"]  # type: ignore[index]


def test_wrong_tokens_make_the_peer_wait_at_the_log_in_too(one: Site) -> None:
    one.log_in()
    client, headers = one.app.test_client(), program(one)
    for _ in range(FREE):
        assert client.get("/api/v1/runs", headers=WRONG).status_code == 401
    answer = client.get("/api/v1/runs", headers=WRONG)
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
    stranger = one.app.test_client()
    assert send(stranger, "/log-in", name="anna", password=PASSWORD).status_code == 429
    # A right token is never a guess: one program with a wrong token stops no other behind the same proxy.
    assert client.get("/api/v1/runs", headers=headers).status_code == 200
    failures = [line for line in one.access.audit.last() if line["action"] == "token.failed"]
    assert len(failures) == FREE and all("wrong" not in str(line.values()) for line in failures)


def test_wrong_passwords_make_wrong_tokens_wait(one: Site) -> None:
    one.log_in()
    stranger = one.app.test_client()
    for _ in range(FREE):
        send(stranger, "/log-in", name="anna", password="not this one")
    assert stranger.get("/api/v1/runs", headers=WRONG).status_code == 429


def test_metrics_take_an_api_token_beside_their_own(tmp_path: Path) -> None:
    one = site(tmp_path, beyond=True, metrics_token="right")
    headers = program(one, VIEWER)
    assert "lanwitness_devices" in one.client.get("/metrics", headers=headers).text
    assert one.client.get("/metrics", headers={"Authorization": "Bearer right"}).status_code == 200
    assert one.client.get("/api/v1/runs", headers={"Authorization": "Bearer right"}).status_code == 401
    for _ in range(FREE):
        one.client.get("/metrics", headers=WRONG)
    assert one.client.get("/metrics", headers=WRONG).status_code == 429


def test_the_page_shows_a_token_once(one: Site) -> None:
    admin = one.log_in()
    page = send(admin, "/people/token", page="/people", name="<b>ci", role=VIEWER, days="30")
    shown = re.findall(r"lanwitness_[\w-]{43}", page.text)
    assert len(shown) == 1 and "<b>ci" not in page.text and "&lt;b&gt;ci" in page.text
    later = admin.get("/people").text
    assert "&lt;b&gt;ci" in later and "lanwitness_" not in later and "never" in later
    client = one.app.test_client()
    assert client.get("/api/v1/runs", headers={"Authorization": f"Bearer {shown[0]}"}).status_code == 200
    assert "never" not in admin.get("/people").text
    made = next(line for line in one.access.audit.last() if line["action"] == "token.made")
    assert (made["user"], made["name"], made["days"]) == ("anna", "<b>ci", 30) and shown[0] not in str(made)
    again = send(admin, "/people/token", page="/people", name="<b>ci", role=VIEWER, days="30")
    assert again.status_code == 400 and "name already" in again.text
    for days in ("0", "367", "x", "", "٣"):
        assert send(admin, "/people/token", page="/people", name="n", role=VIEWER, days=days).status_code == 400


def test_who_loses_access_loses_his_tokens(one: Site) -> None:
    admin = one.log_in()
    one.log_in("bert")
    token = one.access.tokens.make("his", ADMIN, 90, by="bert")
    send(admin, "/people/remove", page="/people", name="bert")
    client = one.app.test_client()
    assert client.get("/api/v1/runs", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert one.access.tokens.tokens() == []


def test_a_viewer_sees_no_tokens(one: Site) -> None:
    one.log_in()
    program(one, name="secret-name")
    assert "secret-name" not in one.log_in("vera", VIEWER).get("/people").text


@pytest.mark.parametrize(("name", "days"), [("x", 1), ("x" * 40, 366), ("  x  ", 90)])
def test_what_a_token_can_be_at_most(tmp_path: Path, name: str, days: int) -> None:
    now = 1000.0
    tokens = ApiTokens(tmp_path, clock=lambda: now)
    tokens.make(name, VIEWER, days, by="anna")
    (made,) = tokens.tokens()
    assert (made.name, made.made, made.until, made.expired) == (name.strip(), now, now + days * DAY, False)


def test_the_use_of_a_token_is_written_down_once_an_hour(tmp_path: Path) -> None:
    now = [1000.0]
    tokens = ApiTokens(tmp_path, clock=lambda: now[0])
    token, other = (tokens.make(name, VIEWER, 9, by="anna") for name in ("a", "b"))
    tokens.find(token)
    for after, used in ((TOUCHED, 1000.0), (TOUCHED + 1, 1000.0 + TOUCHED + 1)):
        now[0] = 1000.0 + after
        tokens.find(token)
        assert [one.used for one in tokens.tokens()] == [used, None]
    assert tokens.find(other) is not None


def test_an_expired_token_is_no_use_that_is_written_down(tmp_path: Path) -> None:
    now = [1000.0]
    tokens = ApiTokens(tmp_path, clock=lambda: now[0])
    token = tokens.make("ci", VIEWER, 1, by="anna")
    now[0] = 1000.0 + DAY + 1
    found = tokens.find(token)
    assert found is not None and found.expired and tokens.tokens()[0].used is None
    tokens.revoke("ci")
    assert tokens.find(token) is None
    with pytest.raises(AccountRefused):
        tokens.revoke("ci")


@pytest.mark.parametrize("header", ["Basic YW5uYTpw", "Digest username=anna", "Token lanwitness_x", "Bearer"])
def test_another_kind_of_authorization_is_no_token(one: Site, header: str) -> None:
    """RFC 6750 2.1: the scheme is Bearer. What a proxy in front sends does not end a user's session."""
    browser = one.log_in()
    answer = browser.get("/api/v1/runs", headers={"Authorization": header})
    assert answer.status_code == (401 if header == "Bearer" else 200)
    assert one.app.test_client().get("/api/v1/runs", headers={"Authorization": header}).status_code == 401


@pytest.mark.parametrize("path", ["/api/v1/runs", "/metrics"])
@pytest.mark.parametrize(
    ("code", "error", "challenge"),
    [
        (401, "invalid_token", 'Bearer realm="lanwitness", error="invalid_token"'),
        (403, "insufficient_scope", 'Bearer realm="lanwitness", error="insufficient_scope"'),
        (401, None, 'Bearer realm="lanwitness"'), (429, None, None),
    ],
)  # fmt: skip
def test_a_refusal_says_how_to_ask(one: Site, path: str, code: int, error: str | None, challenge: str | None) -> None:
    """RFC 6750 3: a challenge with 401 and 403, with its error where a token was shown."""
    with one.app.test_request_context(path):
        answer = _refuse(code, "No.", error)
    assert (answer.status_code, answer.headers.get("WWW-Authenticate")) == (code, challenge)
    assert answer.is_json is path.startswith("/api/") and "No." in answer.get_data(as_text=True)


def test_a_token_that_is_revoked_while_it_is_looked_at_does_not_come_back(tmp_path: Path) -> None:
    """Another thread revokes it between the reading and the note of its use."""
    tokens = ApiTokens(tmp_path, clock=lambda: 1000.0)
    token = tokens.make("ci", VIEWER, 1, by="anna")

    def revokes() -> float:
        tokens.revoke_of("anna")
        return 1000.0

    tokens._clock = revokes
    tokens.find(token)
    assert tokens.tokens() == [] and tokens.find(token) is None


@pytest.mark.parametrize(("number", "fine"), [(TOKENS - 1, True), (TOKENS, False)])
def test_how_many_tokens_there_can_be(tmp_path: Path, number: int, fine: bool) -> None:
    tokens = ApiTokens(tmp_path)
    with tokens._file.change() as content:
        content["tokens"] = {
            str(each): {"name": str(each), "role": VIEWER, "by": "a", "made": 0, "until": 0, "used": None}
            for each in range(number)
        }
    if fine:
        tokens.make("ci", VIEWER, 1, by="anna")
    else:
        with pytest.raises(AccountRefused, match="50 tokens already"):
            tokens.make("ci", VIEWER, 1, by="anna")
        tokens.revoke("0")
        tokens.make("ci", VIEWER, 1, by="anna")
    assert len(tokens.tokens()) == 50


def test_tokens_end_by_their_name_or_with_their_maker(tmp_path: Path) -> None:
    tokens = ApiTokens(tmp_path)
    made = {name: tokens.make(name, VIEWER, 1, by=by) for name, by in (("b", "x"), ("A", "y"), ("c", "x"), ("C2", "y"))}
    assert [one.name for one in tokens.tokens()] == ["A", "b", "c", "C2"]
    for name in ("a", "x", "y", "", "C"):
        with pytest.raises(AccountRefused, match="no such token"):
            tokens.revoke(name)
    assert tokens.revoke_of("nobody") == [] and tokens.revoke_of("x") == ["b", "c"]
    assert {name: tokens.find(token) is not None for name, token in made.items()} == {
        "b": False, "A": True, "c": False, "C2": True,
    }  # fmt: skip
    tokens.revoke("A")
    assert [one.name for one in tokens.tokens()] == ["C2"]


def test_each_token_is_found_by_itself_alone(tmp_path: Path) -> None:
    tokens = ApiTokens(tmp_path)
    made = {
        tokens.make(f"t{number}", role, 1, by="anna"): (f"t{number}", role) for number, role in enumerate(ROLES * 3)
    }
    assert len(made) == 6
    for token, expected in made.items():
        found = tokens.find(token)
        assert found is not None and (found.name, found.role) == expected
        for wrong in (token[:-1], token + "A", token.swapcase(), token.removeprefix("lanwitness_"), f" {token}"):
            assert tokens.find(wrong) is None
