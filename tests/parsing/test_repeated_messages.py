"""Repeated messages: the first ones whole, later ones by the dozen, no byte uncounted."""

from __future__ import annotations

from sensor.model import Side
from sensor.parsing.repeated_messages import FOLD, NAMES, SAMPLES, MessageFolding

C, S = Side.CLIENT, Side.SERVER


def test_exact_repeats_are_folded() -> None:
    folding = MessageFolding()
    assert [folding.add(C, "a", 3, b"xyz") for _ in range(3)] == [3, None, None]
    assert list(folding.rest()) == [(C, "a", 6)]
    assert list(folding.rest()) == []


def test_what_varies_is_reported_until_there_are_enough_samples() -> None:
    folding = MessageFolding()
    sizes = [folding.add(C, "a", 1, b"%d" % n) for n in range(SAMPLES + FOLD)]
    assert sizes == [1] * SAMPLES + [None] * (FOLD - 1) + [FOLD]


def test_sides_and_names_are_apart_and_new_once() -> None:
    folding = MessageFolding()
    assert folding.is_new(C, "a")
    assert [folding.add(C, "a", 1, b"x"), folding.add(S, "a", 1, b"x"), folding.add(C, "b", 1, b"x")] == [1, 1, 1]
    assert (folding.is_new(C, "a"), folding.is_new(S, "b")) == (False, True)


def test_names_are_bounded_and_the_rest_is_reported_at_once() -> None:
    folding = MessageFolding()
    for n in range(NAMES):
        folding.add(C, str(n), 1, b"x")
    assert not folding.is_new(C, "more")
    assert [folding.add(C, "more", 5, b"x") for _ in range(2)] == [5, 5]
    assert len(folding._known) == NAMES


def test_the_first_message_of_a_name_is_reported_whatever_it_is() -> None:
    """An empty one too, and the second of them is a repeat."""
    folding = MessageFolding()
    assert [folding.add(C, "a", 0, b"") for _ in range(3)] == [0, None, None]
    assert [folding.add(C, "b", 1, b"x"), folding.add(C, "b", 0, b""), folding.add(C, "b", 0, b"")] == [1, 0, None]


def test_every_byte_is_counted_however_messages_repeat() -> None:
    """Thirty-two that differ by themselves, then and of repeats sixty-four at a time."""
    folding = MessageFolding()
    sizes = [folding.add(C, "a", 10, b"%d" % (n // 2)) for n in range(400)]
    reported = [size for size in sizes if size is not None]
    assert reported == [10, *[20] * 31, *[640] * 5]
    assert sum(reported) + sum(size for _, _, size in folding.rest()) == 4000
