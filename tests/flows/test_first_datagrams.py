"""Flows of one datagram: bytes that wait, or are read at once, are read as a conversation would have read them."""

from __future__ import annotations

import json
import random
import re
import struct
from collections.abc import Iterator, Sequence
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.export.records import records
from sensor.flows.conversation import Conversation
from sensor.flows.first_datagrams import FirstDatagram, FirstDatagrams
from sensor.flows.identify import Again, first_answer, identify_pieces
from sensor.flows.shared_parsers import SharedParsers
from sensor.memory import CONVERSATION_BYTES, MemoryBudget
from sensor.model import Endpoint, Flow, Observation, Protection, Side, Transport
from sensor.parsing.fallback import UNREAD
from sensor.parsing.parser import Protocol
from sensor.parsing.registry import recognisable
from sensor.records import Record
from sensor.run import Options
from sensor.statistics import Statistics
from tests.decode.wire import ethernet, ip4, udp
from tests.replaying import of, read_bytes

PLACE = b'{"app":"tracker","latitude":52.517036,"longitude":13.388860,"email":"erika.muster@example.org"}'
NOISE = bytes.fromhex("ffb7c4d5e6f70819a2b3c4d5e6f70819")
OUTSIDE = "8.8.4.4"


def pcap(packets: Sequence[bytes], seconds: Sequence[int] | None = None) -> bytes:
    pieces = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)]
    for number, packet in enumerate(packets):
        at = 1_790_000_000 + (seconds[number] if seconds else number)
        pieces += (struct.pack("<IIII", at, 0, len(packet), len(packet)), packet)
    return b"".join(pieces)


def datagram(data: bytes, source: int = 40001, target: int = 40002, *, answer: bool = False) -> bytes:
    ends = (OUTSIDE, "192.168.1.10") if answer else ("192.168.1.10", OUTSIDE)
    return ethernet(ip4(udp(data, target if answer else source, source if answer else target), 17, *ends))


def replayed(capture: bytes) -> list[Record]:
    """All but what differs from run to run of a process."""
    return [json.loads(json.dumps(one)) for one in records(read_bytes(capture, options=Options(strict=True)))]


def without(capture: bytes) -> list[Record]:
    """The records where each datagram begins a conversation."""
    with patch("sensor.pipeline.first_answer", return_value=None):
        return replayed(capture)


def question(number: int, name: bytes = b"\7example\3com\0") -> bytes:
    return number.to_bytes(2, "big") + b"\1\0\0\1\0\0\0\0\0\0" + name + b"\0\1\0\1"


def answer(number: int, address: bytes) -> bytes:
    head = number.to_bytes(2, "big") + b"\x81\x80\0\1\0\1\0\0\0\0"
    return head + b"\7example\3com\0\0\1\0\1" + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + address


SEARCH = b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nST: ssdp:all\r\n\r\n'


@pytest.mark.parametrize(
    "packets",
    [
        [datagram(NOISE)],
        [datagram(PLACE)],
        [datagram(NOISE), datagram(PLACE)],
        [datagram(PLACE), datagram(NOISE, answer=True), datagram(PLACE + b"\n", answer=True)],
        [datagram(PLACE), datagram(PLACE)],
        [datagram(b"\0"), datagram(b"short"), datagram(PLACE, 40003)],
        [datagram(PLACE, 40000 + number, 41000 + number) for number in range(20)],
        [datagram(question(1), 40001, 53)],
        [datagram(question(1), 40001, 53), datagram(answer(1, b"\x08\x08\1\1"), 40001, 53, answer=True)],
        [datagram(question(1), 40001, 53), datagram(question(1), 40001, 53)],  # the copy of a mirror, or sent again
        [datagram(question(1), 40001, 53), datagram(NOISE, 40001, 53, answer=True), datagram(NOISE, 40001, 53)],
        [datagram(question(1, b"\6update\7example\3com\0"), 40000 + number, 53) for number in range(3)],
        [datagram(question(1)[:-3], 40001, 53)],  # damaged
        [datagram(question(1)[:14], 40001, 53)],
        [datagram(question(1), 53, 53), datagram(question(1), 5353, 53), datagram(question(1), 123, 53)],
        [datagram(answer(1, b"\x08\x08\1\1"), 40001, 53, answer=True), datagram(question(1), 40001, 53)],
        [datagram(SEARCH, 40001, 1900), datagram(SEARCH, 40002, 1900), datagram(NOISE, 40002, 1900, answer=True)],
        [datagram(b"x", 40001, 9999), datagram(NOISE, 40003, 161), datagram(NOISE, 53, 40009)],
    ],
)
def test_what_waits_is_read_as_a_conversation_would_have_read_it(packets: list[bytes]) -> None:
    capture = pcap(packets)
    assert replayed(capture) == without(capture)


def test_personal_data_in_a_flow_of_one_datagram_is_found_with_its_frame() -> None:
    made: list[int] = []
    with patch.object(Conversation, "__init__", side_effect=lambda *_, **__: made.append(1)):
        found = replayed(pcap([datagram(NOISE, 40005), datagram(PLACE)]))
    assert not made  # nothing was made for either
    places = of(found, "finding", "personal.location")
    assert len(places) == 1 and places[0]["evidence"][0]["frames"] == [2]
    assert of(found, "finding", "personal.email")


def test_a_surplus_is_read_at_once_and_counted() -> None:
    memory = MemoryBudget(30 * CONVERSATION_BYTES)  # ten conversations, twenty datagrams
    packets = [datagram(PLACE), *(datagram(NOISE, 41000 + number) for number in range(60)), datagram(b"late bytes")]
    result = read_bytes(pcap(packets), options=Options(strict=True, memory=memory))
    assert result.bounds["conversations"] == 41
    (device,) = [one for one in result.devices if "192.168.1.10" in one.addresses]
    assert device.bytes.unknown + device.bytes.cleartext == len(PLACE) + 60 * len(NOISE) + len(b"late bytes")
    assert any(one.rule == "personal.location" and list(one.frames) == [1] for one in result.findings.values())


def left(firsts: FirstDatagrams) -> int | None:
    """The slot that makes room."""
    surplus = firsts.leave(lambda _slot: one_flow())
    return None if surplus is None else surplus[0]


def test_bytes_are_bounded_too() -> None:
    memory = MemoryBudget(200_000)
    firsts = FirstDatagrams(memory, Statistics(), lambda _observation: None, SharedParsers(Statistics()))
    for slot in range(3):
        firsts.take(slot, FirstDatagram(0, NOISE * 200, 1, 1))
    assert left(firsts) is None
    firsts.take(3, FirstDatagram(0, NOISE * 200, 1, 1))
    assert left(firsts) == 0
    assert left(firsts) is None and list(firsts) == [1, 2, 3]
    assert firsts.pop(0) is None


def openings() -> Iterator[bytes]:
    """Random datagrams, and ones that begin as protocols do."""
    chance = random.Random(1)
    heads = (
        b"",
        b"\x80\0",
        b"\0\1\1\0\0\1\0\0\0\0\0\0",
        b"NOTIFY * HTTP/1.1\r\n",
        b"\x30\x26\2\1",
        b"!1\0 ",
        b"\x16\xfe\xfd",
    )
    for number in range(300):
        yield heads[number % len(heads)] + chance.randbytes(chance.randrange(1, 60))


PORTS = (40001, 40002), (40001, 53), (53, 40001), (40001, 9999), (161, 40002), (1900, 1900), (5353, 53)


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(st.sampled_from(list(openings())), st.binary(min_size=1, max_size=80)),
    st.booleans(),
    st.sampled_from(PORTS),
)
def test_the_first_answer_is_that_of_identification(data: bytes, first: bool, ports: tuple[int, int]) -> None:
    side = Side.CLIENT if first else Side.SERVER
    answer = first_answer(ports, side, data)
    ends = Endpoint(b"\xc0\xa8\1\x0a", ports[0], b"\2" * 6), Endpoint(b"\x08\x08\4\4", ports[1], b"\4" * 6)
    flow = Flow(1, Transport.UDP, *ends, 1, 1, 1)
    found = identify_pieces(flow, [(side, data, 1)], (), either_way=True, last=False)
    if isinstance(answer, Protocol):
        assert found == (answer, False, Again.NO)
    elif answer is not None:
        assert found == (None, False, Again.SILENT)


def one_flow() -> Flow:
    ends = Endpoint(b"\xc0\xa8\1\x0a", 40001, b"\2" * 6), Endpoint(b"\x08\x08\4\4", 40002, b"\4" * 6)
    return Flow(1, Transport.UDP, *ends, 1, 1, 1)


def test_each_one_that_is_read_counts_for_the_parser_of_last_resort() -> None:
    statistics, seen = Statistics(strict=True), list[Observation]()
    flow = one_flow()
    for number, data in enumerate((PLACE, NOISE), 1):
        FirstDatagram(0, data, number, 5).read(flow, 77, statistics, seen.append)
    figures = statistics.of(UNREAD.name)
    assert (figures.calls, figures.bytes) == (2, len(PLACE) + len(NOISE))
    assert [(one.frames, one.time, one.flow) for one in seen] == [((1,), 77, flow), ((2,), 77, flow)]


@pytest.mark.parametrize(("data", "protection"), [(PLACE, Protection.CLEARTEXT), (NOISE, Protection.UNKNOWN)])
def test_text_can_be_read_by_anybody(data: bytes, protection: Protection) -> None:
    flow = one_flow()
    FirstDatagram(1, data, 1, 5).read(flow, 5, Statistics(strict=True), lambda _: None)
    assert flow.protection is protection


def waiting() -> FirstDatagrams:
    return FirstDatagrams(MemoryBudget(200_000), Statistics(), lambda _observation: None, SharedParsers(Statistics()))


def test_what_went_on_frees_its_bytes_for_others() -> None:
    """A quarter of a fifth of the budget waits at most: 10,000 bytes of 200,000."""
    firsts = waiting()
    for slot in range(40):
        firsts.take(slot, FirstDatagram(0, NOISE * 250, 1, 1))
        assert left(firsts) is None
        assert firsts.pop(slot) is not None
    for slot in (50, 51):
        firsts.take(slot, FirstDatagram(0, NOISE * 250, 1, 1))
        assert left(firsts) is None
    firsts.take(52, FirstDatagram(0, NOISE * 250, 1, 1))
    assert left(firsts) == 50


def test_as_many_bytes_as_may_wait_are_not_too_many() -> None:
    firsts = waiting()
    for slot, times in enumerate((250, 250, 125)):
        firsts.take(slot, FirstDatagram(0, NOISE * times, 1, 1))
    assert left(firsts) is None  # 10,000
    firsts.take(3, FirstDatagram(0, NOISE, 1, 1))
    assert left(firsts) == 0


def test_a_datagram_without_bytes_is_no_content() -> None:
    seen, statistics, flow = list[Observation](), Statistics(strict=True), one_flow()
    FirstDatagram(0, b"", 1, 5).read(flow, 5, statistics, seen.append)
    assert seen == [] and flow.protection is Protection.UNKNOWN and statistics.of(UNREAD.name).calls == 1


def test_what_a_first_datagram_shows() -> None:
    lookup = question(1)
    assert first_answer((40001, 40002), Side.CLIENT, lookup) is None  # it may be DNS
    shown = first_answer((40001, 53), Side.CLIENT, lookup)
    assert isinstance(shown, Protocol) and shown.name == "dns" and shown.independent
    for ports in ((40001, 40002), (40001, 53), (40001, 9999)):
        assert first_answer(ports, Side.CLIENT, NOISE) is Again.SILENT


def test_a_question_in_a_flow_of_one_datagram_makes_no_conversation() -> None:
    made: list[int] = []
    packets = [datagram(question(1, b"\6update\7example\3com\0"), 40000 + number, 53) for number in range(3)]
    with patch.object(Conversation, "__init__", side_effect=lambda *_, **__: made.append(1)):
        found = replayed(pcap(packets))
    assert not made
    (check,) = of(found, "finding", "update.check")
    assert check["evidence"][0]["frames"] == [1] and check["detail"]["host"] == "update.example.com"


def test_no_opening_has_groups_of_its_own() -> None:
    """All openings are one pattern with a group each."""
    assert [one.name for one in recognisable(Transport.UDP) if re.compile(one.opens).groups] == []


def test_what_goes_on_unread_has_the_flow_that_it_began_with() -> None:
    """Unread bytes are read into the flow that is described now; what was read at once has its flow already."""
    seen: list[Observation] = []
    described: list[int] = []
    statistics, memory = Statistics(strict=True), MemoryBudget()
    firsts = FirstDatagrams(memory, statistics, seen.append, SharedParsers(statistics))
    ends = Endpoint(b"\xc0\xa8\1\2", 40001, b"\2" * 6), Endpoint(b"\x08\x08\x04\x04", 53, b"\4" * 6)
    early, late = (Flow(number, Transport.UDP, *ends, 0, 0, 1) for number in (1, 2))

    def describe(slot: int) -> Flow:
        described.append(slot)
        return late

    def leave_for_others() -> tuple[int, Flow] | None:
        firsts.take(6, FirstDatagram(0, bytes(memory.waiting_bytes // 4), 1, 1))
        left = firsts.leave(describe)
        firsts.pop(6)
        return left

    assert leave_for_others() is None and not seen

    firsts.take(5, FirstDatagram(1, PLACE, 9, 70))
    assert leave_for_others() == (5, late) and list(firsts) == [] and described == [5]
    (content,) = seen
    assert (content.flow, content.time, content.frames, content.protocol) == (late, 70, (9,), UNREAD.name)
    assert late.protection is Protection.CLEARTEXT
    assert (statistics.of(UNREAD.name).calls, statistics.of(UNREAD.name).bytes) == (1, len(PLACE))

    (dns,) = (one for one in recognisable(Transport.UDP) if one.name == "dns")
    assert firsts.read(5, (0, question(1), 10, 80), dns, early)
    left = leave_for_others()
    assert left is not None and left[1] is early and len(seen) == 2 and described == [5]
    assert (seen[1].flow, seen[1].time, seen[1].frames, seen[1].protocol) == (early, 80, (10,), "dns")
    assert leave_for_others() is None


@pytest.mark.parametrize("data", [question(1), question(1)[:8]])
def test_what_was_read_at_once_waits_with_its_protocol(data: bytes) -> None:
    statistics = Statistics(strict=True)
    firsts = FirstDatagrams(MemoryBudget(), statistics, lambda _observation: None, SharedParsers(statistics))
    (dns,) = (one for one in recognisable(Transport.UDP) if one.name == "dns")
    end = Endpoint(b"", None, b"")
    flow = Flow(1, Transport.UDP, end, end, 0, 0, 1)
    whole = data == question(1)
    assert firsts.read(5, (0, data, 10, 80), dns, flow) is whole
    assert (flow.application, flow.layers) == (("dns", ("dns",)) if whole else (None, ()))
    assert dict(firsts.items()) == ({5: FirstDatagram(0, data, 10, 80, dns, flow, True)} if whole else {})


def test_the_oldest_of_too_many_goes_first_and_frees_its_bytes() -> None:
    memory = MemoryBudget(9 * CONVERSATION_BYTES)
    firsts = FirstDatagrams(memory, Statistics(), lambda _observation: None, SharedParsers(Statistics()))
    most = 2 * memory.conversations
    for slot in range(most, 0, -1):
        firsts.take(slot, FirstDatagram(0, b"", 1, 1))
    assert left(firsts) is None
    firsts.take(0, FirstDatagram(0, b"", 1, 1))
    assert left(firsts) == most
    for slot in list(firsts):
        firsts.pop(slot)
    # A quarter of what may wait, to the byte; what left weighs no more.
    quarter = memory.waiting_bytes // 4
    for _ in range(3):
        firsts.take(1, FirstDatagram(0, bytes(quarter), 1, 1))
        assert left(firsts) is None
        firsts.take(2, FirstDatagram(0, b"!", 1, 1))
        assert left(firsts) == 1
        firsts.pop(1)
        firsts.pop(2)
