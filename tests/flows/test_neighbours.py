"""Neighbours on a link: independent protocols need no conversation, and are read as one would have read them."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from sensor.events import Binding, Weird
from sensor.flows.conversation import Conversation
from sensor.flows.copies import DOUBLED_TIME
from sensor.flows.neighbours import LinkFlow, Neighbours
from sensor.flows.shared_parsers import SharedParsers
from sensor.model import Flow, Observation, Side, Transport
from sensor.parsing.registry import protocols
from sensor.statistics import Statistics

ONE, OTHER = (b"\2\0\0\0\0\1", b""), (b"\2\0\0\0\0\2", b"")
ALL = (b"\xff" * 6, b"")
REQUEST = b"\0\1\x08\0\6\4\0\1" + ONE[0] + b"\xc0\xa8\1\5" + bytes(6) + b"\xc0\xa8\1\6"
REPLY = b"\0\1\x08\0\6\4\0\2" + OTHER[0] + b"\xc0\xa8\1\6" + ONE[0] + b"\xc0\xa8\1\5"


class Talk:
    def __init__(self) -> None:
        self.seen: list[Observation] = []
        self.begun: list[tuple[Flow, int, bool]] = []
        self.given_up = 0
        statistics = Statistics(strict=True)
        self.neighbours = Neighbours(statistics, self.seen.append, SharedParsers(statistics), self._give_up)

    def _give_up(self) -> None:
        self.given_up += 1

    def packet(
        self, here: tuple[bytes, bytes], there: tuple[bytes, bytes], data: bytes, frame: int, time: int = 0
    ) -> None:
        arguments = (protocols()["arp"], Transport.LINK, 0x0806, here, there, data, frame, time or frame * 10**9)
        self.neighbours.packet(*arguments, lambda *begun: self.begun.append(begun))


def test_a_request_and_its_reply_are_one_flow_without_a_conversation() -> None:
    talk = Talk()
    with patch.object(Conversation, "__init__", side_effect=AssertionError):
        talk.packet(ONE, OTHER, REQUEST, 1)
        talk.packet(OTHER, ONE, REPLY, 2)
    first, second = talk.seen
    assert first.flow is second.flow and first.flow.application == "arp" and first.flow.first_frame == 1
    assert isinstance(first.event, Binding) and first.event.side is Side.CLIENT and first.frames == (1,)
    assert isinstance(second.event, Binding) and second.event.side is Side.SERVER and second.frames == (2,)
    assert first.event.address == "192.168.1.5" and second.event.address == "192.168.1.6"
    assert (second.time, second.flow.last_time, second.protocol) == (2 * 10**9, 2 * 10**9, "arp")
    assert [(frame, is_first) for _, frame, is_first in talk.begun] == [(1, True), (2, False)]


def test_the_second_copy_of_a_mirror_says_nothing() -> None:
    talk = Talk()
    for number, time in enumerate((10**9, 10**9 + DOUBLED_TIME, 10**9 + 3 * DOUBLED_TIME), 1):
        talk.packet(ONE, ALL, REQUEST, number, time)
    assert [one.frames for one in talk.seen] == [(1,), (3,)]


def test_what_cannot_be_read_is_said_by_a_conversation() -> None:
    talk = Talk()
    talk.packet(ONE, ALL, REQUEST[:20], 1)
    assert [type(one.event) for one in talk.seen] == [Weird] and talk.seen[0].frames == (1,)
    talk.packet(ONE, ALL, REQUEST, 2)
    assert isinstance(talk.seen[-1].event, Binding) and talk.seen[-1].flow.layers == ("arp",)


def test_an_ordered_pair_to_a_group_is_not_the_pair_from_it() -> None:
    talk = Talk()
    talk.packet(OTHER, ALL, REPLY, 1)
    talk.packet(ONE, ALL, REQUEST, 2)
    assert talk.seen[0].flow is not talk.seen[1].flow and talk.seen[1].flow.client.mac == ONE[0]


def test_pairs_that_make_room_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.flows.neighbours.LINK_CONVERSATIONS", 3)
    talk = Talk()
    for number in range(10):
        talk.packet((b"\2\0\0\0\1" + bytes([number]), b""), ALL, REQUEST, number + 1)
    assert talk.given_up == 7 and len(talk.seen) == 10
    assert all(isinstance(pair, LinkFlow) for pair in talk.neighbours._pairs.values())
    talk.neighbours.finish()
    assert not talk.neighbours._pairs
