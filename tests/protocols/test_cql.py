"""Cassandra's native protocol by its specifications, versions 1 to 5."""

from __future__ import annotations

import pytest

from sensor.events import Access, Enough, Login
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.cql import BODY_LIMIT, PROTOCOL, Cql, recognise
from tests.conversation import C, Run, S, Script, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import spans


def frame(version: int, opcode: int, body: bytes = b"", flags: int = 0) -> bytes:
    stream = b"\0" if version & 0x7F < 3 else b"\0\0"
    return bytes([version, flags]) + stream + bytes([opcode]) + len(body).to_bytes(4, "big") + body


def pairs(**fields: str) -> bytes:
    texts = [text.encode() for pair in fields.items() for text in pair]
    return len(fields).to_bytes(2, "big") + b"".join(len(t).to_bytes(2, "big") + t for t in texts)


def plain(user: bytes, secret: bytes) -> bytes:
    token = b"\0" + user + b"\0" + secret
    return len(token).to_bytes(4, "big") + token


STARTUP = pairs(CQL_VERSION="3.0.0")
ASKS = b"\0\x2forg.apache.cassandra.auth.PasswordAuthenticator"
DENIED = (0x0100).to_bytes(4, "big") + b"\0\x0cwrong secret"


def session(version: int, *answer: bytes) -> Script:
    return [
        (C, frame(version, 0x01, STARTUP)),
        (S, frame(0x80 | version, 0x03, ASKS)),
        (C, frame(version, 0x0F, plain(b"anna", b"s3cret"))),
        *((S, one) for one in answer),
    ]


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize(
    ("opcode", "body", "accepted"), [(0x10, b"\xff\xff\xff\xff", True), (0x00, DENIED, False), (0x00, bytes(6), None)]
)
def test_a_login(version: int, opcode: int, body: bytes, accepted: bool | None) -> None:
    script = session(version, frame(0x80 | version, opcode, body))
    parsed = converse(Cql, script)
    [login] = events(parsed, Login)
    assert (login.username, login.secret, login.accepted, login.scheme) == ("anna", Secret("s3cret"), accepted, "plain")
    assert login.spans == (spans(script, 2, 3) if accepted is not None else spans(script, 2))
    assert isinstance(parsed[-1], Enough)


def test_version_1_and_version_5() -> None:
    old: Script = [
        (C, frame(1, 0x01, STARTUP)),
        (S, frame(0x81, 0x03, ASKS)),
        (C, frame(1, 0x04, pairs(username="anna", password="s3cret"))),
        (S, frame(0x81, 0x02)),
    ]
    [login] = events(converse(Cql, old), Login)
    assert (login.username, login.secret, login.accepted, login.scheme) == (
        "anna", Secret("s3cret"), True, "credentials",
    )  # fmt: skip

    def segment(inside: bytes) -> bytes:
        return bytes(6) + inside + bytes(4)

    new: Script = [
        (C, frame(5, 0x01, STARTUP)),
        (S, frame(0x85, 0x03, ASKS)),
        (C, segment(frame(5, 0x0F, plain(b"anna", b"s3cret")))),
        (S, segment(frame(0x85, 0x10, b"\xff\xff\xff\xff"))),
    ]
    [login] = events(converse(Cql, new), Login)
    assert (login.username, login.secret, login.accepted) == ("anna", Secret("s3cret"), True)


def test_use_without_a_login_and_logins_without_an_answer() -> None:
    used: Script = [(C, frame(4, 0x05)), (C, frame(4, 0x01, STARTUP)), (S, frame(0x84, 0x02))]
    [access] = events(converse(Cql, used), Access)
    assert (access.granted, access.control) == (True, True)
    [login] = events(converse(Cql, session(4)), Login)
    assert (login.secret, login.accepted, login.basis) == (Secret("s3cret"), None, None)
    assert events(converse(Cql, [(C, frame(4, 0x01, STARTUP)), (C, frame(4, 0x07, b"\0\0\0\2hi"))]), Login) == []
    assert events(converse(Cql, [(C, frame(4, 0x0F, plain(b"a", b"b"), flags=1))], damage=False), Login) == []


def test_what_is_malformed() -> None:
    for bad in (frame(0x84, 0x01), frame(6, 0x01), frame(4, 0x11), b"\4\0\0\0\1" + (BODY_LIMIT + 1).to_bytes(4, "big")):
        with pytest.raises(Malformed):
            Run(Cql()).feed(C, bad)


@pytest.mark.parametrize(
    ("client", "port", "match"),
    [
        (frame(4, 0x01, STARTUP), 9999, Match.SURE),
        (frame(1, 0x01, STARTUP), 9999, Match.SURE),
        (frame(4, 0x05), 9042, Match.WEAK),
        (frame(4, 0x05), 9999, Match.NO),
        (frame(4, 0x0F, plain(b"a", b"b")), 9042, Match.WEAK),
        (b"\4\0\0", 9042, Match.MORE),
        (b"\4\1\0\x50\1\2\3\4anna\0", 1080, Match.NO),
        (frame(4, 0x01, b"\0\1"), 9042, Match.NO),
        (b"", 9042, Match.NO),
    ],
)
def test_recognise(client: bytes, port: int, match: Match) -> None:
    assert recognise(Opening(client, b"", 40000, port, Transport.TCP)) is match


DIALOGUE = Dialogue(
    Cql,
    lambda user, secret: [*session(4)[:2], (C, frame(4, 0x0F, plain(user.encode(), secret.encode())))],
    accepted=frame(0x84, 0x10, b"\xff\xff\xff\xff"),
    refused=frame(0x84, 0x00, DENIED),
    undecided=(frame(0x84, 0x00, bytes(6)),),
    again=False,
    resumes=False,
)
"""The specification of version 4, 4.2."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


def refusals(code: int) -> list[tuple[bool | None, str | None]]:
    script = session(4, frame(0x84, 0x00, code.to_bytes(4, "big") + b"\0\0"))
    return [(e.accepted, e.basis) for e in converse(Cql, script, damage=False) if isinstance(e, Login)]


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        (0x0100, True),
        (0x2100, True),
        (0x0000, False),
        (0x000A, False),
        (0x1000, False),
        (0x2000, False),
        (0x2200, False),
    ],
)
def test_errors_that_refuse(code: int, refused: bool) -> None:
    """The specification's section 9: 0100 bad credentials, 2100 unauthorized."""
    assert refusals(code) == [(False, "ERROR after the login") if refused else (None, None)]


@pytest.mark.parametrize(
    ("token", "shown"),
    [(b"\0anna\0s3cret", ("anna", "s3cret")), (b"anna\0anna\0s3cret", ("anna", "s3cret")), (b"\0anna", None),
     (b"\0anna\0s3\0cret", None), (b"anna", None), (b"", None)],
)  # fmt: skip
def test_tokens_of_sasl(token: bytes, shown: tuple[str, str] | None) -> None:
    """RFC 4616: authorisation identity, name, password."""
    sent = frame(4, 0x0F, len(token).to_bytes(4, "big") + token)
    found = [e for e in converse(Cql, [(C, sent)], damage=False) if isinstance(e, Login)]
    assert [(e.username, e.secret) for e in found] == ([(shown[0], Secret(shown[1]))] if shown else [])


def test_an_empty_response_and_version_1_without_a_password() -> None:
    assert [
        e for e in converse(Cql, [(C, frame(4, 0x0F, b"\xff\xff\xff\xff"))], damage=False) if isinstance(e, Login)
    ] == []
    assert [
        e for e in converse(Cql, [(C, frame(1, 0x04, pairs(username="anna")))], damage=False) if isinstance(e, Login)
    ] == []
    [login] = [
        e for e in converse(Cql, [(C, frame(1, 0x04, pairs(password="x")))], damage=False) if isinstance(e, Login)
    ]
    assert (login.username, login.secret) == ("", Secret("x"))


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
def test_frames_cut_anywhere(version: int) -> None:
    """Section 2: 8 bytes of header, 9 from version 3 on; the start-up's map names CQL_VERSION."""
    data = frame(version, 0x01, STARTUP)
    head = 8 if version < 3 else 9
    for size in range(1, head):
        assert recognise(openings.of(data[:size], 9042)) is Match.MORE
        assert recognise(openings.of(data[:size])) is Match.NO
    at = data.index(b"CQL_VERSION") + 11
    assert recognise(openings.of(data[:at])) is Match.SURE
    assert recognise(openings.of(data[: at - 1], 9042)) is Match.NO
    answer = bytes([0x80 | version]) + data[1:]
    assert recognise(openings.of(answer, 9042)) is recognise(openings.of(data, 9042, server=True)) is Match.NO
    place = head - 5
    openings.values(
        recognise, data, {1: ((0, 1, 0x1F), (0x20, 0x40, 0x80)), place: ((1,), (2, 3, 0x11, 0x10))}, port=9042
    )
    assert recognise(openings.of(b"\0" + data[1:], 9042)) is recognise(openings.of(b"\6" + data[1:], 9042)) is Match.NO


@pytest.mark.parametrize(
    ("opcode", "match"), [(5, Match.WEAK), (7, Match.WEAK), (9, Match.NO), (11, Match.NO), (4, Match.NO)]
)
def test_frames_that_may_be_the_first_that_is_seen(opcode: int, match: Match) -> None:
    assert recognise(openings.of(frame(4, opcode, b"\0\0\0\0"), 9042)) is match
    token = plain(b"a", b"b")
    assert recognise(openings.of(frame(4, 0x0F, token + b"!"), 9042)) is Match.NO


@pytest.mark.parametrize(
    ("side", "data", "whole"),
    [(C, frame(4, 0x01, STARTUP), True), (S, frame(0x84, 0x02), True), (S, frame(4, 0x02), False),
     (C, frame(0x84, 1), False), (C, frame(0, 1), False), (C, frame(6, 1), False),
     (C, frame(4, 0x10), True), (C, frame(4, 0x11), False)],
)  # fmt: skip
def test_which_frames_are_read(side: Side, data: bytes, whole: bool) -> None:
    run = Run(Cql())
    if whole:
        run.feed(side, data)
    else:
        with pytest.raises(Malformed):
            run.feed(side, data)


def test_use_without_a_login_needs_a_start_and_nothing_goes_on_behind_a_login() -> None:
    ready = (S, frame(0x84, 0x02))
    assert events(converse(Cql, [ready], damage=False), Access) == []
    assert events(converse(Cql, [*session(4), ready], damage=False), Access) == []
    [login] = events(converse(Cql, [*session(4), ready], damage=False), Login)
    assert login.accepted is True
    query = (C, frame(4, 0x07, b"\0\0\0\2hi"))
    assert converse(Cql, [query], damage=False) == [Enough()]
    waiting = [*session(4), query, (S, frame(0x84, 0x10, b"\xff\xff\xff\xff"))]
    assert [e.accepted for e in converse(Cql, waiting, damage=False) if isinstance(e, Login)] == [True]


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={9042})
