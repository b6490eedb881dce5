"""NAT-PMP and PCP: messages made from RFC 6886 3.3 and RFC 6887 7 and 11."""

from __future__ import annotations

import ipaddress
import struct
from typing import Any

import pytest

from sensor.events import Access
from sensor.model import Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.pcp import PROTOCOL, PortMapping
from tests.conversation import C, Run, S, Script, converse, events
from tests.protocols import openings


def asks(operation: int = 2, inside: int = 23, outside: int = 10023, seconds: int = 3600) -> bytes:
    return struct.pack(">BBHHHI", 0, operation, 0, inside, outside, seconds)


def answers(operation: int = 130, code: int = 0, inside: int = 23, outside: int = 10023, seconds: int = 3600) -> bytes:
    return struct.pack(">BBHIHHI", 0, operation, code, 77, inside, outside, seconds)


NONCE = bytes(range(12))


def pcp(
    answer: bool, *, code: int = 0, seconds: int = 3600, number: int = 6, inside: int = 554, options: bytes = b""
) -> bytes:
    host = ipaddress.IPv6Address("::ffff:192.168.1.5").packed
    head = struct.pack(">BBBBI", 2, 0x81 if answer else 1, 0, code, seconds) + (bytes(16) if answer else host)
    return head + NONCE + struct.pack(">B3xHH", number, inside, 10554) + bytes(16) + options


def accesses(script: Script) -> list[dict[str, Any]]:
    found = events(converse(PortMapping, script), Access)
    return [
        {key: getattr(one, key) for key in ("resource", "action", "granted", "control")}
        for one in found
        if isinstance(one, Access)
    ]


def test_a_mapping_that_the_router_grants() -> None:
    opened = {"action": "NAT-PMP map", "granted": True, "control": True}
    assert accesses([(C, asks()), (S, answers())]) == [{"resource": "port mapping 10023/TCP -> port 23", **opened}]
    udp = accesses([(C, asks(1, 5060, 5060)), (S, answers(129, 0, 5060, 40000))])
    assert udp == [{"resource": "port mapping 40000/UDP -> port 5060", **opened}], "the port that the router gave"


def test_refused_deleted_unasked_and_unanswered() -> None:
    (refused,) = accesses([(C, asks()), (S, answers(code=2))])
    assert refused["granted"] is False
    (deleted,) = accesses([(C, asks(seconds=0, outside=0)), (S, answers(outside=0, seconds=0))])
    assert (deleted["action"], deleted["control"]) == ("NAT-PMP delete", False)
    assert accesses([(S, answers())]) == [], "anyone can send an answer"
    assert accesses([(C, asks(inside=22)), (S, answers())]) == []
    assert accesses([(C, asks())]) == []
    assert accesses([(C, asks()), (S, answers()), (S, answers())])[1:] == [], "one answer"
    assert accesses([(C, answers()), (S, asks())]) == []


def test_pcp() -> None:
    (found,) = accesses([(C, pcp(False)), (S, pcp(True))])
    assert found == {
        "resource": "port mapping 10554/TCP -> port 554",
        "action": "PCP map",
        "granted": True,
        "control": True,
    }
    assert accesses([(C, pcp(False)), (S, pcp(True, code=2))])[0]["granted"] is False
    assert accesses([(C, pcp(False, number=132)), (S, pcp(True, number=132))]) == [], "SCTP"
    other = struct.pack(">BBH", 1, 0, 16) + ipaddress.IPv6Address("::ffff:192.168.1.9").packed
    (third,) = accesses([(C, pcp(False, options=other)), (S, pcp(True))])
    assert third["resource"] == "port mapping 10554/TCP -> 192.168.1.9:554", "for another host"


def test_requests_are_bounded() -> None:
    many: Script = [(C, asks(inside=port)) for port in range(1, 200)]
    assert accesses([*many[:3], (S, answers(inside=1))]) != []
    found = events(converse(PortMapping, [*many, (S, answers(inside=1))], damage=False), Access)
    assert found == []


@pytest.mark.parametrize(
    ("client", "server", "port", "match"),
    [
        (asks(), b"", 5351, Match.SURE),
        (b"\0\0", struct.pack(">BBHI4s", 0, 128, 0, 5, b"\1\2\3\4"), 5351, Match.SURE),
        (pcp(False), pcp(True), 5351, Match.SURE),
        (asks(), b"", 53, Match.NO),
        (asks()[:-1], b"", 5351, Match.NO),
        (b"\x02\x01" + bytes(21), b"", 5351, Match.NO),
        (b"\x01\x01" + bytes(22), b"", 5351, Match.NO),
        (b"", b"", 5351, Match.NO),
    ],
)
def test_recognition(client: bytes, server: bytes, port: int, match: Match) -> None:
    assert PROTOCOL.recognise is not None
    assert PROTOCOL.recognise(Opening(client, server, 40000, port, Transport.UDP)) is match


@pytest.mark.parametrize("away", [40_000, 5350])
def test_only_to_the_router_s_port(away: int) -> None:
    assert PROTOCOL.recognise is not None
    request = b"\0\1\0\0" + struct.pack(">HHI", 8080, 8080, 3600)
    assert PROTOCOL.recognise(openings.of(request, 5351, udp=True)) is Match.SURE
    assert PROTOCOL.recognise(openings.of(request, away, udp=True)) is Match.NO
    assert PROTOCOL.recognise(openings.of(request[:-1], 5351, udp=True)) is Match.NO
    assert PROTOCOL.recognise(openings.of(b"", 5351, udp=True)) is Match.NO


def test_an_operation_that_maps_nothing_is_passed_over() -> None:
    """NAT-PMP's 0 asks for the outer address (RFC 6886 §3.2), and answers to it have no ports."""
    run = Run(PortMapping(None))
    run.feed(C, b"\0\0")
    run.feed(S, b"\0\x80" + struct.pack(">HI4s", 0, 9, b"\xc0\0\2\1"))
    run.feed(C, b"\0\3\0\0" + struct.pack(">HHI", 80, 80, 60))
    run.feed(S, b"\0\x83" + struct.pack(">HIHHI", 0, 9, 80, 80, 60))
    assert run.close() == []


@pytest.mark.parametrize("version", [0, 1, 2, 3])
@pytest.mark.parametrize("operation", [0, 1, 2, 3, 4, 128, 129, 130, 131])
@pytest.mark.parametrize("size", [2, 4, 11, 12, 13, 16, 20, 24, 25, 28, 60, 1100, 1104])
def test_lengths_by_version_and_operation(version: int, operation: int, size: int) -> None:
    """RFC 6886 3.2 and 3.3; RFC 6887 7: 24 to 1,100 bytes in words of four, opcodes announce, map, peer and auth."""
    data = bytes((version, operation)) + bytes(size - 2)
    nat_pmp = {0: (2,), 1: (12,), 2: (12,), 128: (12,), 129: (16,), 130: (16,)}
    good = (version == 0 and size in nat_pmp.get(operation, ())) or (
        version == 2 and operation & 0x7F < 4 and 24 <= size <= 1100 and size % 4 == 0
    )
    assert PROTOCOL.recognise is not None
    assert PROTOCOL.recognise(openings.of(data, 5351, udp=True)) is (Match.SURE if good else Match.NO)


def test_both_sides_have_to_fit_and_answers_are_the_routers() -> None:
    assert PROTOCOL.recognise is not None
    assert PROTOCOL.recognise(Opening(asks(), b"hello", 40000, 5351, Transport.UDP)) is Match.NO
    for made, first, second in (("NAT-PMP", asks(), answers()), ("PCP", pcp(False), pcp(True))):
        assert [one["action"] for one in accesses([(C, first), (S, second)])] == [f"{made} map"]
        assert accesses([(S, first), (S, second)]) == accesses([(C, first), (C, second)]) == []
        assert accesses([(S, first), (C, second)]) == []


def test_what_an_answer_has_to_repeat() -> None:
    """RFC 6887 11.4: protocol, inner port and nonce; the second answer is none."""
    asked = pcp(False)
    for changed in (pcp(True, number=17), pcp(True, inside=555), pcp(True).replace(NONCE, NONCE[::-1])):
        assert accesses([(C, asked), (S, changed)]) == []
    assert len(accesses([(C, asked), (S, pcp(True)), (S, pcp(True))])) == 1
    assert accesses([(C, pcp(False, inside=0)), (S, pcp(True, inside=0))]) == []
    (closed,) = accesses([(C, pcp(False, seconds=0)), (S, pcp(True, seconds=0))])
    assert (closed["action"], closed["control"]) == ("PCP delete", False)
    (udp,) = accesses([(C, pcp(False, number=17)), (S, pcp(True, number=17))])
    assert udp["resource"] == "port mapping 10554/UDP -> port 554"


@pytest.mark.parametrize(
    ("options", "where"),
    [
        (struct.pack(">BBH", 1, 0, 16) + bytes(15) + b"\1", "[::1]:554"),
        (struct.pack(">BBH", 2, 0, 5) + bytes(8) + struct.pack(">BBH", 1, 0, 16) + bytes(15) + b"\2", "[::2]:554"),
        (struct.pack(">BBH", 2, 0, 16) + bytes(15) + b"\1", "port 554"),
        (struct.pack(">BBH", 1, 0, 12) + bytes(12), "port 554"),
        (b"\1\0\0", "port 554"),
    ],
)
def test_options_are_padded_to_words(options: bytes, where: str) -> None:
    """RFC 6887 7.3 and 13.1."""
    (found,) = accesses([(C, pcp(False, options=options)), (S, pcp(True))])
    assert found["resource"] == f"port mapping 10554/TCP -> {where}"
