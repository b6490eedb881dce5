"""The launcher: a process that may listen, and only starts the capture process of an interface.

A sensor that was started as root gives root up before it reads a packet, and could then not start a capture again
that died. So it starts this program first (``python -I launcher.py INTERFACE``, a Unix socket as standard input),
which keeps CAP_NET_RAW alone, as nobody. Requests are one byte: `START`, `STOP` (SIGTERM), `KILL`. Answers: `STARTED`
with two descriptors, the capture's stream and its standard error; `ENDED` and the exit status. It ends with its
sensor.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import resource
import select
import signal
import socket
import struct
import sys
from pathlib import Path
from types import ModuleType

START, STOP, KILL = b"o", b"t", b"k"
STARTED, ENDED = b"s", b"e"

NET_RAW, SETPCAP = 1 << 13, 1 << 8
"""linux/capability.h: to listen, and for the capture process to give both up for good."""


def keep_listening_alone(child: ModuleType) -> None:
    """From root to nobody with the right to listen. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):  # a container has no CAP_SYS_NICE
        os.setpriority(os.PRIO_PROCESS, 0, child.FIRST)
    child.empty_bounding_set(libc, NET_RAW | SETPCAP)
    if libc.prctl(8, 1, 0, 0, 0) != 0:  # PR_SET_KEEPCAPS, over the change of the user
        raise OSError(ctypes.get_errno(), "privileges cannot be laid down")
    os.setgroups([])
    os.setresgid(child.NOBODY, child.NOBODY, child.NOBODY)
    os.setresuid(child.NOBODY, child.NOBODY, child.NOBODY)
    child.set_capabilities(libc, NET_RAW | SETPCAP)


def serve(child: ModuleType, control: socket.socket, interface: str) -> None:
    """Answer requests until the sensor is gone; then the capture is ended, too."""
    poll = select.poll()
    poll.register(control, select.POLLIN)
    pid = watched = None
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == watched and pid is not None:
                poll.unregister(watched)
                os.close(watched)
                status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                pid = watched = None
                control.send(ENDED + struct.pack("=h", status))
                continue
            request = control.recv(1)
            if not request:
                if pid is not None:
                    os.kill(pid, signal.SIGTERM)
                return
            if request == START and pid is None:
                pid = _start(child, control, interface)
                watched = os.pidfd_open(pid)
                poll.register(watched, select.POLLIN)
            elif request in (STOP, KILL) and pid is not None:
                os.kill(pid, signal.SIGTERM if request == STOP else signal.SIGKILL)


def _start(child: ModuleType, control: socket.socket, interface: str) -> int:
    """Fork the capture process and send the sensor its ends of the pipes."""
    (out, written), (errors, complaints) = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(written, 1)
        os.dup2(complaints, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.closerange(3, 256)
        os._exit(_run(child, interface))
    os.close(written)
    os.close(complaints)
    socket.send_fds(control, [STARTED], [out, errors])
    os.close(out)
    os.close(errors)
    return pid


def _run(child: ModuleType, interface: str) -> int:
    try:
        status: int = child.main([interface])
        sys.stderr.flush()
    except BaseException as error:  # noqa: BLE001 (the forked process ends here, whatever it was)
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        return 1
    return status


def main(arguments: list[str]) -> int:
    """The program: 0 when its sensor has gone."""
    found = importlib.util.spec_from_file_location("child", Path(__file__).with_name("child.py"))
    if found is None or found.loader is None or len(arguments) != 1:
        sys.stderr.write("usage: launcher.py INTERFACE\n")
        return 2
    child = importlib.util.module_from_spec(found)
    found.loader.exec_module(child)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=os.dup(0))
    keep_listening_alone(child)
    serve(child, control, arguments[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
