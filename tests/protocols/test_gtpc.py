"""GTP control messages by TS 29.060 and TS 29.274 with PAP and CHAP in their options: answers, losses, look-alikes."""

from __future__ import annotations

import pytest

from sensor.events import Login, Span
from sensor.model import Secret, Side, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.gtpc import GtpControl, recognise
from tests.conversation import C, S, converse, events
from tests.protocols import openings

IMSI = b"\x02" + bytes.fromhex("00010121436587f9")
CHALLENGE, VALUE = bytes(range(16)), bytes(range(0x40, 0x50))


def packet(code: int, body: bytes, identifier: int = 5) -> bytes:
    return bytes([code, identifier]) + (4 + len(body)).to_bytes(2, "big") + body


def option(protocol: int, content: bytes) -> bytes:
    return protocol.to_bytes(2, "big") + bytes([len(content)]) + content


def pap(user: bytes, secret: bytes) -> bytes:
    return option(0xC023, packet(1, bytes([len(user)]) + user + bytes([len(secret)]) + secret))


CHAP = option(0xC223, packet(1, b"\x10" + CHALLENGE + b"device")) + option(0xC223, packet(2, b"\x10" + VALUE + b"anna"))


def element(version: int, kind: int, value: bytes) -> bytes:
    return bytes([kind]) + len(value).to_bytes(2, "big") + (b"\0" if version == 2 else b"") + value


def message(version: int, kind: int, elements: bytes, number: int = 7) -> bytes:
    if version == 1:
        body = bytes(4) + number.to_bytes(2, "big") + b"\0\0" + elements
        return b"\x32" + bytes([kind]) + (len(body) - 4).to_bytes(2, "big") + body
    body = bytes(4) + number.to_bytes(3, "big") + b"\0" + elements
    return b"\x48" + bytes([kind]) + len(body).to_bytes(2, "big") + body


def create(version: int, options: bytes, number: int = 7) -> bytes:
    before = IMSI if version == 1 else element(2, 1, IMSI[1:])
    apn = element(version, 131 if version == 1 else 71, b"\x08internet")
    dns = option(0x8021, bytes.fromhex("01010010810600000000830600000000"))
    sent = element(version, 132 if version == 1 else 78, b"\x80" + options + dns)
    return message(version, 16 if version == 1 else 32, before + apn + sent, number)


def response(version: int, cause: int, number: int = 7) -> bytes:
    said = bytes([1, cause]) if version == 1 else element(2, 2, bytes([cause, 0]))
    return message(version, 17 if version == 1 else 33, said, number)


@pytest.mark.parametrize(
    ("version", "cause", "accepted"),
    [(1, 128, True), (1, 209, False), (1, 199, None), (2, 16, True), (2, 92, False), (2, 73, None)],
)
def test_pap(version: int, cause: int, accepted: bool | None) -> None:
    script = [(C, create(version, pap(b"anna", b"hunter2"))), (S, response(version, cause))]
    (seen,) = events(converse(GtpControl, script), Login)
    assert (seen.username, seen.secret, seen.scheme, seen.clear) == ("anna", Secret("hunter2"), "pap", True)
    assert (seen.accepted, seen.verifier, seen.spans) == (accepted, S, (Span(C, 0, 1), Span(S, 0, 1)))


def test_chap() -> None:
    (seen,) = events(converse(GtpControl, [(C, create(1, CHAP)), (S, response(1, 128))]), Login)
    assert (seen.username, seen.scheme, seen.clear, seen.accepted) == ("anna", "chap", False, True)
    assert seen.secret == Secret(f"{VALUE.hex()}:{CHALLENGE.hex()}:05")


def test_each_response_belongs_to_the_request_of_its_number() -> None:
    script = [
        (C, create(2, pap(b"anna", b"one"), 1)),
        (C, create(2, pap(b"otto", b"two"), 2)),
        (S, response(2, 92, 2)),
        (S, response(2, 16, 3)),
    ]
    assert [(e.username, e.accepted) for e in events(converse(GtpControl, script), Login)] == [
        ("otto", False),
        ("anna", None),
    ]


def test_options_without_a_login() -> None:
    assert converse(GtpControl, [(C, create(1, b"")), (S, response(1, 128)), (C, message(1, 1, b""))]) == []


@pytest.mark.parametrize(
    ("data", "port", "match"),
    [
        (create(1, b""), 9000, Match.SURE),
        (create(2, b""), 9000, Match.SURE),
        (message(1, 1, b""), 2123, Match.WEAK),
        (message(1, 1, b""), 9000, Match.NO),
        (create(1, b"")[:-1], 2123, Match.NO),
        (b"\x30\xff" + bytes(20), 2152, Match.NO),
        (b"", 2123, Match.NO),
    ],
)
def test_recognise(data: bytes, port: int, match: Match) -> None:
    assert recognise(Opening(data, b"", 40000, port, Transport.UDP)) is match


def test_two_requests_under_one_number_lose_no_login() -> None:
    script = [(C, create(1, pap(b"berta", b"one"))), (C, create(1, pap(b"anna", b"two"))), (S, response(1, 128))]
    assert [(e.username, e.accepted) for e in events(converse(GtpControl, script), Login)] == [
        ("berta", None),
        ("anna", True),
    ]


@pytest.mark.parametrize("side", [C, S])
def test_only_the_other_side_answers(side: Side) -> None:
    script = [(side, create(1, pap(b"anna", b"two"))), (side, response(1, 128)), (side.other, response(1, 209))]
    assert [(e.accepted, e.verifier) for e in events(converse(GtpControl, script), Login)] == [(False, side.other)]


@pytest.mark.parametrize(
    ("protocol", "code"), [(0xC023, 2), (0xC023, 3), (0xC223, 3), (0xC223, 4), (0x8021, 1), (0xC021, 1)]
)
def test_other_packets_of_a_login_are_none(protocol: int, code: int) -> None:
    """RFC 1334: PAP's answers, CHAP's success and failure; IPCP and LCP are no login."""
    sent = create(1, option(protocol, packet(code, b"\x04anna\x04more")))
    assert events(converse(GtpControl, [(C, sent)]), Login) == []


@pytest.mark.parametrize("version", [1, 2])
def test_whole_ones_of_either_end(version: int) -> None:
    openings.datagram(recognise, create(version, b""), away=Match.SURE, counts={0: 0x70})
    echo = message(version, 1, b"")
    openings.datagram(recognise, echo, port=2123, found=Match.WEAK, away=Match.NO)
    assert recognise(openings.of(b"", 2123, udp=True)) is Match.NO


def test_an_element_without_a_value_is_none() -> None:
    """The first one that has a value counts, here the second cause."""
    for cause, accepted in ((b"\x10\0", True), (b"\x5c\0", False)):
        elements = element(2, 2, b"") + element(2, 2, cause)
        script = [(C, create(2, pap(b"anna", b"hunter2"))), (S, message(2, 33, elements))]
        [seen] = events(converse(GtpControl, script), Login)
        assert seen.accepted is accepted


def test_a_request_that_comes_again_replaces_the_first() -> None:
    script = [(C, create(1, pap(b"anna", b"one"))), (C, create(1, pap(b"anna", b"two"))), (S, response(1, 128))]
    assert [(e.secret, e.accepted) for e in events(converse(GtpControl, script), Login)] == [
        (Secret("one"), None), (Secret("two"), True),
    ]  # fmt: skip
