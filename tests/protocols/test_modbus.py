"""Modbus/TCP frames by the messaging guide, clause 3.1, and the application protocol's 6."""

from __future__ import annotations

import pytest

from sensor.events import Access, Attribute, Span
from sensor.model import Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.modbus import REPORTED_LIMIT, Modbus, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols import openings


def frame(transaction: int, body: bytes, unit: int = 1) -> bytes:
    return transaction.to_bytes(2, "big") + b"\0\0" + (len(body) + 1).to_bytes(2, "big") + bytes([unit]) + body


READ, REGISTERS = frame(1, b"\3\0\0\0\2"), frame(1, b"\3\4\0\1\0\2")
WRITE = frame(2, b"\6\0\1\0\xff")


def test_reads_and_writes_once_each() -> None:
    parsed = converse(
        Modbus,
        [(C, READ), (S, REGISTERS), (C, WRITE), (S, WRITE), (C, frame(3, b"\6\0\1\0\0")), (S, frame(3, b"\6\0\1\0\0"))],
    )
    assert parsed == [
        Access(
            resource="unit 1",
            action="read holding registers",
            granted=True,
            status=0,
            spans=(Span(C, 0, 12), Span(S, 0, 13)),
        ),
        Access(
            resource="unit 1",
            action="write register",
            granted=True,
            control=True,
            status=0,
            spans=(Span(C, 12, 24), Span(S, 13, 25)),
        ),
    ]


def test_exception_is_a_refusal() -> None:
    (access,) = converse(Modbus, [(C, WRITE), (S, frame(2, b"\x86\1"))])
    assert isinstance(access, Access)
    assert (access.granted, access.status, access.control) == (False, 1, True)


def test_identification() -> None:
    # The example of clause 6.21.
    answer = frame(4, b"\x2b\x0e\1\1\0\0\3" + b"\0\x16Company identification" + b"\1\x0fProduct code XX" + b"\2\5V2.11")
    parsed = converse(Modbus, [(C, frame(4, b"\x2b\x0e\1\0")), (S, answer)])
    assert [(a.field, a.value) for a in events(parsed, Attribute)] == [  # type: ignore[attr-defined]
        ("modbus.vendor", "Company identification"),
        ("modbus.product", "Product code XX"),
        ("modbus.revision", "V2.11"),
    ]


def test_answers_without_questions_and_bounds() -> None:
    assert converse(Modbus, [(S, REGISTERS), (C, READ), (S, frame(1, b"\4\2\0\1"))], damage=False) == []
    parser = Modbus()
    parsed = []
    for unit in range(256):
        for function in (3, 6):
            parsed += list(parser.receive(C, frame(unit, bytes([function]) + bytes(4), unit)))
            parsed += list(parser.receive(S, frame(unit, bytes([function]) + bytes(4), unit)))
    assert len(parsed) == REPORTED_LIMIT
    assert not parser._pending


@pytest.mark.parametrize(
    ("client", "server", "port", "match"),
    [
        (READ, REGISTERS, 1502, Match.SURE),
        (READ, b"", 502, Match.WEAK),
        (READ, b"", 1502, Match.MORE),
        (READ, frame(9, b"\3\4\0\1\0\2"), 1502, Match.WEAK),
        (READ[:3], b"", 1502, Match.MORE),
        (b"", b"", 502, Match.NO),
        (bytes(30), b"", 502, Match.NO),
        (b"\0\1\0\0\0\x06\1\x63\0\0\0\2", b"", 502, Match.NO),
        (b"GET / HTTP/1.1\r\n", b"", 502, Match.NO),
        (READ, b"HTTP/1.1 200 OK", 502, Match.NO),
    ],
)
def test_recognised(client: bytes, server: bytes, port: int, match: Match) -> None:
    assert recognise(Opening(client, server, 50000, port, Transport.TCP)) is match


PUBLIC = {
    1: ("read coils", False), 2: ("read discrete inputs", False), 3: ("read holding registers", False),
    4: ("read input registers", False), 5: ("write coil", True), 6: ("write register", True),
    7: ("read exception status", False), 8: ("diagnostics", False), 11: ("read event counter", False),
    12: ("read event log", False), 15: ("write coils", True), 16: ("write registers", True),
    17: ("report server id", False), 20: ("read file", False), 21: ("write file", True),
    22: ("mask write register", True), 23: ("read and write registers", True), 24: ("read queue", False),
}  # fmt: skip


@pytest.mark.parametrize("function", sorted(PUBLIC))
@pytest.mark.parametrize("refused", [False, True])
def test_each_public_function(function: int, refused: bool) -> None:
    """The application protocol, clause 5.1: names, and which of them write."""
    said = bytes([function | 0x80, 2]) if refused else bytes([function, 0, 0])
    (access,) = events(converse(Modbus, [(C, frame(9, bytes([function, 0, 0]))), (S, frame(9, said))]), Access)
    assert (access.action, access.control) == PUBLIC[function]
    assert (access.granted, access.status) == ((False, 2) if refused else (True, 0))


@pytest.mark.parametrize(("transaction", "function"), [(8, 6), (9, 5), (9, 0x85)])
def test_an_answer_to_something_else_decides_nothing(transaction: int, function: int) -> None:
    script = [(C, frame(9, b"\6\0\1\0\1")), (S, frame(transaction, bytes([function, 0, 1, 0, 1])))]
    assert events(converse(Modbus, script), Access) == []


def test_a_frame_cut_anywhere_may_be_one() -> None:
    """MBAP: transaction, protocol 0, a length of 2 to 260 (unit and function at least), unit, function."""
    request = bytes.fromhex("000100000006110300000003")
    for port, whole in ((9999, Match.MORE), (502, Match.WEAK)):
        for size in range(1, 12):
            assert recognise(openings.of(request[:size], port)) is (whole if size >= 8 else Match.MORE)
    answer = bytes.fromhex("00010000000911030600ae01240031")[:15]
    assert recognise(openings.of(request, answer=answer)) is Match.SURE
    assert recognise(openings.of(request, answer=b"\0\2" + answer[2:])) is Match.WEAK
    for place, value in ((2, 1), (3, 1), (5, 1), (4, 2), (7, 99)):
        assert recognise(openings.of(request[:place] + bytes([value]) + request[place + 1 :])) is Match.NO
    refused = bytes.fromhex("000100000003118302")  # the function with its high bit, and a code
    assert recognise(openings.of(request, answer=refused)) is Match.SURE


@pytest.mark.parametrize(
    "data", [b"\0\1\0\1\0\6\1\3\0\0\0\3", b"\0\1\1\0\0\6\1\3\0\0\0\3", b"\0\1\0\0\0\1\1", b"\0\1\0\0\1\5" + bytes(261)]
)
def test_what_is_no_frame_ends_the_reading(data: bytes) -> None:
    """MBAP: protocol 0, a length of 2 to 260."""
    with pytest.raises(Malformed):
        Run(Modbus(None)).feed(C, data)
