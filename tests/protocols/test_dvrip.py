"""DVRIP messages as python-dvr describes them: logins and their answers, blank passwords, media, look-alikes."""

from __future__ import annotations

import json
import struct

import pytest

from sensor.events import Attribute, Login, Skip, Transfer
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.dvrip import LOGINS_LIMIT, PROTOCOL, Dvrip, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue


def message(number: int, body: dict[str, object] | bytes, version: int = 0, length: int | None = None) -> bytes:
    data = body if isinstance(body, bytes) else json.dumps(body).encode() + b"\n\0"
    length = len(data) if length is None else length
    return struct.pack("<BBHIIBBHI", 0xFF, version, 0, 0, 0, 0, 0, number, length) + data


def login(secret: str, encrypt: str = "MD5") -> bytes:
    return message(1000, {"EncryptType": encrypt, "LoginType": "DVRIP-Web", "PassWord": secret, "UserName": "admin"})


def answer(code: int, number: int = 1001) -> bytes:
    return message(number, {"Ret": code, "SessionID": "0x00000007", "DeviceType ": "DVR"}, version=1)


@pytest.mark.parametrize(
    ("code", "accepted"),
    [(100, True), (203, False), (205, False), (206, False), (106, False), (104, None), (101, None)],
)
def test_a_hashed_login_and_its_answer(code: int, accepted: bool | None) -> None:
    (seen,) = events(converse(Dvrip, [(C, login("6V0Y4HLF")), (S, answer(code))]), Login)
    assert (seen.username, seen.secret, seen.scheme, seen.clear) == ("admin", Secret("6V0Y4HLF"), "sofia-md5", False)
    assert (seen.accepted, seen.basis) == (accepted, None if accepted is None else f"Ret {code} after the login")


def test_the_hash_of_the_blank_password_is_the_blank_password() -> None:
    (seen,) = events(converse(Dvrip, [(C, login("tlJwpbo6")), (S, answer(100, 1000))]), Login)
    assert (seen.secret, seen.clear, seen.accepted) == (Secret(""), True, True)


def test_a_password_that_is_not_hashed() -> None:
    script = [(C, login("hunter2x", "NONE") + login("much longer"))]
    assert [(e.secret, e.scheme, e.clear, e.accepted) for e in events(converse(Dvrip, script), Login)] == [
        (Secret("hunter2x"), "plain", True, None),
        (Secret("much longer"), "plain", True, None),
    ]


def test_a_second_try_has_its_own_answer() -> None:
    script = [(C, login("6V0Y4HLF")), (S, answer(203)), (C, login("tlJwpbo6")), (S, answer(100)), (S, answer(203))]
    assert [e.accepted for e in events(converse(Dvrip, script), Login)] == [False, True]


def test_what_the_recorder_says_of_itself_and_what_crosses() -> None:
    info = {"Name": "SystemInfo", "Ret": 100, "SystemInfo": {"SerialNo": "000e01234", "HardWare": "HI3520D"}}
    users = message(1473, {"Users": [{"Name": "admin", "Password": "6V0Y4HLF"}]}, 1)
    parsed = converse(Dvrip, [(S, message(1021, info, 1) + users)])
    assert [(a.field, a.value) for a in events(parsed, Attribute)] == [
        ("dvrip.serial", "000e01234"),
        ("dvrip.hardware", "HI3520D"),
    ]
    assert [t.name for t in events(parsed, Transfer)] == ["SystemInfo"]


def test_media_is_passed_over() -> None:
    run = Run(Dvrip())
    run.feed(S, message(1412, b"\0\0\1\xfc" + bytes(70_000), 1, 200_000))
    run.feed(S, bytes(200_000 - 70_004))
    run.feed(S, answer(100))
    assert [(t.size, t.complete) for t in events(run.close(), Transfer)] == [
        (200_000, False),
        (len(answer(100)) - 20, True),
    ]
    assert sum(s.length for s in events(run.parsed, Skip)) == 200_000 - 70_004  # what was not here yet


def test_a_loss_leaves_the_login_without_an_answer() -> None:
    run = Run(Dvrip())
    run.feed(C, login("6V0Y4HLF"))
    with pytest.raises(Malformed):
        run.gap(S, 10)
    assert [e.accepted for e in events(run.parsed, Login)] == [None]


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (login("tlJwpbo6"), b"", Match.SURE),
        (b"", answer(100), Match.SURE),
        (b"\xff\0", b"", Match.MORE),
        (message(1413, b"\0\0\1\xfc"), b"", Match.WEAK),
        (b"\xff\xfb\x01\xff\xfb\x03", b"", Match.NO),
        (message(7, b"{}"), b"", Match.NO),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"", Match.NO),
    ],
)
def test_recognise(client: bytes, server: bytes, match: Match) -> None:
    assert recognise(Opening(client, server, 40000, 7000, Transport.TCP)) is match


DIALOGUE = Dialogue(
    Dvrip,
    lambda user, secret: [
        (C, message(1000, {"EncryptType": "NONE", "LoginType": "DVRIP-Web", "PassWord": secret, "UserName": user}))
    ],
    accepted=answer(100),
    refused=answer(203),
    undecided=(answer(104),),
    resumes=False,
)
"""The answers of recorders."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


@pytest.mark.parametrize("value", ["", 7, None, ["x"], {"a": 1}])
def test_what_is_no_name_says_nothing_of_the_recorder(value: object) -> None:
    info = message(
        1021, {"Name": "SystemInfo", "Ret": 100, "SystemInfo": {"SerialNo": value, "HardWare": "HI3520D"}}, 1
    )
    assert [a.field for a in events(converse(Dvrip, [(S, info)]), Attribute)] == ["dvrip.hardware"]


def test_an_opening_cut_anywhere() -> None:
    """A header of 20 bytes and the beginning of JSON; before that what it may become waits."""
    openings.stream(recognise, login("tlJwpbo6"), sure=21)
    openings.stream(recognise, answer(100), sure=21, server=True)
    for start, match in (
        (b"\xff\1\0\0", Match.MORE),
        (b"\xff\2", Match.NO),
        (b"\xff\0\1", Match.NO),
        (b"\xfe", Match.NO),
    ):
        assert recognise(openings.of(start)) is match


@pytest.mark.parametrize(
    ("number", "match"), [(998, Match.NO), (999, Match.SURE), (3999, Match.SURE), (4000, Match.NO)]
)
def test_numbers_of_messages(number: int, match: Match) -> None:
    assert recognise(openings.of(message(number, b"{}"))) is match


def test_the_header_has_two_zeros_behind_its_version() -> None:
    data = login("tlJwpbo6")
    for place, value, match in (
        (1, 1, Match.SURE),
        (1, 2, Match.NO),
        (2, 1, Match.NO),
        (3, 1, Match.NO),
        (0, 0xFE, Match.NO),
    ):
        assert recognise(openings.of(data[:place] + bytes([value]) + data[place + 1 :])) is match


@pytest.mark.parametrize(
    ("code", "accepted"),
    [(100, True), (106, False), (203, False), (205, False), (206, False), (207, False), (101, None), (102, None),
     (105, None),
     (204, None), (208, None), ("100", None), (None, None), (True, None)],
)  # fmt: skip
def test_codes_of_answers(code: object, accepted: bool | None) -> None:
    """Xiongmai's interface protocol: 106 and 20x concern name and password."""
    for number in (1000, 1001):
        script = [(C, login("6V0Y4HLF")), (S, message(number, {"Ret": code}, version=1))]
        assert [e.accepted for e in events(converse(Dvrip, script, damage=False), Login)] == [accepted]
    for answer in (message(1002, {"Ret": 100}, 1), message(1001, {"Name": "x"}, 1)):
        assert [e.accepted for e in events(converse(Dvrip, [(C, login("x")), (S, answer)], damage=False), Login)] == [
            None
        ]


@pytest.mark.parametrize(
    ("number", "body", "shown"),
    [(999, {"UserName": "a", "PassWord": "b"}, 1), (1000, {"UserName": "a", "PassWord": "b"}, 1),
     (1001, {"UserName": "a", "PassWord": "b"}, 0), (1010, {"UserName": "a", "PassWord": "b"}, 0),
     (1000, {"UserName": "a"}, 0), (1000, {"PassWord": "b"}, 0), (1000, {"UserName": 1, "PassWord": "b"}, 0),
     (1000, {"UserName": "a", "PassWord": 2}, 0)],
)  # fmt: skip
def test_which_messages_are_logins(number: int, body: dict[str, object], shown: int) -> None:
    assert len(events(converse(Dvrip, [(C, message(number, body))], damage=False), Login)) == shown
    assert events(converse(Dvrip, [(S, message(number, body))], damage=False), Login) == []


@pytest.mark.parametrize(
    ("secret", "kind", "scheme", "clear"),
    [("6V0Y4HLF", "MD5", "sofia-md5", False), ("6V0Y4HLF", None, "sofia-md5", False), ("6V0Y4HL", "MD5", "plain", True),
     ("6V0Y4HLFx", "MD5", "plain", True), ("6V0Y-HLF", "MD5", "plain", True), ("6V0Y4HLF", "NONE", "plain", True),
     ("tlJwpbo6", "NONE", "plain", True), ("tlJwpbo6", "MD5", "sofia-md5", True)],
)  # fmt: skip
def test_what_is_a_hash(secret: str, kind: str | None, scheme: str, clear: bool) -> None:
    body = {"PassWord": secret, "UserName": "a"} | ({"EncryptType": kind} if kind else {})
    [found] = events(converse(Dvrip, [(C, message(1000, body))], damage=False), Login)
    assert isinstance(found, Login) and (found.scheme, found.clear) == (scheme, clear)
    assert found.secret == Secret("" if scheme != "plain" and clear else secret)


def test_pending_logins_are_bounded_and_none_is_lost() -> None:
    run = Run(Dvrip())
    for number in range(LOGINS_LIMIT + 1):
        run.feed(C, message(1000, {"UserName": f"u{number}", "PassWord": "x"}))
    assert [e.username for e in events(run.parsed, Login)] == ["u0"]
    assert len(events(run.close(), Login)) == LOGINS_LIMIT + 1


@pytest.mark.parametrize("word", ["Password", "PassWd", "pass word", "key", "keys", "pwd"])
def test_what_may_hold_a_password_is_not_handed_on(word: str) -> None:
    for side in (C, S):
        assert events(converse(Dvrip, [(side, message(1042, {"Name": "x", word: "y"}))], damage=False), Transfer) == []
        [seen] = events(converse(Dvrip, [(side, message(1042, {"Name": "x", "monkey": "y"}))], damage=False), Transfer)
        assert isinstance(seen, Transfer) and (seen.side, seen.name, seen.media_type) == (side, "x", "application/json")


def test_media_is_told_once_for_each_side() -> None:
    media = message(1412, b"\0\0\1\xfc" + bytes(50))
    found = events(converse(Dvrip, [(S, media), (S, media), (C, media)], damage=False), Transfer)
    assert [(t.side, t.size, t.complete, t.media_type) for t in found if isinstance(t, Transfer)] == [
        (S, 54, True, None), (C, 54, True, None),
    ]  # fmt: skip
    for nothing in (b"", b'{"broken'):
        assert events(converse(Dvrip, [(S, message(1412, nothing))], damage=False), Transfer) == []


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={34567})
