"""UDP flows that several protocols share: one foreign datagram decides nothing, STUN changes no protection."""

from __future__ import annotations

import random
import struct

import pytest

from sensor.model import Flow, Protection
from sensor.run import Options
from tests.capture.files import pcap
from tests.decode.wire import A, B, ethernet, ip4, udp
from tests.protocols.tls_bytes import client_hello
from tests.replaying import read_bytes

CHANCE = random.Random(15)


def stun(kind: int = 1) -> bytes:
    """RFC 8489, 5: a binding request (or its answer) without attributes."""
    return struct.pack("!HH", kind, 0) + b"\x21\x12\xa4\x42" + CHANCE.randbytes(12)


def media(number: int, payload: bytes, source: bytes = b"abcd", kind: int = 111) -> bytes:
    """RFC 3550, 5.1."""
    return struct.pack("!BBHI", 0x80, kind, 1000 + number, number * 960) + source + payload


def secret(number: int, source: bytes = b"abcd") -> bytes:
    return media(number, CHANCE.randbytes(160), source)


def clear(number: int) -> bytes:
    return media(number, b"\xd5" * 160, kind=8)


def query(number: int) -> bytes:
    """RFC 1035, 4.1: a question for an address."""
    return struct.pack("!HHHHHH", 0x4000 + number, 0x0100, 1, 0, 0, 0) + b"\x03cam\x07example\0\0\1\0\1"


def dtls_hello() -> bytes:
    """RFC 6347, 4.2.2."""
    body = client_hello([0xC02B], b"", 0xFEFD, cookie=b"")
    size = len(body).to_bytes(3, "big")
    message = b"\1" + size + b"\0\0" + b"\0\0\0" + size + body
    return b"\x16\xfe\xff\0\0" + bytes(6) + len(message).to_bytes(2, "big") + message


def flow_of(datagrams: list[tuple[int, bytes]], port: int) -> Flow:
    records, flows = [], list[Flow]()
    for number, (side, data) in enumerate(datagrams):
        ports = (50000, port) if side == 0 else (port, 50000)
        ends = ("192.0.2.10", "192.0.2.11") if side == 0 else ("192.0.2.11", "192.0.2.10")
        macs = (A, B) if side == 0 else (B, A)
        frame = ethernet(ip4(udp(data, *ports), 17, *ends), source=macs[0], target=macs[1])
        records.append((1_700_000_000 + number, 0, frame, len(frame)))
    read_bytes(pcap(records), options=Options(strict=True, flows=True), on_flow=flows.append)
    (flow,) = flows
    return flow


def with_stun(packets: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """STUN before every fourth packet."""
    return [each for at, packet in enumerate(packets) for each in (((0, stun()), packet) if at % 4 == 0 else (packet,))]


SECRETS = [pair for at in range(12) for pair in ((0, secret(at)), (1, secret(at, b"efgh")))]


def test_stun_between_srtp_leaves_the_flow_encrypted() -> None:
    flow = flow_of([(0, stun()), (1, stun(0x0101)), (0, dtls_hello()), *with_stun(SECRETS)], 3478)
    assert (flow.layers, flow.protection) == (("stun", "dtls"), Protection.ENCRYPTED)


@pytest.mark.parametrize("port", [3478, 40000])
def test_stun_between_media_that_nobody_announced_makes_it_not_readable(port: int) -> None:
    assert flow_of([(0, stun()), (1, stun(0x0101)), *with_stun(SECRETS)], port).protection is Protection.UNKNOWN


def test_stun_between_readable_media() -> None:
    flow = flow_of(with_stun([(0, clear(at)) for at in range(20)]), 5004)
    assert (flow.layers[-1], flow.protection) == ("rtp", Protection.CLEARTEXT)


@pytest.mark.parametrize("first", [CHANCE.randbytes(40), query(1)])
def test_a_first_datagram_of_another_kind_does_not_hide_media(first: bytes) -> None:
    assert flow_of([(0, first), *((0, clear(at)) for at in range(12))], 6004).layers[-1:] == ("rtp",)


@pytest.mark.parametrize("port", [53, 5999])
def test_a_first_datagram_of_another_kind_does_not_hide_dns(port: int) -> None:
    assert flow_of([(0, CHANCE.randbytes(40)), *((0, query(at)) for at in range(4))], port).application == "dns"


def test_an_answer_of_another_kind_to_media() -> None:
    """A side of which nothing is media agrees with everything."""
    flow = flow_of([(0, clear(0)), (1, CHANCE.randbytes(30)), *((0, clear(at)) for at in range(1, 12))], 6004)
    assert flow.layers[-1:] == ("rtp",)
