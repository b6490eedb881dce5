"""Field encodings of MQTT: examples of 3.1.1 clause 2.2.3, properties of 5.0, CONNECT."""

from __future__ import annotations

import pytest

from sensor.parsing.cursor import Cursor, Malformed
from sensor.protocols.mqtt.fields import begins_connect, connect_fields, plausible, properties, remaining_length


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\x00", 0),
        (b"\x7f", 127),
        (b"\x80\x01", 128),
        (b"\xff\x7f", 16_383),
        (b"\x80\x80\x01", 16_384),
        (b"\xff\xff\xff\x7f", 268_435_455),
    ],
)
def test_remaining_length(data: bytes, value: int) -> None:
    assert remaining_length(Cursor(data)) == value


def test_remaining_length_ends_after_four_bytes() -> None:
    with pytest.raises(Malformed):
        remaining_length(Cursor(b"\x80\x80\x80\x80\x01"))


def test_properties_of_every_type() -> None:
    block = (
        b"\x01\x01"
        + b"\x22\x00\x0a"
        + b"\x11\x00\x00\x00\x3c"
        + b"\x12\x00\x03abc"
        + b"\x16\x00\x02\xff\x00"
        + b"\x0b\x80\x01"
        + b"\x26\x00\x01k\x00\x01v"
    )
    assert properties(Cursor(bytes([len(block)]) + block)) == {
        0x01: 1,
        0x22: 10,
        0x11: 60,
        0x12: "abc",
        0x16: b"\xff\x00",
        0x0B: 128,
    }
    for broken in (b"\x02\x7e\x00", b"\x03\x12\x00\x09", b"\x05\x01"):
        with pytest.raises(Malformed):
            properties(Cursor(broken))


def test_connect_of_3_1_may_leave_announced_fields_out() -> None:
    announced = connect_fields(Cursor(b"\x00\x06MQIsdp\x03\xc2\x00\x3c\x00\x01c"))
    assert (announced.client_id, announced.username, announced.password) == ("c", None, None)
    with pytest.raises(Malformed):
        connect_fields(Cursor(b"\x00\x04MQTT\x04\xc2\x00\x3c\x00\x01c"))


def test_beginnings() -> None:
    for good in (b"\xc0\x00", b"\xd0\x00", b"\x40\x02\x00\x07", b"\x30\x06\x00\x03a/bx", b"\x90\x03\x00\x01\x01"):
        assert plausible(good)
    for bad in (
        b"",
        b"\x30",
        b"\xc0\x01\x00",
        b"\x00\x00",
        b"\x36\x06\x00\x03a/bx",
        b"\x30\x02\x00\x03a/b",
        b"\x30\x06\x00\x03a\x01bx",
        b"GET /",
    ):
        assert not plausible(bad)


def test_beginnings_of_a_connect() -> None:
    for name in (
        b"\x10\x0c\x00\x04MQTT\x04",
        b"\x10\x0c\x00\x04MQTT\x05",
        b"\x10\x10\x00\x06MQIsdp\x03",
        b"\x10\x8c\x01\x00\x04MQTT\x84",
    ):
        assert begins_connect(name) is True
        assert {begins_connect(name[:cut]) for cut in range(1, len(name))} == {None}
    for other in (
        b"\x10\x0b\x00\x04MQTT\x04",
        b"\x10\x0c\x00\x04MQTT\x03",
        b"\x10\x0c\x01",
        b"\x10\xff\xff\xff\xff",
        b"\x10\x7f\x00\x70" + b"x" * 20,
    ):
        assert begins_connect(other) is False


@pytest.mark.parametrize("name", [b"MQIsdp", b"MQTT", b"MQTTX"])
@pytest.mark.parametrize("level", [2, 3, 4, 5, 6, 0x83, 0x84, 0x85])
def test_names_and_levels_that_belong_together(name: bytes, level: int) -> None:
    """3.1 clause 3.1, 3.1.1 clause 3.1.2.2, 5.0 clause 3.1.2.2; bridges set the top bit."""
    fits = (name, level & 0x7F) in ((b"MQIsdp", 3), (b"MQTT", 4), (b"MQTT", 5))
    data = len(name).to_bytes(2, "big") + name + bytes((level, 0, 0, 60)) + b"\0" * (level & 0x7F == 5) + b"\0\1c"
    if fits:
        assert connect_fields(Cursor(data)).version == level & 0x7F
    else:
        with pytest.raises(Malformed):
            connect_fields(Cursor(data))
