"""Conversations in bounds: a flood of them, or of what they hold, costs the idle and the greedy, and what was found
stays found.
"""

from __future__ import annotations

import gc
import weakref

import pytest

from sensor.events import Content, Weird
from sensor.flows.conversation import Conversation
from sensor.flows.driver import Driver
from sensor.flows.known_conversation import KnownConversation
from sensor.flows.table import STEP, Conversations, RetiredFlow
from sensor.memory import CONVERSATION_BYTES, DEFAULT_BUDGET, MemoryBudget
from sensor.model import Endpoint, Flow, Observation, Protection, Side, Transport
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


def budget(conversations: int = 0, waiting: int = 0) -> MemoryBudget:
    """A third of it holds so many conversations, or a fifth of it so many bytes."""
    return MemoryBudget(max(3 * conversations * CONVERSATION_BYTES, 5 * waiting))


def test_a_quarter_is_left_when_there_is_one_too_many_but_never_the_newest() -> None:
    seen: list[Observation] = []
    conversations = Conversations(budget(8))
    for slot in range(8):
        conversations.add(slot, conversation(slot, 100 - slot, seen))
    assert len(conversations.live) == 8 and conversations.evicted == 0
    conversations.add(8, conversation(8, 1, seen))  # idle longer than all others, and yet new
    assert set(conversations.live) == {0, 1, 2, 3, 4, 5, 8} and set(conversations.left) == {6, 7}
    assert conversations.evicted == 2


def test_those_that_hold_most_are_left_until_half_is_free_but_not_the_one_that_speaks() -> None:
    """A body that is read waits in the parser: 100,000 bytes may wait, three hold 30,000, 40,000 and 50,000."""
    seen: list[Observation] = []
    conversations = Conversations(budget(waiting=100_000))
    for slot, size in enumerate((30_000, 40_000)):
        conversations.add(slot, conversation(slot, slot, seen))
        talk(conversations, slot, slot, HEAD)
        talk(conversations, slot, slot, b"\x80" * size, seq=len(HEAD))
    assert set(conversations.live) == {0, 1} and 70_000 <= conversations.buffered_bytes <= 72_000
    conversations.add(2, conversation(2, 2, seen))
    talk(conversations, 2, 2, HEAD)
    talk(conversations, 2, 2, b"\x80" * 50_000, seq=len(HEAD))
    assert set(conversations.live) == {2} and set(conversations.left) == {0, 1}
    assert 50_000 <= conversations.buffered_bytes <= 52_000 and conversations.evicted == 2
    assert conversations.end(2, 9) is not None
    assert conversations.buffered_bytes == 0


def test_as_much_as_may_wait_is_not_too_much() -> None:
    seen: list[Observation] = []
    conversations = Conversations(budget(waiting=60_000))
    conversations.add(0, conversation(0, 0, seen))
    conversations.add(1, conversation(1, 1, seen))
    for slot in (0, 1):
        talk(conversations, slot, slot, HEAD)
        talk(conversations, slot, slot, b"\x80" * 20_000, seq=len(HEAD))
    assert set(conversations.live) == {0, 1} and conversations.evicted == 0


def test_small_talk_is_weighed_after_a_step() -> None:
    seen: list[Observation] = []
    conversations = Conversations(DEFAULT_BUDGET)
    conversations.add(0, conversation(0, 0, seen))
    talk(conversations, 0, 0, HEAD)
    talk(conversations, 0, 0, bytes(STEP - len(HEAD) - 1), seq=len(HEAD))
    assert conversations.buffered_bytes == 0
    talk(conversations, 0, 0, b"x", seq=STEP - 1)
    assert conversations.buffered_bytes >= STEP - len(HEAD)


@pytest.mark.parametrize("flipped", [False, True])
def test_what_was_learned_of_a_flow_that_nobody_reads_comes_back_with_it(flipped: bool) -> None:
    learned = conversation(1, 0, []).flow
    learned.application, learned.layers, learned.server_name = "http", ("socks", "http"), "cam.example"
    learned.protection, learned.cleartext_bytes = Protection.CLEARTEXT, 31
    learned.lost_bytes, learned.lost_pieces, learned.reordered_segments, learned.doubled_packets = 7, 2, 3, 4
    made = conversation(1, 0, []).flow
    ends = made.client, made.server
    again = RetiredFlow.of(learned, flipped=flipped).flow(made)
    assert again is made
    assert (again.client, again.server) == (ends[::-1] if flipped else ends)
    assert (again.application, again.layers, again.server_name) == ("http", ("socks", "http"), "cam.example")
    assert (again.protection, again.cleartext_bytes) == (Protection.CLEARTEXT, 31)
    assert (again.lost_bytes, again.lost_pieces, again.reordered_segments, again.doubled_packets) == (7, 2, 3, 4)


def test_a_flow_that_had_no_conversation_is_left_as_it_is() -> None:
    conversations = Conversations(DEFAULT_BUDGET)
    flow = conversation(3, 0, []).flow
    flow.application = "dns"
    conversations.leave(3, flow)
    retired = conversations.retired(3)
    assert conversations.evicted == 1 and retired is not None
    assert (retired.flipped, retired.application) == (False, "dns")
    assert conversations.retired(3) is None


def test_what_was_learned_is_stored_once_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.flows.table.KINDS", 2)
    conversations = Conversations(DEFAULT_BUDGET)
    for number in range(20):
        flow = conversation(number, 0, []).flow
        flow.lost_bytes = number
        conversations.leave(number, flow)
    assert len(conversations._retired) <= 3
    left = [conversations.retired(number) for number in range(20)]
    assert [one.lost_bytes for one in left if one is not None] == list(range(20))


def test_memory_of_one_that_was_left_comes_back_at_once() -> None:
    conversations = Conversations(budget(2))
    for slot in range(2):
        conversations.add(slot, conversation(slot, slot, []))
        talk(conversations, slot, slot, HEAD)
    one = conversations.live[0]
    assert isinstance(one, Conversation) and one._driver is not None
    driver = weakref.ref(one._driver.parser)
    gc.disable()
    try:
        conversations._evict(0)
        assert driver() is None
    finally:
        gc.enable()


def test_each_that_is_left_is_counted() -> None:
    conversations = Conversations(DEFAULT_BUDGET)
    for slot in range(3):
        conversations.add(slot, conversation(slot, slot, []))
        conversations._evict(slot)
        conversations.leave(slot + 10, conversation(slot, slot, []).flow)
    assert conversations.evicted == 6 and conversations.live == {}


def test_a_half_that_is_free_is_enough() -> None:
    """90,000 wait where 80,000 may: the one of 45,000 goes, and another, for what is left is more than the half."""
    conversations = Conversations(budget(waiting=80_000))
    for slot, size in enumerate((20_000, 45_000, 25_000)):
        conversations.add(slot, conversation(slot, slot, []))
        talk(conversations, slot, slot, HEAD)
        talk(conversations, slot, slot, b"\x80" * size, seq=len(HEAD))
    # 25,000 speaks; 45,000 and then 20,000 are what others hold.
    assert set(conversations.live) == {2} and conversations.evicted == 2
    conversations = Conversations(budget(waiting=100_000))
    for slot, size in enumerate((20_000, 60_000, 25_000)):
        conversations.add(slot, conversation(slot, slot, []))
        talk(conversations, slot, slot, HEAD)
        talk(conversations, slot, slot, b"\x80" * size, seq=len(HEAD))
    assert set(conversations.live) == {0, 2} and conversations.evicted == 1


def test_one_that_is_over_is_left_without_being_counted_as_given_up() -> None:
    conversations = Conversations(DEFAULT_BUDGET)
    conversations.add(1, conversation(1, 1, []))
    conversations.live[1].over = True
    conversations.fed(1, conversations.live[1])
    conversations.fed(1, conversation(1, 1, []))
    assert conversations.live == {} and conversations.evicted == 0 and conversations.retired(1) is not None


def test_one_that_is_left_says_what_it_held_back() -> None:
    """Held until its end: what nobody recognises is offered to the search for secrets only then."""
    seen: list[Observation] = []
    conversations = Conversations(DEFAULT_BUDGET)
    conversations.add(1, conversation(1, 1, seen))
    talk(conversations, 1, 1, b"password=canary-of-a-test ")
    assert seen == []
    conversations._evict(1)
    assert [one.event.data for one in seen if isinstance(one.event, Content)] == [b"password=canary-of-a-test "]


@pytest.mark.parametrize(("waiting", "left"), [(100_000, 1), (99_990, 2)])
def test_exactly_half_is_free_enough(waiting: int, left: int, monkeypatch: pytest.MonkeyPatch) -> None:
    conversations = Conversations(budget(waiting=waiting))
    half = conversations._memory.waiting_bytes // 2
    for slot, size in enumerate((20_000, 60_000, 30_000)):
        one = conversation(slot, slot, [])
        monkeypatch.setattr(one, "weigh", lambda one=one, size=size: setattr(one, "buffered_bytes", size) or size)
        conversations.add(slot, one)
    conversations._lighten(2)
    assert half == waiting // 2 and conversations.evicted == left
