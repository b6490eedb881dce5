"""CVS's password server by the cvsclient protocol."""

from __future__ import annotations

import pytest

from sensor.events import Enough, Login
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.cvs import _SCRAMBLE, PROTOCOL, Cvs, recognise
from tests.conversation import C, Run, S, Script, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import spans

# "anything" by the table of the protocol's text: a y, n =, y a, t comma, h c, i ?, n =, g I.
LOGIN_REQUEST: Script = [(C, b"BEGIN AUTH REQUEST\n/home/cvs\nanna\nAy=a,c?=I\nEND AUTH REQUEST\n")]


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        (b"I LOVE YOU\n", True),
        (b"I HATE YOU\n", False),
        (b"E Fatal error, aborting.\n", False),
        (b"what?\n", False),
    ],
)
def test_a_login(answer: bytes, accepted: bool) -> None:
    script = [*LOGIN_REQUEST, (S, answer)]
    parsed = converse(Cvs, script)
    [login] = events(parsed, Login)
    assert (login.username, login.secret, login.accepted, login.scheme) == (
        "anna",
        Secret("anything"),
        accepted,
        "pserver",
    )
    assert login.spans == spans(script, 0, 1)
    assert isinstance(parsed[-1], Enough)


def test_without_an_answer() -> None:
    [login] = converse(Cvs, LOGIN_REQUEST)
    assert isinstance(login, Login)
    assert (login.secret, login.accepted) == (Secret("anything"), None)


def test_the_disguise_undoes_itself() -> None:
    assert bytes(range(256)).translate(_SCRAMBLE).translate(_SCRAMBLE) == bytes(range(256))
    assert sorted(_SCRAMBLE) == list(range(256))


@pytest.mark.parametrize(
    ("client", "match"),
    [
        (b"BEGIN AUTH REQUEST\n/cvs", Match.SURE),
        (b"BEGIN VERIFICATION REQUEST\n", Match.SURE),
        (b"BEGIN", Match.MORE),
        (b"BEGIN IT\n", Match.NO),
        (b"", Match.NO),
    ],
)
def test_recognise(client: bytes, match: Match) -> None:
    assert recognise(Opening(client, b"", 40000, 2401, Transport.TCP)) is match


def test_openings_cut_anywhere() -> None:
    """The first line of the password server (cvsclient, "Connection and Authentication")."""
    for line in (b"BEGIN AUTH REQUEST\n", b"BEGIN VERIFICATION REQUEST\n"):
        openings.stream(recognise, line, sure=len(line))
    assert recognise(openings.of(b"BEGIN AUTH REQUESTS\n")) is Match.NO


def test_a_password_that_is_scrambled_in_another_way_is_none() -> None:
    """cvsclient, "Password scrambling": the first letter names the way, and A is the only one."""
    with pytest.raises(Malformed):
        Run(Cvs(None)).feed(C, b"BEGIN AUTH REQUEST\n/repo\nanna\nBZZ\nEND AUTH REQUEST\n")


def scrambled(text: str) -> bytes:
    return text.encode().translate(_SCRAMBLE)


DIALOGUE = Dialogue(
    Cvs,
    lambda user, secret: [
        (C, b"BEGIN AUTH REQUEST\n/cvs\n%b\nA%b\nEND AUTH REQUEST\n" % (user.encode(), scrambled(secret)))
    ],
    accepted=b"I LOVE YOU\n",
    refused=b"I HATE YOU\n",
    again=False,
    resumes=False,
)
"""The protocol's text has these two answers, and errors."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


def test_only_the_first_request_counts() -> None:
    again = (C, b"BEGIN AUTH REQUEST\n/cvs\nberta\nAZZ\nEND AUTH REQUEST\n")
    found = events(converse(Cvs, [*LOGIN_REQUEST, again, (S, b"I LOVE YOU\n")], damage=False), Login)
    assert [(login.username, login.accepted) for login in found] == [("anna", True)]
    with pytest.raises(Malformed):
        Run(Cvs(None)).feed(C, b"BEGIN IT ALL\n")


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={2401})
