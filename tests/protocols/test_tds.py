"""TDS logins from MS-TDS 2.2.6 and Sybase's specification: LOGIN7, NTLM, encryption, old login."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Enough, Inner, Login, Span, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.tds import Tds, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue


def packet(kind: int, payload: bytes, last: bool = True) -> bytes:
    return bytes([kind, int(last)]) + (len(payload) + 8).to_bytes(2, "big") + b"\0\0\1\0" + payload


def disguised(password: str) -> bytes:
    """MS-TDS 2.2.6.4: swap the nibbles of each byte, then XOR with 0xA5."""
    return bytes(((octet << 4 | octet >> 4) & 0xFF) ^ 0xA5 for octet in password.encode("utf-16-le"))


def login7(user: str = "anna", password: str = "s3crét", sspi: bytes = b"", change: str = "") -> bytes:
    texts = [
        "pc-1".encode("utf-16-le"),
        user.encode("utf-16-le"),
        disguised(password),
        "tool".encode("utf-16-le"),
        b"",
        b"",
        b"",
        b"",
        b"",
    ]
    places, data = b"", b""
    at = 94
    for text in texts:
        places += at.to_bytes(2, "little") + (len(text) // 2).to_bytes(2, "little")
        data += text
        at += len(text)
    new = disguised(change)
    places += bytes(6) + at.to_bytes(2, "little") + len(sspi).to_bytes(2, "little") + bytes(4)
    places += (at + len(sspi)).to_bytes(2, "little") + (len(new) // 2).to_bytes(2, "little") + bytes(4)
    body = bytes(32) + places + data + sspi + new
    return (len(body) + 4).to_bytes(4, "little") + body


def token(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(2, "little") + body


ACK = token(0xE3, b"\1\1x\0\0") + token(0xAD, b"\1\x74\0\0\4" + bytes(6)) + b"\xfd" + bytes(12)


def error(number: int) -> bytes:
    return token(0xAA, number.to_bytes(4, "little") + b"\1\x0e" + bytes(10)) + b"\xfd\2\0" + bytes(10)


def prelogin(encryption: int) -> bytes:
    return b"\0\0\x0b\0\6" + b"\1\0\x11\0\1" + b"\xff" + bytes(6) + bytes([encryption])


@pytest.mark.parametrize(
    ("answer", "accepted", "basis"),
    [(ACK, True, "LOGINACK"), (error(18456), False, "ERROR 18456"), (error(4060), None, "ERROR 4060")],
)
def test_login7(answer: bytes, accepted: bool | None, basis: str) -> None:
    sent, answered = packet(0x10, login7()), packet(4, answer)
    assert converse(Tds, [(C, packet(0x12, prelogin(2))), (S, packet(4, prelogin(2))), (C, sent), (S, answered)]) == [
        Attribute(field="tds.hostname", value="pc-1", side=C),
        Attribute(field="tds.application", value="tool", side=C),
        Login(
            mechanism="password",
            username="anna",
            secret=Secret("s3crét"),
            scheme="tds-login7",
            accepted=accepted,
            basis=basis,
            spans=(Span(C, 26, 26 + len(sent)), Span(S, 26, 26 + len(answered))),
        ),
        Enough(),
    ]


def test_login7_in_two_packets_and_without_an_answer() -> None:
    whole = login7()
    (login,) = events(converse(Tds, [(C, packet(0x10, whole[:50], last=False) + packet(0x10, whole[50:]))]), Login)
    assert (login.username, login.secret, login.accepted) == ("anna", Secret("s3crét"), None)  # type: ignore[attr-defined]


def test_change_of_password() -> None:
    output = events(converse(Tds, [(C, packet(0x10, login7(change="n3w")))], damage=False), Login)
    assert [(e.scheme, e.secret) for e in output] == [
        ("tds-login7", Secret("s3crét")),
        ("tds-change-password", Secret("n3w")),
    ]  # type: ignore[attr-defined]


def test_version_7_1_has_no_room_for_a_change() -> None:
    # 86 fixed bytes: the host's name stands where 7.2 has the place of a new password.
    places = b"".join(
        (86 + 2 * at).to_bytes(2, "little") + size.to_bytes(2, "little")
        for at, size in ((0, 4), (4, 2), (6, 1), (7, 0))
    )
    data = "pc-1sa".encode("utf-16-le") + disguised("x")
    body = bytes(32) + places + bytes(20) + bytes(6) + bytes(8) + data
    output = events(
        converse(Tds, [(C, packet(0x10, (len(body) + 4).to_bytes(4, "little") + body))], damage=False), Login
    )
    assert [(e.username, e.secret) for e in output] == [("sa", Secret("x"))]  # type: ignore[attr-defined]


def test_ntlm_is_handed_inside() -> None:
    negotiate, challenge, authenticate = (b"NTLMSSP\0" + bytes([kind]) + bytes(31) for kind in (1, 2, 3))
    run = Run(Tds())
    run.feed(C, packet(0x10, login7("", "", negotiate)))
    run.feed(S, packet(4, token(0xED, challenge)))
    run.feed(C, packet(0x11, authenticate))
    assert [(i.side, i.data) for i in run.parsed if isinstance(i, Inner)] == [
        (C, negotiate),
        (S, challenge),
        (C, authenticate),
    ]
    assert (
        list(
            run.parser.from_inner(
                Login(mechanism="password", username="anna", secret=None, scheme="ntlmv2", clear=False), 0
            )
        )
        == []
    )
    run.feed(S, packet(4, ACK))
    assert [(e.username, e.accepted) for e in events(run.close(), Login)] == [("anna", True)]  # type: ignore[attr-defined]


def test_encryption() -> None:
    hello = b"\x16\x03\x01\x00\x05hello"
    opening = [
        (C, packet(0x12, prelogin(1))),
        (S, packet(4, prelogin(1))),
        (C, packet(0x12, hello)),
        (S, packet(0x12, hello)),
    ]
    output = converse(Tds, [*opening, (C, b"\x17\x03\x03\x00\x20" + bytes(32))])
    assert output == [Inner(hello, "tls", C), Inner(hello, "tls", S), Upgrade("tls")]
    alone = [
        (C, packet(0x12, prelogin(0))),
        (S, packet(4, prelogin(0))),
        (C, packet(0x12, hello)),
        (C, b"\x17\x03\x03\x00\x20" + bytes(32)),
    ]
    assert converse(Tds, alone)[-1] == Enough()


@pytest.mark.parametrize(("status", "accepted"), [(5, True), (6, False)])
def test_old_login(status: int, accepted: bool) -> None:
    fields = b"".join(text.ljust(30, b"\0") + bytes([len(text)]) for text in (b"pc-1", b"anna", b"s3cret"))
    answer = packet(4, token(0xAD, bytes([status]) + b"\5\0\0\0" + bytes(6)))
    (login,) = events(converse(Tds, [(C, packet(2, fields + bytes(411))), (S, answer)]), Login)
    assert isinstance(login, Login)
    assert (login.username, login.secret, login.scheme, login.accepted) == (
        "anna",
        Secret("s3cret"),
        "tds-login",
        accepted,
    )


def test_queries_are_of_no_interest() -> None:
    assert converse(Tds, [(C, packet(1, "EXEC sp_password 'x'".encode("utf-16-le")))]) == [Enough()]


def test_recognised() -> None:
    def opening(data: bytes) -> Opening:
        return Opening(data, b"", 50000, 14330, Transport.TCP)

    assert recognise(opening(packet(0x12, prelogin(2)))) is Match.SURE
    assert recognise(opening(packet(0x10, login7()))) is Match.SURE
    assert recognise(opening(packet(0x12, prelogin(2))[:9])) is Match.MORE
    fields = b"".join(text.ljust(30, b"\0") + bytes([len(text)]) for text in (b"pc-1", b"anna", b"s3cret"))
    assert recognise(opening(packet(2, fields + bytes(411)))) is Match.WEAK
    mqtt = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04plug"
    for lure in (
        b"",
        mqtt,
        b"\x16\x03\x01\x02\x00",
        b"\x12\1\0\x1a" + bytes(30),
        b"\x02" + bytes(200),
        packet(1, bytes(40)),
    ):
        assert recognise(opening(lure)) is Match.NO


DIALOGUE = Dialogue(
    Tds,
    lambda user, secret: [(C, packet(0x10, login7(user, secret)))],
    accepted=packet(4, ACK),
    refused=packet(4, error(18456)),
    again=False,
    resumes=False,
)
"""MS-TDS 2.2.7."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


def test_an_opening_cut_anywhere() -> None:
    """MS-TDS 2.2.3.1: kind, status, length, zeros, number, window 0; PRELOGIN's first option is the version of six."""
    prelogin = b"\x12\1\0\x2f\0\0\1\0" + b"\0\0\x1a\0\6" + b"\1\0\x20\0\1\xff" + bytes(30)
    openings.stream(recognise, prelogin[:47], sure=14)
    for place, value in ((0, 0x13), (1, 2), (3, 13), (4, 1), (5, 1), (7, 1), (8, 1), (9, 1), (11, 1), (12, 5)):
        assert recognise(openings.of(prelogin[:place] + bytes([value]) + prelogin[place + 1 :])) is Match.NO, place
    assert recognise(openings.of(b"\x12\2")) is Match.NO and recognise(openings.of(b"\x13")) is Match.NO
    login = b"\x10\1\0\x66\0\0\1\0" + (94).to_bytes(4, "little") + bytes(90)
    assert recognise(openings.of(login)) is Match.SURE
    for inner, match in ((93, Match.NO), (65_536, Match.SURE), (65_537, Match.NO)):
        assert recognise(openings.of(login[:8] + inner.to_bytes(4, "little") + login[12:])) is match
    assert recognise(openings.of(login[:2] + b"\0\x67" + login[4:])) is Match.NO  # shorter than its packet


def test_the_least_length_of_a_packet_and_an_old_login() -> None:
    prelogin = b"\x12\1\0\x2f\0\0\1\0" + b"\0\0\x1a\0\6" + b"\1\0\x20\0\1\xff" + bytes(30)
    openings.values(recognise, prelogin, {3: ((14, 0x2F), (0, 13)), 1: ((0, 1, 8, 9), (2, 4, 16))})
    for place, right, wrong in ((38, (0, 4), (31,)), (69, (30,), (31,)), (100, (30,), (31,))):
        old = b"\x02\1\2\0\0\0\1\0" + bytes(600)
        openings.values(recognise, old, {place: (right, wrong)}, found=Match.WEAK)
    assert recognise(openings.of((b"\x02\1\2\0\0\0\1\0" + bytes(600))[:100])) is Match.NO
    assert recognise(openings.of(b"\x02\1\2\0\0\0\1\0" + bytes(5) + b"x" + bytes(600))) is Match.NO
