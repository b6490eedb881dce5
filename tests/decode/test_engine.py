"""The pass: what comes up of which link and IP packets, and what each flow says of itself. Every test runs compiled and
plain.
"""

from __future__ import annotations

import os
import struct
from typing import Any

import pytest

from sensor.decode.engine import DATAGRAM, IP, LINK, PACKET, SEGMENT
from tests.decode import wire
from tests.decode.wire import (
    ALL,
    GROUP,
    SECOND,
    START,
    A,
    B,
    ethernet,
    ip,
    ip4,
    ip6,
    run,
    tcp,
    udp,
)

HELLO = ip4(udp(b"hello"), 17)
HELLO6 = ip6(udp(b"hello"), 17)


@pytest.mark.skipif(os.environ.get("LANWITNESS_COMPILED") != "1", reason="asked for where the compiled build is tested")
def test_compiled_where_that_is_demanded() -> None:
    assert wire.MODES["installed"].Engine().compiled


def test_the_plain_one_is_plain() -> None:
    assert not wire.MODES["plain"].Engine().compiled


def one_datagram(ran: wire.Ran, payload: bytes = b"hello", wire_length: int = 5) -> Any:
    (entry,) = ran.of(DATAGRAM)
    assert entry[2:] == (1, START, 0, wire_length, payload)
    return ran.ended[0][1]


# ---------------------------------------------------------------- link layers


@pytest.mark.parametrize(
    "tags", [[], [(0x8100, 5)], [(0x88A8, 5), (0x8100, 6)], [(0x9100, 1), (0x88A8, 5), (0x8100, 6)]]
)
def test_ethernet_and_its_tags(tags: list[tuple[int, int]]) -> None:
    info = one_datagram(run([ethernet(HELLO, tags=tags)]))
    assert (info.client, info.client_port, info.server, info.server_port) == (
        ip("192.0.2.10"),
        40000,
        ip("192.0.2.11"),
        40001,
    )
    assert (info.client_mac, info.server_mac, info.transport) == (A, B, 17)


def test_a_fourth_tag_is_not_read() -> None:
    assert run([ethernet(HELLO, tags=[(0x8100, 1)] * 4)]).engine.undecoded == {"more than three VLAN tags": 1}


@pytest.mark.parametrize(
    ("link", "head"),
    [
        (101, b""), (12, b""), (14, b""), (228, b""),
        (0, struct.pack("<I", 2)), (0, struct.pack(">I", 2)), (108, struct.pack(">I", 2)),
    ],
)  # fmt: skip
def test_links_without_macs(link: int, head: bytes) -> None:
    info = one_datagram(run([head + HELLO], link))
    assert (info.client_mac, info.server_mac) == (b"", b"")


@pytest.mark.parametrize("family", [10, 24, 28, 30])
def test_ip6_has_many_families_in_bsd_loopback(family: int) -> None:
    for order in "<>":
        assert one_datagram(run([struct.pack(order + "I", family) + HELLO6], 0)).client == ip("fe80::10")
    assert run([struct.pack("<I", 7) + HELLO6], 0).engine.undecoded == {"link type 0 (BSD loopback)": 1}


def test_linux_cooked() -> None:
    cooked = struct.pack("!HHH", 0, 1, 6) + A + b"\0\0" + struct.pack("!H", 0x0800)
    info = one_datagram(run([cooked + HELLO], 113))
    assert (info.client_mac, info.server_mac) == (A, b"")
    second = struct.pack("!HHIHBB", 0x86DD, 0, 3, 1, 0, 6) + A + b"\0\0"
    info = one_datagram(run([second + HELLO6], 276))
    assert (info.client_mac, info.server_mac) == (A, b"")
    tagged = struct.pack("!HHH", 0, 1, 6) + A + b"\0\0" + struct.pack("!HHH", 0x8100, 7, 0x0800)
    one_datagram(run([tagged + HELLO], 113))


def test_llc_and_snap() -> None:
    bpdu = b"\x42\x42\x03" + b"spanning tree"
    cdp = b"\xaa\xaa\x03\x00\x00\x0c\x20\x00" + b"cisco"
    other = b"\xaa\xaa\x03\x00\x80\xc2\x00\x07" + b"bridged"
    arp = b"\xaa\xaa\x03\0\0\0\x08\x06" + b"an arp"
    frames = [
        ethernet(body + bytes(9), len(body)) for body in (bpdu, cdp, other, arp)
    ]  # padded, the length says by how much
    frames.append(ethernet(b"\xaa\xaa\x03\0\0\0\x08\x00" + HELLO, 8 + len(HELLO)))
    ran = run(frames, ethertypes={0x14242, 0x22000, 0x1AAAA, 0x0806})
    assert [(entry[4], entry[9]) for entry in ran.of(PACKET)] == [
        (0x14242, b"spanning tree"), (0x22000, b"cisco"), (0x1AAAA, b"\x00\x80\xc2\x00\x07bridged"),
        (0x0806, b"an arp"),
    ]  # fmt: skip
    assert [entry[6] for entry in ran.of(DATAGRAM)] == [b"hello"]


def test_only_wanted_ethertypes_come_up() -> None:
    frames = [ethernet(b"neighbour", 0x88CC), ethernet(b"request", 0x0806, target=ALL), ethernet(b"?", 0x1234)]
    ran = run(frames, ethertypes={0x88CC})
    assert ran.of(PACKET) == [(PACKET, 1, START, LINK, 0x88CC, A, B, b"", b"", b"neighbour")]
    assert ran.engine.undecoded == {"ethertype 0x1234": 1}  # ARP is known for what it is


def test_link_types_that_are_not_read_are_named() -> None:
    assert run([b"zigbee"] * 3, 195).engine.undecoded == {"link type 195 (IEEE 802.15.4)": 3}
    assert run([b"?"], 60_000).engine.undecoded == {"link type 60000 (unknown link type 60000)": 1}


# ---------------------------------------------------------------- IP


def test_ip4_options_and_padding() -> None:
    packet = ethernet(ip4(udp(b"hello"), 17, options=b"\x94\x04\0\0")) + b"\xee" * 20
    one_datagram(run([(0, packet, len(packet))]))


def test_a_length_of_zero_is_offload_and_means_the_frame() -> None:
    one_datagram(run([ethernet(ip4(udp(b"hello"), 17, length=0))]))
    one_datagram(run([ethernet(ip6(udp(b"hello"), 17, length=0))]))
    one_datagram(run([ethernet(ip4(udp(b"hello", length=0), 17))]))


def test_a_cut_snap_length_leaves_the_wire_length() -> None:
    whole = ethernet(ip4(udp(b"hello" * 100), 17))
    ran = run([(0, whole[: 14 + 20 + 8 + 5], len(whole))])
    one_datagram(ran, b"hello", 500)
    assert ran.engine.truncated_packets == 1
    assert ran.engine.bytes == len(whole)
    headers_only = run([(0, whole[: 14 + 20 + 8], len(whole))])
    assert headers_only.of(DATAGRAM)[0][5:] == (500, b"")


def test_a_packet_longer_than_its_frame_is_taken_at_its_word() -> None:
    one_datagram(run([ethernet(ip4(udp(b"hello", length=1008), 17, length=1028))]), b"hello", 1000)


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (ip4(udp(b"x"), 17)[:19], "cut before the headers end"),
        (b"\x44" + ip4(udp(b"x"), 17)[1:], "malformed IPv4 header"),
        (ip4(udp(b"x"), 17, length=19), "malformed IPv4 header"),
        (ip4(udp(b"x", length=7), 17), "malformed UDP header"),
        (ip4(udp(b"x"), 17, length=27), "malformed UDP header"),
        (ip4(udp(b"x")[:7], 17), "cut before the headers end"),
        (ip4(tcp(b"x")[:12] + b"\x40" + tcp(b"x")[13:], 6), "malformed TCP header"),
        (ip4(tcp(b"x")[:12] + b"\xf0" + tcp(b"x")[13:], 6), "malformed TCP header"),
        (ip4(tcp(b"x")[:19], 6), "cut before the headers end"),
        (b"\x55" + bytes(40), "IP version neither 4 nor 6"),
        (ip6(udp(b"x"), 17)[:39], "cut before the headers end"),
        (ip6(b"\x11\xff" + bytes(6), 60), "malformed IPv6 header"),
        (ip6(b"\x3c\0\0\0\0\0\0\0" * 12, 60), "too many IPv6 extension headers"),
        (ip4(b"x", 50), "IPsec ESP, encrypted"),
        (ip4(b"x", 132), "SCTP"),
        (ip4(b"x", 200), "IP protocol 200"),
    ],
)
def test_what_is_not_read_is_counted_under_a_plain_name(packet: bytes, reason: str) -> None:
    ran = run([packet], 101)
    assert ran.engine.undecoded == {reason: 1}
    assert ran.engine.packets == 1
    assert not ran.of(DATAGRAM)
    assert not ran.of(SEGMENT)


def test_ip6_extension_headers() -> None:
    hop = b"\x2b\x00" + bytes(6)  # next: routing
    routing = b"\x33\x01" + bytes(14)  # next: AH
    auth = b"\x3c\x04" + bytes(22)  # next: destination options; (4 + 2) * 4 bytes (RFC 4302, 2.2)
    options = b"\x2c\x00" + bytes(6)  # next: fragment
    atomic = b"\x11\x00\x00\x00" + bytes(4)  # RFC 6946: offset 0, none to follow
    one_datagram(run([ethernet(ip6(hop + routing + auth + options + atomic + udp(b"hello"), 0), 0x86DD)]))


def test_ip_protocols_come_up_where_wanted() -> None:
    ran = run(
        [
            ethernet(ip4(b"\x16\0\0\0\xe0\0\0\xfb", 2, target="224.0.0.251"), target=GROUP),
            ethernet(ip6(b"\x88neighbour", 58), 0x86DD),
        ],
        ip_protocols={2, 58},
    )
    assert ran.of(PACKET) == [
        (PACKET, 1, START, IP, 2, A, GROUP, ip("192.0.2.10"), ip("224.0.0.251"), b"\x16\0\0\0\xe0\0\0\xfb"),
        (PACKET, 2, START + SECOND // 1000, IP, 58, A, B, ip("fe80::10"), ip("fe80::11"), b"\x88neighbour"),
    ]
    assert run([ethernet(ip4(b"ping", 1))]).engine.undecoded == {}
