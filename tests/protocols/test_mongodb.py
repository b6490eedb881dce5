"""MongoDB messages by the wire protocol and the Authentication specification's examples."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Access, Enough, Login, Span
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.mongodb import MESSAGE_LIMIT, Mongodb, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue


def bson(fields: dict[str, object]) -> bytes:
    body = b""
    for name, value in fields.items():
        key = name.encode() + b"\0"
        if isinstance(value, bool):
            body += b"\x08" + key + bytes([value])
        elif isinstance(value, int):
            body += b"\x10" + key + value.to_bytes(4, "little")
        elif isinstance(value, float):
            body += b"\x01" + key + (b"\0\0\0\0\0\0\xf0\x3f" if value else bytes(8))
        elif isinstance(value, str):
            body += b"\x02" + key + (len(value) + 1).to_bytes(4, "little") + value.encode() + b"\0"
        elif isinstance(value, bytes):
            body += b"\x05" + key + len(value).to_bytes(4, "little") + b"\0" + value
        elif isinstance(value, dict):
            body += b"\x03" + key + bson(value)
    return (len(body) + 5).to_bytes(4, "little") + body + b"\0"


def header(opcode: int, body: bytes, request: int, answers: int) -> bytes:
    return b"".join(n.to_bytes(4, "little") for n in (16 + len(body), request, answers, opcode)) + body


def query(request: int, fields: dict[str, object]) -> bytes:
    return header(2004, bytes(4) + b"admin.$cmd\0" + bytes(4) + b"\xff\xff\xff\xff" + bson(fields), request, 0)


def reply(answers: int, fields: dict[str, object]) -> bytes:
    return header(1, bytes(16) + b"\1\0\0\0" + bson(fields), 1000 + answers, answers)


def msg(request: int, fields: dict[str, object], answers: int = 0) -> bytes:
    return header(2013, bytes(4) + b"\0" + bson(fields), request, answers)


# SCRAM-SHA-256 of RFC 7677, clause 3.
FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
SERVER = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
FINAL = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
PROOF = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


@pytest.mark.parametrize(
    ("ok", "accepted", "basis"), [(1.0, True, "ok 1 to the login"), (0.0, False, "ok 0 to the login")]
)
def test_challenge_response(ok: float, accepted: bool, basis: str) -> None:
    # The Authentication specification's example of MONGODB-CR.
    key = "21742f26431831d5cfca035a08c5bdf6"
    request = query(2, {"authenticate": 1, "nonce": "2375531c32080ae8", "user": "user", "key": key})
    script = [
        (C, query(1, {"getnonce": 1})),
        (S, reply(1, {"nonce": "2375531c32080ae8", "ok": 1.0})),
        (C, request),
        (S, reply(2, {"ok": ok})),
    ]
    parsed = converse(Mongodb, script)
    (login,) = events(parsed, Login)
    assert isinstance(login, Login)
    assert login.secret == Secret(f"$mongodb$0$user$2375531c32080ae8${key}")
    assert (login.username, login.scheme, login.clear, login.accepted, login.basis) == (
        "user",
        "mongodb-cr",
        False,
        accepted,
        basis,
    )
    assert (Enough() in parsed) is accepted


@pytest.mark.parametrize("accepted", [True, False])
def test_scram(accepted: bool) -> None:
    end: dict[str, object] = (
        {"conversationId": 1, "done": False, "payload": PROOF, "ok": 1.0} if accepted else {"ok": 0.0, "code": 18}
    )
    script = [
        (C, msg(1, {"saslStart": 1, "mechanism": "SCRAM-SHA-256", "payload": FIRST, "$db": "admin"})),
        (S, msg(50, {"conversationId": 1, "done": False, "payload": SERVER, "ok": 1.0}, 1)),
        (C, msg(2, {"saslContinue": 1, "conversationId": 1, "payload": FINAL, "$db": "admin"})),
        (S, msg(51, end, 2)),
    ]
    (login,) = events(converse(Mongodb, script), Login)
    assert isinstance(login, Login)
    assert login.secret == Secret(b",".join((FIRST.removeprefix(b"n,,"), SERVER, FINAL)))
    assert (login.username, login.scheme, login.accepted) == ("user", "scram-sha-256", accepted)
    assert login.spans[0].side is C and login.spans[-1].side is S


def test_speculative_first_step() -> None:
    hello = {
        "isMaster": 1,
        "helloOk": True,
        "speculativeAuthenticate": {"saslStart": 1, "mechanism": "SCRAM-SHA-256", "payload": FIRST, "db": "admin"},
    }
    script = [
        (C, query(1, hello)),
        (
            S,
            reply(
                1,
                {
                    "ismaster": True,
                    "speculativeAuthenticate": {"conversationId": 1, "done": False, "payload": SERVER},
                    "ok": 1.0,
                },
            ),
        ),
        (C, msg(2, {"saslContinue": 1, "conversationId": 1, "payload": FINAL, "$db": "admin"})),
        (S, msg(51, {"conversationId": 1, "done": True, "payload": PROOF, "ok": 1.0}, 2)),
    ]
    (login,) = events(converse(Mongodb, script), Login)
    assert (login.username, login.accepted) == ("user", True)  # type: ignore[attr-defined]


def test_plain() -> None:
    script = [
        (C, msg(1, {"saslStart": 1, "mechanism": "PLAIN", "payload": b"\0anna\0s3cret"})),
        (S, msg(9, {"done": True, "ok": 1.0}, 1)),
    ]
    (login,) = events(converse(Mongodb, script), Login)
    assert (login.username, login.secret, login.clear, login.accepted) == ("anna", Secret("s3cret"), True, True)  # type: ignore[attr-defined]


def test_use_without_login() -> None:
    request, response = msg(5, {"listDatabases": 1, "$db": "admin"}), msg(60, {"ok": 1.0}, 5)
    assert converse(Mongodb, [(C, request), (S, response)]) == [
        Access(
            resource="mongodb",
            action="listDatabases",
            granted=True,
            control=True,
            spans=(Span(C, 0, len(request)), Span(S, 0, len(response))),
        ),
        Enough(),
    ]
    parsed = converse(
        Mongodb,
        [
            (C, request),
            (S, msg(60, {"ok": 0.0, "code": 13}, 5)),
            (C, request),
            (S, msg(61, {"ok": 0.0, "code": 13}, 5)),
        ],
    )
    assert [e.granted for e in parsed] == [False]  # type: ignore[union-attr]


def test_open_commands_say_nothing() -> None:
    assert converse(Mongodb, [(C, query(1, {"isMaster": 1})), (S, reply(1, {"ismaster": True, "ok": 1.0}))]) == []


def test_large_messages_are_skipped() -> None:
    run = Run(Mongodb())
    large = header(2013, bytes(5) + bytes(200_000), 9, 1) + msg(60, {"ok": 1.0}, 5)
    run.feed(C, msg(5, {"listDatabases": 1, "$db": "admin"}))
    for at in range(0, len(large), 1000):
        run.feed(S, large[at : at + 1000])
        assert len(run.parser.pending(S)) <= 1000
    assert [e.granted for e in events(run.close(), Access)] == [True]  # type: ignore[attr-defined]


def test_recognised() -> None:
    def opening(data: bytes) -> Opening:
        return Opening(data, b"", 50000, 37017, Transport.TCP)

    for good in (query(1, {"isMaster": 1}), msg(1, {"hello": 1})):
        assert recognise(opening(good)) is Match.SURE
        assert recognise(opening(good[:10])) is Match.MORE
    for lure in (
        b"",
        bytes(40),
        b"GET / HTTP/1.1\r\nHost: example.com\r\n",
        msg(1, {"hello": 1}, 7),
        header(2013, b"\4\0\0\0\0" + bytes(20), 1, 0),
        b"\x16\x03\x01" + bytes(30),
    ):
        assert recognise(opening(lure)) is Match.NO


def test_an_opening_cut_anywhere() -> None:
    """Sixteen bytes of header, four of flags and the kind of the first section."""
    body = struct.pack("<iiii", 60, 1, 0, 2013) + bytes(4) + b"\0" + bytes(39)
    assert recognise(openings.of(body[:20])) is Match.MORE and recognise(openings.of(body[:21])) is Match.SURE
    for size in range(13, 21):
        assert recognise(openings.of(body[:size])) is Match.MORE
    for place, value in ((8, 1), (16, 4), (20, 2), (0, 25)):
        assert recognise(openings.of(body[:place] + bytes([value]) + body[place + 1 :])) is Match.NO
    for flags in (1, 2, 1 << 16):
        assert recognise(openings.of(body[:16] + struct.pack("<I", flags) + body[20:])) is Match.SURE
    assert recognise(openings.of(body[:8] + b"\xff" * 4 + body[12:])) is Match.SURE


DIALOGUE = Dialogue(
    Mongodb,
    lambda user, secret: [(C, query(2, {"authenticate": 1, "nonce": "23", "user": user, "key": secret}))],
    accepted=reply(2, {"ok": 1.0}),
    refused=reply(2, {"ok": 0.0, "code": 18}),
    secret=lambda user, secret: Secret(f"$mongodb$0${user}$23${secret}"),
    resumes=False,
    evident=True,  # by its number
)
"""The Authentication specification, MONGODB-CR."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


def test_bytes_of_an_opening() -> None:
    """The wire protocol: length, request, 0 or -1, opcode; flags and a section, or flags and a collection's name."""
    asked, sent = query(7, {"ping": 1}), msg(7, {"ping": 1})
    openings.values(
        recognise, asked, {8: ((0,), (1, 0xFF)), 12: ((0xD4,), (0xD5,)), 18: ((0,), (1,)), 19: ((0,), (1,)),
        20: ((0x21, 0x61, 0x7E), (0x20, 0x7F, 0))},
    )  # fmt: skip
    openings.values(
        recognise, sent, {16: ((0, 1, 2, 3), (4, 0x10)), 18: ((0, 1), (2,)), 19: ((0,), (1,)), 20: ((0, 1), (2, 0x61))}
    )
    for answers, match in ((0, Match.SURE), (0xFFFFFFFF, Match.SURE), (1, Match.NO), (0xFFFFFFFE, Match.NO)):
        assert recognise(openings.of(sent[:8] + answers.to_bytes(4, "little") + sent[12:])) is match
    for length, match in ((25, Match.NO), (26, Match.SURE), (MESSAGE_LIMIT, Match.SURE), (MESSAGE_LIMIT + 1, Match.NO)):
        assert recognise(openings.of(length.to_bytes(4, "little") + sent[4:])) is match
    reply_alone = reply(7, {"ok": 1.0})
    assert recognise(openings.of(reply_alone)) is Match.NO
