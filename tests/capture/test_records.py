"""Blocks stand by themselves: reading on does not change one that was kept."""

from __future__ import annotations

from tests.capture.files import opened, pcap, records


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
