"""CDP frames: version, time to live, checksum, fields of type, length and value."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Attribute
from sensor.parsing.cursor import Malformed
from sensor.protocols.cdp import PROTOCOL, Cdp
from tests.conversation import C, Run, converse


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
