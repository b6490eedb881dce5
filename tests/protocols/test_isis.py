"""IS-IS packets by ISO/IEC 10589, clauses 9.5 and 9.8."""

from __future__ import annotations

from sensor.events import Login
from sensor.model import Secret
from sensor.protocols.isis import PROTOCOL, Isis
from tests.conversation import C, converse


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
