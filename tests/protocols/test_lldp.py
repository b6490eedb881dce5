"""Frames by IEEE 802.1AB 8 and ANSI/TIA-1057 10."""

from __future__ import annotations

import struct

from sensor.events import Attribute
from sensor.protocols.lldp import Lldp
from tests.conversation import C, converse


def tlv(kind: int, value: bytes) -> bytes:
    return struct.pack("!H", kind << 9 | len(value)) + value


FRAME = (
    tlv(1, b"\x04" + bytes.fromhex("020000000a01")) + tlv(2, b"\x05eth0") + tlv(3, b"\0\x78") + tlv(4,
    b"uplink") + tlv(5, b"hall-ap")
    + tlv(6, b"ExampleOS 3.2 on EN-AP1") + tlv(7, struct.pack("!HH", 0x1C, 0x0C)) + tlv(8,
    b"\x05\x01\xc0\x00\x02\x05\x02\0\0\0\x01\0")
    + tlv(127, b"\x00\x12\xbb\x06fw-7") + tlv(127, b"\x00\x12\xbb\x09Example Networks") + tlv(127,
    b"\x00\x12\xbb\x0aEN-AP1")
    + tlv(127, b"\x00\x12\xbb\x01\0\x01\x03") + tlv(127, b"\x00\x00\x5e\x01https://mud.example/ap") + tlv(0,
    b"") + b"trailing padding"
)  # fmt: skip


def test_a_frame_describes_the_neighbour() -> None:
    assert converse(Lldp, [(C, FRAME)]) == [
        Attribute(field=field, value=value, side=C)
        for field, value in (
            ("lldp.chassis", "02:00:00:00:0a:01"),
            ("lldp.port", "eth0"),
            ("lldp.port_description", "uplink"),
            ("lldp.system_name", "hall-ap"),
            ("lldp.system_description", "ExampleOS 3.2 on EN-AP1"),
            ("lldp.capabilities", "bridge,access_point"),
            ("lldp.management", "192.0.2.5"),
            ("lldp.firmware", "fw-7"),
            ("lldp.manufacturer", "Example Networks"),
            ("lldp.model", "EN-AP1"),
            ("lldp.mud_url", "https://mud.example/ap"),
        )
    ]


def test_other_identities() -> None:
    frame = tlv(1, b"\x05\x01\xc0\x00\x02\x05") + tlv(2, b"\x03" + bytes.fromhex("020000000a02")) + tlv(0, b"")
    assert [a.value for a in converse(Lldp, [(C, frame)]) if isinstance(a, Attribute)] == [
        "192.0.2.5",
        "02:00:00:00:0a:02",
    ]


def test_endless_fields_are_bounded() -> None:
    assert len(converse(Lldp, [(C, tlv(5, b"x") * 5000)], damage=False)) <= 128


def test_addresses_have_the_length_that_they_say() -> None:
    """IEEE 802.1AB §8.5.9: five bytes of family and IPv4, seventeen of IPv6; others (a MAC) are no host."""
    for value, shown in (
        (b"\x05\x01\xc0\x00\x02\x05\x02", ["192.0.2.5"]),
        (b"\x11\x02" + bytes.fromhex("20010db8000000000000000000000007") + b"\x02", ["2001:db8::7"]),
        (b"\x07\x06" + bytes.fromhex("020000000a01") + b"\x02", []),
        (b"", []),
        (b"\x03\x01\xc0\x00\x02\x05", []),
    ):
        frame = tlv(1, b"\x07x") + tlv(8, value) + tlv(0, b"")
        found = [
            a.value for a in converse(Lldp, [(C, frame)]) if isinstance(a, Attribute) and a.field == "lldp.management"
        ]
        assert found == shown


def test_capabilities_are_those_that_are_enabled() -> None:
    for value, shown in (
        (struct.pack("!HH", 0xFFFF, 0x10), ["router"]),
        (b"\0\x10\0", []),
        (struct.pack("!HH", 4, 0), []),
    ):
        found = converse(Lldp, [(C, tlv(1, b"\x07x") + tlv(7, value) + tlv(0, b""))])
        assert [a.value for a in found if isinstance(a, Attribute) and a.field == "lldp.capabilities"] == shown
