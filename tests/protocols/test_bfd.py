"""BFD control packets by RFC 5880, clauses 4.1 and 4.2."""

from __future__ import annotations

import pytest

from sensor.events import Login
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.bfd import PROTOCOL, Bfd, recognise
from tests.conversation import C, Run, converse
from tests.protocols import openings


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


def test_only_whole_ones_on_its_ports() -> None:
    """RFC 5881 §4, RFC 5883 §5: 3784 and 4784; RFC 5880 §6.8.6: version 1, a detection multiplier that is not zero."""
    openings.datagram(recognise, control(), port=3784, away=Match.NO, counts={0: 0x40, 2: 0, 3: 25})
    openings.datagram(recognise, control(None), port=4784, away=Match.NO)


@pytest.mark.parametrize(("length", "whole"), [(3, False), (4, True), (19, True), (20, False)])
def test_a_password_has_1_to_16_bytes(length: int, whole: bool) -> None:
    """RFC 5880 §4.2: with type, length and key id."""
    data = bytes([0x20, 0xC4, 3, 24 + length]) + bytes(20) + bytes([1, length, 1]) + b"p" * 20
    run = Run(Bfd(None))
    if whole:
        run.feed(C, data)
        [login] = run.close()
        assert isinstance(login, Login) and login.secret == Secret("p" * (length - 3))
    else:
        with pytest.raises(Malformed):
            run.feed(C, data)


@pytest.mark.parametrize("port", [3784, 4784, 6784, 7784])
def test_its_four_ports(port: int) -> None:
    """RFC 5881, 5883, 7130, 7881; not the echo port 3785."""
    openings.datagram(recognise, control(), port=port, away=Match.NO)
    assert recognise(openings.of(control(), port + 1, udp=True)) is Match.NO


def test_versions_and_flags() -> None:
    openings.values(recognise, control(), {0: ((0x20, 0x3F), (0, 0x1F, 0x40, 0x60, 0xE0)), 2: ((1, 255), (0,))},
                    port=3784, udp=True)  # fmt: skip
    whole = control()
    without = whole[:1] + bytes([whole[1] & ~4]) + whole[2:]
    assert converse(Bfd, [(C, without)], damage=False) == [], "the A bit says whether there is a section"
    for kind in (0, 2, 3, 5):
        assert converse(Bfd, [(C, control(kind))], damage=False) == []


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, "only_at_home", ports={3784, 4784, 6784, 7784}, transport=Transport.UDP)
