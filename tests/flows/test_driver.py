"""A parser at work: frames traced, what it asks for kept, inner conversations bounded and passed through its hands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.events import Attribute, Enough, Event, Expect, Inner, Login, Skip, Span, Upgrade, Weird
from sensor.flows.driver import FRAMES_SHOWN, INNER_CHANNELS, INNER_DEPTH, MAX_FRAMES, Driver, FrameMap, frames_of
from sensor.model import Secret, Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Parsed, Protocol, StreamParser
from sensor.reserves import BYTES_PER_MESSAGE
from sensor.statistics import Statistics

C, S = Side.CLIENT, Side.SERVER


class Outer(StreamParser):
    """Lines; ``+text`` travels inside, ``!`` is broken, ``=n`` skips, ``>n`` announces, ``.`` ends."""

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        line = cursor.line()
        if line.startswith(b"+"):
            yield Inner(line[1:], "inner", side, channel=len(line))
        elif line == b"!":
            raise Malformed("broken")
        elif line.startswith(b"="):
            yield Skip(side, int(line[1:]))
        elif line == b".":
            yield Enough()
        elif line.startswith(b">"):
            yield Expect("inner", int(line[1:]), side)
        else:
            yield Attribute(field="line", value=line.decode("latin-1"), side=side)

    def from_inner(self, event: Event, channel: int) -> Iterator[Parsed]:
        """As a carrier that knows the answer would."""
        yield replace(event, accepted=True, basis="the carrier says so") if isinstance(event, Login) else event


class Within(DatagramParser):
    """One message, one login."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        name = cursor.rest().decode("latin-1")
        if name == "bad":
            raise Malformed("bad inner")
        yield Login(mechanism="password", username=name, secret=Secret("canary-of-a-test"), scheme="x")


class Nested(DatagramParser):
    """Itself inside itself, for ever."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        yield Attribute(field="depth", value="one more", side=side)
        yield Inner(cursor.rest(), "nested", side)


OUTER = Protocol(name="outer", parser=Outer)
TABLE = {
    "outer": OUTER,
    "inner": Protocol(name="inner", parser=Within, transports=frozenset()),
    "nested": Protocol(name="nested", parser=Nested, transports=frozenset()),
}


class Told:
    def __init__(self, protocol: Protocol = OUTER, *, strict: bool = True) -> None:
        self.events: list[tuple[Event, tuple[Span, ...], str]] = []
        self.statistics = Statistics(strict=strict)
        self.driver = Driver(protocol, None, (0, 0), TABLE, self.statistics, lambda *told: self.events.append(told))

    def say(self, data: bytes, side: Side = C) -> Told:
        self.driver.receive(side, data, 1)
        return self


def test_an_inner_event_passes_through_the_outer_parsers_hands_and_rests_on_its_message() -> None:
    told = Told().say(b"first\n+anna\n")
    login, spans, protocol = told.events[-1]
    assert isinstance(login, Login) and login.accepted is True and login.username == "anna"
    assert spans == (Span(C, 6, 12),) and protocol == "outer"


def test_an_application_inside_names_itself_and_a_format_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLE, "inner", replace(TABLE["inner"], recognise=lambda _: Match.NO))
    assert Told().say(b"+anna\n").events[-1][2] == "inner"


def test_a_broken_inner_conversation_costs_itself_only() -> None:
    told = Told().say(b"+bad\n").say(b"after\n")
    assert [type(event) for event, _, _ in told.events] == [Weird, Attribute]
    assert not told.driver.outcome.failed and told.statistics.of("inner").malformed == 1


def test_inner_conversations_are_bounded_in_number_and_depth() -> None:
    told = Told()
    for length in range(1, 3 * INNER_CHANNELS):
        told.say(b"+" + b"x" * length + b"\n")
    assert len(told.driver._channels) <= INNER_CHANNELS
    nested = Told(TABLE["nested"])
    nested.driver.receive(C, b"deep", 1)
    assert len(nested.events) == INNER_DEPTH + 1


def test_unknown_inner_protocols_are_left_alone() -> None:
    class Strange(Outer):
        def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
            yield Inner(cursor.line(), "no such protocol", side)

    assert Told(Protocol(name="strange", parser=Strange)).say(b"x\n").events == []


def test_skips_and_announcements_wait_for_the_conversation() -> None:
    told = Told().say(b"=100\nabc").say(b">2021\n", S)
    assert told.driver.skips[C] == 97
    assert told.driver.outcome.expectations == [Expect("inner", 2021, S)]
    assert told.driver.pass_over(C, 1000) == 97 and told.driver.skips[C] == 0


def test_losing_what_was_to_be_skipped_is_no_loss() -> None:
    told = Told().say(b"=100\n")
    told.driver.gap(C, 60, 1)
    assert told.driver.skips[C] == 40 and told.events == []
    told.driver.gap(C, 50, 1)
    assert [type(event) for event, _, _ in told.events] == [Weird]


class Holding(Outer):
    """A line ``?name`` is a login that is held for its answer."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self.held_back: list[Login] = []

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        if not self.pending(side).startswith(b"?"):
            yield from super().message(side, cursor)
            return
        name = cursor.line()[1:].decode("latin-1")
        span = self.here()
        self.held_back.append(
            Login(mechanism="password", username=name, secret=Secret("canary-of-a-test"), scheme="x", spans=(span,))
        )

    def close(self) -> Iterator[Parsed]:
        yield from self.held_back


HOLDING = Protocol(name="holding", parser=Holding)


def test_what_breaks_later_takes_no_login_along() -> None:
    told = Told(HOLDING).say(b"hello\n?anna\n").say(b"!\n")
    assert [type(event) for event, _, _ in told.events] == [Attribute, Weird, Login]
    assert told.events[-1][1] == (Span(C, 6, 12),) and told.driver.outcome.failed


def test_a_parser_that_needs_no_more_says_what_it_still_has() -> None:
    """All of it: a login that awaited its answer is no less a login."""
    told = Told(HOLDING).say(b"?anna\n?bo\n.\n")
    assert [(type(event), event.spans) for event, _, _ in told.events if isinstance(event, Login)] == [
        (Login, (Span(C, 0, 6),)),
        (Login, (Span(C, 6, 10),)),
    ]
    assert told.driver.outcome.enough


def test_what_a_loss_ends_takes_no_login_along() -> None:
    """The parser cannot go on behind the hole; the login that awaited its answer was on the wire before."""
    told = Told(HOLDING).say(b"hello\n?anna\n")
    told.driver.gap(C, 40, 2)
    assert [type(event) for event, _, _ in told.events] == [Attribute, Weird, Login]
    assert told.events[-1][1] == (Span(C, 6, 12),) and told.driver.outcome.failed


def test_a_parser_that_fails_before_its_first_event_may_be_the_wrong_one() -> None:
    told = Told(HOLDING).say(b"?anna\n!\n")
    assert [type(event) for event, _, _ in told.events] == [Weird] and not told.driver.has_events


def test_costs_are_counted() -> None:
    told = Told().say(b"a\nb\n").say(b"!\n")
    figures = told.statistics.of("outer")
    # Two pieces, and the end that comes with what is broken.
    assert (figures.calls, figures.bytes, figures.malformed, figures.failures) == (3, 6, 1, 0)
    assert figures.seconds >= 0 and told.statistics.failures == 0


def test_frames_map_is_bounded() -> None:
    frames = FrameMap()
    for number in range(10 * MAX_FRAMES):
        frames.add(1, number)
    assert len(frames.frames(0, 10**9)) == FRAMES_SHOWN
    assert frames.frames(frames.end - 1, frames.end) == [10 * MAX_FRAMES - 1]


def test_frames_of_a_span() -> None:
    frames = FrameMap()
    for length, frame in ((10, 3), (5, 4), (5, 4), (1, 9)):
        frames.add(length, frame)
    assert list(frames.frames(0, 1)) == [3]
    assert list(frames.frames(9, 11)) == [3, 4]
    assert list(frames.frames(0, 21)) == [3, 4, 9]
    assert list(frames.frames(20, 21)) == [9]


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [(0, 10, [3]), (0, 11, [3, 4]), (9, 10, [3]), (10, 15, [4]), (10, 16, [4, 6]), (15, 20, [6]), (20, 20, [9])],
)
def test_a_span_that_ends_with_a_frame_names_no_further_one(start: int, end: int, shown: list[int]) -> None:
    frames = FrameMap()
    for length, frame in ((10, 3), (5, 4), (5, 6), (1, 9)):
        frames.add(length, frame)
    assert list(frames.frames(start, end)) == shown


def test_lines_of_one_letter_end_the_reading_when_the_reserve_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not that of another flow of the same run, whose messages are as long as messages are."""
    monkeypatch.setattr("sensor.reserves.MESSAGE_RESERVE", 2000)
    told = Told()
    for _ in range(8):
        told.say(b"x\n" * 500)
        if told.driver.outcome.enough:
            break
    assert told.driver.outcome.enough and told.statistics.given_up == {"messages": 1}
    assert 2000 <= len(told.events) <= 3000
    other = Told()
    other.driver._statistics = told.statistics
    for _ in range(100):
        other.say(b"y" * BYTES_PER_MESSAGE + b"\n")
    assert len(other.events) == 100 and not other.driver.outcome.enough


def test_an_inner_conversation_ends_with_its_outer_one() -> None:
    """What it still held comes out, and passes through the outer parser's hands."""

    class Late(DatagramParser):
        def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
            self.name = cursor.rest().decode("latin-1")
            return iter(())

        def close(self) -> Iterator[Parsed]:
            yield Login(mechanism="password", username=self.name, secret=Secret("canary-of-a-test"), scheme="x")

    table = {**TABLE, "inner": Protocol(name="inner", parser=Late, transports=frozenset())}
    seen: list[Event] = []
    driver = Driver(OUTER, None, (0, 0), table, Statistics(strict=True), lambda event, *_: seen.append(event))
    driver.receive(C, b"+anna\n+bo\n", 1)
    assert seen == []
    driver.close()
    assert [(event.username, event.accepted) for event in seen if isinstance(event, Login)] == [
        ("anna", True),
        ("bo", True),
    ]


@pytest.mark.parametrize(("item", "upgrade", "enough"), [(Upgrade("tls"), True, False), (Enough(), False, True)])
def test_what_a_parser_asks_for_stops_it_at_once(item: Parsed, upgrade: bool, enough: bool) -> None:
    class Asking(Outer):
        def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
            cursor.line()
            yield item
            yield Attribute(field="line", value="never", side=side)

    told = Told(Protocol(name="asking", parser=Asking)).say(b"a\nb\n")
    assert told.events == []
    assert (told.driver.outcome.upgrade is not None, told.driver.outcome.enough) == (upgrade, enough)


def test_places_count_from_where_the_parser_began() -> None:
    """After an upgrade a parser's first byte is not the stream's."""
    seen: list[tuple[Span, ...]] = []
    driver = Driver(
        OUTER, None, (100, 7), TABLE, Statistics(strict=True), lambda _event, spans, _name: seen.append(spans)
    )
    driver.receive(C, b"ab\n", 1)
    driver.receive(S, b"cd\n", 1)
    assert seen == [(Span(C, 100, 103),), (Span(S, 7, 10),)]


def test_nothing_is_emitted_after_the_release() -> None:
    told = Told().say(b"a\n")
    told.driver.release()
    told.say(b"b\n")
    assert len(told.events) == 1


def test_each_broken_message_is_counted() -> None:
    told = Told(TABLE["inner"])
    for _ in range(3):
        told.driver.receive(C, b"bad", 1)
    assert told.statistics.of("inner").malformed == 3


class Buggy(StreamParser):
    """A line breaks it, by our own fault."""

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        raise KeyError(cursor.line())


def test_a_bug_costs_the_parser_in_the_field_and_the_run_in_tests(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(KeyError):
        Told(Protocol(name="buggy", parser=Buggy)).say(b"canary\n")
    told = Told(Protocol(name="buggy", parser=Buggy), strict=False).say(b"canary\n")
    told.say(b"canary\n")
    assert told.statistics.of("buggy").failures == 2 == told.statistics.failures
    assert told.driver.outcome.failed and told.events == []
    assert "buggy" in caplog.text and "canary" not in caplog.text


def test_a_held_inner_event_rests_on_its_own_message_alone() -> None:
    """It comes out with the next one, whose bytes are not its proof."""

    class Held(DatagramParser):
        waiting: Login | None = None

        def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
            name = cursor.rest().decode("latin-1")
            if self.waiting is not None:
                yield self.waiting
            self.waiting = Login(
                mechanism="password", username=name, secret=Secret("canary-of-a-test"), scheme="x", spans=(self.here(),)
            )

        def close(self) -> Iterator[Parsed]:
            if self.waiting is not None:
                yield self.waiting

    table = {**TABLE, "inner": Protocol(name="inner", parser=Held, transports=frozenset())}
    events: list[tuple[Event, tuple[Span, ...], str]] = []
    driver = Driver(OUTER, None, (0, 0), table, Statistics(strict=True), lambda *told: events.append(told))
    driver.receive(C, b"+an\n+bo\n+cy\n", 1)
    driver.close()
    assert [(event.username, spans) for event, spans, _ in events if isinstance(event, Login)] == [
        ("an", (Span(C, 0, 4),)), ("bo", (Span(C, 4, 8),)), ("cy", (Span(C, 8, 12),)),
    ]  # fmt: skip


def test_a_parser_in_the_middle_of_a_flow_names_places_of_the_flow() -> None:
    for bases, place in (((0, 0), 0), ((100, 0), 100), ((0, 7), 0), ((100, 7), 100)):
        told: list[tuple[Event, tuple[Span, ...], str]] = []
        driver = Driver(OUTER, None, bases, TABLE, Statistics(strict=True), lambda *one, told=told: told.append(one))
        driver.receive(C, b"a\n", 1)
        driver.receive(S, b"b\n", 2)
        assert [spans for _, spans, _ in told] == [
            (Span(C, place, place + 2),), (Span(S, bases[1], bases[1] + 2),)
        ]  # fmt: skip


def test_what_breaks_with_a_spent_reserve_is_counted_as_broken_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.reserves.MESSAGE_RESERVE", 10)
    told = Told().say(b"x\n" * 500 + b"!\n")
    assert told.driver.outcome.failed and told.statistics.given_up == {}
    told = Told().say(b"x\n" * 500 + b".\n")
    assert told.driver.outcome.enough and told.statistics.given_up == {}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2)), min_size=1, max_size=30), st.data())
def test_frames_are_those_that_brought_each_byte(pieces: list[tuple[int, int]], data: st.DataObject) -> None:
    """Beside a list of the frame of each byte; a piece of the same frame goes on with it."""
    frames, plainly, number = FrameMap(), list[int](), 1
    for length, later in pieces:
        number += later
        frames.add(length, number)
        plainly += [number] * length
    assert frames.end == len(plainly)
    start = data.draw(st.integers(0, len(plainly) - 1))
    end = data.draw(st.integers(start + 1, len(plainly)))
    assert list(frames.frames(start, end)) == sorted(set(plainly[start:end]))[:FRAMES_SHOWN]
    assert list(frames.frames(start, start)) == [plainly[start]]  # a place alone
    assert FrameMap().frames(0, 1) == []


def test_frames_of_several_places_are_those_of_all_in_order() -> None:
    client, server = FrameMap(), FrameMap()
    for frame in range(1, 41, 2):
        client.add(10, frame)
        server.add(10, frame + 1)
    maps = (client, server)
    assert frames_of(maps, [Span(C, 0, 10)]) == (1,)
    assert frames_of(maps, [Span(S, 0, 11)]) == (2, 4)
    assert frames_of(maps, [Span(S, 30, 40), Span(C, 0, 20)]) == (1, 3, 8)
    assert frames_of(maps, [Span(C, 0, 10), Span(C, 5, 10)]) == (1,)
    assert frames_of(maps, []) == ()
    assert frames_of(maps, [Span(C, 0, 200), Span(S, 0, 200)]) == tuple(range(1, FRAMES_SHOWN + 1))
