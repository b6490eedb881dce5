"""TCP reassembly against a stream whose bytes are known: any order, overlap, loss, wrap."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.flows.reassembly import (
    PIECE_BYTES,
    SEQUENCE,
    WAITING_BYTES,
    WAITING_PIECES,
    WINDOW,
    Chunk,
    Gap,
    Reassembler,
)


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


FIRSTS = pytest.mark.parametrize("first", [0, 1000, SEQUENCE - 5])


def numbered(first: int, place: int) -> int:
    """The sequence number of a place in the stream."""
    return (first + place) % SEQUENCE


@FIRSTS
def test_what_has_been_reached(first: int) -> None:
    side = Reassembler(first)
    side.segment(first, 10, b"0123456789", 1)
    reached = {place: side.reached(numbered(first, place)) for place in (0, 9, 10, 11, 12)}
    assert reached == {0: True, 9: True, 10: True, 11: False, 12: False}
    assert side.sequence == numbered(first, 10) and side.begun
    assert not Reassembler(first).begun


@FIRSTS
def test_a_fin_takes_a_number_of_its_own(first: int) -> None:
    """RFC 9293 §3.4: the acknowledgement of a FIN is one more than the last byte's."""
    side = Reassembler(first)
    side.finishes_at(numbered(first, 10))
    assert not side.reached(numbered(first, 1)), "the FIN is behind bytes that have not come"
    side.segment(first, 10, b"0123456789", 1)
    assert side.reached(numbered(first, 11)) and not side.reached(numbered(first, 12))


@FIRSTS
def test_what_is_excused_is_not_waited_for(first: int) -> None:
    side = Reassembler(first)
    side.segment(first, 2, b"ab", 1)
    side.excuse(numbered(first, 8))
    assert [side.reached(numbered(first, place)) for place in (3, 8, 9)] == [True, True, False]


def test_a_side_without_a_known_start_holds_nobody_up() -> None:
    side = Reassembler(None)
    assert side.reached(12345) and not side.misses(12345) and side.lose_until(12345) == []


@FIRSTS
def test_bytes_before_a_segment_of_the_other_side_were_lost(first: int) -> None:
    side = Reassembler(first)
    side.segment(first, 2, b"ab", 1)
    assert not side.misses(numbered(first, 2)) and side.misses(numbered(first, 3))
    assert side.misses(numbered(first, 2 + WINDOW)) and not side.misses(numbered(first, 3 + WINDOW))
    assert side.lose_until(numbered(first, 2)) == []
    assert side.lose_until(numbered(first, 6)) == [Gap(4)] and (side.lost, side.gaps) == (4, 1)
    assert side.segment(numbered(first, 6), 1, b"g", 2) == [Chunk(b"g", 2)]


def test_a_loss_goes_up_to_what_waits() -> None:
    side = Reassembler(0)
    side.segment(0, 2, b"ab", 1)
    side.segment(6, 2, b"gh", 2)
    assert side.lose_until(8) == [Gap(4), Chunk(b"gh", 2)] and not side.waits


def test_several_losses_and_skips_add_up() -> None:
    """What is passed over, lost and read counts on: each place is the stream's."""
    side = Reassembler(0)
    for round_ in range(3):
        at = round_ * 100
        assert side.segment(at, 10, b"0123456789", 1) == [Chunk(b"0123456789", 1)]
        assert side.skip(40) == []
        assert side.segment(at + 60, 40, b"x" * 40, 2) == []
        assert side.acknowledged(at + 100) == [Gap(10), Chunk(b"x" * 40, 2)]
    assert (side.lost, side.gaps, side.sequence) == (30, 3, 300)


def test_an_acknowledgement_gives_up_what_is_before_it_only() -> None:
    side = Reassembler(0)
    side.segment(4, 2, b"ef", 1)
    side.segment(9, 2, b"jk", 2)
    assert side.acknowledged(4) == []
    assert side.acknowledged(6) == [Gap(4), Chunk(b"ef", 1)]
    assert side.acknowledged(9) == []
    assert side.acknowledged(11) == [Gap(3), Chunk(b"jk", 2)]
    assert side.acknowledged(50) == []


def test_what_waits_is_weighed() -> None:
    side = Reassembler(0)
    assert (side.buffered_bytes, side.waits) == (0, False)
    side.segment(4, 2, b"ef", 1)
    side.segment(9, 3, b"jkl", 2)
    assert side.buffered_bytes == 5 + 2 * PIECE_BYTES and side.waits
    assert text(side.segment(0, 4, b"abcd", 3)) == b"abcdef"
    assert side.buffered_bytes == 3 + PIECE_BYTES
    assert text(side.finish()) == b"???jkl" and side.buffered_bytes == 0 and side.lost == 3


def test_what_is_cut_short_of_several_packets_is_counted() -> None:
    side = Reassembler(0)
    assert side.segment(0, 10, b"abc", 1) == [Chunk(b"abc", 1), Gap(7)]
    assert side.segment(10, 10, b"", 2) == [Gap(10)]
    assert (side.lost, side.gaps, side.sequence) == (17, 2, 20)


@pytest.mark.parametrize("wire_length", [3, 5])
def test_what_is_in_order_and_whole(wire_length: int) -> None:
    side = Reassembler(None)
    assert side.in_order(70, wire_length, b"abc") is (wire_length == 3)
    side = Reassembler(0)
    assert side.in_order(0, 3, b"abc") and side.in_order(3, 2, b"de") and side.sequence == 5
    assert not side.in_order(0, 3, b"abc") and not side.in_order(6, 1, b"g")
    side.segment(7, 1, b"h", 1)
    assert not side.in_order(5, 1, b"f"), "something waits behind it"


def test_all_that_is_given_up_for_one_segment_comes_out() -> None:
    """One piece too large for the bound may push several out: each with its gap."""
    side = Reassembler(0)
    side.segment(10, 5, b"first", 1)
    side.segment(20, 6, b"second", 2)
    ready = side.segment(30, WAITING_BYTES, b"z" * WAITING_BYTES, 3)
    assert ready[:4] == [Gap(10), Chunk(b"first", 1), Gap(5), Chunk(b"second", 2)]
    assert sum(item.length for item in ready if isinstance(item, Gap)) == side.lost


class Bytes:
    """One side byte by byte: a dict of what came first for each place, None where the capture cut the packet."""

    def __init__(self, first: int | None) -> None:
        self.first, self.next, self.lost = first, 0, 0
        self.waiting: dict[int, tuple[int, int] | None] = {}

    def segment(self, seq: int, length: int, payload: bytes, frame: int) -> list[tuple[int, int] | None]:
        if self.first is None:
            self.first = seq
        if not payload and not self.next and not self.waiting:
            return []
        start = seq - self.first - self.next
        start = self.next + (start + SEQUENCE // 2) % SEQUENCE - SEQUENCE // 2
        for place in range(max(start, self.next), start + length):
            at = place - start
            self.waiting.setdefault(place, (payload[at], frame) if at < len(payload) else None)
        return self.ready()

    def ready(self) -> list[tuple[int, int] | None]:
        found = []
        for place in [place for place in self.waiting if place < self.next]:
            del self.waiting[place]
        while self.next in self.waiting:
            one = self.waiting.pop(self.next)
            self.lost += one is None
            found.append(one)
            self.next += 1
        return found

    def lose(self, limit: int | None = None) -> list[tuple[int, int] | None]:
        """What is missing before what waits, up to a place."""
        found: list[tuple[int, int] | None] = []
        while self.waiting and (limit is None or min(self.waiting) < limit):
            missing = min(self.waiting) - self.next
            self.lost += missing
            self.next += missing
            found += [None] * missing + self.ready()
        return found

    def skip(self, length: int) -> list[tuple[int, int] | None]:
        self.next += length
        return self.ready()


def flat(ready: list[Chunk | Gap]) -> list[tuple[int, int] | None]:
    assert all(item.data if isinstance(item, Chunk) else item.length for item in ready), "nothing is said of nothing"
    return [
        one
        for item in ready
        for one in ([(byte, item.frame) for byte in item.data] if isinstance(item, Chunk) else [None] * item.length)
    ]


STEPS = st.one_of(
    st.tuples(st.just("segment"), st.integers(-12, 40), st.integers(1, 14), st.integers(0, 2)),
    st.tuples(st.just("next"), st.integers(0, 0), st.integers(1, 14), st.integers(0, 1)),
    st.tuples(st.just("acknowledged"), st.integers(-5, 50), st.just(0), st.just(0)),
    st.tuples(st.just("skip"), st.integers(1, 20), st.just(0), st.just(0)),
    st.tuples(st.just("lose_until"), st.integers(-5, 30), st.just(0), st.just(0)),
    st.tuples(st.just("finish"), st.just(0), st.just(0), st.just(0)),
)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from([None, 0, 77, SEQUENCE - 20]), st.lists(STEPS, max_size=25))
def test_any_course_agrees_with_a_side_kept_byte_by_byte(
    first: int | None, course: list[tuple[str, int, int, int]]
) -> None:
    """What comes out, in which frames, what was lost, what waits, and how much that weighs."""
    side, model, gaps, dice = Reassembler(first), Bytes(first), 0, random.Random(len(course))
    for frame, (step, near, length, cut) in enumerate(course, 1):
        place = model.next + near
        seq = ((model.first if model.first is not None else 900) + place) % SEQUENCE
        if step in ("segment", "next"):
            payload = dice.randbytes(length if cut == 0 else length // 2 if cut == 1 else 0)
            expected = None
            if side.in_order(seq, length, payload):
                assert len(payload) == length and not model.waiting and (near == 0 or model.first is None)
                expected, found = model.segment(seq, length, payload, frame), []
                assert expected == [(byte, frame) for byte in payload]
            else:
                found = side.segment(seq, length, payload, frame)
                expected = model.segment(seq, length, payload, frame)
                assert flat(found) == expected
        elif step == "acknowledged":
            found = side.acknowledged(seq)
            assert flat(found) == model.lose(place)
        elif step == "skip" and model.first is None:
            continue  # nobody read anything yet
        elif step == "skip":
            found = side.skip(near)
            assert flat(found) == model.skip(near)
        elif step == "lose_until":
            misses = model.first is not None and near > 0
            assert side.misses(seq) is misses
            found = side.lose_until(seq)
            if not misses:
                assert found == []
            elif model.waiting:
                assert flat(found) == model.lose(place)
            else:
                model.next, model.lost = place, model.lost + near
                assert found == [Gap(near)]
        else:
            found = side.finish()
            assert flat(found) == model.lose()
        gaps += sum(isinstance(item, Gap) for item in found)
        assert (side.lost, side.gaps) == (model.lost, gaps)
        assert side.waits is bool(model.waiting) and side.begun is (model.next > 0)
        assert side.sequence == ((model.first or 0) + model.next) % SEQUENCE
        here = sum(one is not None for one in model.waiting.values())
        pieces, rest = divmod(side.buffered_bytes - here, PIECE_BYTES)
        assert rest == 0 and bool(model.waiting) <= pieces <= len(model.waiting)
