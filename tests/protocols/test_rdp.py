"""Remote Desktop's connection sequence by MS-RDPBCGR 4.1: cookie, protocol, client core data."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Enough, Upgrade
from sensor.model import Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.rdp import Rdp, recognise
from tests.conversation import C, Run, S, converse, events


def tpkt(head: bytes, data: bytes = b"") -> bytes:
    body = bytes([len(head)]) + head + data
    return b"\x03\x00" + (4 + len(body)).to_bytes(2, "big") + body


def request(more: bytes) -> bytes:
    return tpkt(b"\xe0\0\0\0\0\0" + more)


def confirm(answer: bytes = b"") -> bytes:
    return tpkt(b"\xd0\0\0\x12\x34\0" + answer)


COOKIE = b"Cookie: mstshash=anna\r\n"
WANTS_TLS = b"\1\0\x08\0\3\0\0\0"
CORE = b"\x01\xc0\xd8\0" + bytes(20) + "ANNA-PC".encode("utf-16-le").ljust(32, b"\0")


@pytest.mark.parametrize("chosen", [1, 2, 8])
def test_tls_is_agreed_on(chosen: int) -> None:
    output = converse(Rdp, [(C, request(COOKIE + WANTS_TLS)), (S, confirm(b"\2\0\x08\0" + bytes([chosen]) + bytes(3)))])
    assert output == [Attribute(field="rdp.user", value="anna", side=C), Upgrade("tls")]


def test_standard_security() -> None:
    for answer in (b"", b"\2\0\x08\0" + bytes(4)):
        output = converse(Rdp, [(C, request(COOKIE)), (S, confirm(answer)), (C, tpkt(b"\xf0\x80", b"\x7f\x65" + CORE))])
        assert [(a.field, a.value) for a in events(output, Attribute)] == [
            ("rdp.user", "anna"),
            ("rdp.client", "ANNA-PC"),
        ]
        assert output[-1] == Enough()


def test_a_refusal_and_requests_without_a_name() -> None:
    assert converse(Rdp, [(C, request(WANTS_TLS)), (S, confirm(b"\3\0\x08\0\5\0\0\0"))]) == [Enough()]
    assert converse(Rdp, [(C, request(b"Cookie: msts=3640205228.15629.0000\r\n"))], damage=False) == []
    for bad in (b"\x02\0\0\x0b", b"\x03\0\0\x05"):
        with pytest.raises(Malformed):
            Run(Rdp()).feed(C, bad)


@pytest.mark.parametrize(
    ("client", "port", "match"),
    [
        (request(COOKIE), 40000, Match.SURE),
        (request(WANTS_TLS), 40000, Match.SURE),
        (request(b""), 3389, Match.WEAK),
        (request(b""), 102, Match.NO),  # ISO-TSAP: S7 and its like
        (request(b"\xc1\2\1\0\xc2\2\1\2\xc0\1\x0a"), 102, Match.NO),
        (b"\x03\0\0", 3389, Match.MORE),
        (request(COOKIE)[:-1] + b"xx", 3389, Match.NO),
        (b"", 3389, Match.NO),
    ],
)
def test_recognise(client: bytes, port: int, match: Match) -> None:
    assert recognise(Opening(client, b"", 40001, port, Transport.TCP)) is match


@pytest.mark.parametrize(
    "change",
    [(0, 2), (1, 1), (3, 0xFF), (4, 0x11), (5, 0xD0)],  # version, reserved, length, length indicator, not a request
)
def test_each_field_of_a_request_is_looked_at(change: tuple[int, int]) -> None:
    data = bytearray(request(COOKIE))
    data[change[0]] = change[1]
    assert recognise(Opening(bytes(data), b"", 40001, 3389, Transport.TCP)) is Match.NO


def test_a_request_cut_anywhere() -> None:
    """On its port eleven bytes are needed; the length then has to be the request's own."""
    whole = request(COOKIE)
    for size in range(1, 11):
        assert recognise(Opening(whole[:size], b"", 40001, 3389, Transport.TCP)) is Match.MORE, size
        assert recognise(Opening(whole[:size], b"", 40001, 40000, Transport.TCP)) is Match.NO
    for bad in (b"\2", b"\3\1", b"\3\0\1"):
        assert recognise(Opening(bad, b"", 40001, 3389, Transport.TCP)) is Match.NO
