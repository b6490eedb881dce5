"""Selection of frames: conversations of findings, their services, announcements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sensor.evidence.conversations import ConversationFilter, conversations
from sensor.evidence.frame_layout import layout
from tests.canary.plant import pcap
from tests.decode.wire import GROUP, A, B, ethernet, ip4, ip6, tcp, udp


def finding(client: str, server: str) -> dict[str, Any]:
    return {"record": "finding", "client": client, "server": server}


FRAMES = {
    "its own": ethernet(ip4(tcp(b"x", 40000, 80), 6)),
    "the answer": ethernet(ip4(tcp(b"x", 80, 40000), 6, "192.0.2.11", "192.0.2.10")),
    "another conversation of the two": ethernet(ip4(udp(b"x", 5000, 6000), 17)),
    "a third one at the same service": ethernet(ip4(tcp(b"x", 40001, 80), 6, "192.0.2.12")),
    "a third one at another service": ethernet(ip4(tcp(b"x", 40001, 443), 6, "192.0.2.12")),
    "names": ethernet(ip4(udp(b"x", 40001, 53), 17, "192.0.2.12", "192.0.2.1")),
    "to a group": ethernet(ip4(udp(b"x", 9999, 9999), 17, "192.0.2.12"), target=GROUP),
    "strangers": ethernet(ip4(tcp(b"x", 1, 2), 6, "192.0.2.12", "192.0.2.13")),
    "six": ethernet(ip6(udp(b"x", 1, 80), 17), 0x86DD),
}


def test_frames_that_belong_to_findings(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap(FRAMES.values()))
    found = [finding("192.0.2.10:40000", "192.0.2.11:80"), finding("[fe80::10]:1", "[fe80::11]:80")]
    names = list(FRAMES)
    taken = [names[packet.frame - 1] for packet in conversations([str(path)], found, {})]
    assert taken == [
        "its own", "the answer", "another conversation of the two", "a third one at the same service", "names",
        "to a group", "six",
    ]  # fmt: skip
    numbers = [packet.frame for packet in conversations([str(path)], [], {str(path): [8]})]
    assert 8 in numbers and 1 not in numbers


def test_frames_without_an_address_belong_by_their_macs() -> None:
    chosen = ConversationFilter([finding(A.hex(":"), B.hex(":"))])
    frame = ethernet(b"hello", 0x88B5)
    assert chosen.belongs(frame, layout(1, frame))
    other = ethernet(b"hello", 0x88B5, target=GROUP)
    assert not chosen.belongs(other, layout(1, other))
