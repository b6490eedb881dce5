"""WireGuard: datagrams by the lengths that its paper gives (§5.4.2 to §5.4.7)."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Enough
from sensor.model import Protection, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.wireguard import PROTOCOL, Wireguard
from tests.conversation import C, S, converse
from tests.protocols import openings

INITIATION = b"\x01\0\0\0" + bytes(range(144))
RESPONSE = b"\x02\0\0\0" + bytes(range(88))
COOKIE = b"\x03\0\0\0" + bytes(range(60))


def data(counter: int, size: int) -> bytes:
    return b"\x04\0\0\0" + b"recv" + struct.pack("<Q", counter) + bytes(range(16, 32)) * (size // 16 + 1)


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (INITIATION, b"", Match.SURE),
        (INITIATION, RESPONSE, Match.SURE),
        (INITIATION, COOKIE, Match.SURE),
        (INITIATION, b"\x00\x01", Match.NO),
        (INITIATION[:-1], b"", Match.NO),
        (data(0, 0), b"", Match.WEAK),
        (data(70_000, 1280), data(3, 64), Match.WEAK),
        (data(0, 0) + b"x", b"", Match.NO),
        # a DNS question with the number 0x0400
        (
            b"\x04\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x04test\x00\x00\x01\x00\x01xxxxxx",
            b"",
            Match.NO,
        ),
        (b"\x04", b"", Match.NO),
        (b"", b"", Match.NO),
    ],
)
def test_recognition(client: bytes, server: bytes, match: Match) -> None:
    assert PROTOCOL.recognise is not None
    assert PROTOCOL.recognise(Opening(client, server, 40000, 40001, Transport.UDP)) is match


def test_nothing_more_is_wanted_of_it() -> None:
    assert converse(Wireguard, [(C, INITIATION), (S, RESPONSE)]) == [Enough()]
    assert PROTOCOL.protection is Protection.ENCRYPTED


@pytest.mark.parametrize("message", [INITIATION, RESPONSE, COOKIE])
def test_a_message_has_its_one_length(message: bytes) -> None:
    """The paper, §5.4.2, §5.4.3 and §5.4.7: 148, 92 and 64 bytes; three reserved bytes are zero."""
    assert PROTOCOL.recognise is not None
    openings.datagram(PROTOCOL.recognise, message, away=Match.SURE, counts={0: 5, 1: 1, 2: 1, 3: 1})


def test_data_are_whole_blocks_behind_a_small_counter() -> None:
    """§5.4.6: four fields of 4, 4 and 8 bytes, padded to 16, and a tag of 16."""
    assert PROTOCOL.recognise is not None
    for size in (0, 16, 1280):
        openings.datagram(
            PROTOCOL.recognise,
            data(1, size),
            found=Match.WEAK,
            counts={0: 5, 1: 1, 2: 1, 3: 1, 13: 1, 14: 1, 15: 1},
        )
    assert PROTOCOL.recognise(openings.of(data(1, 0)[:16], udp=True)) is Match.NO  # a header alone has no tag
