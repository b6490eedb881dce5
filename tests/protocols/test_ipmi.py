"""IPMI datagrams by IPMI 2.0, clauses 13.6, 13.20 to 13.23 and 22.16."""

from __future__ import annotations

import pytest

from sensor.events import Login, Span
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.ipmi import PENDING_LIMIT, PROTOCOL, REPORTED_LIMIT, Ipmi, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols import openings

BMC, CONSOLE = b"\xa4\xa3\xa2\xa0", b"\x11\x22\x33\x44"
OURS, THEIRS, GUID, CODE = bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48)), bytes(range(64, 84))


def plus(kind: int, body: bytes) -> bytes:
    return b"\6\0\xff\7" + b"\6" + bytes([kind]) + bytes(8) + len(body).to_bytes(2, "little") + body


def rakp1(user: bytes = b"admin", tag: int = 0) -> bytes:
    return plus(0x12, bytes([tag, 0, 0, 0]) + BMC + OURS + b"\x14\0\0" + bytes([len(user)]) + user)


def rakp2(status: int = 0, code: bytes = CODE, tag: int = 0) -> bytes:
    return plus(0x13, bytes([tag, status, 0, 0]) + CONSOLE + THEIRS + GUID + code)


def rakp4(status: int) -> bytes:
    return plus(0x15, bytes([0, status, 0, 0]) + CONSOLE + bytes(12))


# Clause 13.31: SIDm, SIDc, Rm, Rc, GUIDc, role, length of the name, name.
SALT = CONSOLE + BMC + OURS + THEIRS + GUID + b"\x14\x05admin"


@pytest.mark.parametrize(
    ("end", "accepted", "basis"),
    [
        (rakp4(0), True, "RAKP 4 status 0"),
        (rakp4(0x0F), False, "RAKP 4 status 15"),
        (rakp4(1), None, "RAKP 4 status 1"),
    ],
)
def test_rakp(end: bytes, accepted: bool | None, basis: str) -> None:
    assert converse(Ipmi, [(C, rakp1()), (S, rakp2()), (C, plus(0x14, bytes(28))), (S, end)]) == [
        Login(
            mechanism="password",
            username="admin",
            secret=Secret(f"{SALT.hex()}:{CODE.hex()}"),
            scheme="ipmi-rakp",
            clear=False,
            accepted=accepted,
            basis=basis,
            spans=(Span(C, 0, 1), Span(S, 0, 1), Span(S, 1, 2)),
        )
    ]


def test_harvest_without_an_end() -> None:
    (login,) = events(converse(Ipmi, [(C, rakp1()), (S, rakp2())], damage=False), Login)
    assert login.accepted is None  # type: ignore[attr-defined]


def test_no_such_user_and_no_password() -> None:
    assert converse(Ipmi, [(C, rakp1()), (S, rakp2(0x0D, b"")), (C, rakp1()), (S, rakp2(0, b""))], damage=False) == []


def test_bounded() -> None:
    parser = Ipmi()
    for tag in range(256):
        list(parser.receive(C, rakp1(tag=tag)))
    assert len(parser._requests) == PENDING_LIMIT


def old(kind: int, code: bytes, message: bytes) -> bytes:
    return b"\6\0\xff\7" + bytes([kind]) + bytes(8) + (code if kind else b"") + bytes([len(message)]) + message


def test_version_1_5() -> None:
    challenge = old(0, b"", b"\x20\x18\xc8\x81\x00\x39\x04" + b"admin".ljust(16, b"\0") + b"\0")
    activate = old(4, b"s3cret".ljust(16, b"\0"), b"\x20\x18\xc8\x81\x04\x3a\x04\x04" + bytes(20))
    hashed = old(2, bytes(range(16)), b"\x20\x18\xc8\x81\x04\x3a\x02\x04" + bytes(20))
    parsed = events(converse(Ipmi, [(C, challenge), (C, activate), (C, activate), (C, hashed)]), Login)
    assert [(e.username, e.secret, e.scheme, e.clear) for e in parsed] == [  # type: ignore[attr-defined]
        ("admin", Secret("s3cret"), "ipmi-password", True),
        ("admin", Secret(bytes(range(16)).hex()), "ipmi-md5", False),
    ]


def test_recognised() -> None:
    def opening(data: bytes) -> Opening:
        return Opening(data, b"", 50000, 6230, Transport.UDP)

    assert recognise(opening(rakp1())) is Match.SURE
    presence_ping = b"\6\0\xff\6\0\0\x11\xbe\x80\0\0\0\0\0\0\0"
    for lure in (b"", presence_ping, b"\6\0\xff\7\x09" + bytes(20), b"\6\1\xff\7" + bytes(20), bytes(40)):
        assert recognise(opening(lure)) is Match.NO


def test_headers_of_either_end() -> None:
    """RMCP 1.0 (DSP0136 §3.2.2): version 6, a reserved zero, class 7 perhaps as an acknowledgement."""
    request = bytes([6, 0, 0xFF, 7, 0]) + bytes(9)
    openings.datagram(recognise, request, away=Match.SURE, exact=False, counts={0: 5, 1: 1, 3: 6, 4: 3})
    assert recognise(openings.of(request[:13], udp=True)) is Match.NO
    assert recognise(openings.of(request[:3] + b"\x87" + request[4:], udp=True)) is Match.SURE
    for kind, match in (
        (0, Match.SURE),
        (1, Match.SURE),
        (2, Match.SURE),
        (4, Match.SURE),
        (5, Match.SURE),
        (6, Match.SURE),
        (7, Match.NO),
    ):
        assert recognise(openings.of(request[:4] + bytes([kind]) + request[5:], udp=True)) is match


def secrets(*script: tuple[Side, bytes]) -> list[tuple[str | None, bool | None]]:
    found = events(converse(Ipmi, list(script), damage=False), Login)
    return [(login.username, login.accepted) for login in found if isinstance(login, Login)]


@pytest.mark.parametrize(
    ("status", "accepted"), [(0, True), (0x0D, False), (0x0F, False), (1, None), (2, None), (0x0E, None), (0x10, None)]
)
def test_statuses_of_the_last_message(status: int, accepted: bool | None) -> None:
    """IPMI 2.0, table 13-15: 0D is an unauthorised name, 0F an invalid integrity check."""
    assert secrets((C, rakp1()), (S, rakp2()), (S, rakp4(status))) == [("admin", accepted)]


def test_each_message_comes_from_its_own_end() -> None:
    assert secrets((S, rakp1()), (S, rakp2())) == secrets((C, rakp1()), (C, rakp2())) == []
    assert secrets((C, rakp1()), (S, rakp2()), (C, rakp4(0))) == [("admin", None)]
    assert secrets((C, rakp1()), (S, rakp2(tag=1))) == [], "the answer to another message"
    assert secrets((C, rakp1()), (S, rakp2()), (S, rakp2())) == [("admin", None)], "answered once"
    assert secrets((C, rakp1()), (S, rakp2()), (S, rakp4(0x0F)), (C, rakp1()), (S, rakp2()), (S, rakp4(0))) == [
        ("admin", False), ("admin", True),
    ]  # fmt: skip


@pytest.mark.parametrize("bits", [0x40, 0x80, 0xC0])
def test_what_is_encrypted_is_passed_over(bits: int) -> None:
    assert secrets((C, plus(bits | 0x12, rakp1()[16:])), (S, rakp2())) == []


def test_other_classes_are_passed_over_and_other_versions_malformed() -> None:
    assert converse(Ipmi, [(C, b"\6\0\xff\6" + rakp1()[4:])], damage=False) == []
    with pytest.raises(Malformed):
        Run(Ipmi()).feed(C, b"\5" + rakp1()[1:])
    acknowledged = rakp1()[:3] + b"\x87" + rakp1()[4:]
    assert secrets((C, acknowledged), (S, rakp2())) == [("admin", None)]


def activate(kind: int, code: bytes) -> bytes:
    return old(kind, code.ljust(16, b"\0"), b"\x20\x18\xc8\x81\x04\x3a\x04\x04" + bytes(20))


@pytest.mark.parametrize(
    ("kind", "scheme", "clear"),
    [(1, "ipmi-md2", False), (2, "ipmi-md5", False), (4, "ipmi-password", True), (5, None, False), (3, None, False)],
)
def test_codes_of_version_1_5(kind: int, scheme: str | None, clear: bool) -> None:
    """Table 13-8: 1 MD2, 2 MD5, 4 the password itself, 5 of the maker."""
    found = events(converse(Ipmi, [(C, activate(kind, b"s3cret"))], damage=False), Login)
    assert [(e.scheme, e.clear, e.username) for e in found if isinstance(e, Login)] == (
        [(scheme, clear, None)] if scheme else []
    )
    assert events(converse(Ipmi, [(S, activate(kind, b"s3cret"))], damage=False), Login) == []


def test_who_logs_in_is_the_name_of_the_last_challenge() -> None:
    def challenge(name: bytes, kind: int = 0) -> bytes:
        return old(kind, bytes(16), b"\x20\x18\xc8\x81\x00\x39\x04" + name.ljust(16, b"\0"))

    script = [(C, challenge(b"anna")), (C, activate(4, b"one")), (C, challenge(b"berta")), (C, activate(4, b"two"))]
    script += [(C, activate(4, b"two")), (S, challenge(b"carla")), (C, activate(2, b"h"))]
    found = [e for e in converse(Ipmi, script, damage=False) if isinstance(e, Login)]
    assert [(e.username, e.scheme) for e in found] == [
        ("anna", "ipmi-password"), ("berta", "ipmi-password"), ("berta", "ipmi-md5"),
    ]  # fmt: skip


def test_the_shortest_message_of_version_1_5() -> None:
    """Clause 13.8: two addresses, two checksums, numbers and a command are seven bytes."""
    for length, number in ((6, 0), (7, 1)):
        data = old(4, b"s3cret".ljust(16, b"\0"), bytes(length - 1) + b"\x3a")
        assert len(events(converse(Ipmi, [(C, data)], damage=False), Login)) == number
    run = Run(Ipmi())
    for number in range(REPORTED_LIMIT + 5):
        run.feed(C, old(0, b"", b"\x20\x18\xc8\x81\x00\x39\x04" + (b"u%d" % number).ljust(16, b"\0")))
        run.feed(C, activate(4, b"x"))
    assert len(run.close()) == REPORTED_LIMIT


def test_pending_hashes_are_bounded_and_none_is_lost() -> None:
    run = Run(Ipmi())
    for number in range(PENDING_LIMIT + 3):
        run.feed(C, rakp1(b"u%d" % number))
        run.feed(S, plus(0x13, bytes(4) + number.to_bytes(4, "little") + THEIRS + GUID + CODE))
    assert [e.username for e in events(run.parsed, Login)] == ["u0", "u1", "u2"]
    assert len(events(run.close(), Login)) == PENDING_LIMIT + 3


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={623}, transport=Transport.UDP)
