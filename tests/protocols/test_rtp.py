"""RTP by RFC 3550: announced and unannounced streams, SRTP told apart, RTCP that names people."""

from __future__ import annotations

import math
import random
import struct

import pytest

from sensor.events import Attribute, Enough, Transfer, Upgrade
from sensor.model import Protection, Side, Transport
from sensor.parsing.formats.rtp import packet
from sensor.parsing.formats.sdp import Media
from sensor.parsing.parser import Match, Opening
from sensor.protocols.rtp import PATIENCE, PROTOCOLS, Rtcp, Rtp, recognise
from tests.conversation import C, Run, S, converse, events

RANDOM = random.Random(7)


def rtp(number: int, payload: bytes, *, kind: int = 0, source: int = 0x1234ABCD, first: int = 0x80) -> bytes:
    return struct.pack(">BBHII", first, kind, number & 0xFFFF, 160 * number, source) + payload


def tone(number: int) -> bytes:
    """20 ms of a 400 Hz tone in G.711 µ-law, companded as ITU-T G.711 says, roughly: sign, exponent, mantissa."""
    out = bytearray()
    for index in range(160):
        value = int(6000 * math.sin(2 * math.pi * 400 * (160 * number + index) / 8000))
        magnitude = min(abs(value) + 132, 32767)
        exponent = max(0, magnitude.bit_length() - 8)
        out.append(~((0x80 if value < 0 else 0) | exponent << 4 | (magnitude >> (exponent + 3)) & 15) & 0xFF)
    return bytes(out)


def opening(*datagrams: tuple[Side, bytes]) -> Opening:
    newest = dict(datagrams)
    return Opening(newest.get(C, b""), newest.get(S, b""), 30000, 30002, Transport.UDP, datagrams)


def test_a_call_is_reported_once_a_side_and_left() -> None:
    script = [(side, rtp(n, tone(n), source=9 + side)) for n in range(4) for side in (C, S)]
    output = converse(Rtp, script)
    assert [(t.side, t.media_type, t.size) for t in events(output, Transfer)] == [
        (C, "audio/PCMU", 480),
        (S, "audio/PCMU", 480),
    ]
    assert isinstance(output[-1], Enough)


def test_a_stream_of_one_side_with_a_name_from_its_announcement() -> None:
    run = Run(Rtp(Media(((96, "video/H264"),), "video")))
    for number in range(PATIENCE + 5):
        run.feed(S, rtp(number, b"\x7c\x85" + bytes(100), kind=96))
    assert [(t.side, t.media_type, t.application) for t in events(run.parsed, Transfer)] == [(S, "video/H264", "rtp")]
    assert isinstance(run.parsed[-1], Enough)


@pytest.mark.parametrize("first", [b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12), b"\x16\xfe\xfd" + bytes(20)])
def test_an_announced_port_that_carries_something_else(first: bytes) -> None:
    assert converse(Rtp, [(C, first)]) == [Upgrade(None)]


def test_headers_with_sources_extension_and_padding() -> None:
    extended = (
        struct.pack(">BBHII", 0xB2, 0x80 | 8, 1, 2, 3)
        + bytes(8)
        + b"\xbe\xde\x00\x01"
        + bytes(4)
        + b"voice"
        + b"\0\0\3"
    )
    found = packet(extended)
    assert found is not None
    assert (found.payload_type, found.payload) == (8, b"voice")
    assert packet(extended[:14]) is None
    assert packet(b"\x80\xc8" + bytes(10)) is None
    assert packet(b"\xb0\x00" + bytes(10) + b"\xbe\xde\xff\xff") is None


def test_what_is_recognised() -> None:
    call = [(side, rtp(n, tone(n), source=9 + side)) for n in range(3) for side in (C, S)]
    assert recognise(opening(*call)) is Match.SURE
    assert recognise(opening(*call[:2])) is Match.MORE
    film = [(S, rtp(n, b"\x7c\x05" + RANDOM.randbytes(900), kind=96)) for n in range(5)]
    assert recognise(opening(*film)) is Match.SURE


@pytest.mark.parametrize(
    "datagrams",
    [
        [rtp(n, RANDOM.randbytes(160)) for n in range(6)],
        [rtp(n, RANDOM.randbytes(30), kind=111) for n in range(6)],
        [rtp(n, tone(n), source=n + 1) for n in range(6)],
        [rtp(n * 500, tone(n)) for n in range(6)],
        [rtp(1, tone(1)) for _ in range(6)],
        [rtp(n, tone(n), kind=50) for n in range(6)],
        [rtp(n, tone(n), source=0) for n in range(6)],
        [b"\x80\x60" + bytes(3)] * 6,
        [RANDOM.randbytes(200) for _ in range(6)],
    ],
    ids=[
        "srtp",
        "srtp of a few bytes",
        "many sources",
        "jumps",
        "repeats",
        "unassigned",
        "no source",
        "short",
        "random",
    ],
)
def test_what_is_not(datagrams: list[bytes]) -> None:
    assert recognise(opening(*((S, data) for data in datagrams))) is Match.NO


def test_source_descriptions_name_people() -> None:
    items = b"\x01\x12anna@host.example." + b"\x02\x04Anna" + b"\x06\x05Phone" + b"\0\0"
    described = struct.pack(">BBHI", 0x81, 202, (4 + len(items) + 3) // 4, 7) + items + b"\0" * (-len(items) % 4)
    report = struct.pack(">BBHI", 0x80, 201, 1, 7)
    output = converse(Rtcp, [(C, report + described)])
    assert [(a.field, a.value) for a in events(output, Attribute)] == [
        ("rtcp.cname", "anna@host.example."),
        ("rtcp.name", "Anna"),
        ("rtcp.tool", "Phone"),
    ]


def test_names_drawn_at_random_say_nothing() -> None:
    items = b"\x01\x10aB3dE5fG7hI9jK1l" + b"\0\0"
    described = struct.pack(">BBHI", 0x81, 202, 6, 7) + items
    assert converse(Rtcp, [(C, described)], damage=False) == []


def test_protections() -> None:
    assert {p.name: p.protection for p in PROTOCOLS} == {
        "rtp": Protection.CLEARTEXT,
        "srtp": Protection.ENCRYPTED,
        "rtcp": Protection.CLEARTEXT,
    }


@pytest.mark.parametrize(
    ("kind", "known"), [(0, True), (34, True), (35, False), (71, False), (95, False), (96, True), (127, True)]
)
def test_payload_types(kind: int, known: bool) -> None:
    """RFC 3551 6: 0 to 34 are assigned, 96 to 127 dynamic."""
    call = [(S, rtp(n, tone(n), kind=kind)) for n in range(6)]
    assert recognise(opening(*call)) is (Match.SURE if known else Match.NO)


@pytest.mark.parametrize(("step", "fits"), [(0, False), (1, True), (31, True), (32, False), (-1, False)])
def test_steps_of_the_sequence(step: int, fits: bool) -> None:
    """Numbers of sixteen bits go up, and go round; a few packets may be lost."""
    for first in (5000, 0xFFFF - 2):
        call = []
        for n in range(6):
            data = bytearray(rtp(0, tone(n)))
            data[2:8] = struct.pack(">HI", (first + n * step) & 0xFFFF, 160 * n)
            call.append((S, bytes(data)))
        assert recognise(opening(*call)) is (Match.SURE if fits else Match.NO)


@pytest.mark.parametrize(("step", "fits"), [(0, True), ((1 << 24) - 1, True), (1 << 24, False), (-1, False)])
def test_steps_of_the_time(step: int, fits: bool) -> None:
    call = []
    for n in range(6):
        data = bytearray(rtp(n, tone(n)))
        data[4:8] = struct.pack(">I", (0xFFFFFF00 + n * step) & 0xFFFFFFFF)
        call.append((S, bytes(data)))
    assert recognise(opening(*call)) is (Match.SURE if fits else Match.NO)


def test_strangers_among_the_packets() -> None:
    """One datagram of another kind may stand among them, two not; STUN does not count (RFC 7983)."""
    call = [(S, rtp(n, tone(n))) for n in range(6)]
    stun = (C, b"\0\1\0\0\x21\x12\xa4\x42" + bytes(12))
    other = (C, b"hello there, this is text")
    assert recognise(opening(*call, stun, stun, stun)) is Match.SURE
    assert recognise(opening(*call, other)) is Match.SURE
    assert recognise(opening(*call, other, other)) is Match.NO
    assert recognise(opening(*call, (C, rtp(1, b"", source=5)), (C, rtp(2, b"", source=5)))) is Match.NO


@pytest.mark.parametrize("item", range(10))
def test_items_of_a_source_description(item: int) -> None:
    """RFC 3550 6.5: one to seven; eight is private."""
    fields = ["", "cname", "name", "email", "phone", "location", "tool", "note", "", ""]
    items = bytes((item, 5)) + b"abcde" + b"\2\4Anna\0\0"
    described = struct.pack(">BBHI", 0x81, 202, (4 + len(items) + 3) // 4, 7) + items + b"\0" * (-len(items) % 4)
    found = [
        a.field for a in events(converse(Rtcp, [(C, described)], damage=False), Attribute) if isinstance(a, Attribute)
    ]
    own = [f"rtcp.{fields[item]}"] if fields[item] else []
    assert found == ([*own, "rtcp.name"] if item and item != 2 else ["rtcp.name"] * 2 if item else [])


def test_what_is_no_compound() -> None:
    items = b"\2\4Anna\0\0"
    described = struct.pack(">BBHI", 0x81, 202, 3, 7) + items
    assert len(converse(Rtcp, [(C, described)], damage=False)) == 1
    for bad in (
        b"\x41" + described[1:],
        described[:1] + b"\xc9" + described[2:],
        described[:3] + b"\4" + described[4:],
    ):
        assert converse(Rtcp, [(C, bad)], damage=False) == []
