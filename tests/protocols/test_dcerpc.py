"""DCE/RPC: conversations made from C706 and MS-RPCE."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Access, Inner, Login, Skip
from sensor.model import Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.dcerpc import PROTOCOL, Dcerpc
from tests.conversation import C, Run, S, Script, converse
from tests.protocols import openings
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


@pytest.mark.parametrize(
    ("status", "accepted"),
    [(0x00000005, False), (0x1C010009, False), (0xC0000022, False), (0x1C00000B, False), (0x000006D3, False),
     (0x00000721, False), (0x00000006, None), (0x1C010003, None), (0x000006F7, None), (0, None)],
)  # fmt: skip
def test_faults_that_refuse(status: int, accepted: bool | None) -> None:
    """C706 appendix N, MS-RPCE 2.2.2.11, Windows error codes: 5 denied, 1747 and 1825 of security."""
    assert outcomes([*LOGIN, (C, REQUEST), (S, fault(status))]) == [(accepted, f"fault 0x{status:08x}")]


def test_only_the_answer_to_the_first_call_decides() -> None:
    other, late = make.call(0, bytes(8), number=3), make.call(2, bytes(8), number=3)
    assert outcomes([*LOGIN, (C, REQUEST), (C, other), (S, late)]) == [(None, None)]
    assert outcomes([*LOGIN, (C, REQUEST), (C, other), (S, late), (S, RESPONSE)]) == [
        (True, "response to the first call")
    ]
    assert outcomes([(C, REQUEST), *LOGIN, (S, RESPONSE)]) == [(None, None)], "a call before the login"
    again = [*LOGIN, (C, REQUEST), (S, fault(5)), *LOGIN, (C, other), (S, late)]
    assert outcomes(again) == [(False, "fault 0x00000005"), (True, "response to the first call")]


def test_a_short_fault_says_nothing() -> None:
    for length, decided in ((11, False), (12, True)):
        data = make.call(3, bytes(8) + struct.pack("<I", 5)[: length - 8], number=2)
        assert outcomes([*LOGIN, (C, REQUEST), (S, data)]) == (
            [(False, "fault 0x00000005")] if decided else [(None, None)]
        )


@pytest.mark.parametrize("order", ["<", ">"])
def test_faults_in_both_byte_orders(order: str) -> None:
    refused = make.call(3, struct.pack(order + "IHBBI", 0, 0, 0, 0, 5), number=2, order=order)
    assert outcomes([*LOGIN, (C, REQUEST), (S, refused)]) == [(False, "fault 0x00000005")]


def test_fragments_fit_their_size() -> None:
    """C706 12.6.3.1: version 5, a known kind, 16 bytes of header, and 8 before a token."""

    def head(version: int, kind: int, size: int, token: int) -> bytes:
        return bytes([version, 0, kind, 3]) + b"\x10\0\0\0" + struct.pack("<HHI", size, token, 1)

    for data, whole in (
        (head(5, 11, 16, 0), True), (head(5, 11, 15, 0), False), (head(4, 11, 16, 0), False),
        (head(5, 1, 16, 0), False),
        (head(5, 11, 16 + 8 + 3, 4), False), (head(5, 11, 16 + 8 + 4, 4) + bytes(12), True),
    ):  # fmt: skip
        run = Run(Dcerpc(None))
        if whole:
            run.feed(C, data)
            assert run.parsed == []
        else:
            with pytest.raises(Malformed):
                run.feed(C, data)


def test_openings_cut_anywhere_and_byte_by_byte() -> None:
    assert PROTOCOL.recognise is not None
    for kind in (11, 12, 14, 15, 16):
        openings.stream(PROTOCOL.recognise, make.call(kind, bytes(20)), sure=16)
    for kind in (0, 2, 3, 13, 17, 18, 19):
        openings.stream(PROTOCOL.recognise, make.call(kind, bytes(20)), sure=16, found=Match.WEAK)
    openings.values(
        PROTOCOL.recognise, make.call(11, bytes(20)),
        {0: ((5,), (4, 6)), 1: ((0, 1), (2, 0xFF)), 2: ((11, 16), (1, 4, 10, 20)), 3: ((0, 3, 0xF7), (8, 0x0B)),
         4: ((0x10,), (0x01, 0x11, 0x20)), 5: ((0, 1, 2, 3), (4, 0xFF)), 6: ((0,), (1,)), 7: ((0,), (1,)),
         8: ((36, 16, 255), (15, 0)), 10: ((0, 20), (21,))},
    )  # fmt: skip
    for size, match in ((8191, Match.SURE), (8192, Match.WEAK)):
        data = make.call(11, bytes(20))
        assert PROTOCOL.recognise(openings.of(data[:8] + struct.pack("<H", size) + data[10:])) is match
    bind = make.call(11, bytes(20))
    assert PROTOCOL.recognise(openings.of(bind, answer=b"HTTP/1.1")) is Match.NO
    assert PROTOCOL.recognise(openings.of(make.call(0, b""), answer=make.call(12, b""))) is Match.SURE


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={135, 593})
