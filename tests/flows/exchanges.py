"""Datagrams of DNS and NTP between a client and two servers, for tests of what was said before."""

from __future__ import annotations

import io
import struct
from collections import Counter

from sensor.capture import open_capture
from sensor.run import Options, Run
from sensor.vault import Vault
from tests.capture.files import pcap
from tests.decode.wire import SECOND, START, A, B, ethernet, ip, ip4, tcp, udp
from tests.protocols.wire import QUERY, RESPONSE, message, name, question, record

RESOLVER, CLOCK, CLIENT = "192.168.0.1", "192.168.0.2", "192.168.0.10"
ADDRESS = "203.0.113.7"


class Datagrams:
    """A capture of them, a millisecond apart."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, bytes]] = []
        self.now = START

    def send(
        self, payload: bytes, port: int, service: int = 53, server: str = RESOLVER, *, answer: bool = False
    ) -> int:
        """One of the client, or of the server; its frame's number."""
        if answer:
            frame = ethernet(ip4(udp(payload, service, port), 17, server, CLIENT), source=B, target=A)
        else:
            frame = ethernet(ip4(udp(payload, port, service), 17, CLIENT, server), source=A, target=B)
        self.frames.append((self.now, frame))
        self.now += SECOND // 1000
        return len(self.frames)

    def look_up(self, port: int, host: str = "hub.example", address: str = ADDRESS, ttl: int = 60) -> None:
        """A question and its answer; their id is the port."""
        self.send(asked(port, host), port)
        self.send(answered(port, host, address, ttl), port, answer=True)

    def poll(self, port: int, stratum: int = 2) -> None:
        """A client asks for the time and gets it."""
        self.send(clock(0x23, 0, len(self.frames)), port, 123, CLOCK)
        self.send(clock(0x24, stratum, len(self.frames)), port, 123, CLOCK, answer=True)

    def pause(self, port: int) -> None:
        """Time goes by; four datagrams of one flow end a batch of the decoder, so that what was said is known."""
        self.now += 200 * SECOND
        for number in range(4):
            self.send(b"pause %d" % number, port, 9999)
        self.now += SECOND

    def connect(self, port: int, address: str = ADDRESS) -> None:
        """A connection to a server outside, which says something and ends."""
        for side, seq, ack, flags, data in (
            (0, 100, 0, 2, b""),
            (1, 900, 101, 18, b""),
            (0, 101, 901, 24, b"\x01" * 40),
            (1, 901, 141, 24, b"\x02" * 40),
            (0, 141, 941, 17, b""),
            (1, 941, 142, 17, b""),
        ):
            ports, ends = ((port, 8443), (CLIENT, address)) if side == 0 else ((8443, port), (address, CLIENT))
            macs = (A, B) if side == 0 else (B, A)
            frame = ethernet(ip4(tcp(data, *ports, seq, flags, ack=ack), 6, *ends), source=macs[0], target=macs[1])
            self.frames.append((self.now, frame))
            self.now += SECOND // 1000

    def pcap(self) -> bytes:
        records = [(time // SECOND, time % SECOND // 1000, frame, len(frame)) for time, frame in self.frames]
        return pcap(records)


def asked(number: int, host: str, kind: int = 1) -> bytes:
    return message(QUERY, [question(name(host), kind)], identity=number)


def answered(number: int, host: str, address: str = ADDRESS, ttl: int = 60) -> bytes:
    answer = record(b"\xc0\x0c", 1, ip(address), ttl)
    return message(RESPONSE, [question(name(host), 1)], [answer], identity=number)


def clock(first: int, stratum: int, time: int) -> bytes:
    """RFC 5905 7.3: poll, precision, delay and dispersion, the reference, four times."""
    return struct.pack("!BBBbII4s4Q", first, stratum, 6, -20, time, time, b"\xc0\0\x02\x05", time, time, time, time)


def run_of(data: bytes) -> tuple[Run, Counter[int]]:
    """A run that has read a capture, and the entries that reached it, by kind."""
    run, kinds = Run(Vault(bytes(32)), Options(strict=True)), Counter[int]()
    batch = run.pipeline.batch

    def counted(entries: list[tuple]) -> None:  # type: ignore[type-arg]
        kinds.update(entry[0] for entry in entries)
        batch(entries)

    with open_capture("datagrams", io.BytesIO(data)) as capture:
        for block in capture:
            for entries in run.engine.process(block):
                counted(entries)
    for entries in run.engine.finish():
        counted(entries)
    return run, kinds
