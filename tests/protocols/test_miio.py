"""Greetings and commands by the description of the mihome binary protocol."""

from __future__ import annotations

import struct

from sensor.events import Attribute, Enough, Login
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.miio import DATAGRAM_LIMIT, Miio, recognise
from tests.conversation import C, S, converse
from tests.protocols import openings

HELLO = bytes.fromhex("21310020") + b"\xff" * 28
TOKEN = bytes(range(0x10, 0x20))


def answer(token: bytes) -> bytes:
    return struct.pack("!HHIII", 0x2131, 32, 0, 0x02A1B2C3, 4711) + token


def command(size: int) -> bytes:
    return struct.pack("!HHIII", 0x2131, 32 + size, 0, 0x02A1B2C3, 4712) + bytes(16) + b"\x5a" * size


NUMBER = Attribute(field="miio.device_id", value="02a1b2c3", side=S)


def test_a_device_before_set_up_hands_its_token_out() -> None:
    parsed = converse(Miio, [(C, HELLO), (S, answer(TOKEN))])
    assert parsed[0] == NUMBER
    (login,) = parsed[1:]
    assert isinstance(login, Login)
    assert (login.mechanism, login.username, login.verifier, login.clear) == ("token", None, S, True)
    assert login.secret == Secret("101112131415161718191a1b1c1d1e1f")


def test_one_that_was_set_up_hides_it() -> None:
    for hidden in (bytes(16), b"\xff" * 16):
        assert converse(Miio, [(C, HELLO), (S, answer(hidden)), (C, command(48)), (S, answer(hidden))]) == [NUMBER]


def test_commands_are_soon_enough() -> None:
    assert converse(Miio, [(C, command(32))] * (DATAGRAM_LIMIT + 2), damage=False) == [Enough()]


def test_recognised() -> None:
    assert recognise(Opening(HELLO, b"", 40000, 54322, Transport.UDP)) is Match.SURE
    assert recognise(Opening(HELLO + b"x", b"", 40000, 54321, Transport.UDP)) is Match.NO


def test_a_length_that_is_the_datagrams() -> None:
    greeting = b"\x21\x31\0\x20" + b"\xff" * 28
    openings.datagram(recognise, greeting, away=Match.SURE, counts={0: 0x22, 1: 0x30})
    assert recognise(openings.of(b"\x21\x31\0\x1f" + bytes(27), udp=True)) is Match.NO
    assert recognise(openings.of(b"", udp=True)) is Match.MORE
