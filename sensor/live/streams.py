"""Streams of captured packets: an interface, or standard input, as pcap or pcapng bytes.

An interface is captured by a child process (`sensor.live.child`), or behind a socket by one that another program
starts; either may end at any time.
"""

from __future__ import annotations

import io
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from fcntl import fcntl
from pathlib import Path
from typing import IO, BinaryIO, Protocol, cast

from sensor.capture import NotACapture, open_capture
from sensor.catalogue import Message
from sensor.live import continuation, launcher
from sensor.live.continuation import FirstPackets

LONGEST_HEAD = 8 << 20
"""Bytes of a stream in which its first packet is looked for: pcapng may begin with blocks that hold none."""

PIPE = 1 << 20
"""Bytes of the pipe from the child: what an unprivileged process may have (/proc/sys/fs/pipe-max-size)."""

NO_RIGHT, NO_INTERFACE, GONE, UNFIT, REFUSED = 77, 78, 79, 80, 81
"""The child's exit statuses (`sensor.live.child`)."""

PERMANENT = frozenset({NO_RIGHT, UNFIT, REFUSED})
"""Those that no second try changes."""

ENDS = {
    NO_RIGHT: "stream.no_right",
    NO_INTERFACE: "stream.no_interface",
    GONE: "stream.interface_gone",
    UNFIT: "stream.unfit",
    REFUSED: "stream.refused",
}
"""What each says to a person. The child itself, which stands on the standard library alone, has English."""

F_SETPIPE_SZ = 1031
"""linux/fcntl.h."""

SILENT = 15.0
"""Seconds without a byte from the child, which writes at least one block a second, before it is held for stuck."""

ENDED = Message("stream.capture_ended")


class PacketStream(Protocol):
    """Where a capture's bytes come from, as long as it lasts."""

    name: str
    lasting: bool
    """Opened again when it ends."""

    def open(self) -> BinaryIO:
        """Begin. Raises OSError with a sentence."""

    def ended(self) -> Message | str:
        """It ended, and nothing of it is left behind: why, a message of ``reason`` or what the capture said."""

    def stop(self) -> None:
        """Whoever reads is to come to an end."""

    def interface_back(self) -> bool:
        """Whether what was missing is there again."""

    def permanent_failure(self) -> bool:
        """Trying again would give the same."""


class StdinStream:
    """A stream that another program captures: standard input."""

    lasting = False

    def __init__(self, name: str, stream: BinaryIO) -> None:
        self.name = name
        self._stream = stream
        self._head = b""

    def first_packets(self, known: Collection[bytes]) -> FirstPackets:
        """Its beginning: as many packets as tell whether its stations are ``known``. The first is waited for, others
        for a while. `open` gives it all."""
        until = None
        while True:
            found = self._beginning()
            if found.suffices(known) if found.count else len(self._head) > LONGEST_HEAD:
                return found
            if found.count:
                until = until or time.monotonic() + continuation.SECONDS
                if not _is_readable(self._stream, until - time.monotonic()):
                    return found
            piece = self._stream.read(PIPE) or b""
            if not piece:
                return self._beginning(whole=True)
            self._head += piece

    def _beginning(self, *, whole: bool = False) -> FirstPackets:
        with suppress(NotACapture, OSError), open_capture(self.name, io.BytesIO(self._head)) as capture:
            return continuation.first_packets(capture, whole=whole)
        return FirstPackets(None, 0, frozenset(), whole)

    def open(self) -> BinaryIO:
        """As it is."""
        return cast(BinaryIO, _Rewound(self._head, self._stream)) if self._head else self._stream

    def ended(self) -> Message | str:
        """It is at its end."""
        return Message("stream.ended")

    def stop(self) -> None:
        """Its thread ends with the program."""

    def interface_back(self) -> bool:
        """Never."""
        return False

    def permanent_failure(self) -> bool:
        """There is no other one."""
        return True


class _Rewound(io.RawIOBase):
    """A stream with what was read of it before."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head, self._stream = head, stream

    def read(self, size: int = -1) -> bytes | None:
        if not self._head:
            return self._stream.read(size)
        found = self._head if size < 0 else self._head[:size]
        self._head = self._head[len(found) :]
        return found


def _is_readable(stream: BinaryIO, seconds: float) -> bool:
    """Whether something comes, or its end, in that time; at once of what is no file."""
    try:
        return bool(select.select([stream], [], [], max(0.0, seconds))[0])
    except (OSError, ValueError):
        return True


class CapturedStream:
    """An interface, captured by a process that ``start`` starts, or through the socket at ``through`` by one that
    another program starts."""

    lasting = True

    def __init__(
        self,
        name: str,
        through: str | None = None,
        start: Callable[[str], subprocess.Popen[bytes] | LaunchedCapture] | None = None,
    ) -> None:
        self.name = name
        self.child: subprocess.Popen[bytes] | LaunchedCapture | None = None
        self._through = through
        self._start = start or start_capture
        self._socket: socket.socket | None = None
        self._stopping = False
        self._was_up = True
        self._status = 0

    def open(self) -> BinaryIO:
        """Start it. Raises OSError."""
        if self._through is not None:
            return self._connect(self._through)
        self.child = self._start(self.name)
        stream = cast(BinaryIO, self.child.stdout)
        with suppress(OSError):
            fcntl(stream.fileno(), F_SETPIPE_SZ, PIPE)
        return stream

    def _connect(self, path: str) -> BinaryIO:
        self._stopping = False
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(SILENT)
        self._socket.connect(path)
        self._socket.sendall(self.name.encode() + b"\n")
        return cast(BinaryIO, self._socket.makefile("rb", buffering=0))

    def ended(self) -> Message | str:
        """What the child said last, or how it ended."""
        self._was_up = is_up(self.name)
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            return ENDED if self._was_up else Message("stream.interface_gone", {"name": self.name})
        child, self.child = self.child, None
        if child is None:
            return Message("stream.not_started")
        try:
            status = child.wait(1)
        except subprocess.TimeoutExpired:
            child.kill()
            status = child.wait()
        output = child.stderr.read(400) if child.stderr is not None else b""
        self._status = status
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()
        sentence = (output.decode("utf-8", "replace").splitlines() or [""])[-1]
        if status in ENDS:
            return Message(ENDS[status], _of_an_end(status, self.name, sentence))
        if sentence:
            return sentence
        return Message("stream.killed", {"signal": signal.Signals(-status).name}) if status < 0 else ENDED

    def stop(self) -> None:
        """End the child."""
        if self.child is not None:
            self.child.terminate()
        if self._socket is not None:
            with suppress(OSError):
                # The capture still sends what the kernel has taken in; who does not listen to that is left alone.
                self._socket.shutdown(socket.SHUT_RDWR if self._stopping else socket.SHUT_WR)
            self._stopping = True

    def interface_back(self) -> bool:
        """The interface was missing when the capture ended, and is there now."""
        return not self._was_up and is_up(self.name)

    def permanent_failure(self) -> bool:
        """The child may not listen, or cannot read this kind of interface."""
        return self._status in PERMANENT


def _of_an_end(status: int, name: str, sentence: str) -> dict[str, str]:
    """Parameters of its message: the interface, its kind, the system's reason."""
    found = {} if status == NO_RIGHT else {"name": name}
    if status == UNFIT:
        found["kind"] = _kind_of(name)
    if status == REFUSED:
        found["why"] = sentence.removeprefix(f"{name}: ")
    return found


def _kind_of(name: str) -> str:
    """The number of an interface's kind (linux/if_arp.h)."""
    try:
        return str(int(Path("/sys/class/net", name, "type").read_text("ascii")))
    except (OSError, ValueError):
        return "?"


def start_capture(name: str) -> subprocess.Popen[bytes]:
    """Start the capture process of an interface. Raises OSError."""
    return subprocess.Popen(  # noqa: S603 (our own program; the name is checked there)
        [sys.executable, "-I", str(Path(__file__).with_name("child.py")), name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,  # Ctrl-C is for the sensor: it ends the child
    )


class Launcher:
    """A launcher (`sensor.live.launcher`) of one interface, for a sensor that then gives root up.

    Called with the interface's name it starts a capture, one at a time.
    """

    def __init__(self, name: str) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 (our own program; the name was checked)
                [sys.executable, "-I", str(Path(__file__).with_name("launcher.py")), name],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )

    def __call__(self, name: str) -> LaunchedCapture:
        """Start the capture. Raises OSError."""
        self._control.settimeout(SILENT)
        self._control.send(launcher.START)
        _, descriptors, _, _ = socket.recv_fds(self._control, 1, 2)
        if len(descriptors) != 2:
            raise OSError(f"{name}: the process that starts captures has ended")
        return LaunchedCapture(self._control, *(os.fdopen(one, "rb", buffering=0) for one in descriptors))

    def close(self) -> None:
        """End it."""
        self._control.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)


class LaunchedCapture:
    """A capture process that a launcher started: other users' processes can only be ended by request."""

    def __init__(self, control: socket.socket, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self.stdout, self.stderr = stdout, stderr
        self._control = control

    def terminate(self) -> None:
        """SIGTERM."""
        self._request(launcher.STOP)

    def kill(self) -> None:
        """SIGKILL."""
        self._request(launcher.KILL)

    def _request(self, request: bytes) -> None:
        with suppress(OSError):
            self._control.send(request)

    def wait(self, timeout: float | None = None) -> int:
        """The exit status. Raises subprocess.TimeoutExpired."""
        self._control.settimeout(timeout)
        try:
            answer = self._control.recv(3)
        except TimeoutError:
            raise subprocess.TimeoutExpired("child.py", timeout or 0.0) from None
        except OSError:
            answer = b""
        return int(struct.unpack_from("=h", answer, 1)[0]) if len(answer) == 3 else -signal.SIGKILL


def is_up(name: str) -> bool:
    """Whether an interface is there and switched on (IFF_UP, linux/if.h); a cable may still be missing."""
    try:
        return bool(int(Path("/sys/class/net", name, "flags").read_text("ascii"), 16) & 1)
    except (OSError, ValueError):
        return False
