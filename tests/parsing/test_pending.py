"""Tests for sensor.parsing.pending."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensor.events import Login, Span
from sensor.model import Secret, Side
from sensor.parsing.pending import (
    ARGUMENT_LIMIT,
    DROPPED_LIMIT,
    LOGIN_LIMIT,
    Command,
    CommandQueue,
    PendingLogin,
    answered,
)

SENT, ANSWER = Span(Side.CLIENT, 0, 9), Span(Side.SERVER, 0, 4)


def login(user: str = "anna") -> Login:
    return Login(mechanism="password", username=user, secret=Secret(b"Sommer2024"), scheme="user/pass", spans=(SENT,))


def command(verb: str, *, user: str | None = None) -> Command:
    return Command(verb, SENT, login=None if user is None else login(user))


def queue(*commands: Command, limit: int = 8) -> CommandQueue[Command]:
    made: CommandQueue[Command] = CommandQueue(limit)
    for one in commands:
        assert not list(made.append(one))
    return made


def verbs(commands: CommandQueue[Command]) -> list[str]:
    return [one.verb for one in commands]


def users(logins: object) -> list[str | None]:
    return [one.username for one in logins]  # type: ignore[attr-defined]


def test_an_answer_is_added_to_a_login_with_its_evidence() -> None:
    found = answered(login(), False, "530 after PASS", ANSWER)
    assert (found.accepted, found.basis, found.spans) == (False, "530 after PASS", (SENT, ANSWER))
    assert (found.username, found.secret, found.scheme) == ("anna", Secret(b"Sommer2024"), "user/pass")


def test_a_pending_login_is_answered_once() -> None:
    pending = PendingLogin()
    assert not pending
    pending.login = login()
    assert pending
    assert list(pending.answer(True, "OK", ANSWER)) == [answered(login(), True, "OK", ANSWER)]
    assert not pending
    assert not list(pending.answer(True, "OK", ANSWER))


def test_a_pending_login_without_an_answer_is_given_as_it_is_and_once() -> None:
    pending = PendingLogin()
    pending.login = login()
    assert list(pending.unanswered()) == [login()]
    assert not list(pending.unanswered())


def test_commands_are_taken_in_the_order_sent() -> None:
    sent = queue(command("USER"), command("PASS"))
    assert sent
    assert sent.first is not None
    assert sent.first.verb == "USER"
    assert len(sent) == 2
    assert [one.verb for one in (sent.take(), sent.take()) if one] == ["USER", "PASS"]
    assert sent.take() is None
    assert sent.first is None
    assert not sent


def test_beyond_the_limit_the_oldest_is_dropped_and_its_login_given() -> None:
    sent = queue(command("PASS", user="anna"), command("LIST"), limit=2)
    assert users(sent.append(command("QUIT"))) == ["anna"]
    assert verbs(sent) == ["LIST", "QUIT"]


def test_the_reply_to_a_dropped_command_is_not_taken_for_another() -> None:
    sent = queue(command("A"), command("B"), limit=2)
    assert not list(sent.append(command("C")))
    assert sent.first is None
    assert sent.take() is None  # the reply to A
    taken = sent.take()
    assert taken is not None
    assert taken.verb == "B"


def test_replies_that_never_come_are_not_expected_for_ever() -> None:
    sent = queue(command("A"), limit=1)
    for _ in range(DROPPED_LIMIT):
        assert not list(sent.append(command("B")))
    assert sent.first is None
    assert not list(sent.append(command("C")))
    taken = sent.take()
    assert taken is not None
    assert taken.verb == "C"


def test_a_command_is_found_by_what_its_reply_names() -> None:
    sent = queue(command("PASS"), command("OPER", user="anna"), command("OPER", user="ben"))
    found = sent.take_where(lambda one: one.verb == "OPER")
    assert found is not None
    assert found.login == login("anna")
    assert verbs(sent) == ["PASS", "OPER"]
    assert sent.take_where(lambda one: one.verb == "IDENTIFY") is None
    assert len(sent) == 2


def test_commands_whose_replies_were_lost_are_passed_over_and_their_logins_given() -> None:
    sent = queue(command("USER"), command("PASS", user="anna"), command("PASV"), command("LIST"))
    assert users(sent.skip_to(("PASV", "EPSV"))) == ["anna"]
    assert verbs(sent) == ["PASV", "LIST"]


def test_a_reply_that_fits_no_command_leaves_all_of_them() -> None:
    sent = queue(command("USER"), command("PASS", user="anna"))
    assert not sent.awaits(("PASV",))
    assert not list(sent.skip_to(("PASV",)))
    assert sent.awaits(("PASS", "ACCT"))
    assert verbs(sent) == ["USER", "PASS"]


def test_after_passing_over_a_dropped_commands_reply_is_no_longer_awaited() -> None:
    sent = queue(command("A"), command("B"), limit=2)
    assert not list(sent.append(command("C")))
    assert not list(sent.skip_to(("C",)))
    taken = sent.take()
    assert taken is not None
    assert taken.verb == "C"


def test_at_the_end_the_queue_gives_its_logins_and_is_empty() -> None:
    sent = queue(command("PASS", user="anna"), command("NOOP"), command("PASS", user="ben"), limit=3)
    assert users(sent.append(command("PASS", user="cleo"))) == ["anna"]
    assert users(sent.unanswered()) == ["ben", "cleo"]
    assert not sent
    assert not list(sent.unanswered())
    assert not list(sent.append(command("NOOP")))
    assert sent.first is not None  # replies to dropped commands are no longer awaited either


def test_of_a_long_argument_the_beginning_is_stored() -> None:
    assert Command("USER", SENT, b"x" * 20_000).argument == b"x" * ARGUMENT_LIMIT


def other(number: int) -> Login:
    return login(f"user{number}")


def test_the_first_answer_is_of_the_first_login() -> None:
    pending = PendingLogin()
    assert not list(pending.add(other(1))) and not list(pending.add(other(2)))
    assert pending.login == other(1)
    assert list(pending.answer(False, "no", ANSWER)) == [answered(other(1), False, "no", ANSWER)]
    assert pending and list(pending.answer(True, "yes")) == [answered(other(2), True, "yes")]
    assert not pending and not list(pending.answer(True, "yes"))


def test_an_answer_with_a_key_is_of_the_login_with_it() -> None:
    pending = PendingLogin()
    for number in (1, 2):
        assert not list(pending.add(other(number), number))
    assert pending.awaits(2) and not pending.awaits(3)
    assert not list(pending.answer(True, "yes", key=3))
    assert users(pending.answer(True, "yes", key=2)) == ["user2"]
    assert not pending.awaits(2) and users(pending.unanswered()) == ["user1"]


def test_logins_beyond_the_limit_are_given_without_an_answer() -> None:
    pending = PendingLogin()
    for number in range(LOGIN_LIMIT):
        assert not list(pending.add(other(number)))
    assert list(pending.add(other(LOGIN_LIMIT))) == [other(0)]
    assert not list(pending.answer(True, "the first's"))
    assert list(pending.answer(False, "no")) == [answered(other(1), False, "no")]


def test_a_login_that_is_assigned_replaces_all() -> None:
    pending = PendingLogin()
    assert not list(pending.add(other(1)))
    pending.login = other(2)
    assert list(pending.answer(True, "yes")) == [answered(other(2), True, "yes")] and not pending
    pending.login = other(3)
    pending.login = None
    assert not pending and pending.login is None


@given(st.lists(st.sampled_from("cccccrl"), max_size=30), st.integers(1, 4))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_reply_is_that_of_its_command(steps: list[str], limit: int) -> None:
    """Beside a plain list of all commands: c is one, l one with a login, r a reply. What was dropped has its reply."""
    made: CommandQueue[Command] = CommandQueue(limit)
    sent: list[Command | None] = []  # None: dropped
    for number, step in enumerate(steps):
        if step == "r":
            expected = sent.pop(0) if sent else None
            waiting = [one for one in sent if one is not None]
            assert made.take() is expected
        else:
            one = command(str(number), user=str(number) if step == "l" else None)
            waiting = [each for each in sent if each is not None]
            dropped = waiting.pop(0) if len(waiting) >= limit else None
            sent = [None if each is dropped else each for each in sent]
            sent.append(one)
            waiting.append(one)
            assert users(made.append(one)) == ([dropped.verb] if dropped is not None and dropped.login else [])
        assert list(made) == waiting and len(made) == len(waiting)
        assert made.first is (sent[0] if sent else None)
        assert [made.awaits({one.verb}) for one in waiting] == [True] * len(waiting)
    assert users(made.unanswered()) == [one.verb for one in sent if one is not None and one.login]
    assert made.take() is None and made.first is None and len(made) == 0
