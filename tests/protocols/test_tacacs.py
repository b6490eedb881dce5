"""TACACS+ packets by RFC 8907, clauses 4 and 5: obfuscated and unobfuscated sessions."""

from __future__ import annotations

import pytest

from sensor.events import Login, Span
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.tacacs import SESSIONS, Tacacs, recognise
from tests.conversation import C, S, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue


def packet(
    sequence: int, body: bytes, flags: int = 1, session: int = 0x6E16FCAC, kind: int = 1, minor: int = 0
) -> bytes:
    return (
        bytes([0xC0 | minor, kind, sequence, flags]) + session.to_bytes(4, "big") + len(body).to_bytes(4, "big") + body
    )


def start(kind: int, user: bytes = b"", data: bytes = b"") -> bytes:
    return packet(
        1,
        bytes([1, 1, kind, 1, len(user), 4, 9, len(data)]) + user + b"tty1" + b"192.0.2.7" + data,
        minor=int(kind > 1),
    )


def reply(sequence: int, status: int) -> bytes:
    return packet(sequence, bytes([status, 0, 0, 3, 0, 0]) + b"Hi:")


def answer(sequence: int, text: bytes) -> bytes:
    return packet(sequence, len(text).to_bytes(2, "big") + b"\0\0\0" + text)


def test_obfuscated_session_is_reported_once() -> None:
    body = bytes(range(40))
    first = packet(1, body, flags=0)
    output = converse(
        Tacacs,
        [(C, first), (S, packet(2, body, flags=0)), (C, packet(3, body, flags=0)), (S, packet(4, body, flags=0))],
    )
    assert output == [
        Login(
            mechanism="password",
            username=None,
            secret=Secret(f"$tacacs-plus$0$6e16fcac${body.hex()}$c001"),
            scheme="tacacs-plus",
            clear=False,
            spans=(Span(C, 0, len(first)),),
        )
    ]


@pytest.mark.parametrize(("status", "accepted", "basis"), [(1, True, "status 1 PASS"), (2, False, "status 2 FAIL")])
def test_ascii_dialogue(status: int, accepted: bool, basis: str) -> None:
    script = [
        (C, start(1)),
        (S, reply(2, 4)),
        (C, answer(3, b"anna")),
        (S, reply(4, 5)),
        (C, answer(5, b"s3cret")),
        (S, reply(6, status)),
    ]
    (login,) = events(converse(Tacacs, script), Login)
    assert isinstance(login, Login)
    assert (login.username, login.secret, login.scheme, login.clear) == ("anna", Secret("s3cret"), "tacacs-ascii", True)
    assert (login.accepted, login.basis, len(login.spans)) == (accepted, basis, 4)


def test_pap_and_its_answer() -> None:
    (login,) = events(converse(Tacacs, [(C, start(2, b"anna", b"s3cret")), (S, reply(2, 1))]), Login)
    assert (login.username, login.secret, login.scheme, login.accepted) == (
        "anna",
        Secret("s3cret"),
        "tacacs-pap",
        True,
    )  # type: ignore[attr-defined]


def test_chap_is_a_challenge() -> None:
    data = bytes(range(33))
    (login,) = events(converse(Tacacs, [(C, start(3, b"anna", data))]), Login)
    assert (login.secret, login.scheme, login.clear, login.accepted) == (Secret(data.hex()), "tacacs-chap", False, None)  # type: ignore[attr-defined]


def test_authorization_and_accounting_say_nothing() -> None:
    assert converse(Tacacs, [(C, packet(1, bytes(20), 0, kind=2)), (C, packet(1, bytes(20), 0, 7, kind=3))]) == []


def test_sessions_are_bounded() -> None:
    parser = Tacacs()
    output = []
    for n in range(SESSIONS * 2):
        output += list(parser.receive(C, packet(1, start(2, b"anna", b"s3cret")[12:], session=n)))
    assert len(parser._sessions) == SESSIONS
    assert len(events([*output, *parser.close()], Login)) == SESSIONS * 2


def test_recognised() -> None:
    def opening(data: bytes) -> Opening:
        return Opening(data, b"", 50000, 4949, Transport.TCP)

    assert recognise(opening(start(1))) is Match.SURE
    assert recognise(opening(start(1) + b"x")) is Match.WEAK
    assert recognise(opening(start(1)[:5])) is Match.MORE
    for lure in (
        b"",
        b"\xc0\x00\x12\x34",
        b"\xc0\x01\x02\x00" + bytes(8),
        b"\xc0\x01\x01\x08" + bytes(12),
        b"\xc0\x01\x01\x00" + bytes(12),
        b"GET /",
    ):
        assert recognise(opening(lure)) is Match.NO


@pytest.mark.parametrize(
    ("kind", "data", "schemes"),
    [
        (1, b"ignored", []),  # RFC 8907 5.4.2.1: not used for an ASCII login
        (2, b"s3cret", ["tacacs-pap"]),
        (2, b"", ["tacacs-pap"]),
        (3, b"\1challenge-and-response", ["tacacs-chap"]),
        (3, b"", []),
        (5, b"\1challenge-and-response", ["tacacs-mschap"]),
        (6, b"\1challenge-and-response", ["tacacs-mschapv2"]),
        (4, b"arap", []),
        (9, b"unknown", []),
    ],
)
def test_what_a_start_holds(kind: int, data: bytes, schemes: list[str]) -> None:
    found = events(converse(Tacacs, [(C, start(kind, b"anna", data))]), Login)
    assert [login.scheme for login in found] == schemes
    assert [login.clear for login in found] == [kind == 2] * len(found)


@pytest.mark.parametrize("asked", [3, 4, 5])
def test_only_what_answers_the_question_for_a_password_is_one(asked: int) -> None:
    """Clause 5.2: GETDATA (3), GETUSER (4), GETPASS (5)."""
    script = [(C, start(1, b"anna")), (S, reply(2, asked)), (C, answer(3, b"words")), (S, reply(4, 1))]
    found = events(converse(Tacacs, script), Login)
    assert [login.secret for login in found] == ([Secret("words")] if asked == 5 else [])


def test_an_opening_cut_anywhere() -> None:
    """RFC 8907 §4.1: version C0 or C1, kind 1 to 3, number 1, flags 1 and 4, session, length."""
    data = b"\xc0\1\1\1" + bytes(4) + (10).to_bytes(4, "big") + bytes(10)
    for size in range(1, 12):
        assert recognise(openings.of(data[:size])) is Match.MORE
    for size in range(12, 22):
        assert recognise(openings.of(data[:size])) is Match.WEAK
    assert recognise(openings.of(data)) is Match.SURE
    for place, value in ((0, 0xC2), (1, 0), (1, 4), (2, 2), (3, 2), (3, 8), (11, 0), (9, 2)):
        changed = data[:place] + bytes([value]) + data[place + 1 :]
        assert recognise(openings.of(changed)) is Match.NO, (place, value)
    for place, value in ((1, 4), (2, 2)):
        assert recognise(openings.of(data[:place] + bytes([value]))) is Match.NO
    for kind in (1, 2, 3):
        for flags in (0, 1, 4, 5):
            assert recognise(openings.of(b"\xc1" + bytes([kind, 1, flags]) + data[4:])) is Match.SURE


DIALOGUE = Dialogue(
    Tacacs,
    lambda user, secret: [(C, start(2, user.encode(), secret.encode()))],
    accepted=reply(2, 1),
    refused=reply(2, 2),
    resumes=False,
)
"""RFC 8907, 5.4.2.2: PAP in one packet."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)
