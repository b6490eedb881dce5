"""Conversations in bounds: a flood of them, or of what they hold, costs the idle and the greedy, and what was found
stays found.
"""

from __future__ import annotations

import gc

import pytest

from sensor.events import Weird
from sensor.flows.conversation import Conversation
from sensor.flows.driver import Driver
from sensor.flows.known_streams import KnownConversation
from sensor.flows.table import STEP, Conversations
from sensor.memory import CONVERSATION_BYTES, DEFAULT_BUDGET, MemoryBudget
from sensor.model import Endpoint, Flow, Observation, Side, Transport
from sensor.protocols.http import PROTOCOL as HTTP
from sensor.statistics import Statistics
from tests.replaying import PCAPS, read

HEAD = b"POST /upload HTTP/1.1\r\nHost: cam.example\r\nContent-Length: 200000\r\n\r\n"


class Wants:
    def ignore(self, slot: int) -> None:
        pass

    def skip(self, slot: int, side: int, seq: int) -> None:
        pass


def conversation(slot: int, time: int, seen: list[Observation]) -> Conversation:
    flow = Flow(
        slot, Transport.TCP, Endpoint(b"\xc0\xa8\1\5", 40000, b""), Endpoint(b"\xc0\xa8\1\6", 80, b""), time, time, 1
    )
    return Conversation(flow, slot, Wants(), Statistics(strict=True), seen.append, starts=(0, 0))


def talk(conversations: Conversations, slot: int, time: int, data: bytes, seq: int = 0) -> None:
    one = conversations.live[slot]
    one.segment(0, seq, -1, 0, len(data), data, 1, time)
    conversations.fed(slot, one)


def test_the_longest_idle_are_left_when_there_are_too_many() -> None:
    seen: list[Observation] = []
    conversations = Conversations(MemoryBudget(300 * CONVERSATION_BYTES))
    for slot in range(300):
        conversations.add(slot, conversation(slot, slot, seen))
        if 0 in conversations.live:
            talk(conversations, 0, slot, b"x" if slot else HEAD, seq=slot and slot + len(HEAD) - 1)
    assert len(conversations.live) <= 100 and conversations.evicted >= 200
    assert 0 in conversations.live and 1 in conversations.left
    assert conversations.end(1, 999) is None and conversations.retired(1) is not None
    assert conversations.end(12345, 999) is None and conversations.retired(12345) is None
    # What was learned of most is equal, and stored once.
    assert len({id(one) for one in conversations.left.values()}) < 10


def test_those_that_said_nothing_are_left_first() -> None:
    seen: list[Observation] = []
    conversations = Conversations(MemoryBudget(300 * CONVERSATION_BYTES))
    conversations.add(0, conversation(0, 0, seen))
    talk(conversations, 0, 0, HEAD)
    assert conversations.live[0].flow.application == "http"
    for slot in range(1, 1000):
        conversations.add(slot, conversation(slot, slot, seen))
    assert 0 in conversations.live and conversations.evicted > 800


def test_those_that_hold_most_are_left_when_all_hold_too_much() -> None:
    seen: list[Observation] = []
    conversations = Conversations(MemoryBudget(1_500_000))
    for slot in range(40):
        conversations.add(slot, conversation(slot, slot, seen))
        talk(conversations, slot, slot, HEAD)
        for piece in range(1, 4):
            if slot in conversations.live:
                talk(conversations, slot, slot, b"\x80" * STEP, seq=len(HEAD) + (piece - 1) * STEP)
    total = sum(one.weigh() for one in conversations.live.values())
    assert total <= 300_000 + 4 * STEP and conversations.evicted > 0
    assert len(conversations.live) + len(conversations.left) == 40


def test_the_weight_of_a_parser_is_what_it_keeps() -> None:
    parser = HTTP.parser(None)
    before = parser.buffered_bytes()
    list(parser.receive(Side.CLIENT, HEAD + bytes(50_000)))
    assert 50_000 <= parser.buffered_bytes() - before <= 110_000


def test_an_evicted_conversation_yields_its_pending_events() -> None:
    seen: list[Observation] = []
    conversations = Conversations(DEFAULT_BUDGET)
    conversations.add(1, conversation(1, 1, seen))
    talk(conversations, 1, 1, HEAD + b"user=anna&password=")
    before = len(seen)
    conversations.live[1].abandon()
    assert len(seen) > before and not any(isinstance(o.event, Weird) for o in seen)


@pytest.mark.parametrize("capture", ["http_basic", "websocket", "dns_dhcp", "smb"])
def test_what_ended_needs_no_search_for_cycles(capture: str) -> None:
    """Memory of an ended conversation comes back at once, so searches for cycles may be rare."""
    gc.collect()
    before = {id(each) for each in gc.get_objects()}
    gc.disable()
    try:
        result = read(PCAPS / capture / "capture.pcap")
        left = [each for each in gc.get_objects() if id(each) not in before]
    finally:
        gc.enable()
    conversations = [each for each in left if isinstance(each, Conversation | KnownConversation)]
    assert result.packets
    assert {each.flow.transport for each in conversations} <= {Transport.LINK, Transport.IP}
    assert sum(isinstance(each, Driver) for each in left) == len(conversations)
