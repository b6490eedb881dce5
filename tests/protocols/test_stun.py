"""STUN and TURN messages made from RFC 8489, and the protocols beside them by RFC 7983."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Attribute, Enough, Upgrade
from sensor.model import Protection, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.stun import PATIENCE, PROTOCOLS, Stun, StunStream, Turn
from tests.conversation import C, Run, S, converse
from tests.protocols import openings


def message(kind: int, *attributes: tuple[int, bytes], cookie: bytes = b"\x21\x12\xa4\x42") -> bytes:
    """RFC 8489 §5 and §14: attributes are padded to four bytes, their length is not."""
    body = b"".join(struct.pack(">HH", name, len(value)) + value + bytes(-len(value) % 4) for name, value in attributes)
    return struct.pack(">HH", kind, len(body)) + cookie + bytes(range(12)) + body


ASK = message(0x0001, (0x0006, b"abcd:efgh"), (0x8022, b"Doorbell 1.2"))
ANSWER = message(0x0101, (0x0020, b"\0\x01" + bytes(6)), (0x8022, b"Relay 4\0"))


def test_the_software_of_both_ends_once() -> None:
    assert converse(Stun, [(C, ASK), (S, ANSWER), (C, ASK)]) == [
        Attribute(field="stun.software", value="Doorbell 1.2", side=C),
        Attribute(field="stun.software", value="Relay 4", side=S),
    ]


@pytest.mark.parametrize(
    ("data", "protocol"),
    [
        (b"\x16\xfe\xff" + bytes(40), "dtls"),
        (b"\x17\xfe\xfd" + bytes(40), "dtls"),
        (b"\x80\x60" + bytes(30), None),
        (b"hello there", None),
    ],
)
def test_a_protocol_beside_it_gets_its_first_datagram(data: bytes, protocol: str | None) -> None:
    run = Run(Stun(None))
    run.feed(C, ASK)
    run.feed(S, data)
    assert run.parsed[-1] == Upgrade(protocol)
    assert (run.parser.pending(S), run.parser.pending(C)) == (data, b"")


@pytest.mark.parametrize(
    "data", [b"\x40\x00\x00\x04data", message(0x0016, (0x0013, b"data")), message(0x0017, (0x0013, b"data"))]
)
def test_relayed_data_may_be_anything(data: bytes) -> None:
    run = Run(Stun(None))
    run.feed(C, data)
    assert run.parsed == [Upgrade("turn")]
    assert run.parser.pending(C) == data
    assert converse(Stun, [(S, b"")]) == []
    assert [(p.name, p.protection) for p in PROTOCOLS][-1] == ("turn", Protection.UNKNOWN)
    assert list(Turn(None).receive(C, data)) == [Enough()]


def test_over_tcp_messages_follow_one_another() -> None:
    output = converse(StunStream, [(C, ASK + ASK), (S, ANSWER), (C, b"\x40\x00\x00\x04data")])
    assert [item.value for item in output if isinstance(item, Attribute)] == ["Doorbell 1.2", "Relay 4"]
    assert output[-1] == Upgrade("turn")
    stream = PROTOCOLS[1].recognise
    assert stream is not None
    openings = {ASK: Match.SURE, ASK[:6]: Match.MORE, b"GET / HTTP/1.1\r\nHost: a.example": Match.NO, b"": Match.NO}
    assert {data: stream(Opening(data, b"", 50000, 50001, Transport.TCP)) for data in openings} == openings


def test_keep_alives_are_left_after_a_while() -> None:
    assert converse(Stun, [(C, message(0x0011))] * PATIENCE, damage=False) == [Enough()]


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (ASK, Match.SURE),
        (message(0x0001, cookie=b"abcd"), Match.WEAK),
        (message(0x0003, cookie=b"abcd"), Match.NO),
        (ASK + b"more", Match.NO),
        (ASK[:18], Match.NO),
        (b"", Match.NO),
    ],
)
def test_recognition(data: bytes, match: Match) -> None:
    assert PROTOCOLS[0].recognise is not None
    assert PROTOCOLS[0].recognise(Opening(data, b"", 50000, 50001, Transport.UDP)) is match


def test_headers_cut_anywhere_and_of_another_length() -> None:
    """RFC 8489 §5: two zero bits, a length of whole words, the cookie; twenty bytes."""
    datagrams, streams = (
        next(p for p in PROTOCOLS if transport in p.transports) for transport in (Transport.UDP, Transport.TCP)
    )
    assert datagrams.recognise is not None and streams.recognise is not None
    request = b"\0\1\0\x08\x21\x12\xa4\x42" + bytes(12) + b"\x80\x22\0\4abcd"
    openings.stream(streams.recognise, request, sure=20)
    openings.datagram(datagrams.recognise, request, away=Match.SURE, counts={0: 0x40, 3: 9})
    classic = b"\0\1\0\0" + bytes(range(16))
    openings.datagram(datagrams.recognise, classic, found=Match.WEAK, exact=False)
    assert streams.recognise(openings.of(classic)) is Match.NO
    for kind, match in (
        (0x0101, Match.WEAK),
        (0x0111, Match.WEAK),
        (0x0002, Match.WEAK),
        (0x0102, Match.WEAK),
        (0x0112, Match.WEAK),
        (0x0003, Match.NO),
    ):
        assert datagrams.recognise(openings.of(kind.to_bytes(2, "big") + classic[2:], udp=True)) is match


@pytest.mark.parametrize(
    ("first", "size", "match"),
    [
        (0x80, 21, Match.NO),
        (0xBF, 21, Match.NO),
        (0x80, 20, Match.SURE),
        (0x7F, 21, Match.SURE),
        (0xC0, 21, Match.SURE),
    ],
)
def test_media_beside_it(first: int, size: int, match: Match) -> None:
    """RFC 7983: RTP begins with 0x80 to 0xBF; a header of twelve bytes and a report of eight are no media."""
    recognise = PROTOCOLS[0].recognise
    assert recognise is not None
    media = bytes((first,)) + bytes(size - 1)
    opening = Opening(ASK, b"", 50000, 50001, Transport.UDP, datagrams=((C, ASK), (S, media)))
    assert recognise(opening) is match


def test_over_tcp_both_sides_have_to_fit() -> None:
    recognise = next(p for p in PROTOCOLS if Transport.TCP in p.transports).recognise
    assert recognise is not None
    for client, server, match in (
        (ASK, ANSWER, Match.SURE),
        (ASK, ANSWER[:7], Match.MORE),
        (ASK, b"HTTP/1.1 400", Match.NO),
        (b"GET / HTTP/1.1\r\n\r\n", ANSWER, Match.NO),
        (ASK, b"", Match.SURE),
    ):
        assert recognise(Opening(client, server, 50000, 50001, Transport.TCP)) is match
