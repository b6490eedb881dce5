"""Starts, update checks over real TLS and DHCP clients of known versions, from packets to verdicts."""

from __future__ import annotations

import ssl
import struct
from collections.abc import Iterator

import pytest
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from sensor.export.records import records
from tests.conversation import C, Script
from tests.decode.wire import ACK, FIN, PSH, SYN, ethernet, ip4, tcp
from tests.protocols import tls_bytes
from tests.replaying import read_bytes

PLUG, ROUTER = "192.168.50.20", "203.0.113.7"
MACS = bytes.fromhex("50c7bf005302"), bytes.fromhex("02005e100001")
TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def discover(client: str) -> bytes:
    options = [("message-type", "discover"), ("vendor_class_id", client.encode()), ("hostname", "plug"), "end"]
    packet = Ether(src="50:c7:bf:00:53:02", dst="ff:ff:ff:ff:ff:ff") / IP(src="0.0.0.0", dst="255.255.255.255")
    packet = packet / UDP(sport=68, dport=67) / BOOTP(chaddr=MACS[0], xid=7) / DHCP(options=options)
    return bytes(packet)


def stream(script: Script) -> Iterator[bytes]:
    """A TCP connection of the plug to a server on the internet."""
    sent = [1000, 5000]

    def segment(side: int, data: bytes, flags: int) -> bytes:
        ports = (41234, 443) if side == 0 else (443, 41234)
        ends = (PLUG, ROUTER) if side == 0 else (ROUTER, PLUG)
        made = tcp(data, *ports, sent[side], flags, ack=sent[1 - side] if flags & ACK else 0)
        sent[side] += len(data) + bool(flags & (SYN | FIN))
        return ethernet(ip4(made, 6, *ends), 0x0800, MACS[side], MACS[1 - side])

    yield from (segment(0, b"", SYN), segment(1, b"", SYN | ACK), segment(0, b"", ACK))
    for side, data in script:
        for at in range(0, len(data), 1400):
            yield segment(0 if side is C else 1, data[at : at + 1400], ACK | PSH)
    yield from (segment(0, b"", FIN | ACK), segment(1, b"", FIN | ACK))


def updates(*frames: bytes) -> tuple[dict[str, str], list[dict[str, object]]]:
    """What is said of the plug's updates: statuses by provision (the verdict's by ""), details of findings."""
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    for number, frame in enumerate(frames):
        data += struct.pack("<IIII", 1_700_000_000 + number, 0, len(frame), len(frame)) + frame
    found = list(records(read_bytes(data)))
    statuses = {
        one["provision"]["v3.1.3"]: one["status"]
        for one in found
        if one["record"] == "provision" and one["capability"] == "software_updates" and one["device"][:8] == "50:c7:bf"
    }
    statuses[""] = next(
        one["status"] for one in found if one["record"] == "verdict" and one["capability"] == "software_updates"
    )
    return statuses, [one["detail"] for one in found if one["record"] == "finding" and one["rule"][:7] == "update."]


@pytest.fixture
def asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_bytes, "HOST", "ota.plugs.example")


@pytest.mark.usefixtures("asks")
def test_a_check_over_tls_after_a_start_is_a_sign() -> None:
    statuses, (check,) = updates(discover("udhcp 1.36.1"), *stream(tls_bytes.talk(TLS_1_3)))
    assert (check["host"], check["channel"], check["after_start"], check["starts"]) == (
        "ota.plugs.example", "hidden", True, 1,
    )  # fmt: skip
    assert {statuses[name] for name in ("5.3-2", "5.3-4A", "5.3-5", "5.3-7", "5.3-10", "")} == {"sign_seen"}


@pytest.mark.usefixtures("asks")
def test_a_certificate_that_proves_nobody_is_no_secure_way() -> None:
    statuses, (check,) = updates(*stream(tls_bytes.talk(TLS_1_2)))
    assert (check["channel"], check["after_start"]) == ("unproven", False)
    assert (statuses["5.3-2"], statuses["5.3-5"], statuses[""]) == (
        "insufficient_evidence", "sign_seen", "insufficient_evidence",
    )  # fmt: skip


@pytest.mark.usefixtures("asks")
def test_a_client_that_refuses_has_checked_nothing_over_that_channel() -> None:
    _, (check,) = updates(*stream(tls_bytes.talk(TLS_1_2, trusting=False)))
    assert check["channel"] is None


def test_another_name_is_no_check() -> None:
    statuses, found = updates(discover("udhcp 1.36.1"), *stream(tls_bytes.talk(TLS_1_3)))
    assert found == [] and statuses[""] == "insufficient_evidence"


def test_a_dhcp_client_with_a_known_flaw_is_a_concern() -> None:
    statuses, (component,) = updates(discover("udhcp 1.19.4"), *stream(tls_bytes.talk(TLS_1_3)))
    assert (component["cve"], component["version"]) == ("CVE-2018-20679", "1.19.4")
    assert (statuses["5.3-8"], statuses[""]) == ("concern", "concern")
