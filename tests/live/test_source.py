"""Streams that end, break and come back, without an interface: a stand-in for the child, a socket behind which somebody
captures."""

from __future__ import annotations

import io
import itertools
import queue
import time
from types import SimpleNamespace
from typing import Any, BinaryIO, cast

import pytest

from sensor.catalogue import LANGUAGES
from sensor.live import source as module
from sensor.live.child import preamble, statistics
from sensor.live.mirror import SourceState
from sensor.live.source import LiveSource
from sensor.live.streams import StdinStream
from sensor.model import SensorState
from tests.live.watching import data_of
from tests.replaying import PCAPS, capture_in

FTP = data_of(capture_in(PCAPS / "ftp_login"))


class Fails:
    """A stream that ends again and again. ``data`` of each time; None: it cannot be opened."""

    name, lasting = "eth1", True

    def __init__(self, *data: bytes | None) -> None:
        self.data = list(data)
        self.opened: list[float] = []
        self.is_back = False

    def open(self) -> BinaryIO:
        self.opened.append(time.monotonic())
        data = self.data.pop(0) if self.data else b""
        if data is None:
            raise PermissionError(13, "Permission denied")
        return io.BytesIO(data)

    def ended(self) -> str:
        return "the capture ended"

    def stop(self) -> None:
        pass

    def interface_back(self) -> bool:
        return self.is_back

    def permanent_failure(self) -> bool:
        return False


def drained(source: LiveSource, seconds: float = 20.0) -> int:
    """Packets that came until the source was over."""
    packets, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        _, block = source.queue.get(timeout=seconds)
        if block is None:
            return packets
        packets += block.count
    raise AssertionError("it never ended")


def test_a_given_stream_ends_once() -> None:
    source = LiveSource(StdinStream("-", io.BytesIO(FTP)), queue.Queue())
    source.start()
    assert drained(source) == 194
    assert source.over and not source.capturing and source.damage is None and source.links() == ["Ethernet"]
    assert (source.received, source.dropped) == (0, 0)
    state = SourceState(SensorState.ENDED, source.message)
    assert [state.message_in(one) for one in LANGUAGES] == ["the stream has ended", "der Datenstrom ist zu Ende"]


def test_counters_go_on_over_a_new_capture_and_pauses_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.2)
    one = preamble("eth1", 1) + statistics(100, 7, 1)
    stream = Fails(one, b"no capture at all", None, one[:-3], one)
    source = LiveSource(stream, queue.Queue())
    source.start()
    until = time.monotonic() + 20
    while len(stream.opened) < 7 and time.monotonic() < until:
        time.sleep(0.01)
    source.stop()
    assert drained(source) == 0
    assert (source.received, source.dropped) == (200, 14) and source.damage is None
    pauses = [b - a for a, b in zip(stream.opened, stream.opened[1:], strict=False)]
    assert pauses[0] >= 0.05 and all(pause >= 0.2 for pause in pauses[2:])
    assert "permission denied; it is tried again" in source.ends


def test_an_interface_that_comes_back_is_tried_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 60.0)
    stream = Fails()
    source = LiveSource(stream, queue.Queue())
    source.start()
    while not source.failed:
        time.sleep(0.01)
    stream.is_back = True
    until = time.monotonic() + 10
    while len(stream.opened) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    source.stop()
    assert len(stream.opened) >= 3 and drained(source) == 0


def test_a_bug_ends_in_a_sentence() -> None:
    class Broken(Fails):
        def ended(self) -> str:
            raise ZeroDivisionError

    source = LiveSource(Broken(), queue.Queue())
    source.start()
    assert drained(source) == 0 and source.over
    assert source.damage == "a bug of this program: ZeroDivisionError; please report it"


def test_a_child_that_falls_silent_is_ended() -> None:
    clock, stopped = [0.0], []

    class Mute(Fails):
        def stop(self) -> None:
            stopped.append(clock[0])

    source = LiveSource(Mute(), queue.Queue(5), lambda: clock[0])
    source.capturing, source._capture = True, type("C", (), {"position": 5, "received": 0, "dropped": 0})()  # type: ignore[assignment]
    for second in range(40):
        clock[0] = float(second)
        source.check()
    assert stopped == [16.0, 32.0]


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def once(stream: object) -> LiveSource:
    """A source that is read in this thread, with a clock of the test's."""
    return LiveSource(stream, queue.Queue(), Clock())  # type: ignore[arg-type]


class Lasting:
    """A capture that ends at once, ``times`` times; between them the clock goes on by ``runs`` seconds."""

    name, lasting = "eth1", True

    def __init__(self, times: int, runs: float = 0.0, *, permanent: bool = False) -> None:
        self.times, self.runs, self.permanent = times, runs, permanent
        self.source: LiveSource | None = None
        self.calls: list[str] = []
        self.opened: list[float] = []

    def open(self) -> BinaryIO:
        assert self.source is not None
        clock = cast(Clock, self.source.now)
        self.opened.append(clock.now)
        clock.now += self.runs
        if len(self.opened) > self.times:
            self.source.stop()
        return io.BytesIO(preamble("eth1", 1) + statistics(10, 3, 1))

    def ended(self) -> str:
        self.calls.append("ended")
        return "why"

    def stop(self) -> None:
        self.calls.append("stop")

    def interface_back(self) -> bool:
        assert self.source is not None
        cast(Clock, self.source.now).now += 0.25
        return False

    def permanent_failure(self) -> bool:
        return self.permanent


def read(stream: Lasting) -> LiveSource:
    source = once(stream)
    source._stopping.wait = lambda seconds: source._stopping.is_set()  # type: ignore[method-assign, assignment]
    stream.source = source
    source._run()
    return source


def test_each_failure_doubles_the_pause_to_half_a_minute_at_most() -> None:
    stream = Lasting(9)
    source = read(stream)
    pauses = [later - one for one, later in itertools.pairwise(stream.opened)]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert (source.received, source.dropped) == (100, 30) and source.over and not source.capturing
    assert source.ends and len(source.ends) == 9 and stream.calls.count("stop") == 1


@pytest.mark.parametrize(("runs", "pauses"), [(59.75, [0.5, 1, 2]), (60.0, [0.5] * 3), (61.0, [0.5] * 3)])
def test_a_capture_that_ran_a_minute_begins_with_the_first_pause_again(runs: float, pauses: list[float]) -> None:
    stream = Lasting(3, runs)
    read(stream)
    assert [later - one - runs for one, later in itertools.pairwise(stream.opened)] == pauses


def test_what_no_second_try_changes_is_not_tried() -> None:
    stream = Lasting(9, permanent=True)
    source = read(stream)
    assert len(stream.opened) == 1 and source.over and not source.ends
    assert SourceState(SensorState.ENDED, source.message).message == "why"
    assert source.queue.get_nowait() == (source, None) and source.queue.empty()


def test_a_stop_ends_the_stream_and_no_other_is_opened() -> None:
    stream = Lasting(0)
    source = read(stream)
    assert stream.calls == ["stop", "ended"] and len(stream.opened) == 1 and source.over
    again = Lasting(5)
    stopped = once(again)
    again.source = stopped
    stopped.stop()
    stopped._run()
    assert again.opened == [] and again.calls == ["stop"] and stopped.over


@pytest.mark.parametrize(
    ("capturing", "lasting", "full", "positions", "stops"),
    [
        (True, True, False, [5] * 40, [16, 32]),
        (True, True, False, [5] * 15 + [6] * 15, []),
        (True, True, False, list(range(40)), []),
        (True, False, False, [5] * 40, []),  # standard input may be silent
        (True, True, True, [5] * 40, []),  # it is this program that is behind
        (False, True, False, [5] * 40, []),  # between two captures
        (True, True, False, [-1] * 40, [16, 32]),  # a child that never began to write
    ],
)
def test_who_is_ended_for_silence(
    capturing: bool, lasting: bool, full: bool, positions: list[int], stops: list[int]
) -> None:
    stream: Any = SimpleNamespace(name="eth1", lasting=lasting, stop=lambda: stopped.append(second))
    stopped: list[int] = []
    source = LiveSource(stream, queue.Queue(1), Clock())
    source.capturing = capturing
    if full:
        source.queue.put((source, None))
    for second, position in enumerate(positions):
        cast(Clock, source.now).now = float(second)
        source._capture = None if position < 0 else SimpleNamespace(position=position)  # type: ignore[assignment]
        source.check()
    # The first look finds another position than before; a capture that never began has none.
    assert stopped == stops or (positions[0] == -1 and stopped == [16, 32])


def test_names_of_links_are_each_once_in_the_order_they_came() -> None:
    source = once(Lasting(0))
    source.link_types = ["Ethernet", "Linux SLL"]
    assert source.links() == ["Ethernet", "Linux SLL"]
    source._capture = SimpleNamespace(link_types=["Raw IP", "Ethernet"])  # type: ignore[assignment]
    assert source.links() == ["Ethernet", "Linux SLL", "Raw IP"]
