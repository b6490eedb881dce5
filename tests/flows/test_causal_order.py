"""Segments in the order of their acknowledgement numbers: answers captured before their requests, lost requests,
padding that is counted as data.
"""

from __future__ import annotations

import pytest

from sensor.events import Login
from sensor.flows.causal_order import (
    DEFERRED_BYTES,
    DEFERRED_SEGMENTS,
    DEFERRED_TIME,
    SEGMENT_BYTES,
    Deferred,
    Segment,
    may_be_padding,
)
from sensor.flows.conversation import Conversation
from sensor.model import Endpoint, Flow, Observation, Transport
from sensor.statistics import Statistics

C, S = 0, 1
SECOND = 1_000_000_000


class Ftp:
    """An FTP control connection whose segments arrive as the test says; sequence numbers begin at 0 on both sides."""

    def __init__(self) -> None:
        ends = (Endpoint(b"\xc0\x00\x02\x01", 40000, b""), Endpoint(b"\xc0\x00\x02\x02", 21, b""))
        self.flow = Flow(1, Transport.TCP, *ends, 0, 0, 1)
        self.seen: list[Observation] = []
        self.conversation = Conversation(self.flow, 5, self, Statistics(strict=True), self.seen.append, starts=(0, 0))
        self.frame = 0

    def ignore(self, slot: int) -> None:
        """The decoder's side of a flow nobody reads."""

    def skip(self, slot: int, side: int, seq: int) -> None:
        """The decoder's side of bytes that are passed over."""

    def segment(self, side: int, seq: int, ack: int, data: bytes, *, flags: int = 24, time: int | None = None) -> Ftp:
        self.frame += 1
        at = self.frame * 1000 if time is None else time
        self.conversation.segment(side, seq, ack, flags, len(data), data, self.frame, at)
        return self

    def logins(self) -> list[tuple[str | None, bool | None]]:
        self.conversation.close(10**12)
        return [(o.event.username, o.event.accepted) for o in self.seen if isinstance(o.event, Login)]


GREETING, USER, NEED, PASS = b"220 cam\r\n", b"USER anna\r\n", b"331 pw\r\n", b"PASS wrong0001\r\n"
REFUSED, AGAIN, GOOD, DONE = b"530 no\r\n", b"331 pw\r\n", b"PASS right0002\r\n", b"230 ok\r\n"


def conversation() -> list[tuple[int, int, int, bytes]]:
    """Two log-ins, the first refused, as (side, seq, ack, data) in the order in which they were sent."""
    at = [0, 0]
    found = []
    for side, data in (
        (S, GREETING), (C, USER), (S, NEED), (C, PASS), (S, REFUSED), (C, USER), (S, AGAIN), (C, GOOD), (S, DONE),
    ):  # fmt: skip
        found.append((side, at[side], at[1 - side], data))
        at[side] += len(data)
    return found


RIGHT = [("anna", False), ("anna", True)]


def test_in_order_nothing_waits() -> None:
    ftp = Ftp()
    for one in conversation():
        ftp.segment(*one)
    assert ftp.logins() == RIGHT
    assert ftp.flow.reordered_segments == 0


def test_each_answer_one_place_early() -> None:
    sent = conversation()
    for place in range(2, len(sent), 2):
        sent[place - 1], sent[place] = sent[place], sent[place - 1]
    ftp = Ftp()
    for one in sent:
        ftp.segment(*one)
    assert ftp.logins() == RIGHT
    assert ftp.flow.reordered_segments == 4


def test_all_answers_before_all_requests() -> None:
    ftp = Ftp()
    for one in sorted(conversation(), key=lambda one: -one[0]):
        ftp.segment(*one)
    assert ftp.logins() == RIGHT


def test_all_requests_before_all_answers() -> None:
    ftp = Ftp()
    for one in sorted(conversation(), key=lambda one: one[0]):
        ftp.segment(*one)
    assert ftp.logins() == RIGHT


def test_an_answer_to_a_lost_request_is_not_another_ones() -> None:
    """The second PASS is not in the capture; its 230 must not be credited to the first one, whose 530 is
    lost as well.
    """
    sent = [one for one in conversation() if one[3] not in (REFUSED, GOOD)]
    ftp = Ftp()
    for one in sent:
        ftp.segment(*one)
    ftp.logins()
    wrong = [o.event for o in ftp.seen if isinstance(o.event, Login) and o.event.secret is not None]
    assert [one.accepted for one in wrong] == [None]


def test_numbers_that_contradict_each_other_claim_nothing() -> None:
    """Answer and request each acknowledge the other: which came first cannot be known."""
    at_client, at_server = len(USER), len(GREETING + NEED)
    ftp = Ftp().segment(S, 0, 0, GREETING).segment(C, 0, 9, USER).segment(S, 9, at_client, NEED)
    ftp.segment(S, at_server, at_client + len(PASS), DONE)
    ftp.segment(C, at_client, at_server + len(DONE), PASS)
    assert ftp.logins() == [("anna", None)]


def test_what_never_comes_is_not_waited_for_without_end() -> None:
    ftp = Ftp().segment(S, 0, 0, GREETING, time=1)
    ftp.segment(S, len(GREETING), 500, NEED, time=2)
    assert ftp.conversation.weigh() >= len(NEED)
    ftp.segment(S, len(GREETING + NEED), 500, DONE, time=3 + DEFERRED_TIME)
    ftp.segment(S, len(GREETING + NEED + DONE), 500, b"200 x\r\n", time=4 + DEFERRED_TIME)
    assert not ftp.conversation._deferred.bytes


def test_a_fin_counts_as_one_number() -> None:
    """The client closed its side; the server's answer acknowledges the FIN, too."""
    ftp = Ftp().segment(S, 0, 0, GREETING).segment(C, 0, 9, USER, flags=25)
    ftp.segment(S, 9, len(USER) + 1, NEED)
    assert not ftp.conversation._deferred.bytes


def test_zeros_of_a_padded_acknowledgement_are_no_data() -> None:
    sent = conversation()
    ftp = Ftp().segment(*sent[0])
    ftp.segment(C, 0, len(GREETING), bytes(6))
    for one in sent[1:]:
        ftp.segment(*one)
    assert ftp.logins() == RIGHT


def test_zeros_that_are_acknowledged_are_data() -> None:
    ftp = Ftp().segment(S, 0, 0, GREETING).segment(C, 0, 9, b"\0\0")
    ftp.segment(S, 9, 2, NEED)
    assert ftp.conversation._padding is None
    assert ftp.conversation._sides[C].sequence == 2


def test_bounds() -> None:
    deferred = Deferred()
    for number in range(DEFERRED_SEGMENTS):
        deferred.add(Segment(S, number, 1, 1, b"x", number, 0))
    assert not deferred.is_full(0) and deferred.is_full(DEFERRED_TIME + 1)
    deferred.add(Segment(S, 99, 1, 1, b"x", 99, 0))
    assert deferred.is_full(0)
    large = Deferred()
    large.add(Segment(S, 0, 1, DEFERRED_BYTES + 1, bytes(DEFERRED_BYTES + 1), 1, 0))
    assert large.is_full(0)


@pytest.mark.parametrize(
    ("length", "captured", "padding"),
    [
        (1, bytes(1), True),
        (6, bytes(6), True),  # 54 bytes of headers in a frame of 60
        (7, bytes(7), False),  # longer than a frame is padded by
        (6, bytes(5), False),  # cut by the capture: what it was is not known
        (6, b"\0\0\0\0\0x", False),
    ],
)
def test_zeros_that_a_frame_of_sixty_bytes_may_be_padded_by(length: int, captured: bytes, padding: bool) -> None:
    assert may_be_padding(length, captured) is padding


def test_an_empty_queue_is_never_full() -> None:
    assert not Deferred().is_full(10 * DEFERRED_TIME)


def test_a_segment_that_was_delivered_weighs_nothing_any_more() -> None:
    deferred = Deferred()
    first, second = Segment(S, 0, 9, 4, b"abcd", 1, 0), Segment(C, 0, 9, 2, b"xy", 2, 0)
    deferred.add(first)
    deferred.add(second)
    both = deferred.bytes
    assert list(deferred.heads()) == [first, second]
    deferred.remove(first)
    assert list(deferred.heads()) == [second] and deferred.bytes == both - 4 - SEGMENT_BYTES
    deferred.remove(second)
    assert deferred.bytes == 0


def test_each_side_has_one_head_the_earlier_one_first() -> None:
    deferred = Deferred()
    segments = [Segment(side, number, 9, 1, b"x", number, 0) for number, side in enumerate((S, S, C, S, C))]
    for one in segments:
        deferred.add(one)
    assert list(deferred.heads()) == [segments[0], segments[2]]


@pytest.mark.parametrize(("age", "full"), [(DEFERRED_TIME, False), (DEFERRED_TIME + 1, True)])
def test_the_first_one_waits_no_longer_than_its_time(age: int, full: bool) -> None:
    deferred = Deferred()
    deferred.add(Segment(C, 0, 0, 1, b"x", 1, 1000))
    deferred.add(Segment(C, 1, 0, 1, b"y", 2, 1000 + age))
    assert deferred.is_full(1000 + age) is full
    [head] = deferred.heads()
    deferred.remove(head)
    assert not deferred.is_full(1000 + age)


@pytest.mark.parametrize(
    ("length", "payload", "maybe"),
    [
        (6, bytes(6), True),
        (7, bytes(7), False),
        (1, b"\0", True),
        (2, b"\0", False),
        (2, b"\0a", False),
        (0, b"", True),
    ],
)
def test_what_may_be_padding(length: int, payload: bytes, maybe: bool) -> None:
    """60 bytes of a frame without its check sequence, less 54 of headers (IEEE 802.3 3.2.8); zeros only, and whole."""
    assert may_be_padding(length, payload) is maybe
