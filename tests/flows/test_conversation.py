"""A flow's bytes through reassembly, identification and parsers: evidence, upgrades, skips, turned ends, contained
failures.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.events import Attribute, Content, Enough, Event, Handshake, Inner, Skip, Upgrade, Weird
from sensor.flows import conversation as module
from sensor.flows import identify as identification
from sensor.flows.conversation import Conversation
from sensor.flows.copies import DOUBLED_TIME
from sensor.flows.expectations import Expected
from sensor.flows.limits import IDENTIFICATIONS, OPENING_PIECES
from sensor.flows.reassembly import PIECE_BYTES
from sensor.model import Endpoint, Flow, Observation, Protection, Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol, StreamParser
from sensor.statistics import Statistics

C, S = 0, 1


class Lines(StreamParser):
    """A line protocol of the tests: each line is told; some ask for something."""

    RESUME_AT_LINE = True

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        line = cursor.line()
        yield Attribute(field="line", value=line.decode("latin-1"), side=side)
        if line == b"starttls":
            self.stop()
            yield Upgrade("other")
        elif line.startswith(b"body "):
            yield Skip(side, int(line[5:]))
        elif line == b"enough":
            yield Enough()
        elif line == b"bug":
            raise KeyError("a bug of ours")
        elif line == b"bad":
            raise Malformed("bad line")
        elif line.startswith(b"inner "):
            yield Inner(line[6:] + b"\n", "other", side, channel=7)

    def from_inner(self, event: Event, channel: int) -> Iterator[Parsed]:
        assert channel == 7
        yield event


class Other(StreamParser):
    """What the upgrade leads to, and what travels inside."""

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        yield Attribute(field="other", value=cursor.line().decode("latin-1"), side=side)


class Holding(StreamParser):
    """Holds each line until the next, and cannot go on behind a loss."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self.pending: bytes | None = None

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        line = cursor.line()
        yield from self.close()
        self.pending = line

    def close(self) -> Iterator[Parsed]:
        if self.pending is not None:
            yield Attribute(field="held", value=self.pending.decode("latin-1"), side=Side.CLIENT)
        self.pending = None


class Grams(DatagramParser):
    """A datagram protocol of the tests."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        yield Attribute(field="gram", value=str(cursor.u16()), side=side)


def hello(opening: Opening) -> Match:
    return (
        Match.SURE
        if opening.client.startswith(b"hello\n")
        else Match.MORE
        if b"hello\n".startswith(opening.client)
        else Match.NO
    )


def gram(opening: Opening) -> Match:
    return Match.SURE if opening.client.startswith(b"\x00") else Match.NO


LINES = Protocol(name="lines", parser=Lines, recognise=hello)
OTHER = Protocol(name="other", parser=Other, protection=Protection.ENCRYPTED)
HOLDING = Protocol(name="holding", parser=Holding)
GRAMS = Protocol(name="grams", parser=Grams, transports=frozenset({Transport.UDP}), recognise=gram)
TABLE = {p.name: p for p in (LINES, OTHER, HOLDING, GRAMS)}


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(module, "protocols", lambda: TABLE)
    monkeypatch.setattr(
        identification,
        "candidates_of",
        lambda one: [p for p in TABLE.values() if one.transport in p.transports and p.recognise],
    )
    identification._identified.cache_clear()
    yield
    identification._identified.cache_clear()


class Wants:
    def __init__(self) -> None:
        self.ignored: list[int] = []
        self.skips: list[tuple[int, int, int]] = []

    def ignore(self, slot: int) -> None:
        self.ignored.append(slot)

    def skip(self, slot: int, side: int, seq: int) -> None:
        self.skips.append((slot, side, seq))


class Talk:
    """Sends bytes as segments of one frame each and collects what is observed."""

    def __init__(
        self, *, udp: bool = False, strict: bool = True, start_known: bool = True, expected: Expected | None = None
    ) -> None:
        ends = (Endpoint(b"\xc0\x00\x02\x01", 40000, b""), Endpoint(b"\xc0\x00\x02\x02", 9, b""))
        self.flow = Flow(1, Transport.UDP if udp else Transport.TCP, *ends, 0, 0, 1)
        self.wants = Wants()
        self.statistics = Statistics(strict=strict)
        starts = (0, 0) if start_known else (None, None)
        self.seen: list[Observation] = []
        self.conversation = Conversation(
            self.flow,
            5,
            self.wants,
            self.statistics,
            self.seen.append,
            starts=starts,
            start_known=start_known,
            expected=expected,
        )
        self.seq = [0, 0]
        self.frame = 0

    def say(self, side: int, data: bytes, *, lost: int = 0) -> Talk:
        self.frame += 1
        self.seq[side] += lost
        self.conversation.segment(side, self.seq[side], -1, 0, len(data), data, self.frame, self.frame)
        self.seq[side] += len(data)
        return self

    def close(self) -> Talk:
        self.conversation.close(self.frame)
        return self

    @property
    def events(self) -> list[tuple[str, str, tuple[int, ...]]]:
        return [(o.event.field, o.event.value, o.frames) for o in self.seen if isinstance(o.event, Attribute)]


def test_evidence_names_the_frames_a_message_came_in() -> None:
    talk = Talk().say(C, b"he").say(C, b"llo\nsec").say(C, b"ond\nthird\n")
    assert talk.events == [("line", "hello", (1, 2)), ("line", "second", (2, 3)), ("line", "third", (3,))]
    assert talk.flow.application == "lines" and talk.flow.protection is Protection.CLEARTEXT


def test_upgrade_hands_over_what_was_not_read() -> None:
    talk = Talk().say(C, b"hello\n").say(C, b"starttls\nnext\n").say(S, b"reply\n")
    assert talk.events[2:] == [("other", "next", (2,)), ("other", "reply", (3,))]
    assert talk.flow.layers == ("lines", "other") and talk.flow.application == "lines"
    assert talk.flow.protection is Protection.ENCRYPTED
    assert talk.flow.cleartext_bytes == len(b"hello\nstarttls\n")


def test_skip_is_passed_on_and_what_follows_is_read() -> None:
    talk = Talk().say(C, b"hello\nbody 10\n123")
    assert talk.wants.skips == [(5, C, 14 + 10)]
    talk.seq[C] = 14 + 10
    talk.say(C, b"after\n")
    assert talk.events[-1] == ("line", "after", (2,))


def test_evidence_after_a_skip_names_the_frames_that_came_then() -> None:
    """Bytes that were passed over count: else the first frames of each later line would be missing."""
    talk = Talk().say(C, b"hello\nbody 10\n123")
    talk.seq[C] = 14 + 10
    talk.say(C, b"aft").say(C, b"er\nmo").say(C, b"re\n")
    assert talk.events[2:] == [("line", "after", (2, 3)), ("line", "more", (3, 4))]


def test_skip_does_not_need_the_decoder_to_obey() -> None:
    talk = Talk().say(C, b"hello\nbody 10\n123").say(C, b"4567890after\n")
    assert [value for _, value, _ in talk.events] == ["hello", "body 10", "after"]


def test_a_skip_takes_first_what_came_out_of_order_behind_it() -> None:
    talk = Talk().say(C, b"hello\n")
    for start, data in ((14, b"0123456789"), (24, b"0123456789after\n"), (6, b"body 20\n"), (40, b"more\n")):
        talk.frame += 1
        talk.conversation.segment(C, start, -1, 0, len(data), data, talk.frame, talk.frame)
    assert [value for _, value, _ in talk.events] == ["hello", "body 20", "after", "more"]


def test_a_loss_costs_the_line_it_hit() -> None:
    talk = Talk().say(C, b"hello\nabc").say(C, b"xyz\nnext\n", lost=4)
    talk.conversation.segment(S, 0, talk.seq[C], 16, 0, b"", 9, 9)
    assert [value for _, value, _ in talk.events] == ["hello", "next"]
    talk.close()
    assert talk.flow.lost_bytes == 4 and talk.flow.lost_pieces == 1


def test_pending_events_come_out_when_a_loss_stops_the_parser() -> None:
    talk = Talk(expected=Expected("holding", None)).say(C, b"one\ntwo\nbro").say(C, b"ken\nthree\n", lost=3)
    talk.conversation.segment(S, 0, talk.seq[C], 16, 0, b"", 9, 9)
    assert [value for _, value, _ in talk.events] == ["one", "two"]
    assert talk.wants.ignored == [5]


def test_ends_taken_for_one_another_are_turned() -> None:
    talk = Talk(start_known=False).say(S, b"hello\n").say(C, b"answer\n")
    sides = [o.event.side for o in talk.seen if isinstance(o.event, Attribute)]
    assert sides == [Side.CLIENT, Side.SERVER]
    assert talk.flow.client.port == 9 and talk.conversation.flipped


def test_an_announced_flow_whose_first_sender_serves_is_turned_from_the_start() -> None:
    talk = Talk(expected=Expected("other", None, turned=True))
    assert talk.flow.client.port == 9 and talk.conversation.flipped
    talk.say(C, b"data\n")
    assert [o.event.side for o in talk.seen if isinstance(o.event, Attribute)] == [S]


def test_a_known_start_is_not_turned() -> None:
    assert Talk().say(S, b"hello\n").close().events == []


def test_enough_leaves_the_flow() -> None:
    talk = Talk().say(C, b"hello\nenough\nmore\n").say(C, b"again\n")
    assert talk.wants.ignored == [5] and talk.conversation.over
    assert [value for _, value, _ in talk.events] == ["hello", "enough"]


def offered(talk: Talk) -> list[tuple[int, bytes, tuple[int, ...]]]:
    return [(o.event.side, o.event.data, o.frames) for o in talk.seen if isinstance(o.event, Content)]


def test_what_nobody_knows_is_offered_for_search_and_left_in_the_end() -> None:
    talk = Talk().say(C, b"what is this\n").say(S, b"nothing known\n").say(C, b"and on\n").close()
    assert offered(talk) == [(C, b"what is this\nand on\n", (1, 3)), (S, b"nothing known\n", (2,))]
    assert {o.protocol for o in talk.seen} == {"unknown"}
    assert talk.flow.application is None and talk.flow.layers == ()
    assert talk.flow.protection is Protection.CLEARTEXT
    for _ in range(100):
        talk.say(S, b"more and more\n")
    assert len(offered(talk)) == 2


def test_an_endless_unknown_conversation_is_left() -> None:
    talk = Talk().say(C, b"what is this\n")
    for _ in range(100):
        talk.say(S, b"\x81" * 1000)
    assert talk.wants.ignored == [5] and talk.conversation.over
    assert sum(len(data) for _, data, _ in offered(talk)) <= 2 * 8192
    assert talk.flow.protection is Protection.CLEARTEXT  # one side can be read, so the conversation is not hidden


def test_what_is_no_text_stays_unknown() -> None:
    talk = Talk().say(C, bytes(range(128, 200))).say(S, bytes(range(100))).close()
    assert talk.flow.protection is Protection.UNKNOWN
    assert len(offered(talk)) == 2


def test_unknown_datagrams_are_offered_one_by_one() -> None:
    talk = Talk(udp=True)
    for number in range(60):
        talk.conversation.datagram(C, b"reading %02d" % number, number + 1, number)
    told = offered(talk)
    assert told[:2] == [(C, b"reading 00", (1,)), (C, b"reading 01", (2,))]
    assert len(told) == 48 and talk.conversation.over


def test_malformed_costs_this_parser_and_is_reported() -> None:
    talk = Talk().say(C, b"hello\n").say(C, b"bad\n").say(C, b"more\n")
    assert [o.event for o in talk.seen if isinstance(o.event, Weird)] == [
        Weird(name="malformed_lines", detail="bad line")
    ]
    assert talk.wants.ignored == [5]
    assert talk.statistics.of("lines").malformed == 1


def test_a_bug_is_contained_in_the_field_and_raised_in_tests(caplog: pytest.LogCaptureFixture) -> None:
    talk = Talk(strict=False).say(C, b"hello\n").say(C, b"bug\n")
    assert talk.statistics.failures == 1 and talk.conversation.over
    assert "frame 2" in caplog.text and "a bug of ours" not in caplog.text
    with pytest.raises(KeyError):
        Talk(strict=True).say(C, b"hello\n").say(C, b"bug\n")


def test_inner_events_rest_on_the_outer_messages() -> None:
    talk = Talk().say(C, b"hello\n").say(C, b"inner deep\n")
    assert ("other", "deep", (2,)) in talk.events


def test_expected_flows_need_no_recognition() -> None:
    talk = Talk(expected=Expected("other", None)).say(S, b"data\n")
    assert talk.events == [("other", "data", (1,))]


def test_datagrams_are_counted_not_measured_and_broken_ones_forgiven() -> None:
    talk = Talk(udp=True)
    for number in range(1, 4):
        talk.conversation.datagram(C, b"\x00\x07xx", number, number * 2 * DOUBLED_TIME)
    talk.conversation.datagram(C, b"\x00", 4, 4)
    talk.conversation.datagram(C, b"\x00\x08", 5, 5)
    assert talk.events == [("gram", "7", (1,)), ("gram", "7", (2,)), ("gram", "7", (3,)), ("gram", "8", (5,))]


def test_the_second_copy_of_a_datagram_is_counted_and_not_read() -> None:
    talk, later = Talk(udp=True), DOUBLED_TIME + 1
    for frame, (side, time) in enumerate([(C, 0), (C, 10), (S, 20), (C, later)], 1):
        talk.conversation.datagram(side, b"\x00\x07xx", frame, time)
    assert [frames for _, _, frames in talk.events] == [(1,), (3,), (4,)]
    assert talk.conversation.flow.doubled_packets == 1


def test_a_datagram_flow_of_broken_ones_is_dropped() -> None:
    talk = Talk(udp=True)
    talk.conversation.datagram(C, b"\x00\x01", 1, 1)
    for number in range(2, 2 + module.MALFORMED_DATAGRAMS):
        talk.conversation.datagram(C, b"\x00", number, number * DOUBLED_TIME * 2)
    assert talk.conversation.over


def test_a_datagram_that_was_somebody_elses_is_handed_on_with_its_frame() -> None:
    class Outer(DatagramParser):
        kept = b""

        def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
            data = cursor.rest()
            if data.startswith(b"\x01"):
                self.kept = data
                yield Upgrade("grams")

        def pending(self, side: Side) -> bytes:
            return self.kept if side is Side.CLIENT else b""

    TABLE["outer"] = Protocol("outer", Outer, frozenset({Transport.UDP}), lambda opening: Match.SURE)
    talk = Talk(udp=True, expected=Expected("outer", None))
    for number, data in enumerate([b"\x00\x05", b"\x00\x06", b"\x01\x07", b"\x00\x08"], 1):
        talk.conversation.datagram(C, data, number, number)
    del TABLE["outer"]
    assert talk.events == [("gram", "263", (3,)), ("gram", "8", (4,))]


def test_upgrades_are_bounded() -> None:
    class Again(StreamParser):
        def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
            cursor.line()
            self.stop()
            yield Upgrade("again")

    TABLE["again"] = Protocol(name="again", parser=Again)
    try:
        talk = Talk(expected=Expected("again", None)).say(C, b"\n" * 100)
    finally:
        del TABLE["again"]
    assert talk.conversation.over and len(talk.flow.layers) <= module.LAYERS + 1


def test_evidence_after_a_loss_names_the_frames_that_came_then() -> None:
    talk = Talk().say(C, b"hello\n").say(C, b"xyz\nnext\n", lost=40)
    talk.conversation.segment(S, 0, talk.seq[C], 16, 0, b"", 2, 2)
    talk.say(C, b"more\n").say(C, b"la").say(C, b"st\n").say(C, b"end\n")
    assert talk.events == [
        ("line", "hello", (1,)), ("line", "next", (2,)), ("line", "more", (3,)), ("line", "last", (4, 5)),
        ("line", "end", (6,)),
    ]  # fmt: skip


def test_after_a_loss_in_the_opening_either_end_may_be_the_client() -> None:
    """A port that was used again: whose beginning is lost may have been called."""
    talk = Talk().say(S, b"hello\n", lost=40)
    talk.conversation.segment(C, 0, talk.seq[S], 16, 0, b"", 2, 2)
    assert [value for _, value, _ in talk.close().events] == ["hello"] and talk.conversation.flipped


def test_what_came_before_a_loss_is_no_part_of_the_opening() -> None:
    talk = Talk().say(C, b"hel").say(C, b"hello\n", lost=40)
    talk.conversation.segment(S, 0, talk.seq[C], 16, 0, b"", 2, 2)
    assert talk.close().events == [("line", "hello", (2,))] and not talk.conversation.flipped


def asked(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What a protocol is asked about, from now on."""
    openings: list[bytes] = []

    def remembers(opening: Opening) -> Match:
        openings.append(opening.client)
        return Match.MORE

    kind = Protocol(name="any", parser=Lines, recognise=remembers)
    monkeypatch.setattr(identification, "candidates_of", lambda *_: [kind])
    identification._identified.cache_clear()
    return openings


def test_a_flow_that_loses_a_byte_after_each_piece_is_asked_about_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    openings, talk = asked(monkeypatch), Talk(start_known=True)
    for _ in range(IDENTIFICATIONS * 4):
        talk.say(C, b"x" * 9, lost=1)
        talk.conversation.segment(S, 0, talk.seq[C], 16, 0, b"", talk.frame, talk.frame)
    talk.close()
    # Once for each way round: after a loss either end may be the client.
    assert IDENTIFICATIONS <= len(openings) <= 2 * IDENTIFICATIONS
    assert talk.wants.ignored == [5]
    assert talk.statistics.given_up == {"identifications": 1}


def test_an_opening_in_single_bytes_is_asked_about_at_growing_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    openings, talk = asked(monkeypatch), Talk()
    for number in range(OPENING_PIECES):
        talk.say(C, b"%d" % (number % 10))
    assert [len(opening) for opening in openings] == [1, 2, 3, 4, 6, 9, 13, 18, OPENING_PIECES]
    assert not talk.statistics.given_up


def test_an_opening_that_ends_between_two_steps_is_asked_about_at_its_end() -> None:
    """Five pieces: after the fourth nobody could tell."""
    talk = Talk()
    for letter in b"hell":
        talk.say(C, bytes((letter,)))
    assert talk.say(C, b"o\n").close().events == [("line", "hello", (1, 2, 3, 4, 5))]


def test_pieces_that_wait_are_weighed_with_what_they_take() -> None:
    talk = Talk()
    for _ in range(100):
        talk.say(C, b"x", lost=1)
    assert talk.conversation.taken >= 100 * PIECE_BYTES
    assert talk.conversation.weigh() >= 100 * PIECE_BYTES


def test_a_name_in_a_handshake_names_the_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    class Greeting(Lines):
        def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
            yield Handshake(kind="tls", version=None, server_name=cursor.line().decode() or None)

    monkeypatch.setitem(TABLE, "lines", Protocol(name="lines", parser=Greeting, recognise=hello))
    talk = Talk().say(C, b"hello\n")
    assert talk.flow.server_name == "hello"
    assert talk.say(C, b"\n").flow.server_name == "hello"


Turn = tuple[int, int, int, bytes]
"""Side, number, acknowledgement, bytes of a segment."""


def turns(*said: tuple[int, bytes]) -> list[Turn]:
    """Segments in the order in which they were sent, each acknowledging all that came before it."""
    at = [0, 0]
    found: list[Turn] = []
    for side, data in said:
        found.append((side, at[side], at[1 - side], data))
        at[side] += len(data)
    return found


DIALOGUE = turns(*[(n % 2, b"hello\n" if n == 0 else b"line %d\n" % n) for n in range(8)])
IN_ORDER = ["hello", *[f"line {n}" for n in range(1, 8)]]


def heard(segments: list[Turn], *, close: bool = True, step: int = 1) -> Talk:
    talk = Talk()
    for frame, (side, seq, ack, data) in enumerate(segments, 1):
        talk.frame = frame * step
        talk.conversation.segment(side, seq, ack, 24, len(data), data, frame, frame * step)
    return talk.close() if close else talk


@given(st.lists(st.booleans(), min_size=8, max_size=8))
@settings(max_examples=60, deadline=None)
def test_two_taps_in_any_order_give_the_conversation(choices: list[bool]) -> None:
    """Each direction in its own order, the two mixed at will: acknowledgements say what came first."""
    queues = [[turn for turn in DIALOGUE if turn[0] == side] for side in (C, S)]
    mixed: list[Turn] = []
    for choice in [*choices, *[True] * 8]:
        queue = queues[choice] or queues[not choice]
        if queue:
            mixed.append(queue.pop(0))
    talk = heard(mixed)
    assert [value for _, value, _ in talk.events] == IN_ORDER
    frames = {data: frame for frame, (_, _, _, data) in enumerate(mixed, 1)}
    assert [shown for _, _, shown in talk.events] == [(frames[value.encode() + b"\n"],) for value in IN_ORDER]
    assert talk.flow.lost_bytes == 0


@pytest.mark.parametrize("lost", range(1, 7))
def test_a_lost_segment_is_one_gap_and_the_rest_is_heard(lost: int) -> None:
    """What acknowledges it shows that it was sent: nobody waits for it for ever."""
    talk = heard([turn for n, turn in enumerate(DIALOGUE) if n != lost], step=10**9)
    # Nobody knows that the loss ended with a line: the side's next one is dropped with it.
    assert [value for _, value, _ in talk.events] == [
        value for n, value in enumerate(IN_ORDER) if n not in (lost, lost + 2)
    ]
    assert (talk.flow.lost_bytes, talk.flow.lost_pieces) == (len(DIALOGUE[lost][3]), 1)


@pytest.mark.parametrize(
    ("after", "heard_zeros"),
    [
        ((C, 6, 0, b"next\n"), False),  # the real bytes of that place
        ((C, 8, 0, b"next\n"), True),  # it went on behind them
        ((S, 0, 8, b""), True),  # the receiver has them
        ((S, 0, 6, b""), False),  # it has not
        ((C, 8, 0, b""), True),
        (None, True),  # nothing contradicts them
    ],
)
def test_zeros_that_may_be_a_frame_s_padding(after: Turn | None, heard_zeros: bool) -> None:
    talk = Talk().say(C, b"hello\n")
    talk.conversation.segment(C, 6, 0, 16, 2, b"\0\0", 2, 2)
    assert [value for _, value, _ in talk.events] == ["hello"]
    if after is not None:
        side, seq, ack, data = after
        talk.conversation.segment(side, seq, ack, 16, len(data), data, 3, 3)
    talk.conversation.segment(C, 8 if heard_zeros else 6, 0, 16, 2, b"x\n", 4, 4)
    shown = "".join(value for _, value, _ in talk.close().events)
    assert ("\0\0" in shown) is heard_zeros


@pytest.mark.parametrize(("gap", "copies"), [(0, 1), (1_000_000, 1), (DOUBLED_TIME, 1), (DOUBLED_TIME + 1, 0)])
def test_a_segment_that_comes_twice_at_once_was_mirrored_twice(gap: int, copies: int) -> None:
    """A retransmission comes later (RFC 6298: at least a second by the book, 200 ms in practice)."""
    talk = Talk()
    for time in (0, gap):
        talk.conversation.segment(C, 0, 0, 24, 6, b"hello\n", 1, time)
    assert talk.flow.doubled_packets == copies
    for seq, ack in ((6, 0), (6, 1), (12, 1)):
        talk.conversation.segment(C, seq, ack, 24, 6, b"hello\n", 1, gap)
    assert talk.flow.doubled_packets == copies


@pytest.mark.parametrize(("flags", "ended"), [(1, [0]), (4, [0]), (16, []), (2, [])])
def test_who_ended_the_connection(flags: int, ended: list[int]) -> None:
    """FIN or RST (RFC 9293 §3.1), each side once, in their order."""
    sides: list[tuple[Side, ...]] = []

    class Ending(Lines):
        def close(self) -> Iterator[Parsed]:
            sides.append(self.ended)
            return iter(())

    talk = Talk(expected=Expected("ending", None))
    TABLE["ending"] = Protocol(name="ending", parser=Ending)
    try:
        talk = Talk(expected=Expected("ending", None))
        for _ in range(2):
            talk.conversation.segment(C, 0, 0, flags, 0, b"", 1, 1)
        talk.close()
    finally:
        del TABLE["ending"]
    assert sides == [tuple(Side(side) for side in ended)]


def test_a_parser_that_breaks_before_it_spoke_was_the_wrong_one() -> None:
    """Another one that fits is asked; what was read comes to it whole, with its frames."""

    class Wrong(Lines):
        def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
            raise Malformed("not mine")

    TABLE["wrong"] = Protocol(name="wrong", parser=Wrong, recognise=lambda _: Match.SURE, ports=frozenset({9}))
    try:
        talk = Talk().say(C, b"hello\nmore\n").say(C, b"last\n")
    finally:
        del TABLE["wrong"]
    assert talk.events == [("line", "hello", (1,)), ("line", "more", (1,)), ("line", "last", (2,))]
    assert talk.flow.layers == ("lines",) and talk.flow.application == "lines"


def test_who_is_left_is_read_no_more() -> None:
    talk = Talk().say(C, b"hello\n")
    talk.conversation.abandon()
    assert talk.conversation.over and talk.wants.ignored == [5]
    talk.say(C, b"more\n")
    assert [value for _, value, _ in talk.events] == ["hello"]


def test_what_waits_for_its_turn_is_weighed() -> None:
    talk = Talk().say(C, b"he")
    assert talk.conversation.weigh() == 2 == talk.conversation.buffered_bytes and talk.conversation.taken == 0
    talk.say(C, b"llo\nunfinished")
    assert talk.conversation.taken == len(b"llo\nunfinished") and talk.conversation.weigh() == len(b"unfinished")


@pytest.mark.parametrize(("seq", "ack", "length"), [(1, 0, 6), (0, 1, 6), (0, 0, 7)])
def test_what_differs_in_a_number_is_no_copy(seq: int, ack: int, length: int) -> None:
    talk = Talk()
    talk.conversation.segment(C, 0, 0, 24, 6, b"hello\n", 1, 0)
    talk.conversation.segment(C, seq, ack, 24, length, b"hello\nx"[:length], 2, 0)
    assert talk.flow.doubled_packets == 0


def test_a_connection_that_ended_before_anything_was_heard_is_left_quietly() -> None:
    talk = Talk().close()
    assert talk.seen == [] and talk.flow.application is None and talk.statistics.failures == 0


def test_zeros_before_the_connection_ends_are_read_at_its_end() -> None:
    talk = Talk().say(C, b"hello\n")
    talk.conversation.segment(C, 6, 0, 17, 2, b"\0\0", 2, 2)
    assert talk.conversation._sides[C].sequence == 6
    assert talk.close().conversation._sides[C].sequence == 8


def test_a_fin_without_bytes_says_nothing_of_zeros_at_its_own_place() -> None:
    """The sender's next number is still that of the zeros: it has sent none."""
    talk = Talk().say(C, b"hello\n")
    talk.conversation.segment(C, 6, 0, 16, 2, b"\0\0", 2, 2)
    talk.conversation.segment(C, 6, 0, 16, 0, b"", 3, 3)
    assert talk.conversation._sides[C].sequence == 6


def test_a_bare_acknowledgement_shows_a_loss_before_what_waits_for_the_other_side() -> None:
    """The answer waits for a request of which a part is lost: what acknowledges all of it shows that."""
    talk = Talk().say(C, b"hello\n")
    talk.conversation.segment(C, 16, 0, 24, 5, b"next\n", 2, 2)
    talk.conversation.segment(S, 0, 21, 24, 7, b"answer\n", 3, 3)
    assert [(value, frames) for _, value, frames in talk.events] == [("hello", (1,)), ("answer", (3,))]
    talk.conversation.segment(C, 21, 7, 24, 5, b"last\n", 4, 4)
    assert [value for _, value, _ in talk.events] == ["hello", "answer", "last"]
    assert talk.close().flow.lost_bytes == 10


def test_bare_acknowledgements_that_repeat_are_no_copies() -> None:
    """Keep-alives and window updates look alike (RFC 9293 §3.8.4)."""
    talk = Talk().say(C, b"hello\n")
    for _ in range(3):
        talk.conversation.segment(S, 0, 6, 16, 0, b"", 2, 2)
    assert talk.flow.doubled_packets == 0


@pytest.mark.parametrize(("name", "given"), [("tls", "the keys"), ("other", None)])
def test_keys_of_connections_are_for_tls_alone(name: str, given: str | None) -> None:
    hints: list[object] = []

    class Hinted(Other):
        def __init__(self, hint: object = None) -> None:
            super().__init__(hint)
            hints.append(hint)

    flow = Talk().flow
    keys: Any = "the keys"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TABLE, name, Protocol(name=name, parser=Hinted))
        Conversation(
            flow, 5, Wants(), Statistics(strict=True), lambda _: None, starts=(0, 0), keys=keys,
            expected=Expected(name, None),
        )  # fmt: skip
    assert hints == [given]


def test_an_acknowledgement_of_number_zero_waits_as_any_other() -> None:
    """Numbers wrap (RFC 9293 §3.4): 0 is what follows 2**32 - 1."""
    talk = Talk()
    seen: list[Observation] = []
    conversation = Conversation(talk.flow, 5, talk.wants, talk.statistics, seen.append, starts=(0, (1 << 32) - 6))
    conversation.segment(C, 0, (1 << 32) - 6, 24, 6, b"hello\n", 1, 1)
    conversation.segment(C, 6, 0, 24, 5, b"next\n", 2, 2)
    conversation.segment(S, (1 << 32) - 6, 6, 24, 6, b"reply\n", 3, 3)
    assert [one.event.value for one in seen if isinstance(one.event, Attribute)] == ["hello", "reply", "next"]
