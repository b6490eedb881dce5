"""A connection that is compared with what was said goes on as a plain conversation where nobody remembers it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest

from sensor.capture import open_capture
from sensor.flows.conversation import Conversation
from sensor.flows.known_conversation import KnownConversation
from sensor.flows.known_streams import KnownStreams, Listener, PathFollower
from sensor.flows.stream_tree import Ends, Key
from sensor.model import Endpoint, Flow, Observation, Transport
from sensor.run import Options, Run
from sensor.statistics import Statistics
from sensor.vault import Vault
from tests.flows.connections import (
    ANSWER,
    Wire,
    both,
    poll,
)


def test_a_plain_conversation_goes_on_with_what_nobody_remembers() -> None:
    """Behind many different requests the next one is read without being compared any further."""
    wire = Wire()
    for number in range(60):
        wire.exchange(40000 + number, poll(f"{number:032x}"), ANSWER)
    wire.frames = wire.frames[:-3]
    run = Run(Vault(bytes(32)), Options(strict=True))
    with open_capture("wire", io.BytesIO(wire.pcap())) as capture:
        for block in capture:
            run.feed(block)
    *_, last = run.pipeline._conversations.live.values()
    assert isinstance(last, Conversation) and not isinstance(last, KnownConversation)
    both(wire.pcap())


C, S = 0, 1
ACK, PSH, FIN, RST = 16, 8, 1, 4
LOGIN = b"GET /a HTTP/1.1\r\nHost: cam\r\nAuthorization: Basic YW5uYTpzM2NyZXQ=\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


class Ears(Listener):
    """What was heard and repeated: event and frames."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, tuple[int, ...]]] = []
        self.again: list[tuple[str, tuple[int, ...], int]] = []
        self.on: list[tuple[str, tuple[int, ...]]] = []

    def circumstances_epoch(self) -> int:
        return 0

    def circumstances_of(self, flow: Flow) -> object:
        return None

    def observe(self, observation: Observation) -> None:
        self.hear(observation)

    def hear(self, observation: Observation) -> object:
        name = type(observation.event).__name__
        self.heard.append((name, observation.frames))
        return name

    def repeat(self, effect: Any, flow: Flow, time: int, frames: tuple[int, ...]) -> None:
        self.again.append((effect, frames, time))

    def only_counts(self, effect: Any) -> bool:
        return True

    def read_on(self, effect: Any, flow: Flow, time: int, frames: tuple[int, ...]) -> None:
        self.on.append((effect, frames))


class Paths(PathFollower):
    """Whole connections that the decoder was given."""

    def __init__(self) -> None:
        self.learned: list[int] = []
        self.at_once: list[bool] = []

    def learn(self, ends: Ends, segments: Sequence[Key], _varying: object = None) -> int:
        self.learned.append(len(segments))
        return len(self.learned)

    def forget(self, ends: Ends) -> None:
        pass

    def close_at_once(self, slot: int, wanted: bool) -> None:
        assert slot == 7
        self.at_once.append(wanted)


class Home:
    """Connections of one client to one camera, frames counted on."""

    def __init__(self) -> None:
        self.ears, self.paths = Ears(), Paths()
        self.streams = KnownStreams(self.ears, self.paths)
        self.frame = 0
        self.ignored: list[int] = []
        self.skipped: list[tuple[int, int, int]] = []

    def ignore(self, slot: int) -> None:
        self.ignored.append(slot)

    def skip(self, slot: int, side: int, seq: int) -> None:
        self.skipped.append((slot, side, seq))

    def open(self) -> KnownConversation:
        ends = Endpoint(b"\xc0\xa8\1\2", 40000, b"\2" * 6), Endpoint(b"\xc0\xa8\1\3", 80, b"\4" * 6)
        flow = Flow(1, Transport.TCP, *ends, 0, 0, 1)
        return KnownConversation(
            flow, 7, self, self.streams, (100, 900),
            lambda wants, emit: Conversation(flow, 7, wants, Statistics(strict=True), emit, starts=(100, 900)),
        )  # fmt: skip

    def send(
        self, one: KnownConversation, side: int, at: int, ack: int, data: bytes, *, flags: int = ACK, wire: int = -1
    ) -> int:
        """A segment whose numbers count from the connection's start; its frame."""
        self.frame += 1
        seq, acknowledged = (100, 900)[side] + at, (900, 100)[side] + ack
        wire = len(data) if wire < 0 else wire
        one.segment(side, seq, acknowledged, flags, wire, data, self.frame, self.frame * 10**9)
        return self.frame

    def whole(self, request: bytes = LOGIN, answer: bytes = OK) -> KnownConversation:
        one = self.open()
        self.send(one, C, 0, 0, request)
        self.send(one, S, 0, len(request), answer)
        self.send(one, C, len(request), len(answer), b"", flags=ACK | FIN)
        self.send(one, S, len(answer), len(request) + 1, b"", flags=ACK | FIN)
        one.close(self.frame * 10**9)
        return one


def test_what_is_said_again_is_repeated_with_its_own_frames_and_read_by_nobody() -> None:
    home = Home()
    home.whole()
    heard = list(home.ears.heard)
    assert ("Login", (1, 2)) in heard and home.streams.repeated == 0
    again = home.whole()
    assert home.ears.heard == heard and home.streams.repeated == 1
    assert [(name, tuple(frame - 4 for frame in frames)) for name, frames, _ in home.ears.again] == heard
    assert (again.flow.application, again.flow.layers, again.flipped) == ("http", ("http",), False)
    assert home.paths.learned == [4] and again.weigh() == 0
    times = [time for name, _, time in home.ears.again if name == "Login"]
    assert times == [6 * 10**9]  # when the answer came


def test_a_connection_that_is_broken_off_is_learned_as_well() -> None:
    home = Home()
    for _ in range(2):
        one = home.open()
        home.send(one, C, 0, 0, LOGIN)
        home.send(one, S, 0, len(LOGIN), OK, flags=ACK | RST)
        one.close(home.frame * 10**9)
    assert home.paths.learned == [2] and home.streams.repeated == 1


@pytest.mark.parametrize(
    ("at", "ack", "data", "wire"),
    [
        (0, 0, LOGIN[:-1], len(LOGIN)),  # cut by the capture
        (3, 0, LOGIN, -1),  # bytes before it are missing
        (0, 5, LOGIN, -1),  # acknowledges what nobody sent yet
        (0, 0, LOGIN.replace(b"YW5u", b"YW5v"), -1),  # another user
    ],
)
def test_what_is_not_the_same_is_read(at: int, ack: int, data: bytes, wire: int) -> None:
    home = Home()
    home.whole()
    other = home.open()
    home.send(other, C, at, ack, data, wire=wire)
    home.send(other, S, 0, len(LOGIN), OK)
    other.close(home.frame * 10**9)
    assert home.streams.repeated == 0 and home.ears.again == []


def test_a_connection_that_goes_on_differently_says_again_what_was_repeated() -> None:
    home = Home()
    home.whole()
    other = home.open()
    home.send(other, C, 0, 0, LOGIN)
    repeated = list(home.ears.again)
    heard = len(home.ears.heard)
    home.send(other, S, 0, len(LOGIN), OK.replace(b"hi", b"ho"))
    assert [name for name, _ in home.ears.on] == [name for name, *_ in repeated]
    assert all(frames == (5,) for _, frames in home.ears.on)
    assert ("Login", (5, 6)) in home.ears.heard[heard:]
    other.close(home.frame * 10**9)
    assert home.streams.repeated == 0


@pytest.mark.parametrize(("seq", "ack", "copies"), [(0, 0, 1), (0, 2, 0)])
def test_a_segment_that_comes_again_is_counted_and_is_not_another_one(seq: int, ack: int, copies: int) -> None:
    home = Home()
    home.whole()
    again = home.open()
    home.send(again, C, 0, 0, LOGIN)
    again.segment(C, 100 + seq, 900 + ack, ACK, len(LOGIN), LOGIN, home.frame + 1, home.frame * 10**9 + 1000)
    assert again.flow.doubled_packets == copies
    assert (again._reader is None) is (copies == 1)


def test_bare_acknowledgements_are_no_copies() -> None:
    home = Home()
    one = home.open()
    for _ in range(3):
        home.send(one, S, 0, 0, b"")
    assert one.flow.doubled_packets == 0


def test_who_is_left_is_read_and_told_of() -> None:
    home = Home()
    home.whole()
    again = home.open()
    home.send(again, C, 0, 0, LOGIN)
    again.abandon()
    assert again.over and home.ignored == [7] and "Login" in [name for name, _ in home.ears.heard[2:]]
    unread = home.open()
    unread.abandon()
    assert unread.over


def test_what_was_lost_is_written_into_the_flow_that_is_read() -> None:
    home = Home()
    one = home.open()
    home.send(one, C, 0, 0, LOGIN)
    home.send(one, S, 0, len(LOGIN), OK[:20])
    home.send(one, S, 30, len(LOGIN), OK[30:])
    home.send(one, C, len(LOGIN), len(OK), b"")
    one.settle()
    assert (one.flow.lost_bytes, one.flow.lost_pieces) == (10, 1)


def test_one_that_ended_is_remembered_no_more_by_itself() -> None:
    home = Home()
    home.whole()
    again = home.whole()
    before = list(home.ears.again)
    again.close(99)
    assert home.ears.again == before and home.streams.repeated == 1


def test_a_fin_that_is_new_behind_known_segments_is_not_read() -> None:
    """Its FINs are asked for at once; they complete a path though the first connection has not ended."""
    home = Home()
    first = home.open()
    home.send(first, C, 0, 0, LOGIN)
    home.send(first, S, 0, len(LOGIN), OK)
    heard = list(home.ears.heard)
    assert home.paths.at_once == []
    again = home.open()
    home.send(again, C, 0, 0, LOGIN)
    home.send(again, S, 0, len(LOGIN), OK)
    home.send(again, C, len(LOGIN), len(OK), b"", flags=ACK | FIN)
    home.send(again, S, len(OK), len(LOGIN) + 1, b"", flags=ACK | FIN)
    assert home.paths.at_once == [True] and home.paths.learned == [4]
    home.send(first, C, len(LOGIN), len(OK), b"", flags=ACK | FIN)
    home.send(first, S, len(OK), len(LOGIN) + 1, b"", flags=ACK | FIN)
    first.close(home.frame * 10**9)
    again.close(home.frame * 10**9)
    assert home.ears.heard == heard and home.streams.repeated == 1


def test_where_it_says_something_new_its_fins_may_wait() -> None:
    home = Home()
    home.whole()
    other = home.open()
    home.send(other, C, 0, 0, LOGIN)
    home.send(other, S, 0, len(LOGIN), OK.replace(b"hi", b"no"))
    assert home.paths.at_once == [True, False]


def unanswered(home: Home) -> KnownConversation:
    """A login that is only acknowledged; the server's end of the connection is the last segment."""
    one = home.open()
    home.send(one, C, 0, 0, LOGIN)
    home.send(one, S, 0, len(LOGIN), b"")
    home.send(one, C, len(LOGIN), 0, b"", flags=ACK | FIN)
    home.send(one, S, 0, len(LOGIN) + 1, b"", flags=ACK | FIN)
    one.close(home.frame * 10**9)
    return one


def test_what_is_said_late_is_repeated_with_the_frame_that_it_came_from() -> None:
    """The login of frame 1 is only known to be unanswered when all is over."""
    home = Home()
    unanswered(home)
    login = [frames for name, frames in home.ears.heard if name == "Login"]
    assert login == [(1,)]
    unanswered(home)
    assert [frames for name, frames, _ in home.ears.again if name == "Login"] == [(5,)]
    assert home.streams.repeated == 1


def test_who_is_read_already_is_not_read_anew_when_nobody_can_afford_it() -> None:
    home = Home()
    one = home.open()
    home.send(one, C, 0, 0, LOGIN)
    reader = one._reader
    assert reader is not None and one.taken == len(LOGIN)
    heard = list(home.ears.heard)
    one.abandon()
    assert one._reader is reader and one.over and home.ignored == [7]
    assert [name for name, _ in home.ears.heard[len(heard) :]].count("Login") == 1


def test_weighing_counts_what_waits_and_begins_anew() -> None:
    home = Home()
    one = home.open()
    home.send(one, C, 0, 0, LOGIN[:30])
    assert one.taken == 30
    assert one.weigh() == one.buffered_bytes >= 30
    assert one.taken == 0


def test_what_the_flow_is_known_as_is_repeated_with_it() -> None:
    home = Home()
    first, again = home.whole(), home.whole()
    for name in ("application", "layers", "protection", "cleartext_bytes", "server_name"):
        assert getattr(again.flow, name) == getattr(first.flow, name)
    assert first.flow.application == "http" and again._reader is None


def test_a_request_to_the_decoder_ends_the_comparison() -> None:
    """Segments that the decoder leaves out are in no tree."""
    home = Home()
    for ask, noted in (
        (lambda one: one.ignore(7), ("ignored", [7])),
        (lambda one: one.skip(7, S, 950), ("skipped", [(7, S, 950)])),
    ):
        one = home.open()
        home.send(one, C, 0, 0, LOGIN)
        ask(one)
        assert one._tree is None and getattr(home, noted[0]) == noted[1]
        home.send(one, S, 0, len(LOGIN), OK)
        one.close(home.frame * 10**9)
    assert [name for name, _ in home.ears.heard].count("Login") == 2 and home.streams.repeated == 0


def test_a_new_one_holds_nothing() -> None:
    one = Home().open()
    assert (one.buffered_bytes, one.taken, one.over, one.expectations, one.flipped) == (0, 0, False, [], False)


@pytest.mark.parametrize("place", [0, 1])
def test_copies_before_anything_was_read_are_counted_once_when_it_is_read(place: int) -> None:
    """Written twice within a millisecond, behind the request or the answer; then something new is said."""
    home = Home()
    home.whole()
    one = home.open()
    steps = [(C, 0, 0, LOGIN), (S, 0, len(LOGIN), OK)]
    for number, (side, at, ack, data) in enumerate(steps):
        home.send(one, side, at, ack, data)
        if number == place:
            seq, acknowledged = (100, 900)[side] + at, (900, 100)[side] + ack
            home.frame += 1
            one.segment(side, seq, acknowledged, ACK, len(data), data, home.frame, (home.frame - 1) * 10**9 + 1000)
    assert one.flow.doubled_packets == 1
    home.send(one, C, len(LOGIN), len(OK), LOGIN.replace(b"/a", b"/b"))
    assert one.flow.doubled_packets == 1 and one.flow.application == "http"


def test_what_a_tree_that_was_emptied_meanwhile_held_is_not_added_to() -> None:
    """Its circumstances changed in the middle of a connection: its end is not remembered for the next."""
    home = Home()
    one = home.open()
    home.send(one, C, 0, 0, LOGIN)
    tree = home.streams.tree_of(one.flow)
    home.streams._empty(tree)
    home.send(one, S, 0, len(LOGIN), OK)
    one.close(home.frame * 10**9)
    assert not tree.root.following and tree.root.at_end is None and tree.bytes == 0
    assert home.streams.repeated == 0
    heard = len(home.ears.heard)
    home.whole()
    assert len(home.ears.heard) > heard and home.streams.repeated == 0
