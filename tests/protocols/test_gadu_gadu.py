"""Gadu-Gadu logins by libgadu's description: both versions, answers, other packets."""

from __future__ import annotations

import hashlib
import struct

import pytest

from sensor.events import Enough, Login
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.gadu_gadu import PACKET_LIMIT, PROTOCOL, GaduGadu, recognise
from tests.conversation import C, Run, S, Script, converse
from tests.protocols import openings
from tests.protocols.talk import spans

SEED = bytes.fromhex("7a9d4cfd")
HASH = hashlib.sha1(b"s3cret" + SEED).digest()


def packet(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<II", kind, len(body)) + body


WELCOME = (S, packet(0x01, SEED))
LOGIN80 = (C, packet(0x31, struct.pack("<I", 1234567) + b"pl\x02" + HASH.ljust(64, b"\0") + bytes(30)))


def logins(script: Script) -> list[Login]:
    return [item for item in converse(GaduGadu, script) if isinstance(item, Login)]


@pytest.mark.parametrize(
    ("answer", "accepted"), [(0x35, True), (0x03, True), (0x43, False), (0x09, False), (None, None)]
)
def test_version_8(answer: int | None, accepted: bool | None) -> None:
    script = [WELCOME, LOGIN80, (S, packet(0x0A, b"other") + (packet(answer) if answer else b""))]
    (login,) = logins(script)
    assert (login.username, login.scheme, login.clear, login.accepted) == ("1234567", "sha1", False, accepted)
    assert login.secret == Secret(f"{HASH.hex()}:7a9d4cfd")
    assert login.spans[0] == spans(script, 1)[0]
    assert (converse(GaduGadu, script)[-1] == Enough()) is (answer is not None)


def test_version_7() -> None:
    body = struct.pack("<I", 7) + b"\x01" + b"\x01\x02\x03\x04".ljust(64, b"\0") + bytes(20)
    (login,) = logins([WELCOME, (C, packet(0x19, body)), (S, packet(0x03))])
    assert (login.username, login.scheme, login.secret) == ("7", "gg32", Secret("01020304:7a9d4cfd"))


def test_other_packets_and_nonsense() -> None:
    assert logins([WELCOME, (C, packet(0x0B, b"hello")), (S, packet(0x35))]) == []
    for bad in (
        packet(0x31, b"\0\0"),
        packet(0x31, bytes(6) + b"\x09" + bytes(64)),
        struct.pack("<II", 1, PACKET_LIMIT + 1),
    ):
        with pytest.raises(Malformed):
            Run(GaduGadu()).feed(C, bad)


@pytest.mark.parametrize(
    ("client", "server", "port", "match"),
    [
        (LOGIN80[1], WELCOME[1], 443, Match.SURE),
        (b"", WELCOME[1], 8074, Match.WEAK),
        (b"", WELCOME[1], 443, Match.MORE),
        (b"", b"\x01\0", 8074, Match.MORE),
        (b"\x16\x03\x01\0", WELCOME[1], 8074, Match.NO),
        (LOGIN80[1], b"", 8074, Match.NO),
        (b"", b"220 hi", 8074, Match.NO),
    ],
)
def test_recognise(client: bytes, server: bytes, port: int, match: Match) -> None:
    assert recognise(Opening(client, server, 40000, port, Transport.TCP)) is match


def test_a_seed_cut_anywhere_and_what_answers_it() -> None:
    """The server's first packet has type 1 and four bytes; the client's login is 0x31 or 0x19."""
    seed = b"\1\0\0\0\4\0\0\0"
    for size in range(1, 8):
        assert recognise(openings.of(seed[:size], server=True)) is Match.MORE
    whole = seed + b"abcd"
    assert recognise(openings.of(whole, 8074, server=True)) is Match.WEAK
    assert recognise(openings.of(whole, server=True)) is Match.MORE
    for client, match in (
        (b"\x31\0\0\0", Match.SURE),
        (b"\x19\0\0\0", Match.SURE),
        (b"\x31\0\0", Match.MORE),
        (b"\x32\0\0\0", Match.NO),
    ):
        assert recognise(openings.of(whole, server=True, answer=client)) is match
        assert recognise(openings.of(seed[:4], server=True, answer=client)) is Match.NO


def test_a_second_login_does_not_take_the_answer_of_the_first() -> None:
    other = (C, packet(0x31, struct.pack("<I", 7) + b"pl\x02" + HASH.ljust(64, b"\0") + bytes(30)))
    for answer, accepted in ((0x35, True), (0x43, False)):
        found = logins([WELCOME, LOGIN80, other, (S, packet(answer))])
        assert [(one.username, one.accepted) for one in found] == [("1234567", accepted), ("7", None)]


def quiet(script: Script) -> list[tuple[str | None, bool | None]]:
    return [
        (item.username, item.accepted) for item in converse(GaduGadu, script, damage=False) if isinstance(item, Login)
    ]


@pytest.mark.parametrize("kind", [0x01, 0x02, 0x0A, 0x0D, 0x36, 0x44])
def test_other_packets_decide_nothing(kind: int) -> None:
    assert quiet([WELCOME, LOGIN80, (S, packet(kind, bytes(8)))]) == [("1234567", None)]
    for answer in (0x03, 0x09, 0x35, 0x43):
        assert quiet([WELCOME, LOGIN80, (C, packet(answer))]) == [("1234567", None)]
        assert quiet([WELCOME, (S, packet(answer)), LOGIN80]) == [("1234567", None)]


def test_each_end_sends_its_own_packets() -> None:
    assert quiet([WELCOME, (S, LOGIN80[1]), (S, packet(0x35))]) == []
    found = [item for item in converse(GaduGadu, [(C, WELCOME[1]), LOGIN80], damage=False) if isinstance(item, Login)]
    assert [item.secret for item in found] == [Secret(f"{HASH.hex()}:")], "a client has no seed to give"


@pytest.mark.parametrize(("kind", "whole"), [(0, False), (1, True), (2, True), (3, False)])
def test_kinds_of_hashes(kind: int, whole: bool) -> None:
    data = packet(0x31, struct.pack("<I", 7) + b"pl" + bytes([kind]) + bytes(64))
    run = Run(GaduGadu())
    if whole:
        run.feed(C, data)
        [login] = [item for item in run.close() if isinstance(item, Login)]
        assert login.scheme == {1: "gg32", 2: "sha1"}[kind]
        assert login.secret == Secret("00" * {1: 4, 2: 20}[kind] + ":")
    else:
        with pytest.raises(Malformed):
            run.feed(C, data)


@pytest.mark.parametrize(("length", "whole"), [(PACKET_LIMIT, True), (PACKET_LIMIT + 1, False)])
def test_how_long_a_packet_may_be(length: int, whole: bool) -> None:
    run = Run(GaduGadu())
    if whole:
        run.feed(C, struct.pack("<II", 0x0B, length))
    else:
        with pytest.raises(Malformed):
            run.feed(C, struct.pack("<II", 0x0B, length))


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={8074})
