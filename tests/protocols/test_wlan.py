"""What access points and stations say of themselves: the network, and the names of Wi-Fi Protected Setup."""

from __future__ import annotations

import struct

import pytest

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


@pytest.mark.parametrize(("subtype", "points"), [(0, 0), (2, 0), (4, 0), (5, 1), (7, 0), (8, 1), (9, 0)])
def test_what_an_access_point_alone_sends(subtype: int, points: int) -> None:
    """IEEE 802.11-2020, table 9-1: probe response 5, beacon 8."""
    found = [one for one in converse(Wlan, [(C, bytes((subtype,)) + b"\0\4home")]) if isinstance(one, Attribute)]
    assert [one.field for one in found] == (["wlan.role", "wlan.ssid"] if points else ["wlan.network"])


def test_hidden_names_and_other_elements_say_nothing() -> None:
    name = struct.pack("!HH", 0x1011, 5) + b"attic"
    for element in (b"\0\0", b"\0\4\0\0\0\0", bytes((220, len(name) + 4)) + b"\0\x50\xf2\4" + name, b"\3\1\6"):
        assert converse(Wlan, [(C, b"\0" + element)], damage=False) == []
    vendor = bytes((221, len(name) + 4)) + b"\0\x50\xf2\4" + name
    [found] = converse(Wlan, [(C, b"\0" + vendor)], damage=False)
    assert isinstance(found, Attribute) and (found.field, found.value) == ("wps.device_name", "attic")


@pytest.mark.parametrize(
    ("kind", "field"),
    [(0x1011, "wps.device_name"), (0x1021, "wps.manufacturer"), (0x1023, "wps.model_name"),
     (0x1024, "wps.model_number"), (0x1042, "wps.serial"), (0x1012, None), (0x1045, None)],
)  # fmt: skip
def test_names_of_wi_fi_protected_setup(kind: int, field: str | None) -> None:
    content = struct.pack("!HH", kind, 3) + b"abc"
    vendor = bytes((221, len(content) + 4)) + b"\0\x50\xf2\4" + content
    found = [one.field for one in converse(Wlan, [(C, b"\0" + vendor)], damage=False) if isinstance(one, Attribute)]
    assert found == ([] if field is None else [field])
