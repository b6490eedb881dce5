"""GLBP by the fields of Wireshark's dissector."""

from __future__ import annotations

from sensor.events import Login
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.glbp import PROTOCOL, Glbp, recognise
from tests.conversation import C, converse
from tests.protocols import openings

HEADER = b"\x01\x00\x00\x01\x00\x00\x00\x07\xb4\x00\x01\x01"
HELLO = b"\x01\x1c" + bytes(26)


def parameter(secret: bytes) -> bytes:
    """An authentication field with a password in it."""
    return bytes([3, 4 + len(secret), 1, len(secret)]) + secret


TEXT = parameter(b"s3cret")
MD5 = b"\x03\x14\x02\x10" + bytes(16)


def test_text() -> None:
    login = Login(mechanism="password", username=None, secret=Secret("s3cret"), scheme="glbp-text")
    assert converse(Glbp, [(C, HEADER + HELLO + TEXT), (C, HEADER + TEXT)]) == [login]


def test_md5_is_not_reported() -> None:
    assert converse(Glbp, [(C, HEADER + HELLO + MD5)], damage=False) == []


def test_recognised() -> None:
    def opening(data: bytes, *ports: int) -> Opening:
        return Opening(data, b"", *(ports or (3222, 3222)), Transport.UDP)

    assert recognise(opening(HEADER + HELLO + TEXT)) is Match.SURE
    for lure in (HEADER, HEADER + HELLO + TEXT[:-1], b"\x02" + HEADER[1:] + HELLO, HEADER + b"\x01\x00", b""):
        assert recognise(opening(lure)) is Match.NO
    assert recognise(opening(HEADER + HELLO, 40000, 40001)) is Match.NO


def test_fields_that_fill_the_datagram() -> None:
    openings.datagram(recognise, HEADER + HELLO + TEXT, port=3222, away=Match.NO, counts={0: 2})
    openings.datagram(recognise, HEADER + b"\x01\x02", port=3222)  # a field without a value
    assert recognise(Opening(HEADER + HELLO + b"\x01", b"", 3222, 3222, Transport.UDP)) is Match.NO


def test_other_fields_and_kinds_of_authentication_are_none() -> None:
    for field in (b"\3\x0a\0\6s3cret", b"\3\x0a\2\6s3cret", b"\2\x0a\1\6s3cret", b"\4\x0a\1\6s3cret", b"\3\4\1\0"):
        assert converse(Glbp, [(C, HEADER + field)], damage=False) == []
    [login] = converse(Glbp, [(C, HEADER + b"\5\2" + TEXT + b"\0")], damage=False)
    assert isinstance(login, Login) and login.secret == Secret("s3cret")


def test_a_router_that_speaks_from_either_end_of_the_port() -> None:
    data = HEADER + HELLO + TEXT
    for ends in ((3222, 40000), (40000, 3222)):
        for said in ((data, b""), (b"", data)):
            assert recognise(Opening(*said, *ends, Transport.UDP)) is Match.SURE


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, "only_at_home", ports={3222}, transport=Transport.UDP)
