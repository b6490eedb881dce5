"""Tests for sensor.parsing.attributes: values that become an attribute, and values that do not."""

from __future__ import annotations

import ipaddress

import pytest

from sensor.events import Attribute
from sensor.model import Side
from sensor.parsing.attributes import REMEMBERED_BYTES, VALUE_LIMIT, attribute_events, host, plain, station


def test_plain_text_ends_at_the_first_nul_and_shows_what_is_not_utf8() -> None:
    assert plain(b"  lamp \0rubbish") == "lamp"
    assert plain(b"caf\xe9") == "caf\\xe9"
    assert plain("café".encode()) == "café"
    assert len(plain(b"a" * 10_000)) == VALUE_LIMIT


def test_an_empty_value_is_no_attribute() -> None:
    assert list(attribute_events("x.y", b"\0\0", Side.CLIENT)) == []
    assert list(attribute_events("x.y", "  ", Side.CLIENT)) == []
    assert list(attribute_events("x.y", b"lamp\0", Side.SERVER)) == [
        Attribute(field="x.y", value="lamp", side=Side.SERVER)
    ]


@pytest.mark.parametrize("mac", [b"", bytes(6), b"\xff" * 6, bytes.fromhex("01005e0000fb"), b"\x02" * 8])
def test_no_station_has_such_a_mac(mac: bytes) -> None:
    assert station(mac) is None


def test_stations_and_hosts() -> None:
    assert station(bytes.fromhex("020000000a01")) == "02:00:00:00:0a:01"
    assert host(bytes([192, 0, 2, 1])) == "192.0.2.1"
    assert host(bytes.fromhex("20010db8" + "0" * 23 + "1")) == "2001:db8::1"
    for address in (
        bytes(4),
        b"\xff" * 4,
        bytes([224, 0, 0, 1]),
        bytes([127, 0, 0, 1]),
        bytes(16),
        bytes(15) + b"\1",
        b"\xff\x02" + bytes(14),
    ):
        assert host(address) is None


@pytest.mark.parametrize("rest", [bytes(3), b"\0\0\1", b"\1\2\3", b"\xff\xff\xff"])
def test_ipv4_hosts_are_those_of_the_library(rest: bytes) -> None:
    for first in range(256):
        address = bytes((first,)) + rest
        known = ipaddress.IPv4Address(address)
        none = known.is_unspecified or known.is_multicast or known.is_loopback or address == b"\xff" * 4
        assert host(address) == (None if none else str(known))


def test_text_is_cut_at_512_letters_whatever_their_bytes() -> None:
    assert plain("\U0001f600".encode() * 600) == "\U0001f600" * 512
    assert plain(b" a\0b ") == "a" and plain(b"\xff") == "\\xff"


@pytest.mark.parametrize("value", ["lamp", b"lamp", bytearray(b"lamp"), b"lamp\0" + bytes(REMEMBERED_BYTES)])
def test_an_attribute_is_the_same_each_time_and_of_its_own_side_and_subject(value: str | bytes | bytearray) -> None:
    for _ in range(2):
        for side in Side:
            for addresses in ((), ("192.0.2.1",), ("192.0.2.1", "192.0.2.2")):
                (found,) = attribute_events("x.y", value, side, addresses)
                assert found == Attribute(field="x.y", value="lamp", side=side, addresses=addresses)


def test_text_and_bytes_with_a_nul_are_told_apart() -> None:
    assert [one.value for one in attribute_events("x.y", "a\0b", Side.CLIENT)] == ["a\0b"]
    assert [one.value for one in attribute_events("x.y", b"a\0b", Side.CLIENT)] == ["a"]
