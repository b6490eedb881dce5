"""Pseudonyms: addresses and names are replaced everywhere, checksums hold."""

from __future__ import annotations

from typing import Any

import dpkt
import pytest

from sensor.evidence.packet import EvidencePacket
from sensor.evidence.pseudonyms import Pseudonyms
from tests.decode.wire import ethernet, ip4, udp
from tests.evidence.test_frame_layout import right, transport_is_right

MAC = bytes.fromhex("ec71db1c4402")


def device(mac: str, address: str, hostname: str | None) -> dict[str, Any]:
    return {"record": "device", "id": mac, "mac": mac, "addresses": [address, "fe80::1"], "hostname": hostname}


NAMES = Pseudonyms(
    [device("00:11:32:7d:02:41", "192.168.1.1", None), device("ec:71:db:1c:44:02", "192.168.1.10", "Annas-Cam")]
)


def test_texts() -> None:
    record = {
        "client": "192.168.1.10:80",
        "of": ["ec:71:db:1c:44:02", "192.168.1.100", "192.168.1.1."],
        "text": "annas-cam at 8.8.8.8, serial SEC71DB1C4402",
    }
    assert NAMES.text(record) == {
        "client": "10.0.0.2:80",
        "of": ["02:00:00:00:00:02", "192.168.1.100", "10.0.0.1."],
        "text": "device-2 at 8.8.8.8, serial S020000000002",
    }


def test_packets() -> None:
    text = b"I am ANNAS-CAM, 192.168.1.10, ec-71-db-1c-44-02, \x0210\x011\x03168\x03192\x07in-addr " + MAC
    frame = right(ethernet(ip4(udp(text), 17, "192.168.1.10", "8.8.8.8"), source=MAC))
    packet = NAMES.packet(
        EvidencePacket("a/192.168.1.10.pcap", 1, 1, 1, frame, len(frame), (), (("f1", "by 192.168.1.10: why"),))
    )
    assert (
        transport_is_right(packet.data)
        and dpkt.ethernet.Ethernet(packet.data).ip.sum == dpkt.ethernet.Ethernet(right(packet.data)).ip.sum
    )
    assert packet.data[6:12] == bytes.fromhex("020000000002") and packet.data[26:30] == bytes((10, 0, 0, 2))
    assert packet.data[30:34] == bytes((8, 8, 8, 8))
    low = packet.data.lower()
    for name in (b"annas", b"192.168", b"ec-71", b"\x0210\x011", MAC):
        assert name not in low
    assert packet.data.endswith(bytes.fromhex("020000000002")) and b"I am *********," in packet.data
    assert packet.capture == "a/10.0.0.2.pcap" and packet.findings == (("f1", "by 10.0.0.2: why"),)
    assert all(set(packet.data[start:end]) == {ord("*")} for start, end in packet.marked) and len(packet.marked) == 4


def test_without_devices_nothing_is_replaced() -> None:
    assert Pseudonyms([]).text("192.168.1.10") == "192.168.1.10"


def test_names_at_both_ends_of_a_packet() -> None:
    """A frame begins with the MAC address of whom it is for."""
    frame = ethernet(b"", 0x88B5, target=MAC)
    assert NAMES.packet(EvidencePacket("c", 1, 1, 1, frame, len(frame), (), ())).data[:6] == b"\2\0\0\0\0\2"


def test_devices_without_mac_name_or_address() -> None:
    """Each has a pseudonym for what it has: by its own number, by the count of addresses of each version."""
    names = Pseudonyms(
        [
            {"record": "finding", "id": "192.0.2.1"},
            {"record": "device", "id": "192.0.2.5", "mac": None, "addresses": ["2001:db8::5"], "hostname": None},
            {"record": "device", "id": "no-address", "mac": None, "addresses": [], "hostname": "Cellar"},
            {"record": "device", "id": "02:00:00:00:00:0a", "mac": None, "addresses": [], "hostname": "garden"},
        ]
    )
    said = "192.0.2.1 192.0.2.5 2001:db8::5 CELLAR garden 02:00:00:00:00:0A x02-00-00-00-00-0ax 0200000000ab"
    assert names.text(said) == (
        "192.0.2.1 10.0.0.1 fd00::1 device-2 device-3 02:00:00:00:00:03 x02-00-00-00-00-03x 0200000000ab"
    )


@pytest.mark.parametrize(("name", "covered"), [("tv", False), ("cam", True)])
def test_how_short_a_name_is_covered_in_packets(name: str, covered: bool) -> None:
    """One of two letters would cover half of every packet."""
    names = Pseudonyms([device("ec:71:db:1c:44:02", "192.168.1.10", name)])
    frame = ethernet(ip4(udp(b"I am " + name.encode()), 17, "192.0.2.1", "192.0.2.2"))
    shown = names.packet(EvidencePacket("c", 1, 1, 1, frame, len(frame), (), ())).data
    assert (name.encode() in shown) is not covered


def test_each_device_and_each_version_is_counted() -> None:
    """Numbers follow the devices' order; a second address of a device is the next one."""
    names = Pseudonyms(
        [
            {
                **device("00:11:32:7d:02:41", "192.168.1.1", None),
                "addresses": ["192.168.1.1", "192.168.1.2", "fe80::5"],
            },
            {**device("ec:71:db:1c:44:02", "192.168.1.3", None), "addresses": ["fe80::6", "192.168.1.3", "no address"]},
        ]
    )
    told = ["192.168.1.1", "192.168.1.2", "fe80::5", "192.168.1.3", "fe80::6", "no address", "8.8.8.8"]
    assert names.text(told) == ["10.0.0.1", "10.0.0.2", "fd00::1", "10.0.0.3", "fd00::2", "no address", "8.8.8.8"]
    assert names.text({"192.168.1.3": ("ec:71:db:1c:44:02", None, 7)}) == {"10.0.0.3": ["02:00:00:00:00:02", None, 7]}


@pytest.mark.parametrize(
    "text",
    [
        b"10.1.168.192.in-addr.arpa", b"\x0210\x011\x03168\x03192", b"192.168.1.10", b"ec71db1c4402",
        b"EC-71-DB-1C-44-02", b"fe80::1", b"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.e.f",
        b"\x01".join(b"10000000000000000000000000000"[i : i + 1] for i in range(29)) + b"\x018\x01e\x01f",
    ],
)  # fmt: skip
def test_all_spellings_in_packets(text: bytes) -> None:
    frame = ethernet(ip4(udp(b"<" + text + b">"), 17, "192.0.2.1", "192.0.2.2"))
    shown = NAMES.packet(EvidencePacket("c", 1, 1, 1, frame, len(frame), (), ())).data
    assert text not in shown and b"<" in shown and b">" in shown


def test_an_address_is_no_part_of_a_longer_one() -> None:
    for text in (
        "192.168.1.10.5",
        "1192.168.1.10",
        "x192.168.1.10",
        "192.168.1.10x",
        "fe80::1a",
        "fe80::1:2",
        "fe80::1:a:b",
        "ec:71:db:1c:44:02:80",
    ):
        assert NAMES.text(text) == text
    assert NAMES.text("at 192.168.1.10:80, (fe80::1) and 192.168.1.10.") == "at 10.0.0.2:80, (fd00::1) and 10.0.0.2."
    assert NAMES.text("[fe80::1]:80, fe80::1: up, fe80::1%eth0") == "[fd00::1]:80, fd00::1: up, fd00::1%eth0"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("192.168.1.10", "10.0.0.1"), ("192.168.1.10:80", "10.0.0.1:80"), ("192.168.1.10.", "10.0.0.1."),
        ("192.168.1.101", None),
        ("1.192.168.1.10", None), ("192.168.1.10.5", None), ("fe80::7", "fd00::1"), ("[fe80::7]:80", "[fd00::1]:80"),
        ("fe80::7:2", None),
        ("1:fe80::7", None), ("FE80::7", "fd00::1"), ("fe80::71", None),
    ],
)  # fmt: skip
def test_an_address_is_replaced_where_it_is_whole(text: str, shown: str | None) -> None:
    names = Pseudonyms(
        [{**device("ec:71:db:1c:44:02", "192.168.1.10", None), "addresses": ["192.168.1.10", "fe80::7"]}]
    )
    replaced = names.text(f"at {text} now")
    if shown is None:
        assert replaced == f"at {text} now"
    else:
        assert "192.168" not in replaced and "fe80" not in replaced.lower() and replaced != f"at {text} now"
        assert (":80" in replaced) is (":80" in text) and replaced.startswith("at ") and replaced.endswith(" now")


@pytest.mark.parametrize(
    "written",
    [
        # Of RFC 1035 3.5 and RFC 3596 2.5: labels with dots, or with their lengths, as on the wire.
        b"10.1.168.192.in-addr.arpa", b"\x0210\x011\x03168\x03192\x07in-addr\x04arpa",
        b"7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.e.f.ip6.arpa",
        b"\x017" + b"\x010" * 28 + b"\x018\x01e\x01f\x03ip6", b"ec71db1c4402", b"EC-71-DB-1C-44-02",
        b"ec:71:db:1c:44:02",
        b"192.168.1.10", b"fe80::7", b"\xec\x71\xdb\x1c\x44\x02", b"\xc0\xa8\x01\x0a",
    ],
)  # fmt: skip
def test_no_way_to_write_an_address_is_left_in_a_packet(written: bytes) -> None:
    names = Pseudonyms(
        [{**device("ec:71:db:1c:44:02", "192.168.1.10", None), "addresses": ["192.168.1.10", "fe80::7"]}]
    )
    frame = ethernet(ip4(udp(b"<" + written + b">"), 17))
    packet = names.packet(EvidencePacket("c", 1, 1, 1, frame, len(frame)))
    assert len(packet.data) == len(frame)
    core = written.removesuffix(b"in-addr.arpa").removesuffix(b".ip6.arpa").lstrip(b"\x01\x02")[:20]
    assert b"<" in packet.data and core not in packet.data
