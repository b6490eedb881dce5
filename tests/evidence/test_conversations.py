"""Selection of frames: conversations of findings, their services, announcements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

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


@pytest.mark.parametrize("port", [53, 67, 68, 137, 138, 546, 547, 1900, 3702, 5353, 5355])
def test_each_port_at_which_devices_announce_themselves(port: int) -> None:
    chosen = ConversationFilter([])
    for ports in ((40001, port), (port, 40001)):
        frame = ethernet(ip4(udp(b"x", *ports), 17))
        assert chosen.announces(frame, layout(1, frame)) and not chosen.belongs(frame, layout(1, frame))
    other = ethernet(ip4(udp(b"x", 40001, 5354), 17))
    assert not chosen.announces(other, layout(1, other))


def test_a_port_belongs_to_the_address_that_serves_it() -> None:
    chosen = ConversationFilter([finding("192.0.2.10:40000", "192.0.2.11:80")])
    for source, target, ports, belongs in (
        ("192.0.2.12", "192.0.2.11", (40001, 80), True),
        ("192.0.2.11", "192.0.2.12", (80, 40001), True),
        ("192.0.2.12", "192.0.2.11", (80, 40001), False),
        ("192.0.2.11", "192.0.2.12", (40001, 80), False),
        ("192.0.2.10", "192.0.2.12", (40000, 80), False),
    ):
        frame = ethernet(ip4(tcp(b"x", *ports), 6, source, target))
        assert chosen.belongs(frame, layout(1, frame)) is belongs


def test_announcements_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The frame that takes the last of the room is taken, those of findings need none."""
    frame = ethernet(ip4(udp(b"x" * 100, 40001, 5353), 17, "192.0.2.12"))
    own = ethernet(ip4(tcp(b"x", 40000, 80), 6))
    monkeypatch.setattr("sensor.evidence.conversations.MAX_ANNOUNCEMENT_BYTES", 2 * len(frame) + 1)
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap([frame] * 5 + [own]))
    found = [finding("192.0.2.10:40000", "192.0.2.11:80")]
    assert [packet.frame for packet in conversations([str(path)], found, {})] == [1, 2, 3, 6]


def test_what_each_kind_of_record_adds() -> None:
    """A finding its two ends and its service; every other record nothing."""
    frame = ethernet(ip4(tcp(b"x", 40000, 80), 6))
    for record in ({"record": "device", "mac": None, "addresses": ["192.0.2.10", "192.0.2.11"]},
                   {"record": "verdict", "client": "192.0.2.10:40000", "server": "192.0.2.11:80"}):  # fmt: skip
        assert not ConversationFilter([record]).belongs(frame, layout(1, frame))
    without_port = ConversationFilter([finding("192.0.2.99", "192.0.2.11")])
    assert not without_port.belongs(frame, layout(1, frame))
    by_macs = ConversationFilter([finding(B.hex(":"), A.hex(":"))])
    assert by_macs.belongs(frame, layout(1, frame)), "whichever of the two sends"


def test_datagrams_without_a_checksum_have_ports_too() -> None:
    bare = bytearray(udp(b"hello", 40001, 80))
    bare[6:8] = b"\0\0"
    frame = ethernet(ip4(bytes(bare), 17, "192.0.2.12", "192.0.2.11"))
    chosen = ConversationFilter([finding("192.0.2.10:40000", "192.0.2.11:80")])
    assert chosen.belongs(frame, layout(1, frame))
    bare[2:4] = (81).to_bytes(2, "big")
    other = ethernet(ip4(bytes(bare), 17, "192.0.2.12", "192.0.2.11"))
    assert not chosen.belongs(other, layout(1, other))


def test_frames_that_cannot_be_read_are_nobodys(tmp_path: Path) -> None:
    chosen = ConversationFilter([finding("192.0.2.10:40000", "192.0.2.11:80")])
    for frame in (b"", b"\0" * 5, ethernet(b"\x45\0"), ethernet(ip4(b"", 6))[:20]):
        found = layout(1, frame)
        assert not chosen.belongs(frame, found) and not chosen.announces(frame, found)


def test_frames_keep_their_numbers_times_and_lengths(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap(FRAMES.values()))
    every = list(conversations([str(path), str(path)], [], {str(path): range(1, 10)}))
    assert [one.frame for one in every] == [*range(1, 10)] * 2
    assert [one.time for one in every[:2]] == [1_700_000_000_000_000_000, 1_700_000_000_001_000_000]
    assert all(one.length == len(one.data) and one.marked == () and one.link == 1 for one in every)
    assert [one.data for one in every[:9]] == list(FRAMES.values())


def test_addresses_are_no_ports() -> None:
    """Of what has none the bytes before its payload are those of addresses: 192.0.2.10 is no port 522."""
    frame = ethernet(ip4(b"neither TCP nor UDP", 253))
    services = ConversationFilter(
        [finding("192.0.2.99:1", "192.0.2.11:522"), finding("192.0.2.99:1", "192.0.2.10:49152")]
    )
    assert not services.belongs(frame, layout(1, frame))
    bare = ethernet(ip4(udp(b"x", 49152, 522), 17))
    assert services.belongs(bare, layout(1, bare))
