"""Classic pcap: byte orders, resolutions, cut snap length, damage."""

from __future__ import annotations

import struct

import pytest

from sensor.capture.pcap import HEADER
from tests.capture.files import Record, opened, pcap, records

PACKETS: list[Record] = [
    (1_700_000_000, 5, b"first packet", 12),
    (1_700_000_001, 999_999, b"cut", 1500),
    (0, 0, b"", 0),
]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("magic", "unit", "extra"),
    [(0xA1B2C3D4, 1000, b""), (0xA1B23C4D, 1, b""), (0xA1B2CD34, 1000, b"\1\0\0\0\x08\0\0\0")],
)
@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_orders_and_resolutions(order: str, magic: int, unit: int, extra: bytes, step: int) -> None:
    capture = opened(pcap(PACKETS, order, magic, 101, extra), step)
    assert records(capture) == [
        (1, 1_700_000_000_000_000_000 + 5 * unit, b"first packet", 12, 101),
        (2, 1_700_000_001_000_000_000 + 999_999 * unit, b"cut", 1500, 101),
        (3, 0, b"", 0, 101),
    ]
    assert (capture.format, capture.damage, capture.link_types) == ("pcap", None, ["raw IP"])


def test_more_records_than_a_table_holds() -> None:
    capture = opened(pcap([(number, 0, b"", 60) for number in range(20_000)]))
    found = records(capture)
    assert [record[0] for record in found] == list(range(1, 20_001))
    assert [record[1] for record in found] == [number * 1_000_000_000 for number in range(20_000)]


def test_checksum_bits_beside_the_link_type() -> None:
    assert records(opened(pcap(PACKETS, link=0x14000001)))[0][4] == 1


def test_original_length_is_never_below_the_captured_one() -> None:
    assert records(opened(pcap([(0, 0, b"abcd", 2)])))[0][3] == 4


def test_cut_at_every_byte() -> None:
    whole = pcap(PACKETS)
    ends = [HEADER]
    for _, _, data, _ in PACKETS:
        ends.append(ends[-1] + 16 + len(data))
    for cut in range(4, len(whole)):
        capture = opened(whole[:cut], 5)
        complete = sum(end <= cut for end in ends[1:])
        assert len(records(capture)) == complete
        if cut in ends:
            assert capture.damage is None
        elif cut < HEADER:
            assert capture.damage == f"cut in the file header at byte {cut}; no packet could be read before it"
        else:
            assert capture.damage is not None
            assert capture.damage.startswith(f"cut in packet {complete + 1} at byte {cut}; ")


def test_the_sentence_about_a_cut() -> None:
    capture = opened(pcap([(0, 0, bytes(70), 70)] * 900)[: 24 + 811 * 86 + 50])
    assert len(records(capture)) == 811
    assert capture.damage == "cut in packet 812 at byte 69,820; the 811 packets before it were read"


def test_a_length_no_packet_has_ends_the_reading() -> None:
    good = pcap(PACKETS[:2])
    bad = good + (5).to_bytes(4, "little") * 2 + (262_145).to_bytes(4, "little") * 2 + bytes(400_000)
    capture = opened(bad)
    assert len(records(capture)) == 2
    assert (
        capture.damage
        == f"packet 3 at byte {len(good)} claims more bytes than a packet can have; the 2 packets before it were read"
    )


def test_the_largest_packet_is_read() -> None:
    capture = opened(pcap([(1, 1, bytes(262_144), 262_144)]), 60_000)
    assert len(records(capture)[0][2]) == 262_144
    assert capture.damage is None


def test_aix_counts_nanoseconds_and_names_interfaces_by_type() -> None:
    """Version 2.2 with an interface type (RFC 1573): 6 is Ethernet. The same number in version 2.4 is token ring."""
    aix = struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 2, 0, 0, 262144, 6) + struct.pack(">IIII", 5, 7, 3, 3) + b"abc"
    assert records(opened(aix)) == [(1, 5_000_000_007, b"abc", 3, 1)]
    assert records(opened(pcap([(5, 7, b"abc", 3)], link=6))) == [(1, 5_000_007_000, b"abc", 3, 6)]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("kind", "link"), [(6, 1), (9, 6), (15, 10), (24, 0)])
def test_interfaces_of_aix(order: str, kind: int, link: int) -> None:
    """ifType of RFC 1573: ethernetCsmacd, iso88025-tokenRing, fddi, softwareLoopback; of each the type of libpcap."""
    data = struct.pack(order + "IHHiIII", 0xA1B2C3D4, 2, 2, 0, 0, 262144, kind) + struct.pack(
        order + "IIII", 5, 7, 1, 9
    )
    assert records(opened(data + b"a")) == [(1, 5_000_000_007, b"a", 9, link)]


@pytest.mark.parametrize(("version", "kind"), [((2, 2), 1), ((2, 2), 7), ((2, 4), 6), ((2, 3), 9), ((3, 2), 6)])
def test_of_other_versions_and_types_the_number_is_the_link_type(version: tuple[int, int], kind: int) -> None:
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, *version, 0, 0, 262144, kind) + struct.pack("<IIII", 5, 7, 1, 9)
    assert records(opened(data + b"a")) == [(1, 5_000_007_000, b"a", 9, kind)]


def test_what_follows_a_length_no_packet_has_is_not_read() -> None:
    good = pcap(PACKETS[:1])
    bad = struct.pack("<IIII", 1, 1, 262_145, 9)
    capture = opened(good + bad + pcap(PACKETS)[24:], 7)
    assert len(records(capture)) == 1
    assert capture.damage == (
        f"packet 2 at byte {len(good)} claims more bytes than a packet can have; the packet before it was read"
    )
