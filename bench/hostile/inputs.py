"""Captures that an attacker would send: each generator gives the packets of one, ``size`` times over."""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Callable, Iterator

import brotli

from tests.decode.wire import ACK, FIN, PSH, SYN, A, B, ethernet, ip4, tcp, udp

Packets = Iterator[bytes]

SEGMENT = 1400
"""Bytes of payload of a full segment."""

START = 1_790_000_000
"""Seconds of the first packet."""


class Connection:
    """A TCP connection between the same two hosts: `opened`, then `sent` by a side (0, the client, or 1)."""

    def __init__(self, number: int = 0, port: int = 80) -> None:
        self._ends = ("192.168.1.10", "192.168.1.20")
        self._ports = (30_000 + number % 30_000, port)
        self.next = [1000, 5000]

    def segment(self, side: int, payload: bytes, flags: int = ACK | PSH, seq: int | None = None) -> bytes:
        """One frame; ``seq`` where it is not what comes next."""
        at = self.next[side] if seq is None else seq
        header = tcp(payload, self._ports[side], self._ports[1 - side], at, flags, ack=self.next[1 - side])
        packet = ip4(header, 6, self._ends[side], self._ends[1 - side])
        return ethernet(packet, source=(A, B)[side], target=(B, A)[side])

    def opened(self) -> Packets:
        """The handshake."""
        yield self.segment(0, b"", SYN)
        self.next[0] += 1
        yield self.segment(1, b"", SYN | ACK)
        self.next[1] += 1
        yield self.segment(0, b"", ACK)

    def sent(self, side: int, data: bytes, step: int = SEGMENT) -> Packets:
        """Bytes of a side, in segments of at most ``step``."""
        for at in range(0, len(data), step):
            piece = data[at : at + step]
            yield self.segment(side, piece)
            self.next[side] += len(piece)

    def closed(self) -> Packets:
        """Both ends finish."""
        for side in (0, 1):
            yield self.segment(side, b"", FIN | ACK)
            self.next[side] += 1


def gaps_in_the_opening(size: int) -> Packets:
    """A byte missing between all segments, so that the protocol never shows itself."""
    connection = Connection(port=9999)
    yield from connection.opened()
    for _ in range(2000 * size):
        yield from connection.sent(0, b"x" * 8)
        connection.next[0] += 1


def single_bytes_out_of_order(size: int) -> Packets:
    """One-byte segments with a byte missing between them, over many connections."""
    connections = [Connection(number) for number in range(40 * size)]
    for connection in connections:
        yield connection.segment(0, b"", SYN)
    for place in range(100):
        for connection in connections:
            yield connection.segment(0, b"A", seq=1003 + 2 * place)


def _exchange(connection: Connection, request: bytes, answer: bytes) -> Packets:
    yield from connection.sent(0, request)
    yield from connection.sent(1, answer)


def _request(number: int = 0) -> bytes:
    """Another one for each number: what was said before is not parsed again."""
    return b"GET /%d HTTP/1.1\r\nHost: cam\r\n\r\n" % number


def chunks_of_one_byte(size: int) -> Packets:
    """An HTTP body in chunks of one byte, full segments."""
    connection = Connection()
    yield from connection.opened()
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n"
    yield from _exchange(connection, _request(), head + b"1\r\na\r\n" * 40_000 * size + b"0\r\n\r\n")
    yield from connection.closed()


def lines_of_one_letter(size: int) -> Packets:
    """A server of FTP that greets without end, in lines of one letter."""
    connection = Connection(port=21)
    yield from connection.opened()
    yield from _exchange(connection, b"USER anna\r\n", b"220 ready\r\n" + b"x\r\n" * 100_000 * size)


def segments_of_one_byte(size: int) -> Packets:
    """HTTP requests and answers in segments of one byte."""
    connection = Connection()
    yield from connection.opened()
    for _ in range(30 * size):
        yield from connection.sent(0, _request(), 1)
        yield from connection.sent(1, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 1)


def _packed(body: bytes, coding: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\nContent-Type: text/plain\r\n\r\n"
    return head % (coding, len(body)) + body


def bombs_of_one_connection(size: int) -> Packets:
    """Bodies of a few bytes that grow ten thousand times, one after the other."""
    connection = Connection()
    yield from connection.opened()
    body = brotli.compress(b"a" * 256 * 1024)
    for number in range(400 * size):
        yield from _exchange(connection, _request(number), _packed(body, b"br"))


def bombs_of_many_connections(size: int) -> Packets:
    """The first body of each connection grows as far as one may."""
    body = brotli.compress(b"a" * 255 * 1024)
    for number in range(150 * size):
        connection = Connection(number)
        yield from connection.opened()
        yield from _exchange(connection, _request(number), _packed(body, b"br"))
        yield from connection.closed()


def bodies_just_below_a_bomb(size: int) -> Packets:
    """Bodies that grow a hundred and fifty times, which is no bomb by itself."""
    connection = Connection()
    yield from connection.opened()
    body = gzip.compress(b"".join(b"%04d" % (n // 180) for n in range(60_000)), 9)
    for number in range(60 * size):
        yield from _exchange(connection, _request(number), _packed(body, b"gzip"))


def headers_read_in_many_ways(size: int) -> Packets:
    """Requests whose headers look encoded three times over, each with another cookie."""
    connection = Connection()
    yield from connection.opened()
    filler = b"%41\\x41=41+&lt;" * 80
    for number in range(200 * size):
        cookie = b"Cookie: session%d=Secret%dHunterAbcdefgh" % (number, number)
        yield from connection.sent(0, b"GET /l HTTP/1.1\r\nHost: cam\r\n%s\r\nX-F: %s\r\n\r\n" % (cookie, filler))
        yield from connection.sent(1, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def deep_json(size: int) -> Packets:
    """Bodies of JSON nested as deep as a body is long, and wide ones."""
    connection = Connection()
    yield from connection.opened()
    for body in (b"[" * 30_000 + b"]" * 30_000, json.dumps({f"k{n}": n for n in range(5000)}).encode()) * size:
        head = b"POST /l HTTP/1.1\r\nHost: cam\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        yield from connection.sent(0, head % len(body) + body)
        yield from connection.sent(1, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def tiny_datagrams_of_many_senders(size: int) -> Packets:
    """A lookup each of so many senders."""
    for number in range(3000 * size):
        name = b"\x08%08d\7example\3com\0\0\1\0\1" % number
        query = number.to_bytes(4, "big")[2:] + b"\1\0\0\1\0\0\0\0\0\0" + name
        source = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        yield ethernet(ip4(udp(query, 1024 + number % 60_000, 53), 17, source, "192.168.1.20"))


def tiny_connections(size: int) -> Packets:
    """A connection each for one login."""
    for number in range(1000 * size):
        connection = Connection(number)
        yield connection.segment(0, b"", SYN)
        connection.next[0] += 1
        yield from connection.sent(0, b"GET /%d HTTP/1.1\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\n\r\n" % number)


def forged_senders(size: int) -> Packets:
    """An ARP request each of so many hardware addresses."""
    for number in range(4000 * size):
        mac, address = b"\2\0" + number.to_bytes(4, "big"), b"\xc0\xa8" + number.to_bytes(4, "big")[2:]
        request = b"\0\1\x08\0\6\4\0\1" + mac + address + bytes(6) + b"\xc0\xa8\1\1"
        yield ethernet(request, 0x0806, mac, b"\xff" * 6)


GENERATORS: tuple[Callable[[int], Packets], ...] = (
    gaps_in_the_opening,
    single_bytes_out_of_order,
    chunks_of_one_byte,
    lines_of_one_letter,
    segments_of_one_byte,
    bombs_of_one_connection,
    bombs_of_many_connections,
    bodies_just_below_a_bomb,
    headers_read_in_many_ways,
    deep_json,
    tiny_datagrams_of_many_senders,
    tiny_connections,
    forged_senders,
)
"""All of them; at size 1 about a third of a megabyte each."""


def capture(generator: Callable[[int], Packets], size: int) -> bytes:
    """The capture (pcap, Ethernet) that a generator gives at a size; packets come 50 microseconds apart."""
    pieces = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)]
    for number, packet in enumerate(generator(size)):
        seconds, fraction = divmod(number * 50, 1_000_000)
        pieces += (struct.pack("<IIII", START + seconds, fraction, len(packet), len(packet)), packet)
    return b"".join(pieces)
