"""The capture process: packets of one interface as a pcapng stream on standard output.

The only program with the right to listen. It runs by itself (``python -I child.py INTERFACE``) with the standard
library alone. It opens the interface, drops every privilege and all system calls but those it takes, and from then on
only moves packets from the kernel's ring (AF_PACKET, TPACKET_V3: Documentation/networking/packet_mmap.rst) to the
pipe. Once a second it writes what the kernel received and dropped (PACKET_STATISTICS) as an interface statistics
block (draft-ietf-opsawg-pcapng 4.6), also when no packet came: so the reader knows that it lives. With ``-`` for
INTERFACE the name is read as a line from standard input, for a socket unit of systemd that starts one process for
each connection.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import importlib.util
import mmap
import os
import re
import resource
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from types import ModuleType

SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION = 263, 1, 5, 6, 10
PACKET_MR_PROMISC, TPACKET_V3, ETH_P_ALL = 1, 2, 0x0003
TP_STATUS_USER, VLAN_VALID, TPID_VALID = 1, 1 << 4, 1 << 6
"""linux/if_packet.h."""

BLOCK = 1 << 20
"""Bytes of a block of the ring: a burst is handed over as one piece."""

BLOCKS = 64
"""Blocks of the ring: half a second of a full gigabit while the reader is busy, and a home's whole minute."""

FIRST = -10
"""How much sooner than others this program gets its turn (nice(2)), where it may: it does little, and must not be
late."""

RETIRE_MS = 50
"""Milliseconds after which a block that is not full is handed over."""

LAST, AT_MOST = 0.15, 2.0
"""Seconds that it goes on after SIGTERM, and longer while the ring is not empty: what the kernel has taken in still
comes."""

PER_WRITE = 512
"""Packets put together for one write."""

NOBODY = 65534
"""User and group that own nothing."""

LINKS = {1: 1, 772: 1, 512: 101, 65534: 101, 768: 101, 776: 101, 778: 101, 801: 105, 802: 119, 803: 127}
"""Kind of interface (linux/if_arp.h) -> link type (tcpdump.org/linktypes.html): Ethernet and loopback, tunnels as raw
IP, 802.11 bare, with Prism, with radiotap."""

NAME = re.compile(r"[A-Za-z0-9_.:@-]{1,15}")
"""An interface's name (15 bytes by linux/if.h); nothing that could lead out of a folder."""

NO_RIGHT, NO_INTERFACE, GONE, UNFIT, REFUSED = 77, 78, 79, 80, 81
"""Exit statuses: no privilege; no such interface, or it is down; it went away while captured; its kind cannot be read;
the system refused to open it. The sensor has a message in each language for each (`sensor.live.streams`)."""

_PACKET = struct.Struct("=IIIIIIHHIIH")  # struct tpacket3_hdr up to tp_vlan_tpid
_ENHANCED = struct.Struct("=IIIIIII")


class CannotCapture(Exception):  # noqa: N818 (it says what is the matter)
    """The interface cannot be listened to. ``status``: one of the exit statuses."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def open_ring(interface: str) -> tuple[socket.socket, mmap.mmap]:
    """A socket that hears all of the interface, promiscuous, and its ring. Raises CannotCapture."""
    try:
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except PermissionError:
        raise CannotCapture(NO_RIGHT, "no right to listen to interfaces (it takes CAP_NET_RAW)") from None
    try:
        opened.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3)
        ring = struct.pack("=7I", BLOCK, BLOCKS, 2048, BLOCK // 2048 * BLOCKS, RETIRE_MS, 0, 0)
        opened.setsockopt(SOL_PACKET, PACKET_RX_RING, ring)
        memory = mmap.mmap(opened.fileno(), BLOCK * BLOCKS, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        index = socket.if_nametoindex(interface)
        opened.bind((interface, ETH_P_ALL))
        opened.setsockopt(
            SOL_PACKET, PACKET_ADD_MEMBERSHIP, struct.pack("=iHH8s", index, PACKET_MR_PROMISC, 0, bytes(8))
        )
    except OSError as error:
        opened.close()
        if error.errno in (errno.ENODEV, errno.ENXIO, errno.ENETDOWN):
            raise CannotCapture(NO_INTERFACE, f"{interface}: there is no such interface, or it is down") from None
        raise CannotCapture(REFUSED, f"{interface}: {(error.strerror or 'cannot be opened').lower()}") from None
    return opened, memory


def sibling(name: str) -> ModuleType:
    """A module beside this one, read from its file: ``python -I`` has no folder of ours on its path."""
    # pathlib would cost a third of the start.
    path = os.path.join(os.path.dirname(__file__), f"{name}.py")  # noqa: PTH118, PTH120
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


seccomp = sibling("seccomp")
"""Read while its file can be: not each user may read what root could."""


def empty_bounding_set(libc: ctypes.CDLL, but: int = 0) -> None:
    """No capability but those of the bits ``but`` can ever be had again (capabilities(7)).

    It takes CAP_SETPCAP: a process without it keeps the set it was given, as that of our unit.
    """
    for number in range(64):
        if not but >> number & 1 and libc.prctl(24, number, 0, 0, 0) != 0:  # PR_CAPBSET_DROP
            return


def set_capabilities(libc: ctypes.CDLL, bits: int) -> None:
    """These capabilities and no other, and none is gained by running a program. Raises OSError.

    capset(2), version 3: two words each of effective, permitted, inheritable. What is not permitted leaves the ambient
    set, too.
    """
    header, sets = struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", bits, bits, 0, 0, 0, 0)
    if libc.capset(header, sets) != 0 or libc.prctl(38, 1, 0, 0, 0) != 0:  # PR_SET_NO_NEW_PRIVS
        raise OSError(ctypes.get_errno(), "privileges cannot be laid down")


def lay_down_privileges() -> None:
    """Become the user nobody (65534), keep no capability, make no call but those of `capture`. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, FIRST)
    empty_bounding_set(libc)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    set_capabilities(libc, 0)
    seccomp.apply(seccomp.only(seccomp.CAPTURE + seccomp.CAPTURE_32))


def preamble(interface: str, link: int) -> bytes:
    """A section header and the interface's description, times in nanoseconds."""
    section = struct.pack("=IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    name = interface.encode()
    options = struct.pack("=HH", 2, len(name)) + name + bytes(-len(name) % 4)
    options += struct.pack("=HHB3x", 9, 1, 9) + struct.pack("=HH", 0, 0)
    size = 20 + len(options)
    return section + struct.pack("=IIHHI", 1, size, link, 0, 0) + options + struct.pack("=I", size)


def statistics(received: int, dropped: int, now: int) -> bytes:
    """An interface statistics block; ``now`` in ns since 1970."""
    options = struct.pack("=HHQHHQHH", 4, 8, received, 5, 8, dropped, 0, 0)
    size = 24 + len(options)
    return struct.pack("=IIIII", 5, size, 0, now >> 32, now & 0xFFFFFFFF) + options + struct.pack("=I", size)


def packets(memory: memoryview, start: int) -> Iterator[list[bytes | memoryview]]:
    """The packets of a block of the ring as enhanced packet blocks, in pieces for one write each."""
    (count, offset) = struct.unpack_from("=II", memory, start + 12)
    at = start + offset
    pieces: list[bytes | memoryview] = []
    for number in range(1, count + 1):
        following, second, nano, captured, original, status, mac, _, _, tci, tpid = _PACKET.unpack_from(memory, at)
        begin, stamp, tag = at + mac, second * 1_000_000_000 + nano, b""
        if status & VLAN_VALID:
            # The kernel took the tag out of the frame (802.1Q behind the two addresses): it is put back.
            tag = struct.pack(">HH", tpid if status & TPID_VALID else 0x8100, tci & 0xFFFF)
        size = captured + len(tag)
        pad = -size % 4
        total = 32 + size + pad
        pieces.append(_ENHANCED.pack(6, total, 0, stamp >> 32, stamp & 0xFFFFFFFF, size, original + len(tag)))
        if tag:
            pieces += (memory[begin : begin + 12], tag, memory[begin + 12 : begin + captured])
        else:
            pieces.append(memory[begin : begin + captured])
        pieces.append(bytes(pad) + total.to_bytes(4, sys.byteorder))
        if number % PER_WRITE == 0:
            yield pieces
            pieces = []
        at += following
    yield pieces


def capture(interface: str, out: int) -> None:
    """Until the reader or the interface goes away. Raises CannotCapture, BrokenPipeError."""
    try:
        with open(f"/sys/class/net/{interface}/type", encoding="utf-8") as file:  # noqa: PTH123 (pathlib costs a third of the start)
            kind = int(file.read())
    except (OSError, ValueError):
        raise CannotCapture(NO_INTERFACE, f"{interface}: there is no such interface") from None
    if kind not in LINKS:
        raise CannotCapture(UNFIT, f"{interface}: this kind of interface ({kind}) cannot be read")
    opened, memory = open_ring(interface)
    stop_times: list[float] = []
    signal.signal(signal.SIGTERM, lambda *_: stop_times.append(time.monotonic()))
    lay_down_privileges()
    view = memoryview(memory)
    _write(out, preamble(interface, LINKS[kind]))
    received = dropped = block = 0
    due = 0.0
    poll = select.poll()
    poll.register(opened, select.POLLIN | select.POLLERR)
    # A socket whose other end sends nothing any more: the reader wants no new packets.
    poll.register(out, select.POLLRDHUP)
    empty = False
    while not stop_times or time.monotonic() < stop_times[0] + (LAST if empty else AT_MOST):
        start = block * BLOCK
        empty = not struct.unpack_from("=I", memory, start + 8)[0] & TP_STATUS_USER
        for descriptor, event in poll.poll(100 if empty else 0):
            if descriptor == out:
                poll.unregister(out)
                stop_times.append(time.monotonic())
            elif event & select.POLLERR and opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise CannotCapture(GONE, f"{interface}: the interface went down or away")
        if not empty:
            for pieces in packets(view, start):
                _write(out, b"".join(pieces))
            struct.pack_into("=I", memory, start + 8, 0)
            block = (block + 1) % BLOCKS
        now = time.monotonic()
        if now >= due:
            due = now + 1
            # The kernel counts anew from each look on; its packets include what it then dropped.
            seen, lost = struct.unpack_from("=II", opened.getsockopt(SOL_PACKET, PACKET_STATISTICS, 12))
            received, dropped = received + seen, dropped + lost
            _write(out, statistics(received, dropped, time.time_ns()))
    seen, lost = struct.unpack_from("=II", opened.getsockopt(SOL_PACKET, PACKET_STATISTICS, 12))
    _write(out, statistics(received + seen, dropped + lost, time.time_ns()))


def _write(out: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(out, view) :]


def main(arguments: list[str]) -> int:
    """The program: an exit status, and a sentence on standard error where something is the matter."""
    interface = arguments[0] if len(arguments) == 1 else ""
    if interface == "-":
        interface = sys.stdin.buffer.readline(64).decode("utf-8", "replace").strip()
    if not NAME.fullmatch(interface) or interface in (".", ".."):
        sys.stderr.write("usage: child.py INTERFACE\n")
        return 2
    try:
        capture(interface, sys.stdout.fileno())
    except CannotCapture as error:
        sys.stderr.write(f"{error}\n")
        return error.status
    except (BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
