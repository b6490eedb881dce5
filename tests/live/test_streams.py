"""Streams from a child, from a socket behind which somebody captures, and from nowhere."""

from __future__ import annotations

import queue
import socket
import threading
import time
from pathlib import Path
from typing import Any

from sensor.catalogue import Message
from sensor.live.source import LiveSource
from sensor.live.streams import CapturedStream, is_up
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
