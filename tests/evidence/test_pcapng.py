"""Evidence as pcapng: written and read again, as other readers see it, and damaged."""

from __future__ import annotations

import io
import struct

import dpkt
import pytest

from sensor.capture import open_capture
from sensor.evidence.packet import EvidencePacket
from sensor.evidence.pcapng import Damaged, read, write

PACKETS = [
    EvidencePacket(
        "a.pcap", 7, 1_700_000_000_123_456_789, 1, b"\x02" * 61, 90, ((20, 30), (40, 41)),
        (("f1", "credential.cleartext: why"), ("f2", "line\nbreak")),
    ),
    EvidencePacket("häuser/b.pcap", 1, 0, 101, b"", 0),
    EvidencePacket("a.pcap", 9, 1_700_000_001_000_000_000, 1, b"abcd", 4),
]  # fmt: skip


def test_there_and_back() -> None:
    back = read(write(PACKETS, "x"))
    assert back[1:] == PACKETS[1:]
    assert back[0].findings == (("f1", "credential.cleartext: why"), ("f2", "line\ufffdbreak"))
    assert back[0].marked == PACKETS[0].marked and back[0].time == PACKETS[0].time


def test_other_readers_agree() -> None:
    data = write(PACKETS[::2], "x")
    with open_capture("x", io.BytesIO(data)) as capture:
        blocks = list(capture)
    assert (
        sum(block.count for block in blocks) == 2 and capture.damage is None and blocks[0].table[3] == PACKETS[0].time
    )
    assert [bytes(frame) for _, frame in dpkt.pcapng.Reader(io.BytesIO(data))] == [p.data for p in PACKETS[::2]]


def test_damage_raises_an_error() -> None:
    data = write(PACKETS, "x")
    for at in range(len(data)):
        for spoiled in (data[:at], data[:at] + bytes((data[at] ^ 0xFF,)) + data[at + 1 :]):
            try:
                read(spoiled)
            except Damaged:
                continue
    with pytest.raises(Damaged):
        read(data[:-5])


def test_the_same_packets_make_the_same_file() -> None:
    assert write(PACKETS, "x") == write(PACKETS, "x")


def test_one_interface_for_each_capture_and_link() -> None:
    data = write([PACKETS[0], PACKETS[2], PACKETS[1], PACKETS[0]], "x")
    assert data.count(b"\x01\0\0\0", 0) and [one.capture for one in read(data)] == [
        "a.pcap", "a.pcap", "häuser/b.pcap", "a.pcap",
    ]  # fmt: skip
    kinds, at = [], 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        kinds.append(kind)
        at += length
    # draft-ietf-opsawg-pcapng: section header 0x0A0D0D0A, interface 1, enhanced packet 6.
    assert kinds == [0x0A0D0D0A, 1, 6, 6, 1, 6, 6]


@pytest.mark.parametrize("size", range(9))
def test_every_length_is_filled_to_four_bytes(size: int) -> None:
    packet = EvidencePacket("c" * (size + 1), 1, 1, 1, b"d" * size, 100, (), (("f", "w" * size),))
    data = write([packet, packet], "p" * size)
    assert len(data) % 4 == 0 and read(data) == [packet, packet]


def test_times_before_1970_and_long_reasons() -> None:
    many = tuple((f"f{n}", "w" * 9000) for n in range(20))
    (back,) = read(write([EvidencePacket("c", 1, -5, 1, b"x", 1, (), many)], "x"))
    assert back.time == 0 and 0 < len(back.findings) < 20 and back.findings == many[: len(back.findings)]


@pytest.mark.parametrize("length", [0, 4, 8, 11, 13, 14, 15, 10_000, 0xFFFFFFFC])
def test_a_block_of_a_length_that_cannot_be_is_damage(length: int) -> None:
    """A block has twelve bytes or more, in fours, and its length at both ends."""
    start = write([], "x")
    assert read(start + struct.pack("<III", 5, 12, 12)) == []
    for rest in (b"", struct.pack("<I", length), bytes(16) + struct.pack("<I", length)):
        with pytest.raises(Damaged):
            read(start + struct.pack("<II", 5, length) + rest)
    with pytest.raises(Damaged):
        read(start + struct.pack("<III", 5, 12, 16))
