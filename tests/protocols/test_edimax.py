"""Registration of an Edimax plug in each rotation, as captured, with invented numbers."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Content, Enough
from sensor.model import Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.edimax import DATAGRAM_LIMIT, Edimax, plain, recognise
from tests.conversation import C, converse

XML = (
    b'<param>\n<code value="1010" />\n<model value="SP-1101W" />\n<id value="0200005E0053" />\n'
    b'<type value="SmartPlug" />\n<alias value="Plug5e0053" />\n<devfwver value="1.09#010001" />\n'
    b'<productid value="EDIMAX#SP-1101W#1.0#1.09" />\n</param>'
)


def turned(data: bytes, bits: int) -> bytes:
    rotated = bytes(int(f"{byte:08b}"[8 - bits :] + f"{byte:08b}"[: 8 - bits], 2) for byte in data[1:])
    return bytes([data[0] + bits]) + rotated


@pytest.mark.parametrize("bits", range(8))
def test_every_rotation_is_read(bits: int) -> None:
    parsed = converse(Edimax, [(C, turned(XML, bits)), (C, b"\x22\x16\x45\x80")])
    assert parsed == [
        Attribute(field="edimax.model", value="SP-1101W", side=C),
        Attribute(field="edimax.type", value="SmartPlug", side=C),
        Attribute(field="edimax.alias", value="Plug5e0053", side=C),
        Attribute(field="edimax.firmware", value="1.09#010001", side=C),
        Attribute(field="edimax.product", value="EDIMAX#SP-1101W#1.0#1.09", side=C),
        Content(side=C, name="payload", data=XML),
    ]


def test_rotation_by_one_is_the_one_seen_on_the_wire() -> None:
    # "<param>" as the first seven bytes of a datagram of the 2101W (IoT SENTINEL, EdimaxPlug2101W)
    assert turned(b"<param>", 1) == bytes.fromhex("3d38b039b0b61f")


def test_others_are_left_alone() -> None:
    for data in (b"<xml version='1.0'>", b"=param>", b"M-SEARCH * HTTP/1.1\r\n", bytes(7), b"<para"):
        assert plain(data) is None
        assert recognise(Opening(data, b"", 4000, 8765, Transport.UDP)) is Match.NO
    assert recognise(Opening(turned(XML, 3), b"", 4000, 9999, Transport.UDP)) is Match.SURE


def test_repeats_end_it() -> None:
    assert (
        converse(Edimax, [(C, turned(b'<param><code value="3000" /></param>', 2))] * DATAGRAM_LIMIT, damage=False)[-1]
        == Enough()
    )
