"""DCE/RPC: conversations made from C706 and MS-RPCE."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Access, Inner, Login, Skip
from sensor.model import Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.dcerpc import PROTOCOL, Dcerpc
from tests.conversation import C, S, Script, converse
from tests.protocols import smb_bytes as make

BIND, ACK, AUTH3 = (
    make.call(11, bytes(56), make.BEGIN),
    make.call(12, bytes(44), make.CHALLENGE),
    make.call(16, bytes(4), make.ANSWER),
)
REQUEST, RESPONSE = make.call(0, bytes(80), number=2), make.call(2, bytes(40), number=2)


def fault(status: int) -> bytes:
    """C706 12.6.4.7: hint, context, cancels, reserved, status."""
    return make.call(3, struct.pack("<IHBBII", 0, 0, 0, 0, status, 0), number=2)


def outcomes(script: Script) -> list[tuple[bool | None, str | None]]:
    run = make.Inside(Dcerpc(None))
    for side, data in script:
        run.feed(side, data)
    return [(item.accepted, item.basis) for item in run.events_of(Login) if isinstance(item, Login)]


LOGIN: Script = [(C, BIND), (S, ACK), (C, AUTH3)]


@pytest.mark.parametrize(
    ("script", "accepted", "basis"),
    [
        ([(C, REQUEST), (S, RESPONSE)], True, "response to the first call"),
        ([(C, REQUEST), (S, fault(5))], False, "fault 0x00000005"),
        ([(C, REQUEST), (S, fault(0x1C010003))], None, "fault 0x1c010003"),
        ([(S, make.call(13, bytes(4)))], False, "bind_nak"),
        ([(C, REQUEST)], None, None),
        ([(S, RESPONSE)], None, None),
    ],
)
def test_the_answer_to_the_first_call_is_the_logins(script: Script, accepted: bool | None, basis: str | None) -> None:
    assert outcomes([*LOGIN, *script]) == [(accepted, basis)]


def test_the_tokens_go_inside_and_the_calls_are_passed_over() -> None:
    parsed = converse(Dcerpc, [*LOGIN, (C, REQUEST), (S, RESPONSE)])
    assert [(item.side, item.data) for item in parsed if isinstance(item, Inner)] == [
        (C, make.BEGIN),
        (S, make.CHALLENGE),
        (C, make.ANSWER),
    ]
    assert {item.channel for item in parsed if isinstance(item, Inner)} == {79231}
    assert all(isinstance(item, Inner | Skip) for item in parsed)


def test_big_endian_fragments() -> None:
    parsed = converse(Dcerpc, [(C, make.call(11, bytes(56), make.BEGIN, order=">"))])
    assert parsed == [Inner(make.BEGIN, "ntlmssp", C, 79231)]


def test_an_answer_in_an_alter_context_and_a_token_within_spnego() -> None:
    alter = make.call(14, bytes(56), b"\xa1\x30" + make.ANSWER)
    assert outcomes([(C, BIND), (S, ACK), (C, alter), (S, make.call(15, bytes(44))), (C, REQUEST), (S, RESPONSE)]) == [
        (True, "response to the first call")
    ]


def test_unanswered() -> None:
    run = make.Inside(Dcerpc(None), Access(resource="", action="anonymous", granted=None))
    for side, data in [*LOGIN, (C, REQUEST), (S, RESPONSE)]:
        run.feed(side, data)
    assert [(item.resource, item.granted) for item in run.events_of(Access) if isinstance(item, Access)] == [
        ("dcerpc", True)
    ]


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (BIND, Match.SURE),
        (REQUEST, Match.WEAK),
        (BIND[:10], Match.MORE),
        (b"\x05\x01\x00", Match.MORE),
        (b"\x05\x02\x00\x02", Match.NO),
        (b"\x05\x00\x0b\x03\x77" + bytes(20), Match.NO),
        (b"hello", Match.NO),
        (b"", Match.NO),
    ],
)
def test_recognition(data: bytes, match: Match) -> None:
    assert PROTOCOL.recognise is not None
    assert PROTOCOL.recognise(Opening(data, b"", 50000, 49155, Transport.TCP)) is match


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"\x05", Match.MORE), (b"\x05\0", Match.MORE), (b"\x05\1", Match.MORE), (b"\x05\2", Match.NO),
        (b"\x05\0\x0b", Match.MORE), (b"\x05\0\x01", Match.NO), (b"\x04", Match.NO), (b"\x05\0\x0b\3\x10", Match.MORE),
    ],
)  # fmt: skip
def test_the_first_bytes_of_a_fragment(data: bytes, match: Match) -> None:
    assert PROTOCOL.recognise is not None
    assert PROTOCOL.recognise(Opening(data, b"", 50000, 49155, Transport.TCP)) is match
