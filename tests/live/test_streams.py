"""Streams from a child, from a socket behind which somebody captures, and from nowhere."""

from __future__ import annotations

import queue
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from sensor.catalogue import Message
from sensor.live import child, streams
from sensor.live.mirror import SourceState
from sensor.live.source import LiveSource
from sensor.live.streams import CapturedStream, is_up
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
