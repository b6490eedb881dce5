"""DHIP and the older binary login as DahuaConsole describes them: both answers, challenges, users, look-alikes."""

from __future__ import annotations

import json
import struct
from hashlib import md5

import pytest

from sensor.events import Attribute, Login, Skip
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.dahua import PROTOCOL, Dahua, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue

CHALLENGE = b"Realm:Login to 5f2a\r\nRandom:1683594412\r\n\r\n"
USER_3DES = bytes.fromhex("0afe672c8922a74c")
"""``admin`` under the fixed key, made with ``openssl enc -des-ede -nopad``."""
PASSWORD_3DES = bytes.fromhex("a166ef8a09dcaf6f")


def binary(kind: int, sub: int = 0, body: bytes = b"", fields: bytes = bytes(16), end: bytes = bytes(8)) -> bytes:
    return bytes([kind, sub, 0, 0]) + struct.pack("<I", len(body)) + fields + end + body


def plain_login(user: bytes, secret: bytes) -> bytes:
    fields = user.ljust(8, b"\0") + secret.ljust(8, b"\0")
    return binary(0xA0, 0, b"", fields, bytes.fromhex("050201010000a1aa"))


def answer(code: str) -> bytes:
    return binary(0xB0, 0, b"", bytes.fromhex(code).ljust(16, b"\0"), bytes.fromhex("0600f90000000000"))


def realm() -> list[tuple[object, bytes]]:
    asked = binary(0xA0, 1, b"", end=bytes.fromhex("050201010000a1aa"))
    return [(C, asked), (S, binary(0xB0, 1, CHALLENGE))]


def dhip(document: object, length: int | None = None) -> bytes:
    data = json.dumps(document).encode()
    size = len(data) if length is None else length
    return b"\x20\0\0\0DHIP" + struct.pack("<IIIIII", 7, 1, size, 0, size, 0) + data


def json_login(secret: str, number: int = 1, **more: str) -> bytes:
    given = {"userName": "admin", "password": secret, "clientType": "Web3.0", "loginType": "Direct", **more}
    return dhip({"method": "global.login", "params": given, "id": number, "session": 0})


def proof(user: str, secret: str) -> str:
    inner = md5(f"{user}:Login to 5f2a:{secret}".encode()).hexdigest().upper()
    return md5(f"{user}:1683594412:{inner}".encode()).hexdigest().upper()


ASKS = dhip(
    {"error": {"code": 268632079, "message": "Component error: login challenge!"}, "id": 1, "result": False,
     "params": {"realm": "Login to 5f2a", "random": "1683594412", "encryption": "Default"}, "session": 7}
)  # fmt: skip


@pytest.mark.parametrize(
    ("code", "accepted"),
    [("0008", True), ("0100", False), ("0101", False), ("0104", False), ("0303", None), ("0105", None)],
)
def test_a_login_by_hash_and_its_answer(code: str, accepted: bool | None) -> None:
    hashes = f"admin&&{proof('admin', 'hunter2')}{'0A' * 16}".encode()
    login = binary(0xA0, 5, hashes, end=bytes.fromhex("050200080000a1aa"))
    (seen,) = events(converse(Dahua, [*realm(), (C, login), (S, answer(code))]), Login)
    assert (seen.username, seen.scheme, seen.clear) == ("admin", "dahua-md5", False)
    assert seen.secret == Secret(f"Login to 5f2a:1683594412:{proof('admin', 'hunter2')}")
    assert (seen.accepted, seen.basis) == (accepted, None if accepted is None else f"code {code} after the login")


@pytest.mark.parametrize(
    ("login", "scheme"),
    [(plain_login(b"admin", b"hunter2"), "dahua-plain"), (plain_login(USER_3DES, PASSWORD_3DES), "dahua-3des")],
)
@pytest.mark.parametrize(("code", "accepted"), [("0008", True), ("0100", False)])
def test_a_password_in_the_header(login: bytes, scheme: str, code: str, accepted: bool) -> None:
    (seen,) = events(converse(Dahua, [(C, login), (S, answer(code))]), Login)
    assert (seen.username, seen.secret, seen.scheme, seen.clear) == ("admin", Secret("hunter2"), scheme, True)
    assert seen.accepted is accepted


def test_what_does_not_decipher_is_no_login() -> None:
    assert events(converse(Dahua, [(C, plain_login(b"\x01\x02\x03", b"\x80\x81")), (S, answer("0008"))]), Login) == []


@pytest.mark.parametrize(
    ("result", "accepted"),
    [
        ({"result": True, "params": {"keepAliveInterval": 60}}, True),
        ({"result": False, "error": {"code": 268632085, "message": "User or password not valid!"}}, False),
        ({"result": False, "error": {"code": 268632081, "message": "locked"}}, False),
        ({"result": False, "error": {"code": 1, "message": "PasswordNotValid"}}, False),
        ({"result": False, "error": {"code": 268632064, "message": "no session left"}}, None),
    ],
)
def test_json_asks_for_a_challenge_and_answers_it(result: dict[str, object], accepted: bool | None) -> None:
    script = [
        (C, json_login("")),
        (S, ASKS),
        (C, json_login(proof("admin", "hunter2"), 2, authorityType="Default")),
        (S, dhip({"id": 2, "session": 7, **result})),
    ]
    (seen,) = events(converse(Dahua, script), Login)
    assert (seen.username, seen.accepted, seen.clear) == ("admin", accepted, False)
    assert seen.secret == Secret(f"Login to 5f2a:1683594412:{proof('admin', 'hunter2')}")


@pytest.mark.parametrize(
    ("login", "scheme", "clear"),
    [
        (json_login("hunter2"), "dahua-plain", True),
        (json_login("6QNMIQGe", authorityType="OldDigest"), "sofia-md5", False),
    ],
)
def test_json_without_a_challenge(login: bytes, scheme: str, clear: bool) -> None:
    (seen,) = events(converse(Dahua, [(C, login), (S, dhip({"id": 1, "result": True}))]), Login)
    assert (seen.scheme, seen.clear, seen.accepted) == (scheme, clear, True)


def test_a_list_of_users_shows_their_hashes() -> None:
    listed = b"1:admin:6QNMIQGe:1:1,2,3:admin 's account:1&&2:guest:tlJwpbo6:2:5::1"
    script = [(C, binary(0xA6)), (S, binary(0xB6, 0, listed))]
    assert [(e.username, e.secret, e.served) for e in events(converse(Dahua, script), Login)] == [
        ("admin", Secret("6QNMIQGe"), True),
        ("guest", Secret("tlJwpbo6"), True),
    ]


def test_what_the_camera_says_of_itself_and_media() -> None:
    info = dhip({"id": 3, "result": True, "params": {"deviceInfo": {"SerialNo": "4L0123", "DeviceType": "IPC-HDW"}}})
    run = Run(Dahua())
    run.feed(S, info + binary(0xBC, 0)[:4] + struct.pack("<I", 200_000) + bytes(24) + bytes(70_000))
    run.feed(S, bytes(130_000) + answer("0008"))
    parsed = run.close()
    assert [(a.field, a.value) for a in events(parsed, Attribute)] == [
        ("dahua.serial", "4L0123"),
        ("dahua.type", "IPC-HDW"),
    ]
    assert [s.length for s in run.parsed if isinstance(s, Skip)] == [130_000]


def test_a_loss_leaves_the_login_without_an_answer() -> None:
    run = Run(Dahua())
    run.feed(C, json_login("hunter2"))
    with pytest.raises(Malformed):
        run.gap(S, 10)
    assert [e.accepted for e in events(run.parsed, Login)] == [None]


@pytest.mark.parametrize(
    ("client", "server", "port", "match"),
    [
        (json_login(""), b"", 80, Match.SURE),
        (b"", ASKS, 80, Match.SURE),
        (b"\x20\0\0", b"", 5000, Match.MORE),
        (plain_login(b"admin", b"x"), b"", 80, Match.SURE),
        (plain_login(b"admin", b"x")[:9], b"", 80, Match.MORE),
        (binary(0xA4), b"", 37777, Match.WEAK),
        (binary(0xA4), b"", 80, Match.NO),
        (b"", answer("0008"), 37777, Match.WEAK),
        (b"GET / HTTP/1.1\r\nHost: camera.local\r\n\r\n", b"", 37777, Match.NO),
        (b"\xff\0\0\0" + bytes(40), b"", 37777, Match.NO),
    ],
)
def test_recognise(client: bytes, server: bytes, port: int, match: Match) -> None:
    assert recognise(Opening(client, server, 40000, port, Transport.TCP)) is match


def named(user: str, secret: str) -> bytes:
    return dhip({"method": "global.login", "params": {"userName": user, "password": secret}, "id": 1})


def refusal(code: int) -> bytes:
    return dhip({"id": 1, "result": False, "error": {"code": code, "message": "no"}})


IN_JSON = Dialogue(
    Dahua,
    lambda user, secret: [(C, named(user, secret))],
    accepted=dhip({"id": 1, "result": True}),
    refused=refusal(268632085),
    undecided=(refusal(268632064), dhip({"id": 1, "result": False}), dhip({"id": 1, "result": 1, "error": 5})),
    pipelined=False,
    resumes=False,
)
"""Names of errors as DahuaConsole has them."""

IN_BINARY = Dialogue(
    Dahua,
    lambda user, secret: [(C, plain_login(user.encode(), secret[:8].encode()))],
    accepted=answer("0008"),
    refused=answer("0100"),
    undecided=(answer("0303"), answer("0001")),
    secret=lambda _, secret: Secret(secret[:8]),
    pipelined=False,
    resumes=False,
)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("dialogue", [IN_JSON, IN_BINARY])
def test_logins_whatever_happens(dialogue: Dialogue, check: Check) -> None:
    check(dialogue)


def test_a_challenge_is_no_answer() -> None:
    """Realm and random come before the login is judged, in either form."""
    script = [(C, plain_login(b"admin", b"x")), (S, binary(0xB0, 1, CHALLENGE)), (S, answer("0100"))]
    assert [e.accepted for e in events(converse(Dahua, script), Login)] == [False]
    script = [(C, json_login("hunter2")), (S, ASKS), (S, dhip({"id": 1, "result": True}))]
    assert [e.accepted for e in events(converse(Dahua, script), Login)] == [True]


def test_other_answers_and_methods_are_none() -> None:
    for other in (dhip({"id": 2, "params": {"x": 1}}), binary(0xB1, 0, b"", bytes.fromhex("0008").ljust(16, b"\0"))):
        found = events(converse(Dahua, [(C, json_login("hunter2")), (S, other)], damage=False), Login)
        assert [e.accepted for e in found] == [None]
    for asked in (
        dhip({"method": "global.keepAlive", "params": {"userName": "a", "password": "b"}}),
        dhip({"method": "global.login", "params": {"userName": 5, "password": "b"}}),
        dhip({"method": "global.login", "params": {"userName": "a", "password": 7}}),
        dhip({"method": "global.login", "params": 7}),
        binary(0xA1, 0, b"", b"admin\0\0\0hunter2\0"),
        binary(0xA0, 0, b"", bytes(8) + b"hunter2\0"),
        binary(0xA0),
    ):
        assert events(converse(Dahua, [(C, asked)], damage=False), Login) == []


@pytest.mark.parametrize("name", ["UserNotValidt", "PasswordNotValid", "InBlackList"])
def test_messages_that_refuse(name: str) -> None:
    script = [(C, json_login("x")), (S, dhip({"id": 1, "result": False, "error": {"code": 1, "message": name}}))]
    assert [e.accepted for e in events(converse(Dahua, script, damage=False), Login)] == [False]


def test_what_a_camera_says_of_itself_is_text() -> None:
    given = {"DeviceType": "IPC", "Version": 5, "sn": "", "other": "y", "deviceInfo": ["x"]}
    found = events(converse(Dahua, [(S, dhip({"id": 3, "params": given}))], damage=False), Attribute)
    assert [(a.field, a.value, a.side) for a in found] == [("dahua.type", "IPC", S)]
    assert events(converse(Dahua, [(C, dhip({"id": 3, "params": given}))], damage=False), Attribute) == []
    assert events(converse(Dahua, [(C, binary(0xB6, 0, b"1:admin:6QNMIQGe:1:1"))], damage=False), Login) == []


def test_openings_cut_anywhere() -> None:
    """DHIP's eight bytes; the binary login's header of 32, whose last two bytes mark it."""
    openings.stream(recognise, json_login(""), sure=8)
    openings.stream(recognise, ASKS, sure=8, server=True)
    openings.stream(recognise, plain_login(b"admin", b"x"), sure=32)
    unmarked = binary(0xA0)
    openings.stream(recognise, unmarked, sure=32, port=37777, found=Match.WEAK)
    assert recognise(openings.of(unmarked)) is Match.NO


def test_headers_without_a_mark() -> None:
    """On its ports a known command, three zero bytes and a length; an answer has zeros behind its code."""
    command, replied = binary(0xA4), answer("0008")
    for port in (37777, 5000):
        openings.values(
            recognise, command, {0: ((0x58, 0x60, 0x68, 0xA1, 0xBF, 0xF6), (0x57, 0x9F, 0xC0)), 1: ((0,), (1,)),
            2: ((0,), (1,)), 3: ((0,), (1,)), 7: ((0,), (2,))}, port=port, found=Match.WEAK,
        )  # fmt: skip
        assert recognise(openings.of(command[:31], port)) is Match.NO
    openings.values(
        recognise, replied, {7: ((0,), (2,)), 9: ((8, 0), ()), 10: ((0,), (1,)), 15: ((0,), (1,)), 16: ((0, 1), ())},
        server=True, found=Match.WEAK,
    )  # fmt: skip
    assert recognise(openings.of(replied[:31], server=True)) is Match.NO
    assert recognise(openings.of(b"\xb1" + replied[1:], server=True)) is Match.NO


def test_an_answer_belongs_to_the_login_with_its_number() -> None:
    logins = [(C, json_login("hunter2", 5)), (C, json_login("sommer24", 6))]
    refused = {"result": False, "error": {"code": 268632085}}
    for order in ((5, 6), (6, 5)):
        answers = [(S, dhip({"id": one, **({"result": True} if one == 6 else refused)})) for one in order]
        found = events(converse(Dahua, [*logins, *answers], damage=False), Login)
        assert {(e.secret, e.accepted) for e in found} == {(Secret("hunter2"), False), (Secret("sommer24"), True)}
    [alone, other] = events(converse(Dahua, [*logins, (S, dhip({"id": 9, "result": True}))], damage=False), Login)
    assert (alone.accepted, other.accepted) == (None, None)


def test_a_login_that_the_device_asked_for_takes_the_answer() -> None:
    script = [(C, plain_login(b"admin", b"one")), (S, binary(0xB0, 1, CHALLENGE)), (C, plain_login(b"admin", b"two"))]
    found = events(converse(Dahua, [*script, (S, answer("0008"))], damage=False), Login)
    assert [(e.secret, e.accepted) for e in found] == [(Secret("one"), None), (Secret("two"), True)]


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={5000, 37777})
