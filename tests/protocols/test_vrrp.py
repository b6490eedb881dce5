"""VRRP advertisements by RFC 2338, clause 5.1."""

from __future__ import annotations

from sensor.events import Login
from sensor.model import Secret
from sensor.protocols.vrrp import PROTOCOL, Vrrp
from tests.conversation import C, converse


def advertisement(
    version: int = 2, authentication: int = 1, addresses: int = 2, password: bytes = b"abcdefgh"
) -> bytes:
    return (
        bytes([version << 4 | 1, 1, 100, addresses, authentication, 1, 0, 0]) + b"\xc0\0\x02\x01" * addresses + password
    )


def test_text() -> None:
    login = Login(mechanism="password", username=None, secret=Secret("abcdefgh"), scheme="vrrp-text")
    assert converse(Vrrp, [(C, advertisement()), (C, advertisement(addresses=0))]) == [login]


def test_other_packets_are_not_reported() -> None:
    # No authentication, an IPsec header, version 3 (the nibble is part of the interval), CARP (length 7 of its own
    # authentication).
    carp = b"\x21\x01\x00\x07\x00\x01\0\0" + bytes(28)
    script = [advertisement(authentication=0), advertisement(authentication=2), advertisement(version=3), carp]
    assert converse(Vrrp, [(C, data) for data in script], damage=False) == []


def test_number() -> None:
    # IANA: IP protocol 112.
    assert PROTOCOL.ip_protocols == {112}
