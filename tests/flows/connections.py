"""Whole TCP connections for the memory of what was said, and what a run makes of them."""

from __future__ import annotations

import io
import json
import struct
from base64 import b64encode
from typing import Any

from sensor.capture import open_capture
from sensor.export.records import records
from sensor.run import Options, Result, Run
from sensor.vault import Vault
from tests.replaying import read_bytes

CLIENT, SERVER = (b"\x02\0\0\0\0\1", b"\xc0\xa8\1\2"), (b"\x02\0\0\0\0\2", b"\xc0\xa8\1\3")
TIMES = ("elapsed_seconds", "cost_seconds", "parsers", "seconds", "speed")


def request(login: str, path: str = "/state") -> bytes:
    secret = b64encode(login.encode()).decode()
    return f"GET {path} HTTP/1.1\r\nHost: 192.168.1.3\r\nAuthorization: Basic {secret}\r\n\r\n".encode()


ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"mail":"no"}'[:-1]


class Wire:
    """Frames of TCP connections, three milliseconds apart."""

    def __init__(self, start: int = 1_600_000_000_000) -> None:
        self.frames: list[tuple[int, bytes]] = []
        self.now = start
        self.client = CLIENT

    def send(self, side: int, port: int, seq: int, ack: int, flags: int, data: bytes = b"") -> int:
        """One segment; its frame's number."""
        ends = (self.client, SERVER) if side == 0 else (SERVER, self.client)
        ports = (port, 80) if side == 0 else (80, port)
        tcp = struct.pack("!HHIIBBHHH", *ports, seq, ack, 80, flags, 8192, 0, 0) + data
        ip = struct.pack("!BBHHHBBH", 69, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + ends[0][1] + ends[1][1]
        self.frames.append((self.now, ends[1][0] + ends[0][0] + b"\x08\0" + ip + tcp))
        self.now += 3
        return len(self.frames)

    def exchange(self, port: int, *messages: bytes) -> list[int]:
        """A whole connection: messages by turns, the client first; the frames of the messages."""
        at = [1000 * port, 77 * port]
        self.send(0, port, at[0], 0, 2)
        self.send(1, port, at[1], at[0] + 1, 18)
        at = [at[0] + 1, at[1] + 1]
        frames = []
        for number, message in enumerate(messages):
            side = number % 2
            frames.append(self.send(side, port, at[side], at[side ^ 1], 24, message))
            at[side] += len(message)
        self.send(1, port, at[1], at[0], 17)
        self.send(0, port, at[0], at[1] + 1, 17)
        self.send(1, port, at[1] + 1, at[0] + 1, 16)
        return frames

    def pcap(self) -> bytes:
        out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
        for at, data in self.frames:
            out += (struct.pack("<IIII", at // 1000, at % 1000 * 1000, len(data), len(data)), data)
        return b"".join(out)


def said(result: Result) -> list[Any]:
    found = [json.loads(json.dumps(record)) for record in records(result)]
    return [{name: value for name, value in record.items() if name not in TIMES} for record in found]


def both(data: bytes) -> list[Any]:
    """The records, which are the same with and without the memory."""
    known, plain = (said(read_bytes(data, options=Options(strict=True, known_streams=on))) for on in (True, False))
    assert known == plain
    return known


def repeated(data: bytes) -> int:
    """Connections that were known."""
    run = Run(Vault(bytes(32)), Options(strict=True))
    with open_capture("wire", io.BytesIO(data)) as capture:
        for block in capture:
            run.feed(block)
    for batch in run.engine.finish():
        run.pipeline.batch(batch)
    assert run.pipeline.known_streams is not None
    return run.pipeline.known_streams.repeated


def credentials(found: list[Any]) -> list[Any]:
    return [record for record in found if record.get("rule") == "credential.cleartext"]


def poll(token: str = "225cf3b35b28ba6827cbffca2ff515fa") -> bytes:
    """What an app asks a lamp's bridge every second; the token in the path logs it in."""
    return f"GET /api/{token}/sensors HTTP/1.1\r\nHost: 192.168.1.3\r\nUser-Agent: Dalvik/2.1.0\r\n\r\n".encode()


MESSAGES = (request("admin:secret"), ANSWER)
