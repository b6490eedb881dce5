"""Users, one-time links and sessions: what is stored of them, their end, refusals."""

import json
import random
import stat
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from dashboard.auth.accounts import (
    ADMIN,
    BROWSER_LASTS,
    BROWSERS,
    LINK_LASTS,
    LINKS,
    LONGEST,
    SESSION_IDLE,
    SESSION_LASTS,
    SESSIONS,
    SHORTEST,
    TOUCHED,
    USERS,
    VIEWER,
    AccountRefused,
    Accounts,
    check_password,
    form_token,
)
from tests.dashboard.site import PASSWORD, QUICK


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Accounts:
    return Accounts(tmp_path / "state", clock=clock, hasher=QUICK)


def test_a_link_works_once(accounts: Accounts) -> None:
    token = accounts.link(ADMIN)
    assert accounts.empty
    who = accounts.who(accounts.accept(token, " anna ", PASSWORD))
    assert who is not None and (who.name, who.role, who.admin) == ("anna", ADMIN, True)
    with pytest.raises(AccountRefused, match="no longer good"):
        accounts.accept(token, "bert", PASSWORD)
    assert accounts.users() == [("anna", ADMIN)]


def test_a_link_is_good_for_a_day(accounts: Accounts, clock: Clock) -> None:
    token = accounts.link(VIEWER)
    clock.now += LINK_LASTS
    assert accounts.invited(token) is None
    with pytest.raises(AccountRefused):
        accounts.accept(token, "anna", PASSWORD)
    assert accounts.empty


def test_a_first_start_again_makes_the_first_link_void(accounts: Accounts) -> None:
    first = accounts.link(ADMIN)
    accounts.link(ADMIN)
    assert accounts.invited(first) is None


def test_nothing_that_opens_a_door_is_in_the_file(accounts: Accounts, tmp_path: Path) -> None:
    link = accounts.link(ADMIN)
    session = accounts.accept(link, "anna", PASSWORD)
    other = accounts.link(VIEWER)
    text = (tmp_path / "state" / "users.json").read_text()
    assert "anna" in text and "$argon2id$" in text
    assert not [secret for secret in (link, session, other, PASSWORD, form_token(session)) if secret in text]


def test_only_its_owner_may_read_the_file(accounts: Accounts, tmp_path: Path) -> None:
    accounts.link(ADMIN)
    folder = tmp_path / "state"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_log_in_takes_name_and_password_together(accounts: Accounts) -> None:
    accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    assert accounts.who(accounts.log_in("anna", PASSWORD) or "") is not None
    for name, password in (("anna", PASSWORD + "x"), ("bert", PASSWORD), ("", ""), ("anna", "x" * 10_000)):
        assert accounts.log_in(name, password) is None


def test_argon2_is_as_its_makers_advise() -> None:
    """RFC 9106 4, second recommended option: 3 passes, 64 MiB, 4 lanes."""
    from argon2 import PasswordHasher, Type

    chosen = PasswordHasher()
    assert (chosen.type, chosen.time_cost, chosen.memory_cost, chosen.parallelism) == (Type.ID, 3, 64 * 1024, 4)


def test_a_session_ends_when_it_is_old_or_idle(accounts: Accounts, clock: Clock) -> None:
    session = accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    clock.now += SESSION_IDLE - 1
    assert accounts.who(session) is not None
    for _ in range(3):
        clock.now += SESSION_IDLE - 1
        assert accounts.who(session) is not None
    clock.now = 1_000_000.0 + SESSION_LASTS + 1
    assert accounts.who(session) is None


def test_an_idle_session_ends(accounts: Accounts, clock: Clock) -> None:
    session = accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    clock.now += SESSION_IDLE + 1
    assert accounts.who(session) is None


def test_use_is_written_down_now_and_then(accounts: Accounts, clock: Clock, tmp_path: Path) -> None:
    session = accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    path = tmp_path / "state" / "users.json"
    before = path.read_text()
    clock.now += TOUCHED - 1
    accounts.who(session)
    assert path.read_text() == before
    clock.now += 2
    accounts.who(session)
    assert path.read_text() != before


def test_logging_out_ends_one_session(accounts: Accounts) -> None:
    one = accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    other = accounts.log_in("anna", PASSWORD)
    who = accounts.who(one)
    assert who is not None and other is not None
    accounts.log_out(who)
    assert accounts.who(one) is None and accounts.who(other) is not None


def test_a_new_password_ends_all_other_sessions(accounts: Accounts) -> None:
    one = accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    other = accounts.log_in("anna", PASSWORD) or ""
    who = accounts.who(one)
    assert who is not None
    with pytest.raises(AccountRefused, match="not right"):
        accounts.new_password(who, "wrong wrong wrong", "another four words")
    new = accounts.new_password(who, PASSWORD, "another four words")
    assert accounts.who(one) is None and accounts.who(other) is None and accounts.who(new) is not None
    assert accounts.log_in("anna", PASSWORD) is None and accounts.log_in("anna", "another four words") is not None


@pytest.mark.parametrize("password", ["short", "x" * 30, "my name is anna-lena", "y" * 300])
def test_passwords_that_are_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(AccountRefused) as error:
        accounts.accept(accounts.link(ADMIN), "anna-lena", password)
    assert password not in str(error.value) and accounts.empty


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "an\nna", "a\u202enna"])
def test_names_that_are_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccountRefused):
        accounts.accept(accounts.link(ADMIN), name, PASSWORD)


def test_names_that_differ_in_case_only_are_one(accounts: Accounts) -> None:
    accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    with pytest.raises(AccountRefused, match="already"):
        accounts.accept(accounts.link(VIEWER), "ANNA", PASSWORD)


def test_a_link_for_a_new_password_keeps_role_and_name(accounts: Accounts) -> None:
    accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    accounts.accept(accounts.link(VIEWER, "anna"), "somebody else", "another four words")
    assert accounts.users() == [("anna", ADMIN)]
    assert accounts.log_in("anna", "another four words")


def test_who_is_removed_is_out_at_once_and_the_last_admin_stays(accounts: Accounts) -> None:
    accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    session = accounts.accept(accounts.link(VIEWER), "bert", PASSWORD)
    renewed = accounts.link(VIEWER, "bert")
    accounts.remove("bert")
    assert accounts.who(session) is None and accounts.invited(renewed) is None
    with pytest.raises(AccountRefused, match="last admin"):
        accounts.remove("anna")


def test_two_programs_over_the_same_folder_see_each_other(accounts: Accounts, tmp_path: Path, clock: Clock) -> None:
    other = Accounts(tmp_path / "state", clock=clock, hasher=QUICK)
    session = accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    assert other.who(session) is not None
    other.accept(other.link(VIEWER), "bert", PASSWORD)
    assert [name for name, _ in accounts.users()] == ["anna", "bert"]


def test_sessions_are_bounded(accounts: Accounts, tmp_path: Path, clock: Clock) -> None:
    accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    path = tmp_path / "state" / "users.json"
    content = json.loads(path.read_text())
    content["sessions"] = {
        f"{number:064x}": {"name": "anna", "since": clock.now, "used": clock.now + number} for number in range(SESSIONS)
    }
    path.write_text(json.dumps(content))
    accounts.log_in("anna", PASSWORD)
    sessions = json.loads(path.read_text())["sessions"]
    assert len(sessions) == SESSIONS and f"{0:064x}" not in sessions


def test_a_form_token_does_not_give_the_session_away() -> None:
    assert form_token("abc") != form_token("abd") and "abc" not in form_token("abc") and len(form_token("abc")) == 40


def test_a_browser_is_known_for_its_user_until_the_password_changes(accounts: Accounts, clock: Clock) -> None:
    accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    token = accounts.browser("anna")
    assert accounts.known_browser(token, "Anna") is not None
    assert accounts.known_browser(token, "bea") is None and accounts.known_browser("x", "anna") is None
    assert accounts.who(token) is None
    later = accounts.browser("anna")
    clock.now += BROWSER_LASTS
    assert accounts.known_browser(later, "anna") is None
    token = accounts.browser("anna")
    accounts.accept(accounts.link(ADMIN, "anna"), "anna", PASSWORD + "!")
    assert accounts.known_browser(token, "anna") is None


def test_browsers_are_bounded(accounts: Accounts, clock: Clock, tmp_path: Path) -> None:
    first = accounts.browser("anna")
    for _ in range(BROWSERS):
        clock.now += 1
        accounts.browser("anna")
    assert accounts.known_browser(first, "anna") is None
    assert len(json.loads((tmp_path / "state" / "users.json").read_text())["browsers"]) == BROWSERS


def test_a_new_password_by_link_ends_the_sessions_of_its_user_alone(accounts: Accounts) -> None:
    """The old one may have been stolen, and with it a session."""
    first = accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    other = accounts.accept(accounts.link(VIEWER), "bert", PASSWORD)
    stolen = accounts.log_in("anna", PASSWORD)
    assert stolen is not None and accounts.who(stolen) is not None
    fresh = accounts.accept(accounts.link(VIEWER, "anna"), "anna", "another four words")
    assert accounts.who(first) is None and accounts.who(stolen) is None
    assert accounts.who(fresh) is not None and accounts.who(other) is not None
    assert accounts.log_in("anna", PASSWORD) is None


def test_bounds_of_passwords(accounts: Accounts) -> None:
    for size, fine in ((SHORTEST - 1, False), (SHORTEST, True), (LONGEST, True), (LONGEST + 1, False)):
        password = ("abcdefghijklmnop" * 20)[:size]
        link = accounts.link(VIEWER)
        if fine:
            accounts.accept(link, f"user{size}", password)
            assert accounts.log_in(f"user{size}", password) is not None
        else:
            with pytest.raises(AccountRefused, match="characters"):
                accounts.accept(link, f"user{size}", password)
            assert accounts.invited(link) is not None, "a refused password costs no link"


def test_the_present_password_is_asked_for(accounts: Accounts) -> None:
    session = accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    who = accounts.who(session)
    assert who is not None
    for wrong in ("", PASSWORD + "x", "another four words"):
        with pytest.raises(AccountRefused, match="not right"):
            accounts.new_password(who, wrong, "another four words")
    assert accounts.who(session) is not None and accounts.log_in("anna", PASSWORD) is not None


def test_links_and_users_are_bounded(accounts: Accounts) -> None:
    first = accounts.accept(accounts.link(ADMIN), "user0", PASSWORD)
    for number in range(1, USERS):
        accounts.accept(accounts.link(VIEWER), f"user{number}", PASSWORD)
    with pytest.raises(AccountRefused, match=f"{USERS} users"):
        accounts.accept(accounts.link(VIEWER), "one more", PASSWORD)
    assert len(accounts.users()) == USERS and accounts.who(first) is not None
    accounts.accept(accounts.link(VIEWER, "user1"), "", "another four words")
    assert accounts.log_in("user1", "another four words") is not None, "a new password is no new user"


def test_the_oldest_link_makes_room(accounts: Accounts, clock: Clock) -> None:
    accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    made = []
    for _ in range(LINKS + 1):
        clock.now += 1
        made.append(accounts.link(VIEWER))
    assert [accounts.invited(link) is not None for link in made] == [False] + [True] * LINKS


def test_another_first_link_is_void_until_the_first_user_alone(accounts: Accounts) -> None:
    accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    for role in (ADMIN, VIEWER):
        first, second = accounts.link(role), accounts.link(ADMIN)
        assert accounts.invited(first) is not None and accounts.invited(second) is not None


def test_removing_ends_what_is_that_users_alone(accounts: Accounts) -> None:
    accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    bert = accounts.accept(accounts.link(ADMIN), "bert", PASSWORD)
    carl = accounts.accept(accounts.link(VIEWER), "carl", PASSWORD)
    link, open_link = accounts.link(VIEWER, "carl"), accounts.link(VIEWER)
    accounts.remove("anna")
    assert accounts.users() == [("bert", ADMIN), ("carl", VIEWER)]
    assert accounts.who(bert) is not None and accounts.who(carl) is not None
    assert accounts.invited(link) is not None and accounts.invited(open_link) is not None
    with pytest.raises(AccountRefused, match="no such user"):
        accounts.remove("anna")
    accounts.remove("carl")
    assert accounts.invited(link) is None and accounts.invited(open_link) is not None


@pytest.mark.parametrize("idle", [SESSION_IDLE - 1, SESSION_IDLE + 1])
def test_another_log_in_ends_no_session_in_use(accounts: Accounts, clock: Clock, tmp_path: Path, idle: float) -> None:
    accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    clock.now += idle
    accounts.log_in("anna", PASSWORD)
    stored = json.loads((tmp_path / "state" / "users.json").read_text())["sessions"]
    assert len(stored) == (2 if idle < SESSION_IDLE else 1)


def test_a_viewer_is_no_admin(accounts: Accounts) -> None:
    found = []
    for role, name in ((ADMIN, "anna"), (VIEWER, "bert")):
        who = accounts.who(accounts.accept(accounts.link(role), name, PASSWORD))
        assert who is not None
        found.append((who.name, who.role, who.admin))
    assert found == [("anna", ADMIN, True), ("bert", VIEWER, False)]


@pytest.mark.parametrize(
    ("name", "password", "fine"),
    [
        ("ben", "is it a good bench", True),  # three letters stand in many a word
        ("anna", "is hannah a good name", False),
        ("Anna", "IS HANNAH A GOOD NAME", False),
        ("ben", "ababcbabcdcb", False),
        ("ben", "ababcbabcdceb", True),
    ],
)
def test_what_follows_from_the_name_or_repeats_itself(name: str, password: str, fine: bool) -> None:
    if fine:
        check_password(password, name)
    else:
        with pytest.raises(AccountRefused, match="easy to guess"):
            check_password(password, name)


def test_a_browser_is_known_for_a_year(accounts: Accounts, clock: Clock) -> None:
    token = accounts.browser("anna")
    clock.now += BROWSER_LASTS - 1
    assert accounts.known_browser(token, "ANNA") and not accounts.known_browser(token, "ben")
    clock.now += 1
    assert accounts.known_browser(token, "anna") is None
    accounts.browser("anna")
    assert len(accounts._file.read()["browsers"]) == 1


def test_how_long_sessions_last() -> None:
    """A day for a link, thirty for a session, seven without use (docs/dashboard.md)."""
    day = 86400
    assert (day, 30 * day, 7 * day) == (LINK_LASTS, SESSION_LASTS, SESSION_IDLE)


def test_whoever_gets_the_name_of_a_removed_user_gets_none_of_his_sessions(accounts: Accounts) -> None:
    """The name alone would let an old session, browser or link in again."""
    accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    session = accounts.accept(accounts.link(ADMIN), "bert", PASSWORD)
    browser, link = accounts.browser("bert"), accounts.link(VIEWER, "bert")
    accounts.remove("bert")
    fresh = accounts.accept(accounts.link(VIEWER), "bert", PASSWORD)
    assert accounts.who(session) is None and accounts.who(fresh) is not None
    assert accounts.known_browser(browser, "bert") is None and accounts.invited(link) is None


def test_no_password_opens_a_user_that_there_is_not(accounts: Accounts) -> None:
    """Also not the one whose hash is verified in his place, so that an answer takes as long."""
    accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    accounts._nobody = QUICK.hash("the password of nobody")
    assert accounts.log_in("bert", "the password of nobody") is None
    assert accounts.log_in("", "the password of nobody") is None


def test_a_name_that_there_is_not_costs_a_hash_too(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    seen = []
    monkeypatch.setattr(accounts, "_verify", lambda hashed, password: seen.append(hashed))
    accounts.log_in("anna", "wrong wrong wrong")
    accounts.log_in("bert", "wrong wrong wrong")
    assert len(set(seen)) == 2 and all(one.startswith("$argon2id$") for one in seen)


@pytest.mark.parametrize(
    ("what", "after", "good"),
    [
        ("link", 86399, True), ("link", 86400, False), ("link", 86401, False),
        ("idle", 604_800, True), ("idle", 604_801, False), ("old", 2_592_000, True), ("old", 2_592_001, False),
        ("browser", 31_535_999, True), ("browser", 31_536_000, False),
    ],
)  # fmt: skip
def test_until_when_each_is_good(accounts: Accounts, clock: Clock, what: str, after: float, good: bool) -> None:
    """A day for a link, seven for a session without use, thirty for one in use, a year for a browser."""
    session = accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    start, link, browser = clock.now, accounts.link(VIEWER), accounts.browser("anna")
    if what == "old":
        for day in range(1, 30):
            clock.now = start + day * 86400
            assert accounts.who(session) is not None
    clock.now = start + after
    found = {
        "link": lambda: accounts.invited(link), "browser": lambda: accounts.known_browser(browser, "anna"),
        "idle": lambda: accounts.who(session), "old": lambda: accounts.who(session),
    }  # fmt: skip
    assert (found[what]() is not None) is good


@pytest.mark.parametrize(("after", "written"), [(3599, False), (3600, False), (3601, True)])
def test_use_is_written_down_after_an_hour(accounts: Accounts, clock: Clock, after: float, written: bool) -> None:
    session = accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    start = clock.now
    clock.now += after
    accounts.who(session)
    (found,) = accounts._file.read()["sessions"].values()
    assert found == {"name": "anna", "since": start, "used": clock.now if written else start}


def test_a_session_that_ends_while_it_is_looked_at_does_not_come_back(accounts: Accounts, clock: Clock) -> None:
    """Another thread logs out between the reading and the note of its use."""
    session = accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    who = accounts.who(session)
    assert who is not None

    def logs_out() -> float:
        accounts.log_out(who)
        return clock.now + TOUCHED + 1

    accounts._clock = logs_out
    accounts.who(session)
    assert accounts._file.read()["sessions"] == {} and accounts.who(session) is None


def test_a_password_that_changes_while_it_is_verified_opens_nothing(accounts: Accounts) -> None:
    accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    verify = accounts._verify

    def changes(hashed: str, password: str) -> bool:
        accounts._verify = verify  # type: ignore[method-assign]
        accounts.accept(accounts.link(ADMIN, "anna"), "", "another four words")
        return verify(hashed, password)

    accounts._verify = changes  # type: ignore[method-assign]
    assert accounts.log_in("anna", PASSWORD) is None
    assert len(accounts._file.read()["sessions"]) == 1


def test_a_link_that_is_used_twice_at_once_sets_up_one(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    link, hashes = accounts.link(ADMIN), accounts._hash

    def meanwhile(password: str) -> str:
        monkeypatch.setattr(accounts, "_hash", hashes)
        accounts.accept(link, "bert", PASSWORD)
        return hashes(password)

    monkeypatch.setattr(accounts, "_hash", meanwhile)
    with pytest.raises(AccountRefused, match="no longer good"):
        accounts.accept(link, "anna", PASSWORD)
    assert accounts.users() == [("bert", ADMIN)]


def test_a_weaker_hash_of_before_is_made_anew_at_the_log_in(tmp_path: Path, clock: Clock) -> None:
    """RFC 9106 4 may ask for more one day: the parameters stand in the hash."""
    old = Accounts(tmp_path, clock=clock, hasher=QUICK)
    old.accept(old.link(ADMIN), "anna", PASSWORD)
    new = Accounts(tmp_path, clock=clock, hasher=PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert new.log_in("anna", "wrong wrong wrong") is None
    assert "m=8,t=1,p=1" in new._file.read()["users"]["anna"]["password"]
    assert new.log_in("anna", PASSWORD) is not None
    changed = new._file.read()["users"]["anna"]
    assert "m=16,t=2,p=1" in changed["password"] and changed["role"] == ADMIN
    assert new.log_in("anna", PASSWORD) is not None and new._file.read()["users"]["anna"] == changed


@pytest.mark.parametrize(
    ("name", "fine"), [("a", True), ("a" * 40, True), (" " + "a" * 40 + " ", True), ("a" * 41, False)]
)
def test_bounds_of_names(accounts: Accounts, name: str, fine: bool) -> None:
    try:
        accounts.accept(accounts.link(VIEWER), name, PASSWORD)
    except AccountRefused as refused:
        assert not fine and "1 to 40" in str(refused)
    assert accounts.users() == ([(name.strip(), VIEWER)] if fine else [])


def test_a_user_may_not_take_the_name_of_another_nor_a_link_with_a_name_another_role(accounts: Accounts) -> None:
    accounts.accept(accounts.link(VIEWER), "Vera", PASSWORD)
    for name in ("vera", "VERA", "Vera", " vera "):
        with pytest.raises(AccountRefused, match="of that name already"):
            accounts.accept(accounts.link(ADMIN), name, PASSWORD)
    accounts.accept(accounts.link(ADMIN, "Vera"), "x", "another four words")
    assert accounts.users() == [("Vera", VIEWER)]


def test_sessions_links_and_browsers_are_those_of_a_plain_model(accounts: Accounts, clock: Clock) -> None:
    """All in one, at random: who each token ever given is, against lists of who may what until when."""
    chance, names = random.Random(5), ["anna", "bert", "carl"]
    passwords: dict[str, tuple[str, str]] = {}
    sessions: dict[str, list[Any]] = {}
    links: dict[str, tuple[str, str | None, float]] = {}
    browsers: dict[str, tuple[str, float]] = {}

    def opened(name: str, token: str) -> None:
        sessions[token] = [name, clock.now, clock.now]

    def ends(name: str) -> None:
        for token in [token for token, one in sessions.items() if one[0] == name]:
            del sessions[token]
        for token in [token for token, one in browsers.items() if one[0] == name]:
            del browsers[token]

    every: set[str] = set()
    for step in range(260):
        clock.now += chance.choice([0, 60, 3601, 40_000, 86400])
        name, word = chance.choice(names), f"four words of nonsense {step % 4}"
        match chance.choice(["link", "accept", "accept", "log in", "log in", "browser", "out", "new", "remove"]):
            case "link":
                role, fixed = chance.choice([ADMIN, VIEWER]), chance.choice([None, *passwords])
                if fixed is None and role == ADMIN and not passwords:
                    links.clear()
                links[accounts.link(role, fixed)] = (role, fixed, clock.now + 86400)
            case "accept" if links:
                token = chance.choice(list(links))
                role, fixed, until = links[token]
                fine = until > clock.now and (fixed is not None or name not in passwords)
                try:
                    session = accounts.accept(token, name, word)
                except AccountRefused:
                    assert not fine
                    if until > clock.now:
                        del links[token]  # its name was taken: looked at below
                        assert (accounts.invited(token) or {}).get("role") == role
                        every.discard(token)
                else:
                    assert fine
                    del links[token]
                    who = fixed or name
                    ends(who)
                    passwords[who] = (passwords[who][0] if who in passwords else role, word)
                    opened(who, session)
            case "log in":
                found = accounts.log_in(name, word)
                assert (found is not None) == (passwords.get(name, ("", ""))[1] == word)
                if found is not None:
                    opened(name, found)
            case "browser" if name in passwords:
                browsers[accounts.browser(name)] = (name, clock.now + 365 * 86400)
            case "out" | "new" as what if sessions:
                token = chance.choice(list(sessions))
                who = accounts.who(token)
                if who is not None and what == "out":
                    accounts.log_out(who)
                    del sessions[token]
                elif who is not None:
                    session = accounts.new_password(who, passwords[who.name][1], word)
                    ends(who.name)
                    passwords[who.name] = (passwords[who.name][0], word)
                    opened(who.name, session)
            case "remove" if chance.random() < 0.3:
                admins = [one for one, (role, _) in passwords.items() if role == ADMIN]
                try:
                    accounts.remove(name)
                except AccountRefused:
                    assert name not in passwords or admins == [name]
                else:
                    assert name in passwords and admins != [name]
                    del passwords[name]
                    ends(name)
                    links = {token: one for token, one in links.items() if one[1] != name}
        every |= {*sessions, *links, *browsers}
        assert accounts.users() == sorted((one, role) for one, (role, _) in passwords.items())
        assert accounts.empty is not bool(passwords)
        for token in every:
            session_of = sessions.get(token)
            if session_of is not None and (
                clock.now > session_of[1] + 30 * 86400 or clock.now > session_of[2] + 7 * 86400
            ):
                session_of = None
            seen = accounts.who(token)
            assert (seen and (seen.name, seen.role)) == (session_of and (session_of[0], passwords[session_of[0]][0]))
            if session_of is not None and clock.now > session_of[2] + 3600:
                session_of[2] = clock.now
            link = links.get(token)
            assert (accounts.invited(token) is not None) == (link is not None and link[2] > clock.now)
            known = browsers.get(token, ("", 0.0))
            assert [accounts.known_browser(token, one) is not None for one in names] == [
                one == known[0] and known[1] > clock.now for one in names
            ]


def test_a_session_of_a_user_that_there_is_not_opens_nothing(accounts: Accounts) -> None:
    """A file that was put together from two backups."""
    session = accounts.accept(accounts.link(ADMIN), "anna", PASSWORD)
    with accounts._file.change() as content:
        del content["users"]["anna"]
    assert accounts.who(session) is None and accounts.log_in("anna", PASSWORD) is None
