"""What access points and stations say of themselves: the network, and the names of Wi-Fi Protected Setup."""

from __future__ import annotations

import struct

from sensor.decode.wlan import STATEMENT as MADE
from sensor.events import Attribute
from sensor.protocols.wlan import STATEMENT, Wlan
from tests.conversation import C, converse


def test_the_decoder_and_the_parser_mean_the_same_number() -> None:
    assert STATEMENT == MADE < 0x0600


def test_what_both_ends_say_of_themselves() -> None:
    wps = struct.pack("!HHHH", 0x104A, 1, 0x1011, 5)[:4] + b"\x10" + struct.pack("!HH", 0x1011, 5) + b"attic"
    wps += struct.pack("!HH", 0x1021, 7) + b"Example"
    vendor = bytes([221, len(wps) + 4]) + b"\x00\x50\xf2\x04" + wps
    found = [one for one in converse(Wlan, [(C, b"\x08\0\4home" + vendor)]) if isinstance(one, Attribute)]
    assert [(one.field, one.value) for one in found] == [
        ("wlan.role", "access_point"), ("wlan.ssid", "home"), ("wps.device_name", "attic"),
        ("wps.manufacturer", "Example"),
    ]  # fmt: skip
    joined = [one for one in converse(Wlan, [(C, b"\0\0\4home")]) if isinstance(one, Attribute)]
    assert [(one.field, one.value) for one in joined] == [("wlan.network", "home")]
