"""Streams from a child, from a socket behind which somebody captures, and from nowhere."""

from __future__ import annotations

import io
import queue
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, cast

import pytest

from sensor.catalogue import Message
from sensor.live import child, streams
from sensor.live.mirror import SourceState
from sensor.live.source import LiveSource
from sensor.live.streams import CapturedStream, StdinStream, is_up
from sensor.model import SensorState
from tests.live.test_source import FTP


def test_through_a_socket_somebody_else_captures(tmp_path: Path) -> None:
    path = tmp_path / "capture.sock"
    requests: list[bytes] = []
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            requests.append(connection.recv(64))
            connection.sendall(FTP)
        server.close()

    thread = threading.Thread(target=serve)
    thread.start()
    source = LiveSource(CapturedStream("eth7", str(path)), queue.Queue())
    source.start()
    packets, until = 0, time.monotonic() + 20
    while packets < 194 and time.monotonic() < until:
        _, block = source.queue.get(timeout=20)
        packets += block.count if block is not None else 0
    thread.join()
    while not source.failed and time.monotonic() < until:
        time.sleep(0.01)
    source.stop()
    source.join(5)
    assert packets == 194 and requests == [b"eth7\n"] and source.over


def test_loopback_is_up_and_a_stranger_is_not() -> None:
    assert not is_up("nosuchif0") and isinstance(is_up("lo"), bool)
    stream: Any = CapturedStream("nosuchif0")
    assert stream.ended() == Message("stream.not_started") and not stream.interface_back()


LOUD = "import os, sys; sys.stderr.write(sys.argv[2] + chr(10)); os._exit(int(sys.argv[1]))"


@pytest.mark.parametrize(
    ("status", "sentence", "english", "german"),
    [
        (child.NO_RIGHT, "x", "no right to listen", "keine Berechtigung"),
        (child.NO_INTERFACE, "x", "eth7: there is no such interface", "eth7: diese Schnittstelle gibt es nicht"),
        (child.GONE, "x", "eth7: the interface is down or gone", "eth7: die Schnittstelle ist ausgeschaltet"),
        (child.UNFIT, "x", "eth7: this kind of interface (?)", "eth7: diese Art von Schnittstelle (?)"),
        (child.REFUSED, "eth7: no memory", "eth7: the system refuses it (no memory)", "eth7: das System verweig"),
        (1, "ValueError: no such thing", "ValueError: no such thing", "ValueError: no such thing"),
    ],
)  # fmt: skip
def test_why_a_capture_ended_is_said_in_each_language(status: int, sentence: str, english: str, german: str) -> None:
    def start(_: str) -> Any:
        command = [sys.executable, "-I", "-S", "-c", LOUD, str(status), sentence]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)

    source = LiveSource(CapturedStream("eth7", start=start), queue.Queue())
    source.start()
    until = time.monotonic() + 20
    while not source.failed and time.monotonic() < until:
        time.sleep(0.01)
    source.stop()
    source.join(5)
    state = SourceState(SensorState.DOWN, source.message)
    assert state.message_in("en").startswith(english) and state.message_in("de").startswith(german)
    assert source.stream.permanent_failure() is (status in (child.NO_RIGHT, child.UNFIT, child.REFUSED))
    for name in ("NO_RIGHT", "NO_INTERFACE", "GONE", "UNFIT", "REFUSED"):
        assert getattr(streams, name) == getattr(child, name)


class Pieces(io.RawIOBase):
    """A stream that gives one piece at each reading, and counts the readings."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces, self.count = list(pieces), 0

    def read(self, size: int = -1) -> bytes:
        self.count += 1
        return self.pieces.pop(0) if self.pieces else b""


@pytest.mark.parametrize("size", [1, 23, 24, 25, 39, 40, 41, 1000, len(FTP)])
def test_the_beginning_of_a_stream_is_looked_at_and_read_again(size: int) -> None:
    """However it comes in pieces, nothing of it is lost and nothing comes twice."""
    data = FTP[:3000] if size < 24 else FTP
    pieces = Pieces(*(data[at : at + size] for at in range(0, len(data), size)))
    stream = StdinStream("-", cast(Any, pieces))
    found = stream.first_packets(())
    assert found.count >= 1 and found.time is not None and found.whole is False
    opened = stream.open()
    out = b""
    while piece := opened.read(700):
        out += piece
    assert out == data


@pytest.mark.parametrize("data", [b"", b"no capture", FTP[:24], FTP[:30]])
def test_a_stream_that_ends_without_a_packet_has_no_beginning(data: bytes) -> None:
    stream = StdinStream("-", cast(Any, Pieces(*([data] if data else []))))
    found = stream.first_packets(())
    assert (found.time, found.count, found.stations, found.whole) == (None, 0, frozenset(), True)
    assert stream.open().read(-1) == data


def test_a_beginning_without_end_is_not_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LONGEST_HEAD", 100)
    pieces = Pieces(*[bytes(50)] * 9)
    stream = StdinStream("-", cast(Any, pieces))
    assert stream.first_packets(()).count == 0 and pieces.count == 3
    assert len(stream._head) == 150


class Ended:
    """A child that has ended, or is still there until it is killed."""

    def __init__(self, status: int, said: bytes = b"", *, lingers: bool = False) -> None:
        self.stdout, self.stderr = io.BytesIO(b""), io.BytesIO(said)
        self.status, self.lingers, self.calls = status, lingers, list[str]()

    def wait(self, timeout: float | None = None) -> int:
        self.calls.append(f"wait {timeout}")
        if self.lingers and timeout is not None:
            raise subprocess.TimeoutExpired("x", timeout)
        return self.status

    def kill(self) -> None:
        self.calls.append("kill")

    def terminate(self) -> None:
        self.calls.append("terminate")


@pytest.mark.parametrize(
    ("status", "said", "why"),
    [
        (0, b"", streams.ENDED), (1, b"", streams.ENDED), (1, b"one\ntwo\n", "two"), (0, b"\xff", "\ufffd"),
        (-9, b"", Message("stream.killed", {"signal": "SIGKILL"})),
        (-11, b"", Message("stream.killed", {"signal": "SIGSEGV"})),
        (-9, b"last words", "last words"), (77, b"x", Message("stream.no_right", {})),
        (78, b"", Message("stream.no_interface", {"name": "eth7"})),
        (79, b"", Message("stream.interface_gone", {"name": "eth7"})),
        (80, b"", Message("stream.unfit", {"name": "eth7", "kind": "?"})),
        (81, b"eth7: no memory", Message("stream.refused", {"name": "eth7", "why": "no memory"})),
        (81, b"out of memory", Message("stream.refused", {"name": "eth7", "why": "out of memory"})),
        (1, b"x" * 500, "x" * 400),
    ],
)  # fmt: skip
def test_what_a_child_left_behind_says_why_it_ended(status: int, said: bytes, why: Message | str) -> None:
    child = Ended(status, said)
    stream = CapturedStream("eth7", start=lambda _: cast(Any, child))
    stream.child = cast(Any, child)
    assert stream.ended() == why and stream.child is None
    assert child.stdout.closed and child.stderr.closed and child.calls == ["wait 1"]
    assert stream.permanent_failure() is (status in (77, 80, 81))
    assert stream.ended() == Message("stream.not_started")


def test_a_child_that_does_not_end_is_killed_and_then_waited_for() -> None:
    child = Ended(-9, lingers=True)
    stream = CapturedStream("eth7")
    stream.stop()
    stream.child = cast(Any, child)
    stream.stop()
    assert stream.ended() == Message("stream.killed", {"signal": "SIGKILL"})
    assert child.calls == ["terminate", "wait 1", "kill", "wait None"]


@pytest.mark.parametrize(
    ("before", "now", "back"), [(True, True, False), (True, False, False), (False, True, True), (False, False, False)]
)
def test_an_interface_is_back_that_was_missing_at_the_end(
    monkeypatch: pytest.MonkeyPatch, before: bool, now: bool, back: bool
) -> None:
    up = [True]
    monkeypatch.setattr(streams, "is_up", lambda name: up[0] and name == "eth7")
    stream = CapturedStream("eth7")
    assert not stream.interface_back(), "it has not ended yet"
    up[0] = before
    stream.ended()
    up[0] = now
    assert stream.interface_back() is back


@pytest.mark.parametrize(
    ("up", "why"), [(True, streams.ENDED), (False, Message("stream.interface_gone", {"name": "eth7"}))]
)
def test_a_capture_behind_a_socket_is_asked_to_end_and_then_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, up: bool, why: Message
) -> None:
    """First nothing more is asked for, and what the kernel has taken in still comes; the second time both ways end."""
    monkeypatch.setattr(streams, "is_up", lambda _: up)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "capture.sock"))
        server.listen()
        stream = CapturedStream("eth7", str(tmp_path / "capture.sock"))
        for _ in range(2):
            opened = stream.open()
            theirs, _ = server.accept()
            with theirs, opened:
                assert theirs.recv(64) == b"eth7\n"
                stream.stop()
                assert theirs.recv(64) == b""
                theirs.sendall(b"rest")
                assert opened.read(10) == b"rest"
                stream.stop()
                assert opened.read(10) == b""
                assert stream.ended() == why and stream._socket is None
        stream.stop()


@pytest.mark.parametrize(
    ("answer", "status"), [(b"e\x00\x00", 0), (b"e\x4f\x00", 79), (b"e\xf7\xff", -9), (b"", -9), (b"e", -9)]
)
def test_the_status_that_a_launcher_sends(answer: bytes, status: int) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        capture = streams.LaunchedCapture(ours, io.BytesIO(), io.BytesIO())
        with pytest.raises(subprocess.TimeoutExpired):
            capture.wait(0.001)
        capture.terminate()
        capture.kill()
        assert (theirs.recv(9), theirs.recv(9)) == (b"t", b"k")
        if answer:
            theirs.send(answer)
        else:
            theirs.close()
        assert capture.wait(5) == status


@pytest.mark.parametrize(
    ("flags", "up"), [("0x1003", True), ("0x1002", False), ("0x0", False), ("0x1", True), ("", False), ("x", False)]
)
def test_whether_an_interface_is_up(monkeypatch: pytest.MonkeyPatch, flags: str, up: bool) -> None:
    """IFF_UP is the lowest bit of the flags (linux/if.h)."""
    monkeypatch.setattr(streams.Path, "read_text", lambda self, encoding: f"{flags}\n")
    assert is_up("eth7") is up
