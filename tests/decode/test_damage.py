"""Damaged and invented packets: nothing raises, what comes up lies within what was captured, and compiled and plain
agree on all of it.
"""

from __future__ import annotations

import random
import struct
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.capture import find_captures, open_capture
from sensor.decode.engine import BUG, DATAGRAM, PACKET, SEGMENT
from tests.decode.wire import ACK, SYN, Spec, ethernet, ip4, ip6, run, tcp, udp

WANTED: dict[str, Any] = {"ethertypes": {0x0806, 0x880B, 0x88CC, 0x14242, 0x1AAAA, 0x22000}, "ip_protocols": {1, 2, 58}}
RADIOTAP = struct.pack("<BBHI", 0, 0, 9, 2) + b"\0"
WLAN = b"\x08\x01\0\0" + b"\2\0\0\0\0\1" + b"\2\0\0\0\0\2" + b"\2\0\0\0\0\3" + b"\0\0" + b"\xaa\xaa\x03\0\0\0\x08\x00"
INNER = ip4(udp(b"inside", 7, 8), 17)

PACKETS: dict[str, tuple[int, bytes]] = {
    "tcp": (
        1,
        ethernet(ip4(tcp(b"data", seq=0xFFFFFFFE, flags=SYN | ACK, options=b"\2\4\5\xb4"), 6, options=b"\1\1\1\0")),
    ),
    "udp in tags": (1, ethernet(ip4(udp(b"data"), 17), tags=[(0x88A8, 1), (0x8100, 2)])),
    "ip6": (1, ethernet(ip6(b"\x2b\0" + bytes(6) + b"\x11\0" + bytes(6) + udp(b"data"), 0), 0x86DD)),
    "ip6 fragment": (1, ethernet(ip6(b"\x11\0\0\1\0\0\0\7" + udp(b"data" * 4), 44), 0x86DD)),
    "ip4 fragment": (1, ethernet(ip4(udp(b"data" * 4), 17, place=0x2000))),
    "arp": (1, ethernet(b"\0\1\x08\0\6\4\0\1" + bytes(20), 0x0806)),
    "snap": (1, ethernet(b"\xaa\xaa\x03\0\0\x0c\x20\0cdp", 11)),
    "icmp6": (1, ethernet(ip6(b"\x88\0\0\0" + bytes(20), 58), 0x86DD)),
    "pppoe": (1, ethernet(b"\x11\0\0\7" + struct.pack("!H", len(INNER) + 2) + b"\0\x21" + INNER, 0x8864)),
    "mpls": (1, ethernet(b"\0\1\0\x40\0\2\1\x40" + INNER, 0x8847)),
    "gre": (1, ethernet(ip4(b"\xb0\0\x65\x58" + bytes(12) + ethernet(INNER), 47))),
    "6in4": (1, ethernet(ip4(ip6(udp(b"six"), 17), 41))),
    "vxlan": (1, ethernet(ip4(udp(b"\x08\0\0\0\0\0\7\0" + ethernet(INNER), 5000, 4789), 17))),
    "vxlan in vxlan": (
        1,
        ethernet(
            ip4(
                udp(
                    b"\x08\0\0\0\0\0\7\0" + ethernet(ip4(udp(b"\x08\0\0\0\0\0\7\0" + ethernet(INNER), 1, 4789), 17)),
                    5000,
                    4789,
                ),
                17,
            )
        ),
    ),
    "gtp": (
        1,
        ethernet(
            ip4(udp(b"\x36\xff" + struct.pack("!HI", 8 + len(INNER), 7) + b"\0\1\0\x85\1\0\0\0" + INNER, 5, 2152), 17)
        ),
    ),
    "cooked": (113, b"\0\0\0\1\0\6\2\0\0\0\0\1\0\0\x08\0" + INNER),
    "cooked 2": (276, b"\x08\0\0\0\0\0\0\1\0\1\0\6\2\0\0\0\0\1\0\0" + INNER),
    "raw": (101, INNER),
    "loopback": (0, b"\2\0\0\0" + INNER),
    "ppp": (9, b"\xff\x03\0\x21" + INNER),
    "802.11": (105, WLAN + INNER),
    "radiotap": (127, RADIOTAP + WLAN + INNER),
    "ppi": (192, struct.pack("<BBHI", 0, 0, 8, 105) + WLAN + INNER),
    "nflog": (239, b"\2\0\0\0" + struct.pack("<HH", 4 + len(INNER), 9) + INNER),
    "pflog": (117, bytes([61, 2]) + bytes(62) + INNER),
    "etherip": (1, ethernet(ip4(b"\x30\0" + ethernet(INNER), 97))),
    "macsec": (1, ethernet(b"\x20\0\0\0\0\1" + bytes(8) + b"\x08\0" + INNER + bytes(16), 0x88E5)),
    "cisco meta data": (1, ethernet(b"\1\1\0\1\0\7\x08\0" + INNER, 0x8909)),
    "wccp": (1, ethernet(ip4(b"\0\0\x88\x3e\5\x59\0\x48" + INNER, 47))),
    "tzsp of 802.11": (1, ethernet(ip4(udp(b"\1\0\0\x12\x0a\1\xc0\1" + WLAN + INNER, 5000, 37008), 17))),
    "pktap as user 2": (149, struct.pack("<III", 108, 1, 1) + bytes(96) + ethernet(INNER)),
    "pktap": (258, struct.pack("<III", 12, 1, 1) + ethernet(INNER)),
}


def damaged(data: bytes) -> list[Spec]:
    """Every byte changed six ways, every length, each with the original length as it was."""
    found: list[Spec] = []
    for at in range(len(data)):
        for value in {0, 1, 0x45, 0x7F, 0x80, 0xFF} - {data[at]}:
            found.append((len(found) / 1000, data[:at] + bytes([value]) + data[at + 1 :], len(data)))
    found += [(len(found) / 1000, data[:size], len(data)) for size in range(len(data))]
    return found


def check(packets: list[Spec], link: int) -> None:
    ran = run(packets, link, **WANTED)
    assert ran.engine.packets == len(packets)
    assert BUG not in ran.engine.undecoded
    for entry in ran.of(SEGMENT) + ran.of(DATAGRAM):
        assert len(entry[-1]) <= entry[-2] <= 0xFFFF
    for entry in ran.of(PACKET):
        assert len(entry[7]) == len(entry[8])


@pytest.mark.parametrize("name", PACKETS)
def test_every_byte_changed_and_every_length(name: str) -> None:
    link, data = PACKETS[name]
    check(damaged(data), link)


@pytest.mark.parametrize("name", PACKETS)
def test_the_undamaged_ones_are_read(name: str) -> None:
    link, data = PACKETS[name]
    if "fragment" not in name:
        ran = run([data], link, **WANTED)
        assert ran.of(SEGMENT) + ran.of(DATAGRAM) + ran.of(PACKET)
        assert ran.engine.undecoded == {}


def test_packets_of_our_captures_damaged() -> None:
    for path in find_captures(str(Path(__file__).parents[2] / "pcaps"))[:6]:
        with open_capture(path) as capture:
            block = next(iter(capture))
        chance = random.Random(path)
        packets: list[Spec] = []
        for row in range(0, block.count, max(1, block.count // 60)):
            at, captured, original, _, link = block.table[5 * row : 5 * row + 5]
            data = block.data[at : at + captured]
            for _ in range(20):
                where = chance.randrange(min(len(data), 90))
                packets.append((len(packets) / 1000, data[:where] + chance.randbytes(1) + data[where + 1 :], original))
        check(packets, link)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from([0, 1, 9, 50, 101, 105, 108, 113, 117, 119, 127, 149, 163, 166, 192, 204, 239, 258, 276, 147]),
    st.lists(st.binary(max_size=120), max_size=12),
)
def test_any_bytes_on_any_link(link: int, packets: list[bytes]) -> None:
    check([(0.0, data, len(data)) for data in packets], link)


STEP = st.tuples(
    st.floats(-400, 4000, allow_nan=False),
    st.booleans(),
    st.integers(40000, 40002),
    st.sampled_from([0, 1, 100, 0x7FFFFFF0, 0xFFFFFFF0, 0xFFFFFFFF]),
    st.integers(0, 63),
    st.sampled_from([b"", b"x", b"x" * 40]),
    st.integers(0, 7),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(STEP, max_size=40), st.integers(1, 3), st.booleans())
def test_any_course_of_flows(
    steps: list[tuple[float, bool, int, int, int, bytes, int]], most: int, report: bool
) -> None:
    """Clocks either way, any flags, any numbers, both directions, a tiny table, and a reader who loses interest."""
    clock, packets = 10_000.0, list[Spec]()
    reactions = {index + 1: step[6] for index, step in enumerate(steps)}
    for gap, turned, port, seq, flags, payload, _ in steps:
        clock = max(0.0, clock + gap)
        if turned:
            packets.append((clock, ethernet(ip4(tcp(payload, 80, port, seq, flags), 6, "192.0.2.11", "192.0.2.10"))))
        else:
            packets.append((clock, ethernet(ip4(tcp(payload, port, 80, seq, flags), 6))))

    def react(engine: Any, entry: tuple[Any, ...]) -> None:
        if entry[0] == SEGMENT:
            what = reactions[entry[2]]
            if what == 1:
                engine.ignore(entry[1])
            elif what in (2, 3):
                engine.ignore_side(entry[1], what - 2)
            elif what in (4, 5):
                engine.skip(entry[1], what - 4, entry[5] + 100)

    ran = run(packets, react=react, max_flows=most, report_all_flows=report)
    assert ran.engine.live_flows == 0
    assert ran.engine.flows_ended == ran.engine.silent_flows + len(ran.ended)
    counted = sum(sum(info.packets) for _, info in ran.ended) + ran.engine.silent_packets
    assert counted == len(steps)
    assert all(info.first_time <= info.last_time for _, info in ran.ended)
    assert list(islice(ran.engine.finish(), 1)) == []
