"""DRDA's security exchange by DDM, in the EBCDIC of Db2 and the ASCII of Derby."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Enough, Login
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.drda import LOGIN_MESSAGES, PROTOCOL, Drda, recognise
from tests.conversation import C, Run, S, Script, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import spans


def parameter(point: int, value: bytes) -> bytes:
    return (4 + len(value)).to_bytes(2, "big") + point.to_bytes(2, "big") + value


def dss(point: int, *parameters: bytes, kind: int = 1) -> bytes:
    inner = parameter(point, b"".join(parameters))
    return (6 + len(inner)).to_bytes(2, "big") + bytes([0xD0, kind]) + b"\0\1" + inner


EXCSAT = dss(0x1041, parameter(0x116D, "anna-pc".encode("cp500")), parameter(0x115A, "SQL09010".encode("cp500")))
ACCSEC = dss(0x106D, parameter(0x11A2, b"\0\3"))


def login(encoding: str, answer: bytes | None = b"\0") -> Script:
    user, secret = "anna".encode(encoding), "s3cret  ".encode(encoding)
    request = dss(0x106E, parameter(0x11A2, b"\0\3"), parameter(0x11A0, user), parameter(0x11A1, secret))
    answers: Script = [] if answer is None else [(S, dss(0x1219, parameter(0x11A4, answer), kind=2))]
    return [(C, EXCSAT + ACCSEC), (S, dss(0x1443, kind=2)), (C, request), *answers]


@pytest.mark.parametrize("encoding", ["cp500", "ascii"])
@pytest.mark.parametrize(("answer", "accepted"), [(b"\0", True), (b"\x0f", False), (b"", None), (None, None)])
def test_a_login(encoding: str, answer: bytes | None, accepted: bool | None) -> None:
    script = login(encoding, answer)
    parsed = converse(Drda, script)
    [found] = events(parsed, Login)
    assert (found.username, found.secret, found.accepted, found.scheme) == ("anna", Secret("s3cret"), accepted, "drda")
    if answer is not None:
        assert found.spans == spans(script, 2, 3)
        assert isinstance(parsed[-1], Enough)
    assert [(a.field, a.value) for a in events(parsed, Attribute)] == [
        ("drda.release", "SQL09010"), ("drda.name", "anna-pc"),
    ]  # fmt: skip


def test_a_user_without_a_password_and_patience() -> None:
    request = dss(0x106E, parameter(0x11A0, "anna".encode("cp500")))
    [found] = events(converse(Drda, [(C, request)]), Login)
    assert (found.username, found.secret) == ("anna", None)
    assert converse(Drda, [(C, dss(0x2014) * LOGIN_MESSAGES)], damage=False, bytewise=False) == [Enough()]


@pytest.mark.parametrize(
    ("client", "match"),
    [
        (EXCSAT, Match.SURE),
        (ACCSEC, Match.SURE),
        (EXCSAT[:5], Match.MORE),
        (dss(0x2014), Match.NO),
        (b"\0\x20\xd1" + EXCSAT[3:], Match.NO),
        (EXCSAT[:6] + b"\0\0" + EXCSAT[8:], Match.NO),
        (b"", Match.NO),
    ],
)
def test_recognise(client: bytes, match: Match) -> None:
    assert recognise(Opening(client, b"", 40000, 50000, Transport.TCP)) is match


def test_an_opening_cut_anywhere() -> None:
    """Ten bytes of header and code point; on its ports D0 at the third byte may become one."""
    exchange = bytes.fromhex("000ad0410001000410410000")[:10]
    openings.stream(recognise, exchange, sure=10, more=3, port=446)
    openings.stream(recognise, exchange, sure=10, more=10)
    for code, match in ((0x1041, Match.SURE), (0x106D, Match.SURE), (0x106E, Match.SURE), (0x2001, Match.NO)):
        assert recognise(openings.of(exchange[:8] + code.to_bytes(2, "big"))) is match
    for place, value in ((2, 0xD1), (3, 0x45), (3, 0xC1), (3, 0x49), (7, 5)):
        assert recognise(openings.of(exchange[:place] + bytes([value]) + exchange[place + 1 :])) is Match.NO


def test_the_last_parameter_may_be_empty() -> None:
    """A parameter of four bytes has no value (DDM: length and code point alone)."""
    user, empty = bytes.fromhex("000811a0") + b"anna", bytes.fromhex("000411a1")
    inner = bytes.fromhex("106e") + user + empty
    data = (len(inner) + 8).to_bytes(2, "big") + b"\xd0\x01\0\1" + (len(inner) + 2).to_bytes(2, "big") + inner
    run = Run(Drda(None))
    run.feed(C, data)
    [login] = events(run.close(), Login)
    assert (login.username, login.secret) == ("anna", Secret(""))


def code_of_the_check(code: int) -> bytes:
    return dss(0x1219, parameter(0x11A4, bytes([code])), kind=2)


DIALOGUE = Dialogue(
    Drda,
    lambda user, secret: [(C, dss(0x106E, parameter(0x11A0, user.encode()), parameter(0x11A1, secret.encode())))],
    accepted=code_of_the_check(0),
    refused=code_of_the_check(0x0F),
    undecided=(dss(0x1219, kind=2),),
    opening=[(C, EXCSAT + ACCSEC), (S, dss(0x1443, kind=2))],
    again=False,
    resumes=False,
)
"""DDM's SECCHKCD: 0 is right, others say what was wrong (0F: password invalid)."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


@pytest.mark.parametrize(("length", "whole"), [(9, False), (10, True)])
def test_the_shortest_object(length: int, whole: bool) -> None:
    data = (length).to_bytes(2, "big") + b"\xd0\x01\0\1" + (length - 6).to_bytes(2, "big") + b"\x20\x14"
    run = Run(Drda(None))
    if whole:
        run.feed(C, data)
        run.feed(C, dss(0x106E, parameter(0x11A0, b"anna")))
        assert [login.username for login in events(run.close(), Login)] == ["anna"]
    else:
        with pytest.raises(Malformed):
            run.feed(C, data)


def test_texts_of_both_encodings_and_the_first_of_two() -> None:
    """Trailing blanks of each encoding go (EBCDIC's is 40); a parameter that comes twice counts once."""
    for value, shown in (("DB2 ".encode("cp500"), "DB2"), (b"derby  ", "derby"), (b"", None), (b"\x40\x40", "@@")):
        found = events(converse(Drda, [(S, dss(0x1443, parameter(0x115A, value)))], damage=False), Attribute)
        assert [(a.field, a.value, a.side) for a in found] == ([("drda.release", shown, S)] if shown else [])
    twice = dss(0x106E, parameter(0x11A0, b"anna"), parameter(0x11A0, b"berta"))
    assert [login.username for login in events(converse(Drda, [(C, twice)], damage=False), Login)] == ["anna"]
    other = dss(0x106F, parameter(0x11A0, b"anna"))
    assert events(converse(Drda, [(C, other)], damage=False), Login) == []


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={446, 1527, 50000})


@pytest.mark.parametrize(("number", "ended"), [(LOGIN_MESSAGES - 1, False), (LOGIN_MESSAGES, True)])
def test_how_long_a_login_is_waited_for(number: int, ended: bool) -> None:
    run = Run(Drda(None))
    for _ in range(number):
        run.feed(C, dss(0x2014))
    assert any(isinstance(item, Enough) for item in run.parsed) is ended
    waiting = Run(Drda(None))
    for side, data in [*login("ascii", None), *[(S, dss(0x2014))] * number]:
        waiting.feed(side, data)
    assert waiting.parsed and not any(isinstance(item, Enough) for item in waiting.parsed), "a login awaits its answer"


def test_a_parameter_longer_than_the_rest_is_what_is_there() -> None:
    inner = bytes.fromhex("106e") + parameter(0x11A0, b"anna") + b"\0\x30\x11\xa1s3cret"
    data = (len(inner) + 8).to_bytes(2, "big") + b"\xd0\x01\0\1" + (len(inner) + 2).to_bytes(2, "big") + inner
    [found] = events(converse(Drda, [(C, data)], damage=False), Login)
    assert (found.username, found.secret) == ("anna", Secret("s3cret"))
    end = bytes.fromhex("106e") + parameter(0x11A0, b"anna") + b"\0\3\x11\xa1s3cret"
    data = (len(end) + 8).to_bytes(2, "big") + b"\xd0\x01\0\1" + (len(end) + 2).to_bytes(2, "big") + end
    [found] = events(converse(Drda, [(C, data)], damage=False), Login)
    assert (found.username, found.secret) == ("anna", None), "a length below four ends the parameters"
