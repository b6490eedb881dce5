"""PPPP: messages by the published notes on the protocol, with invented identifiers."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Enough
from sensor.model import Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.pppp import DATAGRAM_LIMIT, Pppp, identifier, recognise
from tests.conversation import C, S, converse
from tests.protocols import openings

NAME = b"ABCD\0\0\0\0" + (123456).to_bytes(4, "big") + b"EFGHJ\0\0\0"


def message(kind: int, content: bytes = b"") -> bytes:
    return bytes([0xF1, kind]) + len(content).to_bytes(2, "big") + content


HELLO, ALIVE, LOGIN, READY = (
    message(0),
    message(0xE0),
    message(0x10, NAME + b"\2\1\0\1" + bytes(16)),
    message(0x42, NAME),
)
ANSWER = message(0x01, bytes(16))


def opening(data: bytes) -> Opening:
    return Opening(data, b"", 40000, 32100, Transport.UDP)


def test_a_device_that_logs_in_says_its_identifier() -> None:
    parsed = converse(Pppp, [(C, HELLO), (S, ANSWER), (C, LOGIN), (C, ALIVE)])
    assert parsed == [Attribute(field="pppp.device_id", value="ABCD-123456-EFGHJ", side=C)]


def test_a_device_that_is_ready_answers_a_search() -> None:
    parsed = converse(Pppp, [(C, message(0x41, NAME)), (S, READY)])
    assert parsed == [Attribute(field="pppp.device_id", value="ABCD-123456-EFGHJ", side=S)]


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (LOGIN, Match.SURE),
        (READY, Match.SURE),
        (HELLO, Match.WEAK),
        (ALIVE, Match.WEAK),
        (b"", Match.MORE),
        (b"\xf1\x00", Match.NO),
        (b"\xf1\x00\x00\x01", Match.NO),  # a length that is not the datagram's
        (message(0x10, b"\xff" * 40), Match.NO),
        (message(0xD0, b"video"), Match.NO),
        (b"\xf2" + LOGIN[1:], Match.NO),
    ],
)
def test_recognition(data: bytes, match: Match) -> None:
    assert recognise(opening(data)) is match


def test_a_stream_is_left_after_its_first_messages() -> None:
    assert any(isinstance(one, Enough) for one in converse(Pppp, [(C, ALIVE)] * DATAGRAM_LIMIT))


@pytest.mark.parametrize(("kind", "shown"), [(0x10, True), (0x41, True), (0x42, True), (0x40, False), (0x43, False)])
def test_which_messages_hold_an_identifier(kind: int, shown: bool) -> None:
    assert (identifier(message(kind, NAME)) == "ABCD-123456-EFGHJ") is shown


@pytest.mark.parametrize(
    "name", [NAME[:-1], b"\0" * 8 + NAME[8:], NAME[:12] + bytes(8), b"AB-D" + NAME[4:], b"\xc4" + NAME[1:]]
)
def test_what_is_no_identifier(name: bytes) -> None:
    assert identifier(message(0x42, name)) is None


def test_of_either_end_and_of_the_length_that_it_says() -> None:
    identifier = b"ABCD\0\0\0\0" + (123).to_bytes(4, "big") + b"XYZ\0\0\0\0\0"
    for kind in (0x10, 0x41, 0x42):
        openings.datagram(recognise, bytes([0xF1, kind, 0, 20]) + identifier, away=Match.SURE, counts={0: 0xF2, 3: 19})
    for kind, size in ((0x00, 0), (0x01, 16), (0x30, 0), (0xE0, 0), (0xE1, 0)):
        openings.datagram(recognise, bytes([0xF1, kind, 0, size]) + bytes(size), found=Match.WEAK)
        other = size + 1
        assert recognise(openings.of(bytes([0xF1, kind, 0, other]) + bytes(other), udp=True)) is Match.NO
    assert recognise(openings.of(b"", udp=True)) is Match.MORE
