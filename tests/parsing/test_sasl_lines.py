"""What line protocols with SASL share: begin, ask, answer, decide; without the challenge; given up; never decided."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sensor.events import Attribute, Login
from sensor.model import Secret, Side
from sensor.parsing.parser import Parsed
from sensor.parsing.sasl_lines import SaslLineParser
from tests.conversation import C, S, Script, converse
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
            yield from self.finish(line == b"! yes", "! after LOGIN", self.here())


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
    assert [
        item.accepted
        for item in logins(talk("C: LOGIN PLAIN AGEAYg==", "C: QUIT", "C: LOGIN PLAIN AGEAYw==", "S: ! yes"))
    ] == [None, True]


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
    assert not parser.challenge_open and not parser.is_answer(b"AGEAYg==", VERBS)


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
