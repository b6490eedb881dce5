"""IS-IS packets by ISO/IEC 10589, clauses 9.5 and 9.8."""

from __future__ import annotations

import pytest

from sensor.events import Login
from sensor.model import Secret, Transport
from sensor.protocols.isis import PROTOCOL, Isis
from tests.conversation import C, converse
from tests.protocols import openings


def hello(*fields: bytes, protocol: int = 0x83) -> bytes:
    """A level 1 LAN hello: 27 bytes of header (system id of six bytes), then the fields."""
    head = bytes([protocol, 27, 1, 0, 15, 1, 0, 0, 1]) + bytes(6) + b"\0\x1e" + b"\0\0" + b"\x40" + bytes(7)
    assert len(head) == 27
    return head + b"".join(fields)


AREA = b"\x01\x04\x03\x49\x00\x01"


def authentication(kind: int, value: bytes) -> bytes:
    return bytes([10, 1 + len(value), kind]) + value


def test_clear_text() -> None:
    login = Login(mechanism="password", username=None, secret=Secret("s3cret"), scheme="isis-cleartext")
    assert converse(
        Isis, [(C, hello(AREA, authentication(1, b"s3cret"))), (C, hello(authentication(1, b"s3cret"), AREA))]
    ) == [login]


def test_others_are_not_reported() -> None:
    script = [
        hello(AREA),
        hello(authentication(54, bytes(16))),
        hello(authentication(3, b"\0\1" + bytes(20))),
        hello(authentication(1, b"")),
        hello(authentication(1, b"s3cret"), protocol=0x82),
    ]
    assert converse(Isis, [(C, data) for data in script], damage=False) == []


def test_number() -> None:
    # LLC: both access points 0xFE (ISO/IEC TR 9577).
    assert PROTOCOL.ethertypes == {0x10000 | 0xFE << 8 | 0xFE}


def test_a_secret_of_one_letter_is_one() -> None:
    [login] = converse(Isis, [(C, hello(authentication(1, b"s"), AREA))])
    assert isinstance(login, Login) and login.secret == Secret("s")
    assert converse(Isis, [(C, hello(b"\x0a\x00"))]) == []  # a field without a kind


def test_every_header_says_how_long_it_is() -> None:
    """ISO/IEC 10589, 9.5 to 9.13: 27 bytes of a hello, 27 of a link state, 33 of a list of them."""
    field = authentication(1, b"s3cret")
    for length in (8, 27, 33, 255):
        data = bytes([0x83, length]) + bytes(length - 2) + field
        [login] = converse(Isis, [(C, data)], damage=False)
        assert isinstance(login, Login) and login.secret == Secret("s3cret")


@pytest.mark.parametrize(("kind", "shown"), [(9, 0), (10, 1), (11, 0), (133, 0)])
def test_only_the_field_of_authentication_counts(kind: int, shown: int) -> None:
    assert len(converse(Isis, [(C, hello(bytes([kind, 3, 1]) + b"pw"))], damage=False)) == shown
    for style in (0, 2, 255):
        assert converse(Isis, [(C, hello(authentication(style, b"pw")))], damage=False) == []


def test_two_areas_have_two_passwords_and_one_left_byte_is_no_field() -> None:
    found = converse(Isis, [(C, hello(authentication(1, b"one"), authentication(1, b"two"), b"\x0a"))], damage=False)
    assert [login.secret for login in found if isinstance(login, Login)] == [Secret("one"), Secret("two")]


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, transport=Transport.LINK, numbers={0x1FEFE})
