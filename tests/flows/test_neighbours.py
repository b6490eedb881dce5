"""Neighbours on a link: independent protocols need no conversation, and are read as one would have read them."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from sensor.events import Binding, Weird
from sensor.flows.conversation import Conversation
from sensor.flows.copies import DOUBLED_TIME
from sensor.flows.expectations import Expected
from sensor.flows.neighbours import LinkFlow, Neighbours
from sensor.flows.shared_parsers import SharedParsers
from sensor.model import Endpoint, Flow, Observation, Side, Transport
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


FRAME = b"\2\3\0\x5f" + bytes(95)
"""An EAPOL key frame (IEEE 802.1X-2020, 11.3): no independent protocol reads it."""
START = b"\1\1\0\0"


class Conversations:
    """What `Neighbours` asks of a conversation, noted."""

    made: list[Conversations]

    def __init__(self, flow: Flow, slot: int, *_: object, expected: object) -> None:
        self.flow, self.slot, self.expected = flow, slot, expected
        self.over, self.calls = False, []  # type: ignore[var-annotated]
        type(self).made.append(self)

    def datagram(self, side: int, payload: bytes, frame: int, time: int) -> None:
        self.calls.append(("datagram", side, payload, frame, time))

    def close(self, time: int) -> None:
        self.calls.append(("close", time))

    def release(self) -> None:
        self.calls.append(("release",))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Conversations]:
    """The conversations of a test; `Conversations` stands in for the real ones."""
    Conversations.made = []
    monkeypatch.setattr("sensor.flows.neighbours.Conversation", Conversations)
    return Conversations.made


def supplicant(talk: Talk, here: tuple[bytes, bytes], there: tuple[bytes, bytes], data: bytes, frame: int) -> None:
    begins = lambda *begun: talk.begun.append(begun)  # noqa: E731
    eapol = protocols()["eapol"]
    talk.neighbours.packet(eapol, Transport.LINK, 0x888E, here, there, data, frame, frame * 10**9, begins)


def test_a_protocol_that_remembers_has_a_conversation_with_both_ends(made: list[Conversations]) -> None:
    talk = Talk()
    supplicant(talk, OTHER, ONE, START, 1)
    supplicant(talk, ONE, OTHER, FRAME, 2)
    (one,) = made
    assert (one.flow.client, one.flow.server) == (Endpoint(b"", None, OTHER[0]), Endpoint(b"", None, ONE[0]))
    assert one.expected == Expected("eapol", None) and one.flow.transport is Transport.LINK
    assert one.calls == [("datagram", 0, START, 1, 10**9), ("datagram", 1, FRAME, 2, 2 * 10**9)]
    assert (one.flow.first_time, one.flow.last_time, one.flow.first_frame) == (10**9, 2 * 10**9, 1)
    assert [(frame, is_first) for _, frame, is_first in talk.begun] == [(1, True), (2, False)]
    talk.neighbours.finish()
    assert one.calls[2:] == [("close", 2 * 10**9)]
    talk.neighbours.finish()
    assert len(one.calls) == 3


def test_a_conversation_that_is_over_is_followed_by_a_new_flow(made: list[Conversations]) -> None:
    talk = Talk()
    supplicant(talk, ONE, OTHER, START, 1)
    made[0].over = True
    supplicant(talk, OTHER, ONE, FRAME, 2)
    assert [one.calls for one in made] == [
        [("datagram", 0, START, 1, 10**9)],
        [("datagram", 0, FRAME, 2, 2 * 10**9)],
    ]
    assert made[1].flow is not made[0].flow and made[1].flow.client.mac == OTHER[0]
    assert [is_first for _, _, is_first in talk.begun] == [True, True]


def test_the_oldest_pair_makes_room_and_is_released(made: list[Conversations], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.flows.neighbours.LINK_CONVERSATIONS", 2)
    talk = Talk()
    for number in range(3):
        supplicant(talk, (b"\2\0\0\0\1" + bytes([number]), b""), ONE, START, number + 1)
    assert [one.calls[1:] for one in made] == [[("release",)], [], []] and talk.given_up == 1
    talk.neighbours.finish()
    assert [one.calls[1:] for one in made] == [[("release",)], [("close", 2 * 10**9)], [("close", 3 * 10**9)]]


def test_pairs_differ_by_transport_and_number_and_addresses() -> None:
    """One MAC speaks for many addresses behind a router."""
    talk = Talk()
    arp = protocols()["arp"]
    near, far = (ONE[0], b"\xc0\xa8\1\5"), (ONE[0], b"\xc0\xa8\1\7")
    for frame, (transport, code, here) in enumerate(
        [
            (Transport.LINK, 0x0806, near),
            (Transport.LINK, 0x8035, near),
            (Transport.IP, 0x0806, near),
            (Transport.LINK, 0x0806, far),
        ]
    ):
        talk.neighbours.packet(arp, transport, code, here, OTHER, REQUEST, frame, frame * 10**9)
    assert len({id(one.flow) for one in talk.seen}) == 4
    assert [one.flow.client.address for one in talk.seen] == [near[1], near[1], near[1], far[1]]
    assert [one.flow.transport for one in talk.seen] == [Transport.LINK, Transport.LINK, Transport.IP, Transport.LINK]


def test_what_cannot_be_read_is_handed_on_whole(made: list[Conversations]) -> None:
    talk = Talk()
    talk.packet(OTHER, ONE, REPLY, 1)
    talk.packet(ONE, OTHER, REQUEST[:20], 2)
    (one,) = made
    assert one.flow is talk.seen[0].flow and (one.flow.application, one.flow.layers) == (None, ())
    assert one.calls == [("datagram", 1, REQUEST[:20], 2, 2 * 10**9)]
    talk.packet(OTHER, ONE, REPLY, 3)
    assert one.calls[1:] == [("datagram", 0, REPLY, 3, 3 * 10**9)] and len(talk.seen) == len(made) == 1


def test_what_comes_from_a_groups_address_is_no_answer_to_what_went_there() -> None:
    """IEEE 802.3, 3.2.3: the lowest bit of the first octet is a group's; as a source it is forged."""
    group = (b"\1\x80\xc2\0\0\x0e", b"")
    talk = Talk()
    for frame, (here, there) in enumerate([(ONE, group), (group, ONE), (ONE, group)], 1):
        talk.packet(here, there, REQUEST, frame)
    first, forged, again = (one.flow for one in talk.seen)
    assert first is again and first is not forged and forged.client.mac == group[0]


def test_ends_without_a_link_are_a_pair_too() -> None:
    """A capture of bare IP packets has no MACs."""
    here, there = (b"", b"\xc0\xa8\1\5"), (b"", b"\xc0\xa8\1\6")
    talk = Talk()
    talk.packet(here, there, REQUEST, 1)
    talk.packet(there, here, REPLY, 2)
    assert talk.seen[0].flow is talk.seen[1].flow and talk.seen[0].flow.client.address == here[1]
    assert [one.event.side for one in talk.seen if isinstance(one.event, Binding)] == [Side.CLIENT, Side.SERVER]
