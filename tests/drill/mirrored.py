"""A switch with a mirror port for tests: a program between two cables that copies the frames which it is set to copy.

``python mirrored.py SECONDS PORT MIRROR``; a line on standard input sets what is copied, each from then on: ``both``,
``one`` (frames of one station), ``untagged`` (frames without a VLAN tag), ``nothing``, ``lossy`` (each third is lost).
"""

from __future__ import annotations

import select
import socket
import sys
import time
from collections.abc import Callable
from itertools import count

FIRST = bytes.fromhex("024c5700000a")
COUNTED = count()
COPIED: dict[str, Callable[[bytes], bool]] = {
    "both": lambda frame: True,
    "one": lambda frame: frame[6:12] == FIRST,
    "untagged": lambda frame: frame[12:14] != b"\x81\x00",
    "nothing": lambda frame: False,
    "lossy": lambda frame: frame[12:14] != b"\x86\xdd" or next(COUNTED) % 3 > 0,
}
PACKET_AUXDATA, VLAN_VALID = 8, 1 << 4


def whole(received: tuple[bytes, list[tuple[int, int, bytes]], int, object]) -> bytes:
    """The frame with the tag that the kernel took out (packet(7), PACKET_AUXDATA)."""
    frame, ancillary = received[0], received[1]
    for _, kind, data in ancillary:
        status, tag = int.from_bytes(data[:4], sys.byteorder), int.from_bytes(data[16:18], sys.byteorder)
        if kind == PACKET_AUXDATA and status & VLAN_VALID:
            return frame[:12] + b"\x81\x00" + tag.to_bytes(2, "big") + frame[12:]
    return frame


def main(seconds: float, port: str, mirror: str) -> None:
    until = time.monotonic() + seconds
    heard = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    heard.bind((port, 0))
    heard.setsockopt(263, PACKET_AUXDATA, 1)  # SOL_PACKET
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind((mirror, 0))
    copied = COPIED["both"]
    print("ready", flush=True)
    while (left := until - time.monotonic()) > 0:
        readable, _, _ = select.select([heard, sys.stdin], [], [], left)
        if sys.stdin in readable:
            word = sys.stdin.readline().strip()
            if not word:
                return
            copied = COPIED[word]
            print(word, flush=True)
        if heard in readable:
            frame = whole(heard.recvmsg(65536, 64))  # type: ignore[arg-type]
            if copied(frame):
                out.send(frame)


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2], sys.argv[3])
