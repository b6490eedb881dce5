"""BFD control packets by RFC 5880, clauses 4.1 and 4.2."""

from __future__ import annotations

from sensor.events import Login
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.bfd import Bfd, recognise
from tests.conversation import C, converse


def control(kind: int | None = 1, password: bytes = b"secret") -> bytes:
    section = b"" if kind is None else bytes([kind, 3 + len(password), 1]) + password
    return bytes([0x20, 0xC0 | (4 if section else 0), 3, 24 + len(section)]) + bytes(20) + section


def test_simple_password() -> None:
    login = Login(mechanism="password", username=None, secret=Secret("secret"), scheme="bfd-simple")
    assert converse(Bfd, [(C, control()), (C, control())]) == [login]


def test_others_are_not_reported() -> None:
    assert converse(Bfd, [(C, control(None)), (C, control(4, bytes(25)))], damage=False) == []


def test_recognised() -> None:
    def opening(data: bytes, port: int = 3784) -> Opening:
        return Opening(data, b"", 49152, port, Transport.UDP)

    assert recognise(opening(control())) is Match.SURE
    for lure in (b"", control()[:-1], b"\x40" + control()[1:], bytes(24)):
        assert recognise(opening(lure)) is Match.NO
    assert recognise(opening(control(), 40000)) is Match.NO
