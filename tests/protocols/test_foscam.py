"""Foscam's commands by the public description of the FI9821W: logins and their check, streams, look-alikes."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Login, Skip
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.foscam import PROTOCOL, Foscam, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue

START = b"SERVERPUSH / HTTP/1.1\r\nHost: 192.0.2.22:88\r\nAccept:*/*\r\nConnection: Close\r\n\r\n"
UID = struct.pack("<I", 0x65AA10C3)


def command(number: int, body: bytes) -> bytes:
    return struct.pack("<I", number) + b"FOSC" + struct.pack("<I", len(body)) + body


def login(user: bytes, secret: bytes, number: int = 12) -> bytes:
    return command(number, b"\0" + user.ljust(64, b"\0") + secret.ljust(64, b"\0") + UID + bytes(32))


CHECK = command(15, UID)


@pytest.mark.parametrize(("result", "accepted"), [(0, True), (1, False), (7, None)])
def test_a_login_and_its_check(result: int, accepted: bool | None) -> None:
    script = [
        (C, START + login(b"admin", b"hunter2")),
        (S, command(100, bytes(300))),
        (C, CHECK),
        (S, command(29, struct.pack("<I", result))),
    ]
    (seen,) = events(converse(Foscam, script), Login)
    assert (seen.username, seen.secret, seen.scheme, seen.clear) == ("admin", Secret("hunter2"), "foscam", True)
    assert (seen.accepted, seen.basis) == (accepted, f"check {result} after the login")


def test_a_refused_login_is_told_again_where_it_comes_again() -> None:
    turn = [(C, login(b"admin", b"old") + CHECK), (S, command(29, b"\1\0\0\0"))]
    script = [*turn, *turn, (C, login(b"admin", b"new") + CHECK), (S, command(29, bytes(4)))]
    script += [(C, login(b"admin", b"new", 0) + login(b"admin", b"new", 4)), (S, command(26, bytes(40)))]
    assert [(e.secret, e.accepted) for e in events(converse(Foscam, script, damage=False), Login)] == [
        (Secret("old"), False),
        (Secret("old"), False),
        (Secret("new"), True),
    ]


def test_a_stream_without_a_check_has_no_answer() -> None:
    script = [(C, START + login(b"admin", b"", 0)), (S, command(26, bytes(40)))]
    assert [(e.secret, e.accepted) for e in events(converse(Foscam, script), Login)] == [(Secret(""), None)]


def test_a_loss_leaves_the_login_without_an_answer() -> None:
    run = Run(Foscam())
    run.feed(C, START + login(b"admin", b"hunter2"))
    with pytest.raises(Malformed):
        run.gap(S, 10)
    assert [e.accepted for e in events(run.parsed, Login)] == [None]


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (START, b"", Match.SURE),
        (login(b"admin", b"x"), b"", Match.SURE),
        (b"", command(26, bytes(8)), Match.SURE),
        (b"SERVER", b"", Match.MORE),
        (b"SERVER me", b"", Match.NO),
        (b"GET / HTTP/1.1\r\n", b"", Match.NO),
    ],
)
def test_recognise(client: bytes, server: bytes, match: Match) -> None:
    assert recognise(Opening(client, server, 40000, 7000, Transport.TCP)) is match


def test_openings_cut_anywhere() -> None:
    openings.stream(recognise, b"SERVERPUSH / HTTP/1.1\r\n", sure=len(b"SERVERPUSH / HTTP/1."))
    for server in (False, True):
        assert recognise(openings.of(b"\0\0\0\0FOSC", server=server)) is Match.SURE
        assert recognise(openings.of(b"\0\0\0\0FOSD", server=server)) is Match.NO
    assert recognise(openings.of(b"\0\0\0\0FOSC", server=True, answer=b"else")) is Match.NO


def test_a_long_body_is_read_to_its_bound_and_passed_over() -> None:
    run = Run(Foscam())
    run.feed(S, struct.pack("<I", 26) + b"FOSC" + struct.pack("<I", 90_000) + bytes(4096))
    assert [item.length for item in run.parsed if isinstance(item, Skip)] == [90_000 - 4096]
    run.feed(S, bytes(90_000 - 4096))
    run.feed(C, login(b"anna", b"s3cret"))
    assert [item.username for item in run.close() if isinstance(item, Login)] == ["anna"]


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 12])
def test_commands_that_carry_a_login(number: int) -> None:
    assert [
        item.username for item in converse(Foscam, [(C, login(b"anna", b"x", number))]) if isinstance(item, Login)
    ] == ["anna"]


@pytest.mark.parametrize("number", [6, 11, 13, 15])
def test_other_commands_carry_none(number: int) -> None:
    assert not [item for item in converse(Foscam, [(C, login(b"anna", b"x", number))]) if isinstance(item, Login)]


DIALOGUE = Dialogue(
    Foscam,
    lambda user, secret: [(C, login(user.encode(), secret.encode()) + CHECK)],
    accepted=command(29, struct.pack("<I", 0)),
    refused=command(29, struct.pack("<I", 1)),
    undecided=(command(29, struct.pack("<I", 7)),),
    opening=[(C, START)],
    pipelined=False,
    resumes=False,
)
"""The results that the description of the FI9821W has."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


def test_an_answer_of_another_length_or_number_is_none() -> None:
    asked = (C, login(b"admin", b"x"))
    for answer in (command(29, bytes(5)), command(29, bytes(3)), command(28, bytes(4)), command(30, bytes(4))):
        assert [e.accepted for e in events(converse(Foscam, [asked, (S, answer)], damage=False), Login)] == [None]
    assert [e.accepted for e in events(converse(Foscam, [asked, (C, command(29, bytes(4)))], damage=False), Login)] == [
        None
    ]


def test_a_login_has_its_whole_fields_and_a_name() -> None:
    """A byte, name and password of 64 bytes each: 129 bytes."""
    whole = b"\0" + b"anna".ljust(64, b"\0") + b"pw".ljust(64, b"\0")
    for body, number in ((whole, 1), (whole[:-1], 0), (bytes(65) + whole[65:], 0)):
        assert len(events(converse(Foscam, [(C, command(12, body))], damage=False), Login)) == number
    assert events(converse(Foscam, [(S, command(12, whole))], damage=False), Login) == []


def test_the_camera_may_speak_http_first() -> None:
    script = [(C, START), (S, b"HTTP/1.1 200 OK\r\n\r\n" + command(29, bytes(4))), (C, login(b"admin", b"x"))]
    assert [e.accepted for e in events(converse(Foscam, script), Login)] == [None]


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={88})
