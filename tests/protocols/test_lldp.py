"""Frames by IEEE 802.1AB 8 and ANSI/TIA-1057 10."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Attribute
from sensor.model import Transport
from sensor.protocols.lldp import PROTOCOL, TLV_LIMIT, Lldp
from tests.conversation import C, converse
from tests.protocols import openings


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


def shown(*fields: bytes) -> list[tuple[str, str]]:
    found = converse(Lldp, [(C, b"".join(fields))], damage=False)
    return [(item.field, item.value) for item in found if isinstance(item, Attribute)]


@pytest.mark.parametrize(
    ("bit", "name"),
    list(
        enumerate(
            (
                "other",
                "repeater",
                "bridge",
                "access_point",
                "router",
                "telephone",
                "docsis",
                "station",
                "c_vlan",
                "s_vlan",
                "relay",
            )
        )
    ),
)
def test_each_capability_by_its_bit(bit: int, name: str) -> None:
    """IEEE 802.1AB table 8-4; the second half says what is enabled."""
    assert shown(tlv(7, struct.pack("!HH", 0, 1 << bit))) == [("lldp.capabilities", name)]
    assert shown(tlv(7, struct.pack("!HH", 1 << bit, 0) + b"more")) == []


@pytest.mark.parametrize(("kind", "mac", "address"), [(1, 4, 5), (2, 3, 4)], ids=["chassis", "port"])
def test_subtypes_of_identities(kind: int, mac: int, address: int) -> None:
    """IEEE 802.1AB tables 8-2 and 8-3: a MAC has six bytes, an address a family and 4 or 16 bytes, others are text."""
    name = {1: "lldp.chassis", 2: "lldp.port"}[kind]
    station, four = bytes.fromhex("020000000a01"), bytes([192, 0, 2, 5])
    six = bytes.fromhex("20010db8000000000000000000000007")
    assert shown(tlv(kind, bytes([mac]) + station)) == [(name, "02:00:00:00:0a:01")]
    assert shown(tlv(kind, bytes([address, 1]) + four)) == [(name, "192.0.2.5")]
    assert shown(tlv(kind, bytes([address, 2]) + six)) == [(name, "2001:db8::7")]
    assert shown(tlv(kind, bytes([address]) + b"12345678")) == [(name, "12345678")]
    assert shown(tlv(kind, bytes([mac]) + b"eth12")) == [(name, "eth12")]
    for other in {0, 1, 2, 3, 4, 5, 6, 7} - {mac, address}:
        assert shown(tlv(kind, bytes([other]) + b"eth012")) == [(name, "eth012")]
    assert shown(tlv(kind, b"")) == shown(tlv(kind, bytes([mac]))) == []


@pytest.mark.parametrize(
    ("subtype", "name"),
    [(5, "hardware"), (6, "firmware"), (7, "software"), (8, "serial"), (9, "manufacturer"), (10, "model"),
     (11, "asset"), (4, None), (12, None)],
)  # fmt: skip
def test_the_inventory_of_media_endpoints(subtype: int, name: str | None) -> None:
    """ANSI/TIA-1057 10.2.6, of its own organisation only."""
    kept = [(f"lldp.{name}", "v7")] if name else []
    assert shown(tlv(127, b"\0\x12\xbb" + bytes([subtype]) + b"v7")) == kept
    assert shown(tlv(127, b"\0\x12\xbc" + bytes([subtype]) + b"v7")) == []
    assert shown(tlv(127, b"\0\x12\xbb" + bytes([subtype]))) == []


def test_a_mud_url_and_what_is_none() -> None:
    """RFC 8520 §11: IANA's number and subtype 1."""
    for head, number in ((b"\0\0\x5e\1", 1), (b"\0\0\x5e\2", 0), (b"\0\0\x5f\1", 0), (b"\0\x12\xbb\1", 0)):
        assert shown(tlv(127, head + b"https://m.example/x")) == [("lldp.mud_url", "https://m.example/x")] * number


def test_the_end_ends_and_texts_have_their_fields() -> None:
    texts = [tlv(kind, b"t%d" % kind) for kind in (3, 4, 5, 6, 9)]
    assert shown(*texts, tlv(0, b""), tlv(5, b"behind")) == [
        ("lldp.port_description", "t4"), ("lldp.system_name", "t5"), ("lldp.system_description", "t6"),
    ]  # fmt: skip
    assert len(shown(*[tlv(5, b"x")] * 500)) == TLV_LIMIT


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, "independent", transport=Transport.LINK, numbers={0x88CC})
