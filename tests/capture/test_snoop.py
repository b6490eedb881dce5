"""Snoop files built after RFC 1761: records, padding, losses, damage."""

from __future__ import annotations

import struct

import pytest

from sensor.capture import NotACapture
from tests.capture.files import opened, records


def snoop(
    packets: list[tuple[int, int, bytes, int]], link: int = 4, version: int = 2, padding: int = 0, drops: int = 0
) -> bytes:
    out = b"snoop\0\0\0" + struct.pack(">II", version, link)
    for seconds, micros, data, original in packets:
        filled = data + bytes(-len(data) % 4 + padding)
        out += struct.pack(">6I", original, len(data), 24 + len(filled), drops, seconds, micros) + filled
    return out


PACKETS = [(1_700_000_000, 5, b"first packet!", 13), (1_700_000_001, 999_999, b"cut", 1500), (0, 0, b"", 0)]


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    ("number", "link", "name"), [(0, 1, "Ethernet"), (2, 6, "Token Ring"), (4, 1, "Ethernet"), (8, 10, "FDDI")]
)
def test_records(step: int, number: int, link: int, name: str) -> None:
    capture = opened(snoop(PACKETS, number, padding=8, drops=3), step)
    assert records(capture) == [
        (1, 1_700_000_000_000_005_000, b"first packet!", 13, link),
        (2, 1_700_000_001_999_999_000, b"cut", 1500, link),
        (3, 0, b"", 0, link),
    ]
    assert (capture.format, capture.damage, capture.dropped, capture.link_types) == ("snoop", None, 3, [name])


def test_more_records_than_a_table_holds() -> None:
    found = records(opened(snoop([(number, 0, b"", 60) for number in range(20_000)])))
    assert [record[0] for record in found] == list(range(1, 20_001))


@pytest.mark.parametrize(("version", "link"), [(1, 4), (2, 7), (2, 0xFFFFFFFF)])
def test_versions_and_links_that_are_not_read_are_named(version: int, link: int) -> None:
    capture = opened(snoop(PACKETS, link, version))
    assert records(capture) == []
    assert capture.damage == (
        f"a snoop file of version {version} and data link {link}, which is not read; no packet could be read before it"
    )


def test_cut_at_every_byte() -> None:
    whole = snoop(PACKETS)
    ends = [16, 16 + 24 + 16, 16 + 24 + 16 + 24 + 4, len(whole)]
    for cut in range(4, len(whole)):
        capture = opened(whole[:cut], 5)
        assert len(records(capture)) == sum(end <= cut for end in ends[1:])
        assert (capture.damage is None) == (cut in ends)


@pytest.mark.parametrize("lengths", [(262_145, 262_169), (3, 26), (3, 0), (3, 0xFFFFFFFF), (0xFFFFFFFF, 24)])
def test_a_length_no_packet_has_ends_the_reading(lengths: tuple[int, int]) -> None:
    good = snoop(PACKETS[:2])
    capture = opened(good + struct.pack(">6I", 3, *lengths, 0, 1, 1) + bytes(400_000))
    assert len(records(capture)) == 2
    assert capture.damage == (
        f"packet 3 at byte {len(good)} has an impossible length; the 2 packets before it were read"
    )


@pytest.mark.parametrize(
    ("captured", "padding", "whole"),
    [(262_144, 0, True), (262_145, 3, False), (4, 1024, True), (4, 1025, False), (0, 0, True), (4, -1, False)],
)
def test_the_largest_packet_and_the_largest_padding(captured: int, padding: int, whole: bool) -> None:
    data = b"snoop\0\0\0" + struct.pack(">II", 2, 4)
    data += struct.pack(">6I", captured, captured, 24 + captured + padding, 0, 1, 2) + bytes(captured + padding)
    capture = opened(data)
    assert [(one[1], len(one[2])) for one in records(capture)] == [(1_000_002_000, captured)] * whole
    assert (capture.damage is None) is whole


def test_the_magic_is_eight_bytes() -> None:
    """btsnoop and others begin otherwise; a version that is not 2 says so."""
    for at in range(4, 8):
        data = bytearray(snoop(PACKETS))
        data[at] ^= 1
        with pytest.raises(NotACapture):
            opened(bytes(data))


def test_losses_are_those_of_the_last_record() -> None:
    """RFC 1761: drops since the capture began."""
    one, two = snoop(PACKETS[:1], drops=3), snoop(PACKETS[:1], drops=5)
    capture = opened(one + two[16:])
    assert len(records(capture)) == 2 and capture.dropped == 5


def test_a_magic_that_is_wrong_behind_the_first_piece_is_damage() -> None:
    data = bytearray(snoop(PACKETS))
    data[7] ^= 1
    capture = opened(bytes(data), 6)
    assert records(capture) == [] and capture.damage is not None
