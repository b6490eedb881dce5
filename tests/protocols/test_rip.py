"""RIP messages by RFC 2453, clauses 4 and 4.1."""

from __future__ import annotations

import pytest

from sensor.events import Login
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.rip import PROTOCOL, Rip, recognise
from tests.conversation import C, converse
from tests.protocols import openings

ROUTE = b"\0\x02\0\0\xc0\0\x02\0\xff\xff\xff\0" + bytes(4) + b"\0\0\0\1"


def response(version: int = 2, kind: int = 2, password: bytes = b"abcdefghijklmnop") -> bytes:
    return bytes([2, version, 0, 0]) + b"\xff\xff" + kind.to_bytes(2, "big") + password + ROUTE


def test_simple_password() -> None:
    login = Login(mechanism="password", username=None, secret=Secret("abcdefghijklmnop"), scheme="ripv2-simple")
    assert converse(Rip, [(C, response()), (C, response())]) == [login]


def test_other_packets_are_not_reported() -> None:
    script = [response(kind=3), response(version=1), b"\2\2\0\0" + ROUTE, b"\1\1\0\0" + ROUTE, b"\1\2\0\0"]
    assert converse(Rip, [(C, data) for data in script], damage=False) == []


def test_recognised() -> None:
    def opening(data: bytes, port: int = 520) -> Opening:
        return Opening(data, b"", port, port, Transport.UDP)

    assert recognise(opening(response())) is Match.SURE
    for lure in (b"", response()[:-1], b"\x07" + response()[1:], b"\2\2\0\1" + ROUTE):
        assert recognise(opening(lure)) is Match.NO
    assert recognise(opening(response(), 40000)) is Match.NO


@pytest.mark.parametrize(("client", "server", "match"), [(520, 40000, Match.SURE), (40000, 520, Match.SURE)])
def test_either_end_may_have_the_port(client: int, server: int, match: Match) -> None:
    for opening in (
        Opening(response(), b"", client, server, Transport.UDP),
        Opening(b"", response(), client, server, Transport.UDP),
    ):
        assert recognise(opening) is match


@pytest.mark.parametrize(
    "data", [b"\0\2\0\0", b"\3\2\0\0", b"\1\0\0\0", b"\1\3\0\0", b"\1\2\1\0", b"\1\2\0", b"\1\2\0\0" + bytes(19)]
)
def test_what_is_not_recognised(data: bytes) -> None:
    assert recognise(Opening(data, b"", 520, 520, Transport.UDP)) is Match.NO


def test_entries_of_twenty_bytes_on_its_port() -> None:
    """RFC 2453 §3.6: command 1 or 2, version 1 or 2, two zeros."""
    openings.datagram(recognise, b"\2\2\0\0" + bytes(20), port=520, away=Match.NO, counts={0: 3, 1: 3, 2: 1, 3: 1})
    openings.datagram(recognise, b"\1\1\0\0", port=520, away=Match.NO, counts={0: 0, 1: 0})


def test_away_from_its_port_it_is_none() -> None:
    """Four bytes and entries of twenty are too little to know it by."""
    assert PROTOCOL.only_at_home and PROTOCOL.ports == {520}
