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
