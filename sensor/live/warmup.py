"""Warm-up of a live run: tables and patterns are loaded before the first packet comes.

A made-up conversation goes through a run that is thrown away, so that no packets are lost while something loads.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

from sensor.capture import open_capture
from sensor.detectors._chains import judge_chain
from sensor.run import Options, Run
from sensor.vault import Vault

DEVICE, ROUTER = b"\x02\x00\x5e\x00\x53\x01", b"\x02\x00\x5e\x00\x53\x02"
HERE, THERE = bytes((192, 168, 1, 5)), bytes((192, 0, 2, 7))
BODY = b'{"email":"nobody@example.com","user":"nobody","password":"none-of-it","lat":48.2000,"lon":16.3700}'
REQUEST = (
    b"POST /api/login HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: example/1.0\r\n"
    b"Authorization: Basic bm9ib2R5Om5vbmU=\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)
) + BODY
RESPONSE = b"HTTP/1.1 200 OK\r\nServer: example\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"
QUESTION = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01"


def warm_up() -> int:
    """Load what is loaded at first use; how many findings the run that is thrown away had."""
    run = Run(Vault(bytes(32)), Options(), name="warm")
    with open_capture("warm", io.BytesIO(_capture())) as capture:
        for block in capture:
            run.feed(block)
    judge_chain((bytes(1),), None, 0)  # the library of certificates is loaded with the first chain
    run.snapshot("warm", [])
    return len(run.finish("warm", [], None).findings)


def _capture() -> bytes:
    found = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    found += (
        struct.pack("<IIII", 1_700_000_000, number, len(one), len(one)) + one for number, one in enumerate(_frames())
    )
    return b"".join(found)


def _frames() -> Iterator[bytes]:
    yield _frame(17, struct.pack("!HHHH", 40000, 53, 8 + len(QUESTION), 0) + QUESTION, True)
    yield _frame(6, _tcp(True, 1000, 0, 0x02), True)
    yield _frame(6, _tcp(False, 5000, 1001, 0x12), False)
    yield _frame(6, _tcp(True, 1001, 5001, 0x18, REQUEST), True)
    yield _frame(6, _tcp(False, 5001, 1001 + len(REQUEST), 0x18, RESPONSE), False)


def _tcp(out: bool, seq: int, ack: int, flags: int, data: bytes = b"") -> bytes:
    ports = (40000, 80) if out else (80, 40000)
    return struct.pack("!HHIIBBHHH", *ports, seq, ack, 0x50, flags, 8192, 0, 0) + data


def _frame(protocol: int, inner: bytes, out: bool) -> bytes:
    cards = ROUTER + DEVICE if out else DEVICE + ROUTER
    ends = (HERE, THERE) if out else (THERE, HERE)
    return (
        cards
        + b"\x08\x00"
        + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(inner), 1, 0, 64, protocol, 0, *ends)
        + inner
    )
