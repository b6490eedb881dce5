"""What line protocols with SASL share: begin, ask, answer, decide; without the challenge; given up; never decided."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sensor.events import Attribute, Login
from sensor.model import Secret, Side
from sensor.parsing.parser import Parsed
from sensor.parsing.sasl import EXCHANGES_LIMIT
from sensor.parsing.sasl_lines import SaslLineParser
from tests.conversation import C, Run, S, Script, converse
from tests.protocols.talk import span, spans, talk

VERBS = frozenset({"QUIT", "LOGIN"})


class Smallest(SaslLineParser):
    """``LOGIN mechanism [initial]``, ``? challenge``, ``! yes|no``."""

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        if side is C:
            if self.is_answer(line, VERBS):
                yield from self.answer(line)
            elif line.startswith(b"LOGIN "):
                yield from self.begin(line[6:], self.here())
        elif line.startswith(b"?"):
            yield from self.challenged(line[2:])
        else:
            yield from self.exchanges.finish(line == b"! yes", "! after LOGIN", self.here())


def logins(script: Script) -> list[Login]:
    return [item for item in converse(Smallest, script) if isinstance(item, Login)]


@pytest.mark.parametrize(
    "lines",
    [
        ["C: LOGIN PLAIN AGEAYg=="],
        ["C: LOGIN PLAIN", "S: ? ", "C: AGEAYg=="],
        ["C: LOGIN PLAIN", "C: AGEAYg=="],
        ["C: LOGIN PLAIN ", "C: AGEAYg"],
    ],
)
def test_ways_to_say_it(lines: list[str]) -> None:
    script = talk(*lines, "S: ! yes")
    (login,) = logins(script)
    assert (login.username, login.secret, login.accepted, login.basis) == (
        "a",
        Secret("b"),
        True,
        "! after LOGIN PLAIN",
    )
    assert login.spans == spans(
        script, *(turn for turn, (side, data) in enumerate(script) if side is C or b"!" in data)
    )


def test_a_challenge_makes_of_any_line_an_answer_and_without_one_a_command_stays_one() -> None:
    assert logins(talk("C: LOGIN LOGIN", "S: ? ", "C: QUIT", "S: ? ", "C: QUIT", "S: ! no"))[0].secret == Secret(
        b"A\x42\x13"
    )
    assert logins(talk("C: LOGIN LOGIN", "C: QUIT", "C: QUIT", "S: ! no")) == []


def test_given_up_or_never_decided() -> None:
    assert logins(talk("C: LOGIN PLAIN", "S: ? ", "C: *", "S: ! no")) == []
    script = talk("C: LOGIN PLAIN AGEAYg==")
    assert [(item.accepted, item.basis, item.spans) for item in logins(script)] == [(None, None, (span(script, 0),))]


def test_events_of_an_inner_protocol_pass_when_no_exchange_is_under_way() -> None:
    attribute = Attribute(field="ntlmssp.host", value="x", side=S)
    assert list(Smallest().from_inner(attribute, 0)) == [attribute]


def test_a_star_gives_up_and_is_no_message_of_the_exchange() -> None:
    """RFC 4954 §4: the client's ``*`` cancels; the server's refusal is then of no password."""
    assert logins(talk("C: LOGIN LOGIN", "C: YQ==", "C: *", "S: ! no")) == []
    parser = Smallest()
    list(parser.receive(C, b"LOGIN PLAIN\r\n"))
    assert parser.is_answer(b"*", VERBS) and parser.is_answer(b"AGEAYg==", VERBS)
    assert not parser.is_answer(b"QUIT", VERBS) and not parser.is_answer(b"quit now", VERBS)
    assert not parser.is_answer(b"**", VERBS) and not parser.is_answer(b"no base64!", VERBS)


def test_without_an_exchange_no_line_is_an_answer() -> None:
    parser = Smallest()
    assert not parser.is_answer(b"*", VERBS) and not parser.is_answer(b"AGEAYg==", VERBS)
    list(parser.receive(S, b"? AGEAYg==\r\n"))  # a challenge that nobody asked for
    assert not parser.exchanges.challenge_open and not parser.is_answer(b"AGEAYg==", VERBS)


def test_an_answer_closes_the_challenge() -> None:
    """The next line is a command again."""
    script = talk("C: LOGIN LOGIN", "S: ? ", "C: YQ==", "C: QUIT", "C: Yg==", "S: ! yes")
    (login,) = logins(script)
    assert (login.username, login.secret) == ("a", Secret("b"))


def test_what_is_no_base64_is_no_message() -> None:
    assert logins(talk("C: LOGIN PLAIN no-base64", "S: ! yes")) == []
    assert logins(talk("C: LOGIN LOGIN", "S: ? ", "C: !!", "S: ? ", "C: YQ==", "S: ? ", "C: Yg==", "S: ! yes"))[
        0
    ].secret == Secret("b")


def test_answers_come_in_the_order_of_the_logins() -> None:
    """The client does not wait: what refuses the first says nothing of the second."""
    both = ["C: LOGIN PLAIN AGEAYg==", "C: QUIT", "C: LOGIN PLAIN AGEAYw=="]
    for answers, accepted in (
        ([], [None, None]),
        (["S: ! no"], [False, None]),
        (["S: ! no", "S: ! yes"], [False, True]),
        (["S: ! yes", "S: ! no"], [True, False]),
    ):
        found = logins(talk(*both, *answers))
        assert [(item.secret, item.accepted) for item in found] == list(
            zip([Secret("b"), Secret("c")], accepted, strict=True)
        )


def test_a_challenge_is_of_the_login_whose_turn_it_is() -> None:
    script = talk(
        "C: LOGIN LOGIN", "C: LOGIN PLAIN AGIAYw==", "S: ? ", "C: YQ==", "S: ? ", "C: Yg==", "S: ! no", "S: ! yes"
    )
    assert [(item.username, item.secret, item.accepted) for item in logins(script)] == [
        ("a", Secret("b"), False), ("b", Secret("c"), True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "accepted"),
    [
        (1, 0, [True]),  # the only one: the answer says what it answers
        (2, 0, [None, None]),  # one of two answers may be lost
        (1, 1, [None, True]),  # its answer was lost, for another login began
    ],
)
def test_answers_behind_a_loss(before: int, after: int, accepted: list[bool | None]) -> None:
    run = Run(Smallest())
    for _ in range(before):
        run.feed(C, b"LOGIN PLAIN AGEAYg==\r\n")
    run.gap(S, 10)
    run.feed(S, b"\r\n")
    for _ in range(after):
        run.feed(C, b"LOGIN PLAIN AGEAYg==\r\n")
    run.feed(S, b"! yes\r\n")
    assert [item.accepted for item in run.close() if isinstance(item, Login)] == accepted


def test_logins_that_await_their_answers_are_bounded() -> None:
    """The answer to one that was dropped is nobody's."""
    run = Run(Smallest())
    for _ in range(EXCHANGES_LIMIT + 3):
        run.feed(C, b"LOGIN PLAIN AGEAYg==\r\n")
    assert [item.accepted for item in run.parsed if isinstance(item, Login)] == [None] * 3
    for number in range(EXCHANGES_LIMIT + 3):
        run.feed(S, b"! no\r\n" if number < 4 else b"! yes\r\n")
    found = [item.accepted for item in run.close() if isinstance(item, Login)]
    assert found == [None] * 3 + [False] + [True] * (EXCHANGES_LIMIT - 1)
