"""Programs of the system that a test starts on loopback and ends again: skipped with a reason where they are missing,
but not in CI.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE = 60.0
"""Seconds in which a program must take a connection; a busy machine needs a few."""


def needed(name: str, package: str) -> str:
    """The path of a program. Skips the test where it is missing; in CI that is a failure."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        told = f"{name} is not here (Debian: {package})"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    return found


def free_port() -> int:
    """A port of loopback that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], port: int, log: Path, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that listens on a port of loopback, ended by its own id."""
    with log.open("wb") as out:
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env)
        try:
            end = time.monotonic() + PATIENCE
            while not _answers(port):
                assert program.poll() is None, log.read_text("utf-8", "replace")[-2000:]
                assert time.monotonic() < end, f"{command[0]} does not listen"
                time.sleep(0.05)
            yield program
        finally:
            program.terminate()
            try:
                program.wait(10)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
