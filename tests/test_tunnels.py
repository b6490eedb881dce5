"""Logins and cookies inside tunnels, through the whole program: found, at the ends of what is inside."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable

import pytest

from sensor.export.records import records
from sensor.model import Flow
from sensor.run import Options
from tests.capture.files import pcap
from tests.decode.wire import ACK, SYN, A, B, ethernet, ip4, ip6, tcp, udp
from tests.replaying import of, read_bytes

REQUEST = (
    b"GET /status HTTP/1.1\r\nHost: cam.example\r\nAuthorization: Basic "
    + base64.b64encode(b"anna:Wonderland42")
    + b"\r\nCookie: session=4f7a9c1e8b2d6035\r\n\r\n"
)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
HERE, THERE = "2001:db8:1::10", "2001:db8:2::80"


def conversation() -> list[tuple[bool, bytes]]:
    """IPv6 packets of one request, and whether the client sent them."""

    def packet(client: bool, data: bytes, seq: int, ack: int, flags: int) -> tuple[bool, bytes]:
        ports = (40000, 80) if client else (80, 40000)
        segment = tcp(data, *ports, seq=seq, ack=ack, flags=flags)
        return client, ip6(segment, 6, *((HERE, THERE) if client else (THERE, HERE)))

    return [
        packet(True, b"", 1000, 0, SYN),
        packet(False, b"", 5000, 1001, SYN | ACK),
        packet(True, REQUEST, 1001, 5001, ACK),
        packet(False, ANSWER, 5001, 1001 + len(REQUEST), ACK),
    ]


def gtp(inside: bytes) -> bytes:
    return struct.pack("!BBHI", 0x30, 255, len(inside), 7) + inside


def ayiya(inside: bytes) -> bytes:
    return b"\x44\x52\x11\x29" + bytes(4 + 16 + 20) + inside


def gre(inside: bytes) -> bytes:
    return b"\0\0\x86\xdd" + inside


TUNNELS: dict[str, tuple[int, int, Callable[[bytes], bytes]]] = {
    "Teredo": (50000, 3544, lambda inside: inside),
    "AYIYA": (5072, 5072, ayiya),
    "GTP-U": (2152, 2152, gtp),
    "GRE in UDP": (50000, 4754, gre),
}


@pytest.mark.parametrize("name", TUNNELS)
def test_a_login_inside_is_found_and_is_of_no_end_of_the_tunnel(name: str) -> None:
    client_port, server_port, wrap = TUNNELS[name]
    frames = []
    for from_client, inside in conversation():
        both = server_port == client_port or name.startswith(("GTP", "GRE"))
        ports = (client_port, server_port) if from_client or both else (server_port, client_port)
        ends = ("192.0.2.10", "192.0.2.11") if from_client else ("192.0.2.11", "192.0.2.10")
        macs = (A, B) if from_client else (B, A)
        frames.append(ethernet(ip4(udp(wrap(inside), *ports), 17, *ends), source=macs[0], target=macs[1]))
    flows: list[Flow] = []
    capture = pcap([(1_700_000_000 + at, 0, frame, len(frame)) for at, frame in enumerate(frames)])
    found = list(records(read_bytes(capture, options=Options(strict=True, flows=True), on_flow=flows.append)))
    logins = of(found, "finding", "credential.cleartext")
    assert {(f["client"], f["server"]) for f in logins} == {(f"[{HERE}]:40000", f"[{THERE}]:80")}
    assert {f["detail"]["mechanism"] for f in logins} >= {"password", "cookie"}
    assert all(f["device"] not in (A.hex(":"), B.hex(":")) for f in logins)
    assert [(flow.client.host, sum(flow.packets)) for flow in flows] == [(HERE, 4)]
