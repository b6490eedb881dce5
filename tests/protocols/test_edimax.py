"""Registration of an Edimax plug in each rotation, as captured, with invented numbers."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Content, Enough
from sensor.model import Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.edimax import DATAGRAM_LIMIT, PROTOCOL, Edimax, plain, recognise
from tests.conversation import C, Run, S, converse
from tests.protocols import openings

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


def test_a_head_cut_anywhere_is_none_and_each_rotation_has_its_own_first_byte() -> None:
    for bits in range(8):
        data = turned(XML, bits)
        assert plain(data) == XML
        for size in range(1, 7):
            assert plain(data[:size]) is None
            assert recognise(Opening(data[:size], b"", 4000, 8765, Transport.UDP)) is Match.NO
        assert plain(data[:7]) == b"<param>"
        for place in range(7):
            changed = bytearray(data)
            changed[place] ^= 0x10
            assert plain(bytes(changed)) is None, (bits, place)
    for first in (0x3B, 0x44):
        assert plain(bytes([first]) + XML[1:]) is None
    assert recognise(Opening(b"", turned(XML, 2), 4000, 9999, Transport.UDP)) is Match.SURE
    assert recognise(Opening(b"", b"", 4000, 8765, Transport.UDP)) is Match.MORE


def test_what_is_no_message_and_how_many_are_read() -> None:
    for length, malformed in ((0, False), (4, False), (5, True)):
        run = Run(Edimax())
        if malformed:
            with pytest.raises(Malformed):
                run.feed(C, b"\x22" * length)
        else:
            run.feed(C, b"\x22" * length)
            assert run.close() == []
    run = Run(Edimax())
    for _ in range(DATAGRAM_LIMIT - 1):
        run.feed(S, turned(b"<param></param>", 1))
    assert not any(isinstance(item, Enough) for item in run.parsed)
    assert {item.side for item in run.parsed if isinstance(item, Content)} == {S}
    assert [
        item.field
        for item in converse(
            Edimax, [(C, turned(b'<param><id value="1" /><code value="x" /></param>', 4))], damage=False
        )
        if isinstance(item, Attribute)
    ] == []


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={8765, 20560}, transport=Transport.UDP)
