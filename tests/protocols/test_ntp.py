"""NTP packets by RFC 5905 7.3 and control answers by RFC 9327."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Attribute, Enough
from sensor.model import Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.ntp import ENOUGH_AFTER, Ntp, recognise, varying
from tests.conversation import C, Run, S, converse
from tests.protocols import openings


def packet(version: int, mode: int, stratum: int = 0, reference: bytes = bytes(4)) -> bytes:
    return (
        bytes([version << 3 | mode, stratum, 6, 0xEC])
        + bytes(8)
        + reference
        + bytes(24)
        + struct.pack("!Q", 0xEB00000080000000)
    )


def test_a_server_gives_its_stratum_and_reference() -> None:
    assert converse(Ntp, [(C, packet(4, 3)), (S, packet(4, 4, 2, bytes([192, 0, 2, 1])))]) == [
        Attribute(field="ntp.server", value="stratum 2, 192.0.2.1", side=S)
    ]
    assert converse(Ntp, [(S, packet(1, 5, 1, b"GPS\0"))]) == [
        Attribute(field="ntp.server", value="stratum 1, GPS", side=S)
    ]


def test_a_kiss_of_death_and_a_lost_clock_serve_no_time() -> None:
    assert converse(Ntp, [(S, packet(4, 4, 0, b"RATE")), (S, packet(4, 4, 16))]) == []


def test_polls_without_end_are_enough() -> None:
    assert converse(Ntp, [(C, packet(3, 3))] * (ENOUGH_AFTER + 5)) == [Enough()]


def test_control_answers_name_the_program() -> None:
    control = (
        struct.pack("!BBHHHHH", 0x16, 0x82, 1, 0x0618, 0, 0, 60)
        + b'version="ntpd 4.2.6p5@1.2349", processor="armv7l", system="Linux/3.10"'
    )
    assert converse(Ntp, [(S, control)]) == [
        Attribute(field="ntp.version", value="ntpd 4.2.6p5@1.2349", side=S),
        Attribute(field="ntp.processor", value="armv7l", side=S),
        Attribute(field="ntp.system", value="Linux/3.10", side=S),
    ]


def test_recognised() -> None:
    def of(data: bytes, port: int = 123) -> Match:
        return recognise(Opening(data, b"", 40000, port, Transport.UDP))

    assert of(packet(4, 3)) is Match.SURE
    assert of(packet(4, 3), 1230) is Match.WEAK
    assert of(packet(5, 3)) is Match.NO
    assert of(packet(4, 3)[:40]) is Match.NO
    assert of(b"\x16\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00") is Match.WEAK


def test_of_either_end_at_home_and_away() -> None:
    """RFC 5905 §7.3: 48 bytes and extensions of whole words, versions 1 to 4, a stratum up to 16."""
    request = b"\x23\0\6\xec" + bytes(44)
    openings.datagram(recognise, request, port=123, away=Match.WEAK, counts={0: 0x03, 1: 17})
    openings.datagram(recognise, b"\x24\1" + bytes(46), port=123, away=Match.WEAK)
    openings.datagram(recognise, request + bytes(20), port=123, away=Match.NO)  # with a MAC
    openings.datagram(recognise, b"\x25\1" + bytes(46), port=123, away=Match.NO)  # broadcast
    for first, match in ((0x2B, Match.NO), (0x0B, Match.SURE), (0x20, Match.NO), (0x21, Match.SURE)):
        assert recognise(openings.of(bytes([first]) + request[1:], 123, udp=True)) is match
    assert recognise(openings.of(b"\x23\x10" + request[2:], 123, udp=True)) is Match.SURE  # not synchronised
    for mode in (6, 7):
        openings.datagram(
            recognise, bytes([0x10 | mode]) + bytes(7), port=123, found=Match.WEAK, away=Match.NO, exact=False
        )
        assert recognise(openings.of(bytes([0x10 | mode]) + bytes(6), 123, udp=True)) is Match.NO


@pytest.mark.parametrize("first", [0x20, 0x00, 0x2B, 0x3B])
def test_no_version_or_no_mode_is_no_packet(first: int) -> None:
    """RFC 5905 §7.3: mode 0 is reserved; versions are 1 to 4."""
    with pytest.raises(Malformed):
        Run(Ntp(None)).feed(C, bytes([first]) + bytes(47))


@pytest.mark.parametrize(
    "first, size, varies", [(0x23, 48, True), (0x24, 48, True), (0x25, 48, False), (0x24, 68, False)]
)
def test_what_varies_without_being_news(first: int, size: int, varies: bool) -> None:
    """RFC 5905 7.3: leap and version and mode, stratum, then the reference behind 12 bytes."""
    stretches = varying(bytes([first]) + bytes(size - 1))
    assert (stretches is not None) == varies
    if stretches is not None:
        same = {at for at in range(size) if not any(start <= at < stop for start, stop in stretches)}
        assert same == {0, 1, 12, 13, 14, 15}
