"""TCP reassembly against a stream whose bytes are known: any order, overlap, loss, wrap."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.flows.reassembly import SEQUENCE, WAITING_BYTES, WAITING_PIECES, Chunk, Gap, Reassembler


def text(ready: list[Chunk | Gap]) -> bytes:
    return b"".join(item.data if isinstance(item, Chunk) else b"?" * item.length for item in ready)


def test_in_order() -> None:
    side = Reassembler(1000)
    assert side.segment(1000, 3, b"abc", 1) == [Chunk(b"abc", 1)]
    assert side.segment(1003, 2, b"de", 2) == [Chunk(b"de", 2)]
    assert side.lost == 0


def test_retransmission_and_keep_alive_say_nothing() -> None:
    side = Reassembler(1000)
    side.segment(1000, 3, b"abc", 1)
    assert side.segment(1000, 3, b"XYZ", 2) == []
    assert side.segment(1002, 1, b"\0", 3) == []


def test_overlap_keeps_the_first_copy() -> None:
    side = Reassembler(0)
    side.segment(0, 4, b"abcd", 1)
    assert text(side.segment(2, 4, b"XXef", 2)) == b"ef"


def test_overlap_among_waiting_pieces_keeps_the_first_copy() -> None:
    side = Reassembler(0)
    assert side.segment(4, 2, b"ef", 1) == []
    assert side.segment(2, 6, b"cdXXgh", 2) == []
    assert text(side.segment(0, 2, b"ab", 3)) == b"abcdefgh"


def test_sequence_numbers_wrap() -> None:
    side = Reassembler(SEQUENCE - 2)
    assert text(side.segment(1, 2, b"de", 2)) == b""
    assert text(side.segment(SEQUENCE - 2, 3, b"abc", 1)) == b"abcde"


def test_start_in_mid_stream_takes_the_first_seen() -> None:
    side = Reassembler(None)
    assert text(side.segment(77, 2, b"ab", 1)) == b"ab"
    assert side.segment(70, 7, b"earlier", 2) == []


def test_a_loss_that_the_receiver_acknowledged_is_a_gap_at_once() -> None:
    side = Reassembler(0)
    side.segment(0, 2, b"ab", 1)
    assert side.segment(5, 2, b"fg", 3) == []
    assert side.acknowledged(2) == []
    assert side.acknowledged(7) == [Gap(3), Chunk(b"fg", 3)]
    assert side.lost == 3


def test_a_cut_packet_is_a_gap() -> None:
    side = Reassembler(0)
    assert side.segment(0, 10, b"abcd", 1) == [Chunk(b"abcd", 1), Gap(6)]
    assert side.segment(10, 1, b"k", 2) == [Chunk(b"k", 2)]


def test_a_first_segment_that_only_says_it_is_long() -> None:
    damaged = Reassembler(0)
    assert damaged.segment(0, 4096, b"", 1) == []
    assert damaged.segment(0, 2, b"ab", 2) == [Chunk(b"ab", 2)]
    cut = Reassembler(0)
    assert cut.segment(0, 10, b"", 1) == cut.segment(10, 1, b"k", 2) == []
    assert cut.acknowledged(11) == [Gap(10), Chunk(b"k", 2)]


def test_skip_passes_over_bytes_that_then_come() -> None:
    side = Reassembler(0)
    assert side.skip(10) == []
    assert side.segment(4, 8, b"456789ab", 1) == [Chunk(b"ab", 1)]


def test_skip_frees_what_waited_behind() -> None:
    side = Reassembler(0)
    assert side.segment(6, 2, b"gh", 1) == []
    assert side.skip(6) == [Chunk(b"gh", 1)]


def test_waiting_bytes_are_bounded() -> None:
    side = Reassembler(0)
    said: list[Chunk | Gap] = []
    for index in range(1, 600):
        said += side.segment(index * 2000, 1000, bytes(1000), index)
    assert side._waiting_bytes <= WAITING_BYTES
    assert any(isinstance(item, Gap) for item in said)


def test_waiting_pieces_are_bounded() -> None:
    side = Reassembler(0)
    for index in range(1, 5000):
        side.segment(index * 2, 1, b"x", index)
    assert len(side._waiting) <= WAITING_PIECES


@pytest.mark.parametrize("start", [0, 5, SEQUENCE - 700])
def test_any_order_with_repeats_gives_the_stream(start: int) -> None:
    dice = random.Random(start)
    stream = dice.randbytes(3000)
    cuts = sorted({0, len(stream), *(dice.randrange(len(stream)) for _ in range(60))})
    pieces = [(a, stream[a:b]) for a, b in itertools.pairwise(cuts)]
    pieces += [(a, stream[a : a + 90]) for a in (dice.randrange(2900) for _ in range(30))]
    dice.shuffle(pieces)
    side = Reassembler(start)
    out = b"".join(text(side.segment((start + a) % SEQUENCE, len(p), p, 1)) for a, p in pieces)
    assert out == stream


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, SEQUENCE - 1), st.integers(0, 70000), st.binary(max_size=40)), max_size=60))
def test_arbitrary_segments_never_raise(segments: list[tuple[int, int, bytes]]) -> None:
    side = Reassembler(None)
    for seq, more, payload in segments:
        side.segment(seq, len(payload) + more, payload, 1)
        side.acknowledged(seq)
    side.finish()
    assert side._waiting == [] and side._waiting_bytes == 0


def test_what_comes_in_order_whole_needs_no_pieces() -> None:
    one = Reassembler(0xFFFFFFFE)
    assert one.in_order(0xFFFFFFFE, 4, b"wrap") and one.in_order(2, 2, b"ed")
    assert not one.in_order(2, 2, b"ed")  # again
    assert not one.in_order(9, 1, b"x")  # too soon
    assert not one.in_order(4, 3, b"cu")  # cut by the capture
    assert one.segment(9, 1, b"x", 5) == []
    assert not one.in_order(4, 5, b"hello")  # something waits behind it
    assert one.segment(4, 5, b"hello", 6) == [Chunk(b"hello", 6), Chunk(b"x", 5)]
