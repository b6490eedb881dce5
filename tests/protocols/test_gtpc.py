"""GTP control messages by TS 29.060 and TS 29.274 with PAP and CHAP in their options: answers, losses, look-alikes."""

from __future__ import annotations

import pytest

from sensor.events import Login, Span
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.gtpc import PENDING_LIMIT, PROTOCOL, GtpControl, recognise
from tests.conversation import C, Run, S, converse, events
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


@pytest.mark.parametrize(
    ("kind", "length"),
    [(1, 1), (2, 8), (3, 6), (4, 4), (5, 4), (8, 1), (9, 28), (11, 1), (12, 3), (13, 1), (14, 1), (15, 1), (16, 4),
     (17, 4), (18, 5), (19, 1), (20, 1), (21, 1), (22, 9), (23, 1), (24, 1), (25, 2), (26, 2), (27, 2), (28, 2),
     (29, 1), (127, 4)],
)  # fmt: skip
def test_elements_of_version_1_without_a_length(kind: int, length: int) -> None:
    """TS 29.060, table 37: those below 128 have one length each; the login behind them is found."""
    sent = element(1, 132, b"\x80" + pap(b"anna", b"hunter2"))
    found = events(
        converse(GtpControl, [(C, message(1, 16, bytes([kind]) + bytes(length) + sent))], damage=False), Login
    )
    assert [login.username for login in found] == ["anna"]


@pytest.mark.parametrize("kind", [6, 7, 10, 30, 117, 126])
def test_an_unknown_element_without_a_length_ends_the_reading(kind: int) -> None:
    sent = element(1, 132, b"\x80" + pap(b"anna", b"hunter2"))
    assert events(converse(GtpControl, [(C, message(1, 16, bytes([kind]) + sent))], damage=False), Login) == []


@pytest.mark.parametrize(("version", "other"), [(1, 17), (1, 18), (1, 15), (2, 33), (2, 34), (2, 31)])
def test_only_the_message_that_makes_a_context_has_a_login(version: int, other: int) -> None:
    sent = element(version, 132 if version == 1 else 78, b"\x80" + pap(b"anna", b"hunter2"))
    assert events(converse(GtpControl, [(C, message(version, other, sent))], damage=False), Login) == []
    wrong = element(version, 131 if version == 1 else 77, b"\x80" + pap(b"anna", b"hunter2"))
    assert (
        events(converse(GtpControl, [(C, message(version, 16 if version == 1 else 32, wrong))], damage=False), Login)
        == []
    )


def test_the_shortest_packets_of_a_login() -> None:
    """Options of three bytes and more, packets of four: what is shorter is passed over, and the login behind it."""
    for before in (option(0xC023, b""), option(0xC223, b"\1\5\0"), option(0xC223, b"\4\5\0\4"), option(0x000D, b"")):
        found = events(converse(GtpControl, [(C, create(1, before + pap(b"anna", b"hunter2")))], damage=False), Login)
        assert [login.username for login in found] == ["anna"]


def test_a_response_to_a_challenge_that_was_not_seen() -> None:
    response = option(0xC223, packet(2, b"\x10" + VALUE + b"anna"))
    found = events(converse(GtpControl, [(C, create(1, response))], damage=False), Login)
    assert [login.secret for login in found] == [Secret(f"{VALUE.hex()}::05")]


@pytest.mark.parametrize("first", [0x30, 0x32, 0x31, 0x34, 0x36])
def test_flags_of_version_1(first: int) -> None:
    """TS 29.060, 6: number, N-PDU number and extension type are there together if one of three flags is set."""
    elements = element(1, 132, b"\x80" + pap(b"anna", b"hunter2"))
    optional = b"\0\7\0\0" if first & 7 else b""
    body = bytes(4) + optional + elements
    data = bytes([first, 16]) + (len(body) - 4).to_bytes(2, "big") + body
    assert [e.username for e in events(converse(GtpControl, [(C, data)], damage=False), Login)] == ["anna"]


@pytest.mark.parametrize("first", [0x40, 0x48])
def test_flags_of_version_2(first: int) -> None:
    """TS 29.274, 5.1: the tunnel's id is there if its flag is set."""
    elements = element(2, 78, b"\x80" + pap(b"anna", b"hunter2"))
    body = (bytes(4) if first & 8 else b"") + b"\0\0\7\0" + elements
    data = bytes([first, 32]) + len(body).to_bytes(2, "big") + body
    assert [e.username for e in events(converse(GtpControl, [(C, data)], damage=False), Login)] == ["anna"]


def test_other_versions_are_malformed_and_the_pending_ones_bounded() -> None:
    for first in (0x12, 0x72, 0x00):
        with pytest.raises(Malformed):
            Run(GtpControl()).feed(C, bytes([first]) + create(1, b"")[1:])
    run = Run(GtpControl())
    for number in range(PENDING_LIMIT + 1):
        run.feed(C, create(2, pap(b"u%d" % number, b"x"), number))
    assert [e.username for e in events(run.parsed, Login)] == ["u0"]
    assert len(events(run.close(), Login)) == PENDING_LIMIT + 1


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={2123}, transport=Transport.UDP)
