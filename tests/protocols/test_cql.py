"""Cassandra's native protocol by its specifications, versions 1 to 5."""

from __future__ import annotations

import pytest

from sensor.events import Access, Enough, Login
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.cql import BODY_LIMIT, Cql, recognise
from tests.conversation import C, Run, S, Script, converse, events
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
