"""memcached by its protocol documents: SASL, use without a login, values, losses."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Access, Enough, Login, Skip
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.parsing.pending import COMMAND_LIMIT
from sensor.protocols.memcached import Memcached, recognise
from tests.conversation import C, Run, S, Script, converse
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import spans


def packet(
    magic: int, opcode: int, key: bytes = b"", value: bytes = b"", status: int = 0, extras: bytes = b""
) -> bytes:
    return (
        struct.pack(">BBHBBHIIQ", magic, opcode, len(key), len(extras), 0, status, len(extras + key + value), 7, 0)
        + extras
        + key
        + value
    )


def logins(script: Script) -> list[tuple[str | None, Secret | None, bool | None, str | None]]:
    return [
        (item.username, item.secret, item.accepted, item.basis)
        for item in converse(Memcached, script)
        if isinstance(item, Login)
    ]


def test_answers_of_commands_beyond_the_bound_are_not_taken_for_a_later_one() -> None:
    run = Run(Memcached())
    run.feed(C, b"get x\r\n" * (COMMAND_LIMIT + 3) + b"set k 0 0 1\r\nv\r\n")
    run.feed(S, b"END\r\n" * (COMMAND_LIMIT + 3) + b"CLIENT_ERROR unauthenticated\r\n")
    assert [(item.action, item.granted, item.control) for item in run.close() if isinstance(item, Access)] == [
        ("get", True, False),
        ("set", False, True),
    ]


AUTH = (C, packet(0x80, 0x21, b"PLAIN", b"\0anna\0s3cret"))


def test_sasl() -> None:
    script = [
        (C, packet(0x80, 0x20)),
        (S, packet(0x81, 0x20, value=b"PLAIN CRAM-MD5")),
        AUTH,
        (S, packet(0x81, 0x21, value=b"Auth failure", status=0x20)),
    ]
    assert logins(script) == [("anna", Secret("s3cret"), False, "status 0x20 after SASL PLAIN")]
    assert logins([AUTH, (S, packet(0x81, 0x21, value=b"Authenticated"))]) == [
        ("anna", Secret("s3cret"), True, "status 0x00 after SASL PLAIN")
    ]
    assert logins([AUTH])[0][2] is None
    (login,) = (item for item in converse(Memcached, script) if isinstance(item, Login))
    assert login.spans == spans(script, 2, 3)


def test_sasl_in_steps() -> None:
    answer = b"tim b913a602c7eda7a495b4e6e7334d3890"
    script = [
        (C, packet(0x80, 0x21, b"CRAM-MD5")),
        (S, packet(0x81, 0x21, value=b"<1@example.com>", status=0x21)),
        (C, packet(0x80, 0x22, b"CRAM-MD5", answer)),
        (S, packet(0x81, 0x22)),
    ]
    assert [
        (item.username, item.accepted, item.clear) for item in converse(Memcached, script) if isinstance(item, Login)
    ] == [("tim", True, False)]


def accesses(script: Script) -> list[tuple[str, bool | None, bool]]:
    return [
        (item.action, item.granted, item.control) for item in converse(Memcached, script) if isinstance(item, Access)
    ]


def test_use_without_a_login() -> None:
    sent = [(C, b"set a 0 0 5\r\nget b\r\n"), (S, b"STORED\r\n")]
    script = [
        *sent,
        (C, b"get a b\r\n"),
        (S, b"VALUE a 0 5\r\nget b\r\nVALUE b 0 3\r\nEND\r\nEND\r\n"),
        (C, b"delete a\r\n"),
        (S, b"DELETED\r\n"),
    ]
    assert accesses(script) == [("set", True, True), ("get", True, False)]
    assert accesses([(C, packet(0x80, 0x00, b"a")), (S, packet(0x81, 0x00, status=0x20))]) == [
        ("opcode 0", False, False)
    ]
    assert accesses([(C, packet(0x80, 0x01, b"a", b"x", extras=bytes(8))), (S, packet(0x81, 0x01))]) == [
        ("opcode 1", True, True)
    ]
    assert accesses([(C, b"get a\r\n"), (S, b"CLIENT_ERROR unauthenticated\r\n")]) == [("get", False, False)]
    assert accesses([(C, b"bogus\r\n"), (S, b"ERROR\r\n")]) == []
    assert accesses([AUTH, (S, packet(0x81, 0x21)), (C, packet(0x80, 0x00, b"a")), (S, packet(0x81, 0x00))]) == []


def test_values_are_passed_over() -> None:
    run = Run(Memcached())
    run.feed(C, packet(0x80, 0x01, b"a", b"x" * 100_000)[:24])
    assert run.parsed == [Skip(C, 100_001)]
    run.feed(C, b"x" * 100_001 + AUTH[1])
    run.feed(S, packet(0x81, 0x01) + packet(0x81, 0x21))
    assert [item.accepted for item in run.close() if isinstance(item, Login)] == [True]


def test_losses_and_nonsense() -> None:
    run = Run(Memcached())
    run.feed(*AUTH)
    run.gap(S, 10)
    assert [item.accepted if isinstance(item, Login) else item for item in run.close()] == [None, Enough()]
    with pytest.raises(Malformed):
        Run(Memcached()).feed(C, struct.pack(">BBHBBHIIQ", 0x80, 0x21, 500, 0, 0, 0, 10, 0, 0))


def opening(client: bytes = b"", server: bytes = b"", port: int = 11211) -> Opening:
    return Opening(client, server, 40000, port, Transport.TCP)


@pytest.mark.parametrize(
    ("seen", "match"),
    [
        (opening(AUTH[1]), Match.SURE),
        (opening(AUTH[1], packet(0x81, 0x21), port=9), Match.SURE),
        (opening(AUTH[1], port=9), Match.NO),
        (opening(AUTH[1][:8]), Match.MORE),
        (opening(b"set a 0 0 5\r\nhello\r\n", port=9), Match.SURE),
        (opening(b"get a\r\n"), Match.WEAK),
        (opening(b"get a\r\n", b"END\r\n", port=9), Match.WEAK),
        (opening(b"get a\r\n", port=9), Match.MORE),
        (opening(b"GET / HTTP/1.1\r\n"), Match.NO),
        (opening(b"\x80\x2e\x01\x00\x02" + bytes(30)), Match.NO),  # an SSL 2 ClientHello
    ],
)
def test_recognise(seen: Opening, match: Match) -> None:
    assert recognise(seen) is match


DIALOGUE = Dialogue(
    Memcached,
    lambda user, secret: [(C, packet(0x80, 0x21, b"PLAIN", f"\0{user}\0{secret}".encode()))],
    accepted=packet(0x81, 0x21, value=b"Authenticated"),
    refused=packet(0x81, 0x21, status=0x20),
    resumes=False,
)
"""SASLAuthProtocol."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


@pytest.mark.parametrize(
    ("status", "granted"),
    [(0x00, True), (0x01, True), (0x02, True), (0x05, True), (0x20, False), (0x81, None), (0x03, None)],
)
def test_what_a_status_says_of_a_login_that_was_missing(status: int, granted: bool | None) -> None:
    """Done, not found, exists, not stored: nobody had to log in. 0x20: authentication required (SASLAuthProtocol)."""
    found = converse(Memcached, [(C, packet(0x80, 0x00, b"key")), (S, packet(0x81, 0x00, status=status))])
    assert [item.granted for item in found if isinstance(item, Access)] == ([] if granted is None else [granted])


def header(opcode: int = 0x21, key: int = 5, extras: int = 0, kind: int = 0, body: int = 16) -> bytes:
    """The binary protocol's request header: magic, opcode, key length, extras length, data type, vbucket, body length,
    opaque, CAS.
    """
    head = bytes([0x80, opcode]) + key.to_bytes(2, "big") + bytes([extras, kind, 0, 0]) + body.to_bytes(4, "big")
    return head + bytes(12)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (header(), Match.SURE),
        (header(key=16), Match.SURE),
        (header(key=12, extras=4), Match.SURE),
        (header(key=17), Match.NO),
        (header(key=13, extras=4), Match.NO),
        (header(kind=1), Match.NO),
        (header(opcode=0x60), Match.SURE),
        (header(opcode=0x61), Match.NO),
        (header(body=1 << 27), Match.NO),
        (header(key=0, body=0), Match.SURE),
        (b"\x81" + header()[1:], Match.NO),
        (header()[:23], Match.MORE),
        (b"\x80", Match.MORE),
    ],
)
def test_a_binary_header_on_its_port_or_with_its_answer(data: bytes, match: Match) -> None:
    assert recognise(openings.of(data, 11211)) is match
    assert recognise(openings.of(data)) is Match.NO
    answered = Opening(data, b"\x81" + data[1:2] + bytes(22), 50_000, openings.ELSEWHERE, Transport.TCP)
    assert recognise(answered) is (Match.SURE if match is Match.SURE else Match.NO)
    other = Opening(data, b"\x81\x0b" + bytes(22), 50_000, openings.ELSEWHERE, Transport.TCP)
    assert recognise(other) is Match.NO


def test_values_that_look_like_answers_are_none() -> None:
    """protocol.txt: VALUE, key, flags, bytes, and perhaps a number; then so many bytes."""
    for head in (b"VALUE k 0 9", b"VALUE k 0 9 77"):
        answers = head + b"\r\nSTORED\r\nx\r\nEND\r\nERROR\r\n"
        assert accesses([(C, b"get k\r\nset a 0 0 1\r\nx\r\n"), (S, answers)]) == [("get", True, False)]
