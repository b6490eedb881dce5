"""Conversations whose segments a mirror wrote late: any merge of both directions is the conversation as it was said."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.events import Attribute
from sensor.flows.causal_order import DEFERRED_TIME
from sensor.flows.expectations import Expected
from sensor.flows.identify import Again
from sensor.parsing.parser import Match, Opening, Protocol
from tests.flows import test_conversation as plain
from tests.flows.test_conversation import C, Lines, S, Talk, registry  # noqa: F401 - the fixture

Sent = tuple[int, int, int, bytes]
"""Side, number, acknowledgement, data, in the order in which they were sent."""


def lines(turns: list[tuple[int, int]]) -> list[Sent]:
    """Lines of both ends, each acknowledging all that the other one has said; so many lines at each turn."""
    sent: list[Sent] = []
    at = [0, 0]
    for side, count in [(C, 1), *turns]:
        for _ in range(count):
            data = b"hello\n" if not sent else b"line %d\n" % len(sent)
            sent.append((side, at[side], at[side ^ 1], data))
            at[side] += len(data)
    return sent


def merged(sent: list[Sent], chance: random.Random) -> list[Sent]:
    """As two queues write it: each direction in its order, one of them now and then ahead of the other."""
    queues = [[one for one in sent if one[0] == side] for side in (C, S)]
    found = []
    while any(queues):
        queue = chance.choice([queue for queue in queues if queue])
        found.append(queue.pop(0))
    return found


def said(talk: Talk) -> list[tuple[int, str]]:
    return [(o.event.side, o.event.value) for o in talk.seen if isinstance(o.event, Attribute)]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([C, S]), st.integers(1, 3)), max_size=8), st.integers(0, 1 << 30))
def test_any_merge_of_both_directions_is_the_conversation(turns: list[tuple[int, int]], seed: int) -> None:
    sent = lines(turns)
    captured = merged(sent, random.Random(seed))
    talk = Talk(expected=Expected("lines", None))
    for frame, (side, seq, ack, data) in enumerate(captured, 1):
        talk.conversation.segment(side, seq, ack, 24, len(data), data, frame, frame * 1000)
    talk.close()
    assert said(talk) == [(side, data.decode().strip()) for side, _, _, data in sent]
    frames = [captured.index(one) + 1 for one in sent]
    assert [o.frames for o in talk.seen] == [(frame,) for frame in frames]
    # Whoever was captured before something that it acknowledges came late.
    late = [any(frames[before] > frames[at] for before in range(at)) for at in range(len(sent))]
    assert talk.flow.reordered_segments == sum(late)
    assert (talk.flow.lost_bytes, talk.flow.lost_pieces, talk.flow.doubled_packets) == (0, 0, 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=12), st.integers(0, 1 << 30))
def test_any_pieces_in_any_order_are_the_lines_with_their_frames(words: list[int], seed: int) -> None:
    """Out of order and twice: each line rests on the frames that brought its bytes first."""
    chance = random.Random(seed)
    stream = b"hello\n" + b"".join(b"x" * size + b"\n" for size in words)
    cuts = sorted({0, len(stream), *(chance.randrange(len(stream)) for _ in range(9))})
    pieces = [(start, stream[start:end]) for start, end in itertools.pairwise(cuts)]
    chance.shuffle(pieces)
    pieces = [piece for piece in pieces for _ in range(chance.choice((1, 1, 2)))]
    first: dict[int, int] = {}
    talk = Talk(expected=Expected("lines", None))
    for frame, (start, data) in enumerate(pieces, 1):
        talk.conversation.segment(C, start, -1, 16, len(data), data, frame, frame * 10**9)
        for place in range(start, start + len(data)):
            first.setdefault(place, frame)
    talk.close()
    expected, at = [], 0
    for line in stream.splitlines(keepends=True):
        frames = {first[place] for place in range(at, at + len(line))}
        expected.append((line.decode().strip(), frames))
        at += len(line)
    assert [(value, set(frames)) for _, value, frames in talk.events] == expected
    assert talk.flow.lost_bytes == talk.flow.doubled_packets == 0


ZEROS = bytes(3)


@pytest.mark.parametrize(
    ("then", "line"),
    [
        ((C, 6, -1, b"abc\n"), "abc"),  # the real bytes of that place: the zeros were a frame's padding
        ((C, 9, -1, b"abc\n"), "\0\0\0abc"),  # the sender went on behind them
        ((S, 0, 9, b""), "\0\0\0"),  # the receiver has them
        ((S, 0, 7, b""), "\0\0\0"),  # … or one of them
        ((S, 0, 6, b""), None),  # it has none
        ((S, 0, -1, b""), None),
        ((C, 6, -1, b""), None),
        ((C, 9, -1, b""), "\0\0\0"),
    ],
)
def test_zeros_that_may_be_padding_wait_for_what_shows_it(then: Sent, line: str | None) -> None:
    """IEEE 802.3 fills frames to 60 bytes; a wrong length in the IP header makes that data."""
    talk = Talk(expected=Expected("lines", None)).say(C, b"hello\n")
    talk.conversation.segment(C, 6, -1, 16, 3, ZEROS, 2, 2)
    assert [value for _, value, _ in talk.events] == ["hello"]
    side, seq, ack, data = then
    talk.conversation.segment(side, seq, ack, 16, len(data), data, 3, 3)
    behind = 10 if line == "abc" else 13 if line and line.endswith("abc") else 9 if line else 6
    talk.conversation.segment(C, behind, -1, 16, 2, b"z\n", 4, 4)
    values = [value for _, value, _ in talk.events]
    whole = "abc" in (line or "")
    assert values == ["hello", *([line, "z"] if whole else [(line or "") + "z"])]


def test_zeros_at_the_end_are_data() -> None:
    talk = Talk(expected=Expected("lines", None)).say(C, b"hello\n")
    talk.conversation.segment(C, 6, -1, 16, 3, ZEROS, 2, 2)
    talk.close()
    assert talk.conversation._sides[C].sequence == 9


@pytest.mark.parametrize(("time", "waits"), [(DEFERRED_TIME + 1, True), (DEFERRED_TIME + 2, False)])
def test_an_answer_waits_so_long_for_what_it_acknowledges(time: int, waits: bool) -> None:
    talk = Talk(expected=Expected("lines", None)).say(C, b"hello\n")
    talk.conversation.segment(S, 0, 20, 24, 6, b"reply\n", 2, 1)
    assert [value for _, value, _ in talk.events] == ["hello"]
    talk.conversation.segment(S, 6, 20, 24, 5, b"more\n", 3, time)
    assert ("reply" in [value for _, value, _ in talk.events]) is not waits
    talk.close()
    assert [value for _, value, _ in talk.events] == ["hello", "reply", "more"]
    assert talk.flow.lost_bytes == 14


@pytest.mark.parametrize("spoke", [False, True])
def test_a_parser_that_breaks_is_left_whether_it_spoke_or_not(spoke: bool) -> None:
    """What comes afterwards is no opening, so nobody else is asked."""
    talk = Talk(expected=Expected("lines", None))
    if spoke:
        talk.say(C, b"hello\n")
    talk.say(C, b"bad\n").say(C, b"more\n")
    assert talk.wants.ignored == [5] and talk.conversation.over
    assert [value for _, value, _ in talk.events] == ["hello"] * spoke


@pytest.mark.parametrize(
    ("answers", "asked"), [(Match.NO, 2), (Match.MORE, 4)], ids=["nothing fits", "something may fit"]
)
def test_nobody_is_asked_again_when_both_spoke_and_nothing_fits(
    answers: Match, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Opening] = []

    def recognise(opening: Opening) -> Match:
        calls.append(opening)
        return answers

    kind = Protocol(name="any", parser=Lines, recognise=recognise)
    monkeypatch.setattr(plain.identification, "candidates_of", lambda *_: [kind])
    talk = Talk().say(C, b"one\n").say(S, b"two\n").say(C, b"three\n").say(S, b"four\n")
    assert len(calls) == asked
    assert Again.NO < Again.SILENT < Again.OPEN and talk.flow.application is None


def test_a_second_write_of_a_segment_is_counted_on_its_own_side() -> None:
    talk = Talk(expected=Expected("lines", None))
    for side, time in ((C, 0), (S, 1), (C, 2), (S, 3), (C, 10**9)):
        talk.conversation.segment(side, 0, -1, 24, 6, b"hello\n", 1 + time % 7, time)
    assert talk.flow.doubled_packets == 2
    for seq, ack, data in ((6, -1, b"other\n"), (6, 6, b"other\n"), (6, 6, b"other!\n")):
        talk.conversation.segment(C, seq, ack, 24, len(data), data, 9, 10**9 + 1)
    assert talk.flow.doubled_packets == 2  # another acknowledgement, another length
