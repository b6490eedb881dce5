"""The words: endpoints in text, sides, length classes."""

from __future__ import annotations

import ipaddress
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.model import BLIND, Endpoint, Secret, SensorState, Side, address_bytes, address_text

V6 = bytes.fromhex("20010db8000000000000000000000001")


@pytest.mark.parametrize(
    ("endpoint", "text"),
    [
        (Endpoint(b"\xc0\x00\x02\x01", 80, b""), "192.0.2.1:80"),
        (Endpoint(V6, 80, b""), "[2001:db8::1]:80"),
        (Endpoint(V6, None, b""), "2001:db8::1"),
        (Endpoint(b"\xc0\x00\x02\x01", None, b"\x02" * 6), "192.0.2.1"),
        (Endpoint(b"", None, b"\x02\x00\x00\x00\x00\x01"), "02:00:00:00:00:01"),
    ],
)
def test_endpoints_as_the_records_show_them(endpoint: Endpoint, text: str) -> None:
    assert str(endpoint) == text
    parsed = Endpoint.parse(text)
    assert parsed is not None and (parsed.address, parsed.port) == (endpoint.address, endpoint.port)
    assert parsed.host == endpoint.host and str(parsed) == text


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("192.0.2.1:80", "192.0.2.1", 80),
        ("[2001:db8::1]:443", "2001:db8::1", 443),
        ("[2001:DB8::1]", "2001:db8::1", None),
        ("192.0.2.1", "192.0.2.1", None),
        ("2001:db8::1", "2001:db8::1", None),
        ("02:00:5e:00:53:01", "02:00:5e:00:53:01", None),
        ("unknown", "unknown", None),
    ],
)
def test_endpoints_are_parsed_back(text: str, host: str, port: int | None) -> None:
    endpoint = Endpoint.parse(text)
    assert endpoint is not None and (endpoint.host, endpoint.port) == (host, port)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "camera",
        "192.0.2.1:http",
        "192.0.2.1:",
        "300.0.0.1:80",
        "[192.0.2.1:80",
        "::1%eth0",
        "1:2",
        "1" * 10**6,
    ],
)
def test_what_is_no_endpoint(text: str | None) -> None:
    assert Endpoint.parse(text) is None


def test_sides() -> None:
    assert Side.CLIENT.other is Side.SERVER and Side.SERVER.other is Side.CLIENT


def test_length_counts_characters_where_they_are_utf8_and_bytes_elsewhere() -> None:
    assert Secret("ü" * 7).length_class == "<8"
    assert Secret(b"\xfc" * 8).length_class == "8-11"


def test_text_that_no_encoding_has_is_still_a_secret() -> None:
    # json.loads gives half of a surrogate pair for "\ud800"
    assert Secret("\ud800abc") == Secret(b"\\ud800abc")
    assert Secret(b"caf\xe9".decode("utf-8", "surrogateescape")) == Secret(b"caf\xe9")


def test_states_of_a_sensor_rank_by_what_they_hide() -> None:
    assert SensorState("down").rank < SensorState("losing").rank < SensorState("ok").rank
    assert json.dumps({"state": SensorState.ONE_WAY}) == '{"state": "one_way"}'
    assert max(state.rank for state in BLIND) < min(state.rank for state in SensorState if state not in BLIND)


@given(st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=16, max_size=16)))
def test_addresses_in_text_are_the_librarys(address: bytes) -> None:
    assert address_text(address) == str(ipaddress.ip_address(address))


@pytest.mark.parametrize("text", ["0.0.0.0", "192.168.1.5", "255.255.255.255", "::", "fe80::1", "::ffff:1.2.3.4"])
def test_an_address_in_text_is_its_bytes(text: str) -> None:
    assert address_bytes(text) == ipaddress.ip_address(text).packed


NO_ADDRESSES = ("", "1.2.3", "1.2.3.256", "1.2.3.-4", " 1.2.3.4", "+1.2.3.4", "1_0.2.3.4", "01.2.3.4", "1.2.3.4\n", "x")


@pytest.mark.parametrize("text", [*NO_ADDRESSES, "\u0661.2.3.4"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        address_bytes(text)
