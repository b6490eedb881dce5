"""Neighbour discovery by RFC 4861 4, DNS servers by RFC 8106, listener reports by RFC 3810 5.2."""

from __future__ import annotations

import ipaddress
import struct

import pytest

from sensor.events import Attribute, Binding, Network
from sensor.model import Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.formats.group_records import GROUPS_LIMIT
from sensor.protocols.icmpv6 import PROTOCOL, Icmpv6
from tests.conversation import C, Run, converse
from tests.protocols import openings

MAC = bytes.fromhex("020000000a01")


def v6(text: str) -> bytes:
    return ipaddress.IPv6Address(text).packed


def icmp(kind: int, body: bytes) -> bytes:
    return bytes([kind, 0, 0xAB, 0xCD]) + body


def prefix(network: str, length: int, flags: int) -> bytes:
    return struct.pack("!BBBBIII", 3, 4, length, flags, 86400, 14400, 0) + v6(network)


def test_a_router_announces_its_prefixes() -> None:
    body = (
        struct.pack("!BBHII", 64, 0x40, 1800, 0, 0)
        + b"\x01\x01"
        + MAC
        + prefix("2001:db8:1::", 64, 0xC0)
        + prefix("2001:db8:2::", 64, 0x40)
    )
    body += (
        prefix("fe80::", 64, 0xC0)
        + struct.pack("!BBHI", 25, 3, 0, 600)
        + v6("2001:db8:1::53")
        + b"\x05\x01\0\0\0\0\x05\xdc"
    )
    assert converse(Icmpv6, [(C, icmp(134, body))]) == [
        Attribute(field="icmpv6.router", value="lifetime 1800", side=C),
        Network(prefix="2001:db8:1::/64"),
        Attribute(field="icmpv6.dns", value="2001:db8:1::53", side=C),
    ]


def test_no_default_router_without_a_lifetime() -> None:
    assert converse(Icmpv6, [(C, icmp(134, struct.pack("!BBHII", 64, 0, 0, 0, 0)))]) == []


def test_a_neighbour_advertisement_claims_its_target() -> None:
    body = b"\x60\0\0\0" + v6("2001:db8:1::9") + b"\x02\x01" + MAC
    assert converse(Icmpv6, [(C, icmp(136, body))]) == [
        Binding(mac="02:00:00:00:0a:01", address="2001:db8:1::9", via="ndp")
    ]
    assert converse(Icmpv6, [(C, icmp(136, body[:-6] + b"\xff" * 6))]) == []
    assert converse(Icmpv6, [(C, icmp(135, b"\0\0\0\0" + v6("2001:db8:1::9") + b"\x01\x01" + MAC))]) == []


def test_an_option_of_no_length_is_malformed_and_ends() -> None:
    with pytest.raises(Malformed):
        Run(Icmpv6()).feed(C, icmp(136, b"\0\0\0\0" + v6("2001:db8::1") + bytes(16)))


def test_groups_joined() -> None:
    def entry(mode: int, group: str, sources: int = 0) -> bytes:
        return struct.pack("!BBH", mode, 0, sources) + v6(group) + bytes(16 * sources)

    entries = entry(4, "ff02::fb") + entry(4, "ff02::1:ff00:9") + entry(3, "ff02::c") + entry(2, "ff02::1:3")
    assert converse(Icmpv6, [(C, icmp(143, struct.pack("!HH", 0, 4) + entries))]) == [
        Attribute(field="icmpv6.group", value="ff02::fb", side=C),
        Attribute(field="icmpv6.group", value="ff02::1:3", side=C),
    ]
    many = icmp(143, struct.pack("!HH", 0, 5000) + entry(4, "ff02::fb") * 5000)
    assert len(converse(Icmpv6, [(C, many)], damage=False)) == GROUPS_LIMIT
    assert converse(Icmpv6, [(C, icmp(131, bytes(4) + v6("ff02::c")))]) == [
        Attribute(field="icmpv6.group", value="ff02::c", side=C)
    ]


def test_an_echo_says_nothing() -> None:
    assert converse(Icmpv6, [(C, icmp(128, b"\0\1\0\1" + b"abc" * 10))]) == []


@pytest.mark.parametrize(
    ("length", "shown"), [(0, False), (1, True), (64, True), (128, True), (129, False), (255, False)]
)
def test_a_prefix_is_at_most_as_long_as_an_address(length: int, shown: bool) -> None:
    body = bytes([64, 0]) + (1800).to_bytes(2, "big") + bytes(8) + prefix("2001:db8::1", length, 0x80)
    found = [item for item in converse(Icmpv6, [(C, icmp(134, body))], damage=False) if isinstance(item, Network)]
    assert [item.prefix.endswith(f"/{length}") for item in found] == [True] * shown


ROUTER = bytes([64, 0]) + (1800).to_bytes(2, "big") + bytes(8)


def said(data: bytes) -> list[object]:
    return list(converse(Icmpv6, [(C, data)], damage=False))


@pytest.mark.parametrize("kind", [130, 132, 133, 135, 137, 138, 144])
def test_other_kinds_say_nothing(kind: int) -> None:
    body = b"\x60\0\0\0" + v6("2001:db8:1::9") + b"\x02\x01" + MAC
    assert said(icmp(kind, body)) == []


def test_who_claims_an_address() -> None:
    """RFC 4861 4.4, 4.6.1: option 2 of an advertisement; not option 1, nor an address that no host has."""
    claim = Binding(mac="02:00:00:00:0a:01", address="2001:db8:1::9", via="ndp")
    head = b"\x60\0\0\0" + v6("2001:db8:1::9")
    for options, number in (
        (b"\2\1" + MAC, 1), (b"\1\1" + MAC, 0), (b"\x0e\1abcdef\2\1" + MAC, 1), (b"\2\2" + MAC + bytes(8), 1),
        (b"\2\1" + MAC[:5], 0), (b"", 0), (b"\2\1\1" + MAC[1:], 0),
    ):  # fmt: skip
        assert said(icmp(136, head + options)) == [claim] * number
    for nobody in ("ff02::1", "::", "::1"):
        assert said(icmp(136, b"\x60\0\0\0" + v6(nobody) + b"\2\1" + MAC)) == []


@pytest.mark.parametrize(
    ("flags", "length", "network", "shown"),
    [
        (0x80, 64, "2001:db8:1::", "2001:db8:1::/64"), (0xC0, 48, "fd00:1::", "fd00:1::/48"),
        (0x40, 64, "2001:db8:1::", None), (0x00, 64, "2001:db8:1::", None),
        (0x80, 64, "fe80::", None), (0x80, 64, "ff02::", None),
    ],
)  # fmt: skip
def test_prefixes_on_the_link(flags: int, length: int, network: str, shown: str | None) -> None:
    found = said(icmp(134, ROUTER + prefix(network, length, flags)))
    router = Attribute(field="icmpv6.router", value="lifetime 1800", side=C)
    assert found == [router, *([Network(prefix=shown)] if shown else [])]


def test_prefixes_have_32_bytes_and_servers_16_each() -> None:
    router = Attribute(field="icmpv6.router", value="lifetime 1800", side=C)
    long = prefix("2001:db8:1::", 64, 0x80)
    assert said(icmp(134, ROUTER + b"\3\5" + long[2:] + bytes(8))) == [router]
    assert said(icmp(134, ROUTER + b"\3\3" + long[2:24])) == [router]
    servers = v6("2001:db8::53") + v6("ff02::1") + v6("2001:db8::54")
    for count, shown in ((3, "2001:db8::53,2001:db8::54"), (2, "2001:db8::53"), (1, "2001:db8::53"), (0, None)):
        data = icmp(134, ROUTER + bytes([25, 1 + 2 * count]) + bytes(6) + servers[: 16 * count])
        dns = [Attribute(field="icmpv6.dns", value=shown, side=C)] if shown else []
        assert said(data) == [router, *dns]


def test_which_groups_are_services() -> None:
    for group, shown in (("ff02::fb", 1), ("ff02::1:ff00:9", 0), ("ff02::1:fe00:9", 1), ("fe80::1", 0)):
        assert len(said(icmp(131, bytes(4) + v6(group)))) == shown


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, "independent", transport=Transport.IP, numbers={58})
