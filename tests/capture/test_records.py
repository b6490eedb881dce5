"""Blocks stand by themselves: reading on does not change one that was kept."""

from __future__ import annotations

import struct

from sensor.capture.records import MAX_LINKS, MAX_RECORDS
from tests.capture.files import block, enhanced, interface, opened, pcap, records, section


def test_stored_blocks_do_not_change() -> None:
    data = pcap([(number, 0, number.to_bytes(4, "big"), 4) for number in range(20_000)])
    kept = list(opened(data, 70_000))
    found = [
        (block.first_frame + row, block.data[block.table[5 * row] : block.table[5 * row] + 4])
        for block in kept
        for row in range(block.count)
    ]
    assert found == [(number + 1, number.to_bytes(4, "big")) for number in range(20_000)]


def test_the_clause_about_what_was_read() -> None:
    for count, words in (
        (0, "no packet could be read before it"),
        (1, "the packet before it was read"),
        (1200, "the 1,200 packets before it were read"),
    ):
        capture = opened(pcap([(0, 0, b"", 0)] * count) + b"\0")
        assert len(records(capture)) == count
        assert capture.damage is not None
        assert capture.damage.endswith(words)


def snoop(count: int, drops: int = 0) -> bytes:
    """RFC 1761: Ethernet, each packet its number in four bytes."""
    out = b"snoop\0\0\0" + struct.pack(">II", 2, 4)
    for number in range(count):
        out += struct.pack(">6I", 60, 4, 28, drops, number, 0) + number.to_bytes(4, "big")
    return out


def test_records_read_one_by_one_are_all_there_whatever_the_pieces() -> None:
    for step in (1, 7, 1000, 1 << 20):
        capture = opened(snoop(300), step)
        assert records(capture) == [(n + 1, n * 10**9, n.to_bytes(4, "big"), 60, 1) for n in range(300)]
        assert capture.damage is None


def test_a_table_that_is_full_is_handed_on_before_more_is_read() -> None:
    blocks = list(opened(snoop(MAX_RECORDS + 5)))
    assert [(one.count, one.first_frame) for one in blocks] == [(MAX_RECORDS, 1), (5, MAX_RECORDS + 1)]
    blocks = list(opened(snoop(MAX_RECORDS)))
    assert [one.count for one in blocks] == [MAX_RECORDS]


def test_damage_stands_behind_what_was_read_and_is_said_with_its_place() -> None:
    data = snoop(2)
    capture = opened(data + struct.pack(">6I", 3, 3, 26, 0, 1, 1) + bytes(90))
    assert [one[0] for one in records(capture)] == [1, 2]
    assert capture.damage == f"packet 3 at byte {len(data)} has an impossible length; the 2 packets before it were read"
    capture = opened(data[:-1])
    assert [one[0] for one in records(capture)] == [1]
    assert capture.damage == f"cut in packet 2 at byte {len(data) - 1}; the packet before it was read"


def test_a_packet_is_never_longer_than_the_wire_says_it_was() -> None:
    data = b"snoop\0\0\0" + struct.pack(">II", 2, 4) + struct.pack(">6I", 2, 4, 28, 0, 0, 0) + b"abcd"
    assert records(opened(data)) == [(1, 0, b"abcd", 4, 1)]


def test_secrets_go_with_the_packets_that_follow_them_and_only_once() -> None:
    log = b"CLIENT_RANDOM 00 11\n"
    keys = block("<", 10, struct.pack("<II", 0x544C534B, len(log)) + log)
    packets = [enhanced("<", 0, number, b"x") for number in range(4)]
    capture = opened(
        section() + interface() + packets[0] + keys + packets[1] + packets[2] + block("<", 5, bytes(8)) + packets[3]
    )
    found = [(one.first_frame, one.count, one.secrets.strip()) for one in capture]
    assert [(first, secrets) for first, _, secrets in found if secrets] == [(2, log.strip())]
    assert sum(count for _, count, _ in found) == 4


def test_link_types_are_named_once_in_their_order_and_bounded() -> None:
    data = section()
    for link in (113, 1, 113, 1):
        data += interface(link=link)
    capture = opened(data + enhanced("<", 1, 1, b"x"))
    assert len(records(capture)) == 1 and capture.link_types == ["Linux cooked", "Ethernet"]
    many = opened(section() + b"".join(interface(link=1000 + number) for number in range(MAX_LINKS + 9)))
    assert records(many) == [] and len(many.link_types) == MAX_LINKS
