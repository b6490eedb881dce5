"""What the pipeline ties together: announced flows, neighbours without ports, listeners, losses."""

from __future__ import annotations

from tests.replaying import PCAPS, address, of, replayed
from tests.test_run import ethernet, pcap, read_bytes

CAMERA, PHONE = b"\x00\x11\x32\0\0\1", b"\x00\x11\x32\0\0\2"


def arp(sender: bytes, sender_ip: bytes, target_ip: bytes) -> bytes:
    return b"\0\1\x08\0\6\4\0\1" + sender + sender_ip + bytes(6) + target_ip


def test_ftp_data_is_told_by_its_announcement() -> None:
    flows = of(replayed(PCAPS / "ftp_login" / "capture.pcap"), "finding", "transfer.unencrypted")
    assert any(finding["protocol"] == "ftp" for finding in flows)


def test_neighbours_bind_addresses() -> None:
    frames = [ethernet(CAMERA, b"\xff" * 6, arp(CAMERA, b"\xc0\xa8\1\5", b"\xc0\xa8\1\6"), 0x0806)]
    frames += [ethernet(PHONE, CAMERA, arp(PHONE, b"\xc0\xa8\1\6", b"\xc0\xa8\1\5"), 0x0806)] * 3
    found = {device.mac: device.addresses for device in read_bytes(pcap(frames)).devices}
    assert found.get("00:11:32:00:00:01", ("192.168.1.5",)) == ("192.168.1.5",)


def test_every_finding_names_packets_of_the_capture() -> None:
    found = replayed(PCAPS / "home" / "capture.pcapng")
    (capture,) = of(found, "capture")
    for finding in of(found, "finding"):
        frames = [frame for evidence in finding["evidence"] for frame in evidence["frames"]]
        assert frames and all(1 <= frame <= capture["packets"] for frame in frames)


def test_findings_stand_between_the_ends_they_name() -> None:
    devices = {d["id"]: set(d["addresses"]) for d in of(replayed(PCAPS / "home" / "capture.pcapng"), "device")}
    for finding in of(replayed(PCAPS / "home" / "capture.pcapng"), "finding"):
        if finding["device"]:
            end = finding["server"] if finding["role"] == "server" else finding["client"]
            # A device that asks for an address has none yet (RFC 2131 4.1).
            assert address(end) in devices[finding["device"]] | {"0.0.0.0", "::"}


def test_a_later_flow_of_nothing_but_repeats_is_known_for_what_it_is() -> None:
    """minidlna announces itself every few minutes in the same words (pcaps/home); the decoder only counts the second round."""
    verdicts = of(replayed(PCAPS / "home" / "capture.pcapng"), "verdict")
    assert verdicts and not [v for v in verdicts if "udp/1900" in v["coverage"]["no_parser"]]
