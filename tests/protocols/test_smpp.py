"""SMPP binds by SMPP 3.4, clauses 4.1.1 to 4.1.6."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Enough, Login, Span
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.smpp import Smpp, recognise
from tests.conversation import C, S, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue, the_server_logs_nobody_in


def pdu(command: int, body: bytes = b"", status: int = 0, sequence: int = 1) -> bytes:
    return b"".join(n.to_bytes(4, "big") for n in (16 + len(body), command, status, sequence)) + body


def bind(command: int) -> bytes:
    return pdu(command, b"gate1\0s3cret\0VMS\0\x34\0\0\0")


@pytest.mark.parametrize("command", [1, 2, 9])
@pytest.mark.parametrize(("status", "accepted"), [(0, True), (0x0E, False), (0x0F, False), (8, None)])
def test_bind(command: int, status: int, accepted: bool | None) -> None:
    sent, answer = bind(command), pdu(0x80000000 | command, b"centre\0", status)
    output = converse(Smpp, [(C, sent), (S, answer)])
    (login,) = events(output, Login)
    assert isinstance(login, Login)
    assert (login.username, login.secret, login.scheme, login.accepted) == ("gate1", Secret("s3cret"), "smpp", accepted)
    assert login.spans == (Span(C, 0, len(sent)), Span(S, 0, len(answer)))
    assert (Enough() in output) is (accepted is True)


def test_unanswered_and_repeated() -> None:
    output = converse(Smpp, [(C, bind(1) + pdu(0x15) + bind(2))])
    assert [e.accepted for e in events(output, Login)] == [None, None]  # type: ignore[attr-defined]


def test_lures() -> None:
    # A bind quoted in a short message, an answer to nothing.
    assert converse(Smpp, [(C, pdu(4, b"\0\0\0" + bind(9))), (S, pdu(0x80000009, b"x\0"))], damage=False) == []


def test_recognised() -> None:
    def opening(data: bytes) -> Opening:
        return Opening(data, b"", 50000, 9000, Transport.TCP)

    assert recognise(opening(bind(9))) is Match.SURE
    assert recognise(opening(bind(9)[:8])) is Match.MORE
    for lure in (
        b"",
        bytes(40),
        pdu(4, bytes(20)),
        pdu(1, b"\xff" * 20),
        b"\0\0\0\x10ftypisom" + bytes(20),
        bind(1)[:8] + b"\0\0\0\1" + bind(1)[12:],
    ):
        assert recognise(opening(lure)) is Match.NO


def test_a_bind_cut_anywhere() -> None:
    """SMPP 3.4, 4.1.1: sixteen bytes of header, a command of three, a status of zero, the system's id."""
    bind = struct.pack(">IIII", 40, 9, 0, 1) + b"system\0secret\0\0\x34\0\0\0" + bytes(2)
    openings.stream(recognise, bind, sure=20)
    for command, match in ((1, Match.SURE), (2, Match.SURE), (9, Match.SURE), (3, Match.NO), (5, Match.NO)):
        assert recognise(openings.of(bind[:4] + struct.pack(">I", command) + bind[8:])) is match
    for length, match in ((22, Match.NO), (23, Match.SURE), (256, Match.SURE), (257, Match.NO)):
        assert recognise(openings.of(struct.pack(">I", length) + bind[4:])) is match
    assert recognise(openings.of(bind[:11] + b"\1" + bind[12:])) is Match.NO
    for start, match in ((b"\0\0\0", Match.MORE), (b"\0\0", Match.MORE), (b"\0\1", Match.NO), (b"\0\0\1", Match.NO)):
        assert recognise(openings.of(start)) is match
    assert recognise(openings.of(bind[:4] + b"\0\1")) is Match.NO


DIALOGUE = Dialogue(
    Smpp,
    lambda user, secret: [(C, pdu(9, f"{user}\0{secret}".encode() + b"\0VMS\0\x34\0\0\0"))],
    accepted=pdu(0x80000009, b"centre\0"),
    refused=pdu(0x80000009, b"centre\0", 0x0E),
    undecided=(pdu(0x80000009, b"centre\0", 8),),
    resumes=False,
)
"""SMPP 3.4, 4.1.5 and 5.1.3: an invalid password, a system error."""


@pytest.mark.parametrize("check", [each for each in CHECKS if each is not the_server_logs_nobody_in])  # 2.2: outbind
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


@pytest.mark.parametrize("status", range(0x14))
def test_which_statuses_refuse_a_bind(status: int) -> None:
    """SMPP 3.4, 5.1.3: bind failed 0D, invalid password 0E, invalid system id 0F."""
    (login,) = events(converse(Smpp, [(C, bind(9)), (S, pdu(0x80000009, b"c\0", status))], damage=False), Login)
    assert isinstance(login, Login)
    assert login.accepted is (True if status == 0 else False if status in (0x0D, 0x0E, 0x0F) else None)


def test_an_answer_to_another_number_decides_nothing() -> None:
    for command, number, accepted in ((0x80000009, 1, True), (0x80000009, 2, None), (0x80000004, 1, None)):
        script = [(C, bind(9)), (S, pdu(command, b"c\0", 0, number))]
        (login,) = events(converse(Smpp, script, damage=False), Login)
        assert isinstance(login, Login) and login.accepted is accepted
