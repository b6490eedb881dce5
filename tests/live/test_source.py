"""Streams that end, break and come back, without an interface: a stand-in for the child, a socket behind which somebody
captures."""

from __future__ import annotations

import io
import queue
import time
from typing import BinaryIO

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
