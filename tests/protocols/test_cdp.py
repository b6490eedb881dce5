"""CDP frames: version, time to live, checksum, fields of type, length and value."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Attribute
from sensor.model import Transport
from sensor.parsing.cursor import Malformed
from sensor.protocols.cdp import ADDRESS_LIMIT, PROTOCOL, Cdp
from tests.conversation import C, Run, converse
from tests.protocols import openings


def field(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value) + 4) + value


FRAME = (
    b"\x02\xb4\x12\x34" + field(1, b"desk-phone") + field(2,
    struct.pack("!I", 1) + b"\x01\x01\xcc\x00\x04" + bytes([192, 0, 2, 66]))
    + field(3, b"Port 1") + field(4, struct.pack("!I", 0x490)) + field(5, b"Phone Software 9.4(2)") + field(6,
    b"Example Phone 7")
)  # fmt: skip


def test_a_frame_describes_the_neighbour() -> None:
    assert converse(Cdp, [(C, FRAME)]) == [
        Attribute(field=name, value=value, side=C)
        for name, value in (
            ("cdp.device_id", "desk-phone"),
            ("cdp.address", "192.0.2.66"),
            ("cdp.port", "Port 1"),
            ("cdp.capabilities", "host,phone"),
            ("cdp.version", "Phone Software 9.4(2)"),
            ("cdp.platform", "Example Phone 7"),
        )
    ]


def test_a_field_shorter_than_its_head_is_malformed() -> None:
    with pytest.raises(Malformed):
        Run(Cdp()).feed(C, b"\x02\xb4\0\0\0\x01\0\x03")


def test_reached_by_its_snap_code() -> None:
    assert PROTOCOL.ethertypes == {0x22000}


def shown(frame: bytes) -> list[tuple[str, str]]:
    return [
        (item.field, item.value) for item in converse(Cdp, [(C, frame)], damage=False) if isinstance(item, Attribute)
    ]


@pytest.mark.parametrize(("version", "whole"), [(0, False), (1, True), (2, True), (3, False)])
def test_versions(version: int, whole: bool) -> None:
    data = bytes([version]) + FRAME[1:]
    if whole:
        assert ("cdp.device_id", "desk-phone") in shown(data)
    else:
        with pytest.raises(Malformed):
            Run(Cdp()).feed(C, data)


@pytest.mark.parametrize(
    ("bit", "name"),
    list(
        enumerate(
            (
                "router",
                "transparent_bridge",
                "route_bridge",
                "switch",
                "host",
                "igmp",
                "repeater",
                "phone",
                "remote",
                "camera",
            )
        )
    ),
)
def test_each_capability_by_its_bit(bit: int, name: str) -> None:
    """Wireshark's packet-cdp: bit 0 router to bit 9 two-port MAC relay (cameras)."""
    assert shown(b"\2\xb4\0\0" + field(4, (1 << bit).to_bytes(4, "big"))) == [("cdp.capabilities", name)]


@pytest.mark.parametrize("value", [b"", b"\0\0\x90", b"\0\0\0\0\x90", bytes(4)])
def test_capabilities_of_another_length_are_none(value: bytes) -> None:
    assert shown(b"\2\xb4\0\0" + field(4, value) + field(1, b"x")) == [("cdp.device_id", "x")]


def test_the_fields_texts_and_what_is_passed_over() -> None:
    data = b"".join(field(kind, b"t%d" % kind) for kind in (1, 3, 5, 6, 7, 0x14, 0x15)) + b"\0\1\0"
    assert shown(b"\1\xb4\0\0" + data) == [
        ("cdp.device_id", "t1"), ("cdp.port", "t3"), ("cdp.version", "t5"), ("cdp.platform", "t6"),
        ("cdp.system_name", "t20"),
    ]  # fmt: skip
    assert shown(b"\2\xb4\0\0" + field(1, b"") + field(3, b"p")) == [("cdp.port", "p")]


def test_addresses_of_both_families() -> None:
    four, six = bytes([192, 0, 2, 66]), bytes.fromhex("20010db8000000000000000000000007")
    listed = b"\1\1\xcc\0\4" + four + b"\2\x08\xaa\xaa\3\0\0\0\x86\xdd\0\x10" + six + b"\1\1\xcd\0\4" + four
    for number, expected in ((3, ["192.0.2.66", "2001:db8::7"]), (1, ["192.0.2.66"]), (0, [])):
        found = shown(b"\2\xb4\0\0" + field(2, struct.pack("!I", number) + listed))
        assert found == [("cdp.address", text) for text in expected]
    many = struct.pack("!I", 100) + (b"\1\1\xcc\0\4" + four) * 100
    assert len(shown(b"\2\xb4\0\0" + field(2, many))) == ADDRESS_LIMIT


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, "independent", transport=Transport.LINK, numbers={0x22000})
