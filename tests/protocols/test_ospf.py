"""OSPF headers by RFC 2328, appendices A.3.1 and D.3."""

from __future__ import annotations

from sensor.events import Login
from sensor.model import Secret
from sensor.protocols.ospf import PROTOCOL, Ospf
from tests.conversation import C, converse


def hello(version: int = 2, authentication: int = 1, password: bytes = b"cisco\0\0\0") -> bytes:
    head = bytes([version, 1, 0, 44]) + b"\xc0\0\x02\x01" + bytes(4) + b"\0\0"
    return head + authentication.to_bytes(2, "big") + password + bytes(20)


def test_simple_password() -> None:
    login = Login(mechanism="password", username=None, secret=Secret("cisco"), scheme="ospf-simple")
    assert converse(Ospf, [(C, hello()), (C, hello())]) == [login]


def test_other_packets_are_not_reported() -> None:
    script = [hello(authentication=0), hello(authentication=2), hello(version=3), hello(password=bytes(8))]
    assert converse(Ospf, [(C, data) for data in script], damage=False) == []


def test_number() -> None:
    # IANA: IP protocol 89.
    assert PROTOCOL.ip_protocols == {89}


def test_each_type_of_packet() -> None:
    """RFC 2328 A.3.1: hello to acknowledgement are 1 to 5; the password has eight bytes."""
    for kind in range(8):
        found = converse(Ospf, [(C, hello()[:1] + bytes((kind,)) + hello()[2:])], damage=False)
        assert len(found) == (1 if 1 <= kind <= 5 else 0)
    [login] = converse(Ospf, [(C, hello(password=b"abcdefgh") + b"rest")], damage=False)
    assert isinstance(login, Login) and login.secret == Secret("abcdefgh")
