"""The launcher: its requests and answers, with a capture process of the test's own in place of one that listens."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from sensor.live import launcher
from sensor.live.streams import LaunchedCapture


def of(main: Callable[[list[str]], int]) -> ModuleType:
    """A module with the program's ``main``."""
    module = ModuleType("child")
    module.__dict__["main"] = main
    return module


@pytest.fixture
def control() -> Iterator[Callable[[Callable[[list[str]], int]], socket.socket]]:
    """Starts a launcher in a thread; the sensor's end of its socket."""
    running: list[tuple[socket.socket, threading.Thread]] = []

    def start(main: Callable[[list[str]], int]) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

        def run() -> None:
            with theirs:
                launcher.serve(of(main), theirs, "eth7")

        thread = threading.Thread(target=run)
        thread.start()
        running.append((ours, thread))
        return ours

    yield start
    for ours, thread in running:
        ours.close()
        thread.join(10)
        assert not thread.is_alive()


def started(control: socket.socket) -> LaunchedCapture:
    control.settimeout(10)
    control.send(launcher.START)
    answer, (out, errors), _, _ = socket.recv_fds(control, 1, 2)
    assert answer == launcher.STARTED
    return LaunchedCapture(control, os.fdopen(out, "rb", buffering=0), os.fdopen(errors, "rb", buffering=0))


def wait(capture: LaunchedCapture) -> int:
    status = capture.wait(10)
    capture.stdout.close()
    capture.stderr.close()
    return status


def test_a_capture_is_started_and_its_end_is_reported_each_time(
    control: Callable[[Callable[[list[str]], int]], socket.socket],
) -> None:
    def main(arguments: list[str]) -> int:
        os.write(1, f"packets of {arguments}".encode())
        os.write(2, b"it went away\n")
        return 79

    ours = control(main)
    for _ in range(2):
        capture = started(ours)
        assert capture.stdout.read(100) == b"packets of ['eth7']" and capture.stderr.read(100) == b"it went away\n"
        assert wait(capture) == 79


def test_a_capture_is_ended_by_request(control: Callable[[Callable[[list[str]], int]], socket.socket]) -> None:
    def main(arguments: list[str]) -> int:
        os.write(1, b"x")
        time.sleep(60)
        return 0

    ours = control(main)
    for end, number in ((LaunchedCapture.terminate, 15), (LaunchedCapture.kill, 9)):
        capture = started(ours)
        assert capture.stdout.read(1) == b"x"
        with pytest.raises(subprocess.TimeoutExpired):
            capture.wait(0.01)
        end(capture)
        assert wait(capture) == -number


def test_a_capture_ends_with_its_sensor(control: Callable[[Callable[[list[str]], int]], socket.socket]) -> None:
    def main(arguments: list[str]) -> int:
        os.write(1, b"x")
        time.sleep(60)
        return 0

    ours = control(main)
    capture = started(ours)
    assert capture.stdout.read(1) == b"x"
    ours.close()
    assert capture.stdout.read(1) == b""
    capture.stdout.close()
    capture.stderr.close()


def test_a_bug_of_the_capture_process_is_a_sentence_and_a_status(
    control: Callable[[Callable[[list[str]], int]], socket.socket],
) -> None:
    def main(arguments: list[str]) -> int:
        raise ValueError("no such thing")

    capture = started(control(main))
    assert capture.stderr.read(100) == b"ValueError: no such thing\n"
    assert wait(capture) == 1


def test_a_launcher_that_is_gone_counts_as_killed() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.close()
    with ours, open(os.devnull, "rb", buffering=0) as nothing:  # noqa: PTH123 (a raw file)
        capture = LaunchedCapture(ours, nothing, nothing)
        capture.terminate()
        assert capture.wait(1) == -9


def test_without_an_interface_it_says_how_it_is_used() -> None:
    program = str(Path(launcher.__file__))
    done = subprocess.run([sys.executable, "-I", program], capture_output=True, timeout=30, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stderr) == (2, b"usage: launcher.py INTERFACE\n")
