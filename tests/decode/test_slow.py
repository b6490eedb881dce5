"""Tunnels, PPP, MPLS and 802.11, each built after its RFC or standard: what is inside is read, what is not is named."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

import pytest

from sensor.capture import links
from sensor.decode import slow
from sensor.decode._inside import NOT_READ
from sensor.decode.engine import _ETHERTYPE_NAMES, _PROTOCOL_NAMES, DATAGRAM, HOST, LINK, PACKET, SEGMENT
from tests.decode.wire import A, B, C, ethernet, ip, ip4, ip6, run, tcp, udp

INSIDE = ip4(udp(b"inside", 7, 9999), 17, "192.0.2.77", "198.51.100.1")
INSIDE6 = ip6(udp(b"inside", 7, 9999), 17)
FRAME = ethernet(INSIDE, source=C)


def vxlan(frame: bytes, flags: bytes = b"\x08\0\0\0", rest: bytes = b"\0\0\7\0") -> bytes:
    return ip4(udp(flags + rest + frame, 50000, 4789), 17)


def gtp(inside: bytes, flags: int = 0x30, more: bytes = b"", kind: int = 255, wrong: int = 0) -> bytes:
    """3GPP TS 29.281, 5.1: flags, type, length of what follows the 8 bytes, tunnel; sequence and the like
    in ``more``.
    """
    body = more + inside
    return ip4(udp(struct.pack("!BBHI", flags, kind, len(body) + wrong, 7) + body, 2152, 2152), 17)


def ppp(protocol: int, data: bytes) -> bytes:
    return protocol.to_bytes(2, "big") + data


def pppoe(data: bytes, code: int = 0, form: int = 0x11) -> bytes:
    return struct.pack("!BBHH", form, code, 7, len(data)) + data


def wlan(flags: int, body: bytes, control: int = 0x08, addresses: bytes = b"", sequence: int = 0) -> bytes:
    """IEEE 802.11-2020, 9.2.3: frame control, duration, three addresses, sequence control, (fourth address), body."""
    return bytes([control, flags, 0, 0]) + addresses + struct.pack("<H", sequence) + body


def l2tp(frame: bytes) -> bytes:
    """RFC 2661, 3.1: length, tunnel and session, sequence numbers, offset and its padding."""
    body = b"\0\1\0\2" + bytes(4) + b"\0\2xx" + frame
    return b"\x4a\2" + (4 + len(body)).to_bytes(2, "big") + body


SNAP = b"\xaa\xaa\x03\0\0\0\x08\0"
BSSID = bytes.fromhex("020000000099")
PASS_LINKS = {0, 1, 12, 14, 101, 108, 113, 228, 229, 276}

READ: dict[str, tuple[int, bytes]] = {
    "IP in IP": (1, ethernet(ip4(INSIDE, 4))),
    "6in4": (1, ethernet(ip4(INSIDE6, 41))),
    "4in6": (1, ethernet(ip6(INSIDE, 4), 0x86DD)),
    "GRE of IP": (1, ethernet(ip4(b"\0\0\x08\0" + INSIDE, 47))),
    "GRE with checksum, key and sequence": (1, ethernet(ip4(b"\xb0\0\x86\xdd" + bytes(12) + INSIDE6, 47))),
    "GRE of Ethernet": (1, ethernet(ip4(b"\x20\0\x65\x58" + bytes(4) + FRAME, 47))),
    "GRE of MPLS": (1, ethernet(ip4(b"\0\0\x88\x47" + b"\0\1\1\x40" + INSIDE, 47))),
    "PPTP": (1,
        ethernet(ip4(b"\x30\x81\x88\x0b" + struct.pack("!HHII", len(INSIDE) + 4, 1, 1, 1) + b"\xff\x03\0\x21" + INSIDE,
            47))),
    "GRE of RouterOS (EoIP)": (1,
        ethernet(ip4(b"\x20\1\x64\0" + struct.pack("!H", len(FRAME)) + b"\7\0" + FRAME, 47))),
    "AH around UDP": (1, ethernet(ip4(b"\x11\4\0\0" + bytes(20) + udp(b"inside", 7, 9999), 51, "192.0.2.77",
        "198.51.100.1"))),
    "AH around IP in IP": (1, ethernet(ip4(b"\4\4\0\0" + bytes(20) + INSIDE, 51))),
    "GUE of IP": (1, ethernet(ip4(udp(b"\1\4\0\0" + bytes(4) + INSIDE, 50000, 6080), 17))),
    "GUE that is IP": (1, ethernet(ip4(udp(INSIDE, 50000, 6080), 17))),
    "HP's mirror over UDP": (1, ethernet(ip4(udp(bytes(12) + FRAME, 50000, 7932), 17))),
    "TZSP as a link": (128, b"\1\0\0\1\1" + FRAME),
    "Juniper's monitor": (178, b"MGC\1" + FRAME),
    "Juniper's monitor with extensions": (178, b"MGC\x81\0\5abcde" + FRAME),
    "Juniper's monitor without a link": (178, b"MGC\x82\0\0\2\0\0\0" + INSIDE),
    "Realtek's tag of 4": (1, ethernet(b"\xa0\1\x08\0" + INSIDE, 0x8899)),
    "Realtek's tag of 8": (1, ethernet(b"\4" + bytes(5) + b"\x08\0" + INSIDE, 0x8899)),
    "a conduit port's VLAN tag": (1, ethernet(b"\0\7\x08\0" + INSIDE, 0xDADB)),
    "Renesas' tag": (1, ethernet(bytes(6) + b"\x08\0" + INSIDE, 0xE001)),
    "ERSPAN I": (1, ethernet(ip4(b"\0\0\x88\xbe" + FRAME, 47))),
    "ERSPAN II": (1, ethernet(ip4(b"\x10\0\x88\xbe" + bytes(4) + bytes(8) + FRAME, 47))),
    "ERSPAN III": (1, ethernet(ip4(b"\x10\0\x22\xeb" + bytes(4) + bytes(11) + b"\1" + bytes(8) + FRAME, 47))),
    "token ring": (6, b"\x10\x40" + B + C + SNAP + INSIDE),
    "token ring with a route": (6,
        b"\x10\x40" + B + bytes([C[0] | 0x80]) + C[1:] + b"\x06\x30\1\2\1\3" + SNAP + INSIDE),
    "FDDI": (10, b"\x50" + B + C + SNAP + INSIDE),
    "ATM, routed": (100, SNAP + INSIDE),
    "ATM, bridged": (100, b"\xaa\xaa\x03\0\x80\xc2\0\7\0\0" + FRAME),
    "frame relay": (107, b"\x18\x41\x03\xcc" + INSIDE),
    "frame relay of SNAP": (107, b"\x18\x41\x03\0\x80\0\0\0\x08\0" + INSIDE),
    "frame relay as Cisco frames it": (107, b"\x18\x41\x08\0" + INSIDE),
    "SLIP": (8, bytes(16) + INSIDE),
    "VXLAN": (1, ethernet(vxlan(FRAME))),
    "VXLAN three deep": (1, ethernet(vxlan(ethernet(vxlan(ethernet(vxlan(FRAME))))))),
    "VXLAN on Linux's first port": (1, ethernet(ip4(udp(b"\x08\0\0\0\0\0\7\0" + FRAME, 50000, 8472), 17))),
    "Geneve of Ethernet": (1, ethernet(ip4(udp(b"\0\0\x65\x58\0\0\7\0" + FRAME, 50000, 6081), 17))),
    "Geneve of IP with an option": (1,
        ethernet(ip4(udp(b"\2\x40\x08\0\0\0\7\0" + bytes(8) + INSIDE, 50000, 6081), 17))),
    "GRE in UDP": (1, ethernet(ip4(udp(b"\0\0\x08\0" + INSIDE, 50000, 4754), 17))),
    "GRE in UDP, Ethernet with a key": (1, ethernet(ip4(udp(b"\x20\0\x65\x58" + bytes(4) + FRAME, 50000, 4754), 17))),
    "MPLS in UDP": (1, ethernet(ip4(udp(b"\0\1\0\x40\0\2\1\x40" + INSIDE, 50000, 6635), 17))),
    "MPLS in UDP, over IPv6": (1, ethernet(ip6(udp(b"\0\1\1\x40" + INSIDE6, 50000, 6635), 17), 0x86DD)),
    "VXLAN-GPE of IP": (1, ethernet(ip4(udp(b"\x0c\0\0\1\0\0\7\0" + INSIDE, 50000, 4790), 17))),
    "VXLAN-GPE of Ethernet": (1, ethernet(ip4(udp(b"\x0c\0\0\3\0\0\7\0" + FRAME, 50000, 4790), 17))),
    "VXLAN-GPE of NSH": (
        1, ethernet(ip4(udp(b"\x0c\0\0\4\0\0\7\0" + b"\x0f\xc2\2\1" + bytes(4) + INSIDE, 50000, 4790), 17)),
    ),
    "VXLAN with a group policy": (1, ethernet(ip4(udp(b"\x88\x08\0\5\0\0\7\0" + FRAME, 50000, 4789), 17))),
    "CAPWAP of 802.3": (1, ethernet(ip4(udp(b"\0\x10\2\0\0\0\0\0" + FRAME, 50000, 5247), 17))),
    "CAPWAP of 802.11": (
        1, ethernet(ip4(udp(
            b"\0\x10\3\0\0\0\0\0" + wlan(1, SNAP + INSIDE, addresses=BSSID + C + B), 50000, 5247), 17)),
    ),
    "CAPWAP back, of 802.11 as Cisco sends it, with wireless information": (
        1, ethernet(ip4(udp(
            b"\0\x20\3\x20\0\0\0\0\4\0\0\0\0\0\0\0" + b"\2\x08" + wlan(2, SNAP + INSIDE, addresses=B + BSSID + C)[2:],
            5247, 50000), 17)),
    ),
    "AYIYA": (1, ethernet(ip4(udp(b"\x44\x52\x11\x29" + bytes(4) + bytes(16) + bytes(20) + INSIDE6, 5072, 5072), 17))),
    "LISP": (1, ethernet(ip4(udp(b"\xc0" + bytes(7) + INSIDE6, 50000, 4341), 17))),
    "NVGRE": (1, ethernet(ip4(b"\x20\0\x65\x58\0\1\2\3" + FRAME, 47))),
    "TZSP": (1, ethernet(ip4(udp(b"\1\0\0\1\0\x0a\1\xc0\1" + FRAME, 50000, 37008), 17))),
    "TZSP of 802.11": (
        1, ethernet(ip4(udp(b"\1\0\0\x12\0\1" + wlan(1, SNAP + INSIDE, addresses=BSSID + C + B), 50000, 37008), 17)),
    ),
    "TZSP to be sent, 802.11 with a check sequence": (
        1,
        ethernet(ip4(udp(
            b"\1\1\0\x12\x0a\1\xc0\1" + wlan(2, b"\0\0" + SNAP + INSIDE + b"FCS!", 0x88, B + BSSID + C), 50000, 37008
        ), 17)),
    ),
    "EtherIP": (1, ethernet(ip4(b"\x30\0" + FRAME, 97))),
    "MACsec, checked only": (1, ethernet(b"\0\0\0\0\0\1\x08\0" + INSIDE + bytes(16), 0x88E5)),
    "MACsec with a channel, IPv6 inside": (1,
        ethernet(b"\x20\0\0\0\0\1" + A + b"\0\1\x86\xdd" + INSIDE6 + bytes(16), 0x88E5)),
    "MACsec of a tagged frame": (1, ethernet(b"\0\0\0\0\0\1\x81\0\0\7\x08\0" + INSIDE + bytes(16), 0x88E5)),
    "MACsec of a short frame": (
        1, ethernet(b"\0" + bytes([len(INSIDE) + 2]) + b"\0\0\0\1\x08\0" + INSIDE + bytes(30), 0x88E5),
    ),
    "Cisco meta data": (1, ethernet(b"\1\1\0\1\0\7\x08\0" + INSIDE, 0x8909)),
    "Cisco meta data with two options, in a VLAN": (
        1, ethernet(b"\1\2\0\1\0\7\0\1\0\x08\x86\xdd" + INSIDE6, 0x8909, tags=[(0x8100, 7)]),
    ),
    "WCCP in GRE": (1, ethernet(ip4(b"\0\0\x88\x3e" + INSIDE, 47))),
    "WCCP in GRE with a redirect header": (1, ethernet(ip4(b"\0\0\x88\x3e\5\x59\0\x48" + INSIDE, 47))),
    "L2TP": (1, ethernet(ip4(udp(b"\0\2\0\1\0\2\xff\x03\0\x21" + INSIDE, 1701, 1701), 17))),
    "L2TP with every field": (1, ethernet(ip4(udp(l2tp(b"\0\x57" + INSIDE6), 40000, 1701), 17))),
    "L2TP back, PPP shortened": (1, ethernet(ip4(udp(b"\0\2\0\1\0\2\x21" + INSIDE, 1701, 40000), 17))),
    "Teredo": (1, ethernet(ip4(udp(INSIDE6, 40000, 3544), 17))),
    "Teredo with an origin": (1, ethernet(ip4(udp(b"\0\0" + bytes(6) + INSIDE6, 3544, 40000), 17))),
    "GTP": (1, ethernet(gtp(INSIDE))),
    "GTP of IPv6 with a sequence number": (1, ethernet(gtp(INSIDE6, 0x32, b"\0\1\0\0"))),
    "GTP with two extension headers": (
        1, ethernet(gtp(INSIDE, 0x34, b"\0\0\0\x85" + b"\1\0\0\xc0" + b"\2\0\0\0\0\0\0\0")),
    ),
    "MPLS": (1, ethernet(b"\0\1\0\x40\0\2\1\x40" + INSIDE, 0x8847)),
    "MPLS pseudowire": (1, ethernet(b"\0\1\1\x40" + bytes(4) + FRAME, 0x8848)),
    "PPPoE": (1, ethernet(pppoe(ppp(0x21, INSIDE)) + b"padding", 0x8864)),
    "PPPoE of IPv6": (1, ethernet(pppoe(ppp(0x57, INSIDE6)), 0x8864)),
    "PPPoE in a VLAN": (1, ethernet(pppoe(ppp(0x21, INSIDE)), 0x8864, tags=[(0x8100, 7)])),
    "PPP": (9, ppp(0x21, INSIDE)),
    "PPP with address and control": (9, b"\xff\x03" + ppp(0x57, INSIDE6)),
    "PPP with a short protocol": (9, b"\xff\x03\x21" + INSIDE),
    "PPP in HDLC": (50, b"\xff\x03" + ppp(0x21, INSIDE)),
    "Cisco HDLC among PPP": (50, b"\x0f\0\x08\0" + INSIDE),
    "Cisco HDLC": (104, b"\x0f\0\x86\xdd" + INSIDE6),
    "PPPoE as a link": (51, pppoe(ppp(0x21, INSIDE))),
    "pppd": (166, b"\x01\x03" + ppp(0x21, INSIDE)),
    "PPP with direction": (204, b"\x01\xff\x03" + ppp(0x21, INSIDE)),
    "802.11 to the access point": (105, wlan(1, SNAP + INSIDE, addresses=BSSID + C + B)),
    "802.11 from the access point": (105, wlan(2, SNAP + INSIDE, addresses=B + BSSID + C)),
    "802.11 without one": (105, wlan(0, SNAP + INSIDE, addresses=B + C + BSSID)),
    "802.11 between two": (105, wlan(3, C + SNAP + INSIDE, addresses=BSSID + BSSID + B)),
    "802.11 QoS": (105, wlan(1, b"\0\0" + SNAP + INSIDE, 0x88, BSSID + C + B)),
    "802.11 aggregated": (105, wlan(1, b"\x80\0" + B + C + struct.pack("!H", 8 + len(INSIDE)) + SNAP + INSIDE, 0x88,
        BSSID + C + B)),
    "802.11 with a check sequence": (105, (lambda frame: frame + zlib.crc32(frame).to_bytes(4, "little"))(
        wlan(1, SNAP + INSIDE, addresses=BSSID + C + B))),
    "802.11 QoS with HT control": (105, wlan(0x81, b"\0\0" + bytes(4) + SNAP + INSIDE, 0x88, BSSID + C + B)),
    "radiotap": (127, struct.pack("<BBHI", 0, 0, 8, 0) + wlan(1, SNAP + INSIDE, addresses=BSSID + C + B)),
    "radiotap with time and padding": (
        127,
        struct.pack("<BBHIQB", 0, 0, 17, 3, 1, 0x20) + wlan(1, b"\0\0" + b"\0\0" + SNAP + INSIDE, 0x88, BSSID + C + B),
    ),
    "radiotap with two presence words": (
        127, struct.pack("<BBHIIB", 0, 0, 13, 0x80000002, 0, 0) + wlan(1, SNAP + INSIDE, addresses=BSSID + C + B),
    ),
    "Prism": (119, struct.pack("<II", 0x44, 144) + bytes(136) + wlan(1, SNAP + INSIDE, addresses=BSSID + C + B)),
    "AVS": (163, struct.pack("!II", 0x80211001, 64) + bytes(56) + wlan(1, SNAP + INSIDE, addresses=BSSID + C + B)),
    "PPI of 802.11": (192,
        struct.pack("<BBHI", 0, 0, 12, 105) + bytes(4) + wlan(1, SNAP + INSIDE, addresses=BSSID + C + B)),
    "PPI of Ethernet": (192, struct.pack("<BBHI", 0, 0, 8, 1) + FRAME),
    "nflog": (239,
        b"\2\0\0\0" + struct.pack("<HH", 5, 10) + b"x\0\0\0" + struct.pack("<HH", 4 + len(INSIDE), 9) + INSIDE),
    "nflog, big-endian": (239, b"\2\0\0\0" + struct.pack(">HH", 4 + len(INSIDE), 9) + INSIDE),
    "pflog": (117, bytes([61, 2]) + bytes(62) + INSIDE),
    "OpenBSD's IPsec": (109, bytes(12) + INSIDE),
    "SunATM, routed": (123, b"\2\0\0\x20" + SNAP + INSIDE),
    "SunATM, LAN emulation": (123, b"\1\0\0\x20\0\7" + FRAME),
    "IP over FireWire": (138, bytes(16) + b"\x08\0" + INSIDE),
    "ERF of Ethernet": (197, bytes(8) + b"\2\4" + bytes(6) + bytes(2) + FRAME),
    "ERF with two extension headers": (197,
        bytes(8) + b"\x82\4" + bytes(6) + b"\x83" + bytes(7) + b"\4" + bytes(7) + bytes(2) + FRAME),
    "ERF of IP": (197, bytes(8) + b"\x16\4" + bytes(6) + INSIDE),
    "Cisco HDLC with direction": (205, b"\1\x0f\0\x08\0" + INSIDE),
    "frame relay with direction": (206, b"\1\x18\x41\x03\xcc" + INSIDE),
    "MPLS as a link": (219, b"\0\1\1\x40" + INSIDE),
    "Solaris ipnet": (226, b"\1\2" + bytes(22) + INSIDE),
    "netANALYZER": (240, bytes(4) + FRAME + b"FCS!"),
    "netANALYZER with preamble": (241, bytes(4) + b"\x55" * 7 + b"\xd5" + FRAME),
    "IP over Infiniband": (242, bytes(40) + b"\x86\xdd\0\0" + INSIDE6),
    "EPON": (259, bytes(8) + FRAME),
    "mPacket": (274, b"\x55" * 7 + b"\xd5" + FRAME),
    "Broadcom's tag": (281, FRAME[:12] + b"\0\0\0\1" + FRAME[12:]),
    "Broadcom's tag in front": (282, b"\0\0\0\1" + FRAME),
    "Marvell's tag": (284, FRAME[:12] + b"\xc0\0\0\0" + FRAME[12:]),
    "Marvell's tag with ethertype": (285, FRAME[:12] + b"\xda\xda\0\0\xc0\0\0\0" + FRAME[12:]),
    "Marvell's tag with ethertype, as Ethernet": (1, ethernet(b"\0\0\xc0\0\0\0\x08\0" + INSIDE, 0xDADA)),
    "VN-Tag": (1, ethernet(b"\0\1\0\2\x08\0" + INSIDE, 0x8926)),
    "HSR": (1, ethernet(b"\0\x40\0\1\x08\0" + INSIDE, 0x892F)),
    "R-Tag": (1, ethernet(b"\0\0\0\1\x86\xdd" + INSIDE6, 0xF1C1)),
    "VLAN under 0x9200": (1, ethernet(b"\0\7\x08\0" + INSIDE, 0x9200)),
    "VLAN under 0x9300": (1, ethernet(b"\0\7\x08\0" + INSIDE, 0x9300)),
    "FabricPath": (1, ethernet(b"\0\x60" + FRAME, 0x8903)),
    "provider backbone bridge": (1, ethernet(b"\0\0\0\7" + FRAME, 0x88E7)),
    "NSH of Ethernet": (1, ethernet(b"\x0f\xc6\1\3" + bytes(20) + FRAME, 0x894F)),
    "NSH of IPv4": (1, ethernet(b"\x0f\xc2\2\1" + bytes(4) + INSIDE, 0x894F)),
    "TRILL with options": (1, ethernet(b"\0\x45\0\1\0\2" + bytes(4) + FRAME, 0x22F3)),
    "IP in IP, KA9Q": (1, ethernet(ip4(INSIDE, 94))),
    "Ethernet in IP": (1, ethernet(ip6(FRAME, 143), 0x86DD)),
    "PKTAP under a number for own use": (149, struct.pack("<III", 108, 1, 1) + bytes(96) + FRAME),
    "PKTAP under a number for own use, raw IP": (149, struct.pack("<III", 120, 1, 12) + bytes(108) + INSIDE),
    "PKTAP": (258, struct.pack("<III", 108, 1, 1) + bytes(96) + FRAME),
}  # fmt: skip


TUNNEL = re.compile("^(?:IP in|6in4|4in6|GRE|PPTP|WCCP|L2TP|Teredo|GTP|AYIYA|LISP|MPLS in UDP|Geneve of IP)")
INSIDE_SOURCE = (ip("192.0.2.77"), ip("fe80::10"))


@pytest.mark.parametrize("name", READ)
def test_what_is_inside_is_read(name: str) -> None:
    link, data = READ[name]
    ran = run([data], link)
    assert [(entry[2], entry[-1]) for entry in ran.of(DATAGRAM) if entry[-1] == b"inside"] == [(1, b"inside")]
    assert ran.engine.undecoded == {}
    assert ran.engine.packets == 1
    info = next(info for _, info in ran.ended if info.client_port == 7)
    assert info.server_port == 9999
    if FRAME not in data and TUNNEL.search(name):
        assert info.client_mac == info.server_mac == b""  # the ends of the tunnel sent nothing of it
        assert [entry[3:] for entry in ran.of(HOST)][-1] == (b"", INSIDE_SOURCE[INSIDE6 in data])
    if "802.11" in name:
        assert (info.client_mac, info.server_mac) == (C, B)
        assert [entry[3:] for entry in ran.of(HOST)][-2:] == [(C, b""), (C, ip("192.0.2.77"))]


@pytest.mark.parametrize(
    ("link", "data", "reason"),
    [
        (105, wlan(0x41, b"\1\0\0\x20" + bytes(40), addresses=BSSID + C + B), "802.11 encrypted"),
        (105, wlan(0x41, b"\1\2\3\x00" + bytes(40), addresses=BSSID + C + B), "802.11 encrypted with WEP"),
        (
            127,
            b"\0\0\x09\0\2\0\0\0\x40" + wlan(1, SNAP + INSIDE, addresses=BSSID + C + B),
            "802.11 with a bad check sequence",
        ),
        (105, wlan(0, bytes(40), 0x40, BSSID + C + B), "802.11 management or control"),
        (105, wlan(0, b"", 0xD4, B), "802.11 management or control"),
        (105, wlan(4, SNAP, addresses=BSSID + C + B), "802.11 fragments"),
        (105, wlan(1, SNAP, addresses=BSSID + C + B, sequence=3), "802.11 fragments"),
        (105, b"\x08\x01\0\0", "tunnel or link header cut short"),
        (9, b"\xff\x03\0\xfdcompressed", "PPP compressed"),
        (1, ethernet(ip4(b"\0\1\x12\x34" + bytes(8), 47)), "GRE of version 1 with something other than PPP"),
        (1, ethernet(ip4(udp(b"\2\4" + bytes(40), 4729, 4729), 17)), "GSMTAP"),
        (128, b"\1\0\0\2\1" + FRAME, "TZSP with something other than Ethernet or 802.11"),
        (178, b"MGD\0" + FRAME, "Juniper header malformed"),
        (1, ethernet(ip4(b"\x11\xff\0\0" + bytes(20), 51)), "malformed IPv4 header"),
        (9, b"\0\x53secret", "PPP encrypted"),
        (1, ethernet(pppoe(b"", form=0x21), 0x8864), "PPPoE of an unknown version"),
        (1, ethernet(b"\0\1\0\x40" * 20, 0x8847), "MPLS with too many labels"),
        (1, ethernet(b"\0\1\1\x40\x70", 0x8847), "MPLS with something other than IP"),
        (1, ethernet(ip4(b"\x40\0\x08\0" + bytes(40), 47)), "GRE with source routing or of an unknown version"),
        (1, ethernet(ip4(b"\0\0", 47)), "tunnel or link header cut short"),
        (239, b"\2\0\0\0" + struct.pack("<HH", 3, 9), "nflog without a packet"),
        (1, ethernet(gtp(INSIDE, 0x34, b"\0\0\0\x85" + bytes(4))), "GTP with a malformed extension header"),
        (1, ethernet(gtp(INSIDE, 0x34, b"\0\0\0\x85" + b"\xff\0\0\0")), "tunnel or link header cut short"),
        (1, ethernet(gtp(b"\x10" + bytes(30))), "GTP with something other than IP"),
        (107, b"\x18\x41\x03\xb1" + bytes(20), "frame relay with something other than IP"),
        (10, b"\x41" + bytes(40), "FDDI management"),
        (100, b"\xaa\xaa\x03\0\x80\xc2\0\x0e" + bytes(40), "ATM bridging something other than Ethernet"),
        (
            1,
            ethernet(ip4(udp(b"\1\0\0\1" + b"\x0a\xff" + bytes(20), 50000, 37008), 17)),
            "tunnel or link header cut short",
        ),
        (258, struct.pack("<III", 4000, 1, 1), "PKTAP header malformed"),
        (123, b"\5" + bytes(40), "ATM with something other than LLC"),
        (197, bytes(8) + b"\1\4" + bytes(40), "ERF with something other than Ethernet or IP"),
        (197, bytes(8) + b"\x82" + b"\xff" * 60, "tunnel or link header cut short"),
        (274, b"\x55" * 7 + b"\xe6" + FRAME, "Ethernet frames in parts (mPackets)"),
        (242, bytes(40), "tunnel or link header cut short"),
        (285, FRAME[:20], "tunnel or link header cut short"),
        (1, ethernet(b"\x0f\xc1\2\1" + bytes(40), 0x894F), "tunnel or link header cut short"),
        (1, ethernet(b"\x0f\xc2\2\5" + bytes(40), 0x894F), "NSH with something other than Ethernet or IP"),
        (149, struct.pack("<III", 108, 0, 1) + bytes(200), "link type 149 (user-defined)"),
        (149, FRAME * 4, "link type 149 (user-defined)"),
        (1, ethernet(ip4(b"\x40\0" + FRAME, 97)), "EtherIP of an unknown version"),
        (1, ethernet(b"\x0c\0" + bytes(60), 0x88E5), "MACsec, encrypted"),
        (1, ethernet(b"\x2c\0" + bytes(60), 0x88E5), "MACsec, encrypted"),
        (1, ethernet(b"\x04\0" + bytes(60), 0x88E5), "MACsec, encrypted"),
        (1, ethernet(b"\x80\0" + bytes(60), 0x88E5), "MACsec of an unknown version"),
        (1, ethernet(b"\0\0\0\0\0\1\x08", 0x88E5), "tunnel or link header cut short"),
        (1, ethernet(b"\2\1\0\1\0\7\x08\0" + INSIDE, 0x8909), "Cisco meta data of an unknown version"),
        (1, ethernet(b"\1\xff\0\1\0\7\x08\0" + INSIDE, 0x8909), "tunnel or link header cut short"),
        (1, ethernet(ip4(b"\0\0\x88\x3e", 47)), "tunnel or link header cut short"),
        (1, ethernet(ip4(udp(b"\0\0\0\5\0\0\0\1" + bytes(20), 50000, 6343), 17)), "sFlow samples"),
        (1, ethernet(ip4(udp(b"\1\0\0\0\x17\xfe\xfd" + bytes(40), 50000, 5247), 17)), "CAPWAP, encrypted by DTLS"),
        (
            1,
            ethernet(ip4(udp(b"\1\0\0\0\x16\xfe\xff" + bytes(40), 5246, 50000), 17)),
            "CAPWAP control, encrypted by DTLS",
        ),
        (1, ethernet(ip4(udp(b"\0\x10\2\0\0\0\0\0" + bytes(40), 50000, 5246), 17)), "CAPWAP control"),
        (1, ethernet(ip4(udp(b"\0\x10\2\x80\0\0\0\0" + bytes(40), 50000, 5247), 17)), "CAPWAP fragments"),
        (1, ethernet(ip4(udp(b"\0\x10\2\x08\0\0\0\0" + bytes(40), 50000, 5247), 17)), "CAPWAP keep-alive"),
        (
            1,
            ethernet(ip4(udp(b"\0\x10\5\0\0\0\0\0" + bytes(40), 50000, 5247), 17)),
            "CAPWAP with something other than 802.11",
        ),
        (
            1,
            ethernet(ip4(udp(b"\x0d\0\0\1\0\0\7\0" + INSIDE, 50000, 4790), 17)),
            "VXLAN-GPE, the tunnel's own messages",
        ),
        (
            1,
            ethernet(ip4(udp(b"\x44\x52\x11\x29" + bytes(80), 5072, 5072), 17)),
            "AYIYA with something other than IP",
        ),
        (1, ethernet(ip4(udp(b"\xf4\xf2\x11\x29" + bytes(80), 5072, 5072), 17)), "tunnel or link header cut short"),
    ],
)
def test_what_is_not_read_is_named(link: int, data: bytes, reason: str) -> None:
    assert run([data], link).engine.undecoded == {reason: 1}


@pytest.mark.parametrize("every", [False, True])
def test_what_is_inside_is_not_counted_twice(every: bool) -> None:
    """RFC 2661, 3.1: a control message of 12 bytes, then a packet of the user's in the same UDP conversation."""
    control = b"\xc8\2\0\x0c" + bytes(8)
    packets = [ethernet(ip4(udp(data, 1701, 1701), 17)) for data in (control, b"\0\2\0\1\0\2\x21" + INSIDE)]
    ran = run(packets, report_all_flows=every)
    assert {info.client_port: (sum(info.packets), sum(info.payload)) for _, info in ran.ended} == {
        1701: (1, 12),
        7: (1, 6),
    }
    ran = run(packets[1:], report_all_flows=every)
    assert [info.client_port for _, info in ran.ended] == [7]


def test_nothing_inside_is_no_failure() -> None:
    for link, data in (
        (105, wlan(1, b"", 0x48, BSSID + C + B)),
        (1, ethernet(pppoe(b"", 0xA7), 0x8864)),
        (1, ethernet(ip4(b"\x20\x01\x88\x0b" + bytes(4), 47))),
    ):
        ran = run([data], link)
        assert ran.engine.undecoded == {}
        assert not ran.of(DATAGRAM)


def test_nesting_ends() -> None:
    packet = INSIDE
    for _ in range(6):
        packet = ip4(packet, 4)
    ran = run([packet], 101)
    assert not ran.of(DATAGRAM)
    assert ran.engine.undecoded == {"tunnels nested too deeply": 1}


def test_what_only_looks_like_a_tunnel_is_a_datagram() -> None:
    for data, port in (
        (b"\x40\0\x65\x58\0\0\7\0" + FRAME, 6081),
        (b"\0\0\x88\x47\0\0\7\0" + FRAME, 6081),
        (b"\1\0\0\x13\1" + FRAME, 37008),
        (b"\1\4\0\1\1" + FRAME, 37008),
        (b"\0\0\0\7\0\0\0\1" + bytes(20), 6343),
        (b"\3\4" + bytes(40), 4729),
        (b"\1\x11\0\0" + INSIDE, 6080),
        (b"\x21\4\0\0" + INSIDE, 6080),
        (INSIDE + b"x", 6080),
        (bytes(60), 7932),
        (b"\0\0\x08\6" + INSIDE, 4754),
        (b"\x40\0\x08\0" + INSIDE, 4754),
        (b"\0\1\1\0" + INSIDE, 6635),
        (b"\x08\0\0\1\0\0\7\0" + INSIDE, 4790),
        (b"\x0c\0\0\6\0\0\7\0" + INSIDE, 4790),
        (b"\x88\1\0\5\0\0\7\0" + FRAME, 4789),
        (b"\0\x08\2\0\0\0\0\0" + FRAME, 5247),
        (b"\0\xf8\2\0\0\0\0\0" + INSIDE, 5247),
        (b"\1\0\0\0\x17\3\3" + bytes(40), 5247),
        (b"\x44\x52\x10\x29" + bytes(80), 5072),
        (b"\xc0" + bytes(7) + INSIDE + b"x", 4341),
        (b"\xc0" + bytes(7) + INSIDE6[:-1], 4341),
        (b"\0\0\0\5\0\0\0\3" + bytes(20), 6343),
        (b"\0\2\0\1\0\2\xff\x03\0\x21" + INSIDE + b"x", 1701),
        (b"\0\3\0\1\0\2\xff\x03\0\x21" + INSIDE, 1701),
        (b"\0\2\0\1\0\2\xff\x03\xc0\x23" + bytes(20), 1701),
        (INSIDE, 3544),
        (INSIDE6[:-1], 3544),
        (b"\0\2\x21", 1701),
    ):
        assert len(run([ethernet(ip4(udp(data, 50000, port), 17))]).of(DATAGRAM)) == 1
    for frame in (vxlan(FRAME, b"\x00\0\0\0"), vxlan(FRAME, rest=b"\0\0\7\1"), vxlan(b"short")):
        assert len(run([ethernet(frame)]).of(DATAGRAM)) == 1


def test_what_only_looks_like_gtp_is_a_datagram() -> None:
    for packet in (gtp(INSIDE, wrong=1), gtp(INSIDE, kind=1), gtp(INSIDE, 0x20), gtp(INSIDE, 0x50), gtp(b"E")):
        assert len(run([ethernet(packet)]).of(DATAGRAM)) == 1


def test_ppp_logins_come_up_where_wanted() -> None:
    """RFC 1334, 2.2.1: PAP's Authenticate-Request."""
    pap = b"\x01\x01\x00\x10\x05annie\x05pw123"
    ran = run([ethernet(pppoe(ppp(0xC023, pap)), 0x8864), ppp(0xC023, pap)][:1], ethertypes={slow.PPP_ETHERTYPE})
    assert [entry[3:7] + entry[9:] for entry in ran.of(PACKET)] == [(LINK, 0x880B, A, B, b"\xc0\x23" + pap)]
    assert run([ppp(0xC023, pap)], 9, ethertypes={slow.PPP_ETHERTYPE}).of(PACKET)[0][9] == b"\xc0\x23" + pap


def test_ppp_in_a_tunnel_has_the_tunnels_ends() -> None:
    """RFC 2637, 4.1: PPTP's GRE with a key and a sequence number."""
    pap = b"\xc0\x23\x01\x01\x00\x10\x05annie\x05pw123"
    gre = b"\x30\x01\x88\x0b" + struct.pack("!HHI", len(pap) + 2, 7, 1) + b"\xff\x03" + pap
    for packet, first, second in (
        (ip4(gre, 47), "192.0.2.10", "192.0.2.11"),
        (ip6(gre, 47), "fe80::10", "fe80::11"),
    ):
        ran = run([ethernet(packet, 0x86DD if ":" in first else 0x0800)], ethertypes={slow.PPP_ETHERTYPE})
        assert [entry[3:] for entry in ran.of(PACKET)] == [(LINK, 0x880B, A, B, ip(first), ip(second), pap)]


def test_llc_inside_80211() -> None:
    bpdu = b"\x42\x42\x03" + bytes(35)
    ran = run([wlan(2, bpdu, addresses=b"\x01\x80\xc2\0\0\0" + BSSID + C)], 105, ethertypes={0x14242})
    assert [entry[9] for entry in ran.of(PACKET)] == [bytes(35)]


def test_fragments_inside_a_tunnel() -> None:
    whole = tcp(b"x" * 400)
    parts = [ip4(whole[:208], 6, place=0x2000), ip4(whole[208:], 6, place=26)]
    assert [entry[-1] for entry in run([ethernet(ip4(part, 4)) for part in parts]).of(SEGMENT)] == [b"x" * 400]


def test_a_frame_in_its_links_header_counts_for_its_sender_and_one_in_a_tunnel_does_not() -> None:
    pktap = struct.pack("<III", 108, 1, 1) + bytes(96)
    for link, data in ((258, pktap + FRAME), (192, struct.pack("<BBHI", 0, 0, 8, 258) + pktap + FRAME)):
        assert {(host[0], host[1]): host[4] for host in run([data], link).engine.hosts()} == {
            (C, b""): 1,
            (C, ip("192.0.2.77")): 1,
        }
    counts = {(host[0], host[1]): host[4] for host in run([pktap + ethernet(vxlan(FRAME))], 258).engine.hosts()}
    assert counts == {(A, b""): 1, (A, ip("192.0.2.10")): 1, (C, b""): 0, (C, ip("192.0.2.77")): 0}


@pytest.mark.parametrize("link", sorted(slow.LINKS))
def test_any_cut_of_a_link_header_raises_nothing(link: int) -> None:
    for fill in (b"\0", b"\x45", b"\x82", b"\xff"):
        for size in range(80):
            found = slow.unwrap(slow.LINK, link, fill * size)
            assert found is None or isinstance(found[1], str if found[0] == NOT_READ else bytes)


@pytest.mark.parametrize("kind", [slow.ETHERTYPE, slow.PROTOCOL])
def test_any_cut_of_a_tag_or_tunnel_raises_nothing(kind: int) -> None:
    for code in slow.ETHERTYPES if kind == slow.ETHERTYPE else slow.PROTOCOLS:
        for fill in (b"\0", b"\x45", b"\x82", b"\xff"):
            for size in range(80):
                found = slow.unwrap(kind, code, fill * size)
                assert found is None or isinstance(found[1], str if found[0] == NOT_READ else bytes)


NAMED = [
    *((number, bytes(80), f"link type {number} ({name})") for number,
        name in links.NAMES.items() if number not in PASS_LINKS | {*slow.LINKS}),
    *((1, ethernet(bytes(60), number), name) for number,
        name in _ETHERTYPE_NAMES.items() if number not in slow.ETHERTYPES),
    *((1, ethernet(ip4(bytes(60), number)), name) for number,
        name in _PROTOCOL_NAMES.items() if number not in slow.PROTOCOLS),
]  # fmt: skip


@pytest.mark.parametrize(("link", "data", "reason"), NAMED)
def test_every_number_with_a_name_is_counted_by_it(link: int, data: bytes, reason: str) -> None:
    assert run([data], link).engine.undecoded == {reason: 1}


def test_the_table_of_ports_is_what_is_handed_over() -> None:
    """docs/protocols.md names each port whose datagrams are unwrapped."""
    page = (Path(__file__).parents[2] / "docs" / "protocols.md").read_text("utf-8")
    assert set(slow.PORTS) | {1701, 2152, 3544, 6081, 8472, 37008} == {
        int(number) for number in re.findall(r"^\| UDP port \| (\d+) \|", page, re.MULTILINE)
    }


BODY = bytes(range(1, 90))
MACS = B + A
ETHER = 1
CUT = (NOT_READ, "tunnel or link header cut short")
USER = (NOT_READ, "link type 149 (user-defined)")


@pytest.mark.parametrize(
    ("kind", "code", "data", "inside"),
    [
        # Tags: what stands behind them begins with its ethertype.
        (slow.ETHERTYPE, 0x8926, b"\0\1\0\2\x08\0", (ETHER, MACS + b"\x08\0")),
        (slow.ETHERTYPE, 0x8926, b"\0\1\0\2\x08", CUT),
        (slow.ETHERTYPE, 0xDADA, bytes(6) + b"\x08\0" + BODY, (ETHER, MACS + b"\x08\0" + BODY)),
        (slow.ETHERTYPE, 0xE001, bytes(6) + b"\x08\0" + BODY, (ETHER, MACS + b"\x08\0" + BODY)),
        (slow.ETHERTYPE, 0xDADB, bytes(2) + b"\x08\0" + BODY, (ETHER, MACS + b"\x08\0" + BODY)),
        (slow.ETHERTYPE, 0x8899, b"\xa1\0\x08\0", (ETHER, MACS + b"\x08\0")),
        (slow.ETHERTYPE, 0x8899, b"\4" + bytes(5) + b"\x08\0", (ETHER, MACS + b"\x08\0")),
        (slow.ETHERTYPE, 0x8899, b"\5" + bytes(5) + b"\x08\0", None),  # RRCP
        (slow.ETHERTYPE, 0x8903, b"\0\x60" + BODY, (ETHER, BODY)),
        (slow.ETHERTYPE, 0x8903, b"\0\x60", CUT),
        (slow.ETHERTYPE, 0x88E7, bytes(4) + BODY, (ETHER, BODY)),
        # RFC 8300 2.2: the length counts words of four bytes, eight bytes at least.
        (slow.ETHERTYPE, 0x894F, b"\0\x02\1\3" + bytes(4) + BODY, (ETHER, BODY)),
        (slow.ETHERTYPE, 0x894F, b"\0\x02\1\2" + bytes(4) + BODY, (101, BODY)),
        (slow.ETHERTYPE, 0x894F, b"\0\x01\1\3" + bytes(4) + BODY, CUT),
        (slow.ETHERTYPE, 0x894F, b"\0\x02\1\3" + bytes(4), CUT),
        (slow.ETHERTYPE, 0x894F, b"\0\xc2\1\4" + bytes(4) + BODY,
            (NOT_READ, "NSH with something other than Ethernet or IP")),
        # RFC 6325 3.1: five bits of length.
        (slow.ETHERTYPE, 0x22F3, b"\0\x05\0\1\0\2" + BODY, (ETHER, BODY)),
        (slow.ETHERTYPE, 0x22F3, b"\7\xc0\0\1\0\2" + bytes(124) + BODY, (ETHER, BODY)),
        # RFC 2516 4: the length that is said ends it.
        (slow.ETHERTYPE, 0x8864, b"\x11\0\0\7\0\5\0\x21abcde", (101, b"abc")),
        (slow.ETHERTYPE, 0x8864, b"\x11\1\0\7\0\5\0\x21abcde", None),
        # RFC 3032 2.1: the last label has its bottom bit.
        (slow.ETHERTYPE, 0x8847, b"\0\1\0\x40" * 15 + b"\0\1\1\x40" + b"\x45", (101, b"\x45")),
        (slow.ETHERTYPE, 0x8847, b"\0\1\0\x40" * 16 + b"\0\1\1\x40" + b"\x45", (NOT_READ, "MPLS with too many labels")),
        (slow.ETHERTYPE, 0x8848, b"\0\1\1\x40" + b"\x60abc", (101, b"\x60abc")),
        (slow.ETHERTYPE, 0x8847, b"\0\1\1\x40" + bytes(4) + BODY, (ETHER, BODY)),
        # RFC 2784, 2890: four bytes for each of checksum, key and sequence number.
        (slow.PROTOCOL, 47, b"\x80\0\x08\0" + bytes(4) + BODY, (101, BODY)),
        (slow.PROTOCOL, 47, b"\x20\0\x86\xdd" + bytes(4) + BODY, (101, BODY)),
        (slow.PROTOCOL, 47, b"\x10\0\x08\0" + bytes(4) + BODY, (101, BODY)),
        (slow.PROTOCOL, 47, b"\xb0\0\x65\x58" + bytes(12) + BODY, (ETHER, BODY)),
        (slow.PROTOCOL, 47, b"\0\0\x88\xb5" + BODY, (ETHER, MACS + b"\x88\xb5" + BODY)),
        (slow.PROTOCOL, 47, b"\0\2\x08\0" + BODY, (NOT_READ, "GRE with source routing or of an unknown version")),
        (slow.PROTOCOL, 47, b"\x10\0\x22\xeb" + bytes(4) + bytes(12) + BODY, (ETHER, BODY)),
        (slow.PROTOCOL, 97, b"\x30\0" + BODY, (ETHER, BODY)),
        (slow.PROTOCOL, 4, BODY, (101, BODY)),
        (slow.PROTOCOL, 143, BODY, (ETHER, BODY)),
        (slow.VXLAN, 0, bytes(8) + BODY, (ETHER, BODY)),
        (slow.INSIDE, 0, BODY, (101, BODY)),
        # RFC 1661 2 and RFC 1662 3.1
        (slow.LINK, 9, b"\xff\x03\x00\x21" + BODY, (101, BODY)),
        (slow.LINK, 9, b"\x57" + BODY, (101, BODY)),
        (slow.LINK, 9, b"\xc0\x21" + BODY, (ETHER, MACS + b"\x88\x0b\xc0\x21" + BODY)),
        (slow.LINK, 50, b"\x8f\0\x08\0" + BODY, (ETHER, MACS + b"\x08\0" + BODY)),
        (slow.LINK, 166, b"\0\xff\x03\0\x21" + BODY, (101, BODY)),
        (slow.LINK, 166, b"\0\x03\0\x21" + BODY, (101, BODY)),
        (slow.LINK, 166, b"\0\0\x21" + BODY, (101, BODY)),
        (slow.LINK, 204, b"\0\x21" + BODY, (101, BODY)),
        # IEEE 802.5 and RFC 1042; a frame that is no SNAP keeps its LLC behind its length.
        (slow.LINK, 6, b"\x10\x40" + B + A + SNAP + BODY, (ETHER, B + A + b"\x08\0" + BODY)),
        (slow.LINK, 6, b"\x10\x40" + B + A + b"\x42\x42\3" + BODY, (ETHER, B + A + b"\0\x5c\x42\x42\3" + BODY)),
        (slow.LINK, 6, b"\x10\x40" + B + b"\x82" + A[1:] + b"\x02\0" + SNAP, (ETHER, B + A + b"\x08\0")),
        (slow.LINK, 10, b"\x50" + B + A + b"\xaa\xaa\3\0\0\xf8\x08\0", (ETHER, B + A + b"\x08\0")),
        (slow.LINK, 10, b"\x10" + B + A + SNAP, (NOT_READ, "FDDI management")),
        (slow.LINK, 10, b"\x50" + B + A + b"\x42\x42", CUT),
        # RFC 2684 5.2: a frame with its check sequence (1) or without (7).
        (slow.LINK, 100, b"\xaa\xaa\3\0\x80\xc2\0\1\0\0" + BODY, (ETHER, BODY)),
        (slow.LINK, 123, b"\2\0\0\5" + SNAP + BODY, (ETHER, MACS + b"\x08\0" + BODY)),
        (slow.LINK, 123, b"\x81\0\0\5\0\1" + BODY, (ETHER, BODY)),
        # RFC 2427 3: addresses of two to four bytes.
        (slow.LINK, 107, b"\x18\x40\x40\x41\3\xcc" + BODY, (101, BODY)),
        (slow.LINK, 107, b"\x18\x41\3\0\x8e" + BODY, (101, BODY)),
        (slow.LINK, 206, b"\1\x18\x41\x08\0" + BODY, (ETHER, MACS + b"\x08\0" + BODY)),
        (slow.LINK, 117, bytes([61]) + bytes(63) + BODY, (101, BODY)),
        (slow.LINK, 117, bytes([64]) + bytes(63) + BODY, (101, BODY)),
        (slow.LINK, 117, bytes([65]) + bytes(67) + BODY, (101, BODY)),
        (slow.LINK, 192, b"\0\0\x08\0\x69\0\0\0" + BODY, (105, BODY)),
        (slow.LINK, 192, b"\0\0\x0a\0\1\0\0\0ab" + BODY, (1, BODY)),
        (slow.LINK, 258, struct.pack("<III", 12, 1, 1) + BODY, (1, BODY)),
        (slow.LINK, 258, struct.pack("<III", 11, 1, 1) + BODY, (NOT_READ, "PKTAP header malformed")),
        (slow.LINK, 258, struct.pack("<III", 13, 1, 1), (NOT_READ, "PKTAP header malformed")),
        (slow.LINK, 240, bytes(4) + BODY, (1, BODY)),
        (slow.LINK, 281, MACS + b"tag!" + b"\x08\0", (1, MACS + b"\x08\0")),
        (slow.LINK, 281, MACS + b"tag!" + b"\x08", CUT),
        (slow.LINK, 285, MACS + b"\xda\xda345678" + b"\x08\0" + BODY, (1, MACS + b"\x08\0" + BODY)),
        (slow.LINK, 242, bytes(40) + b"\x08\0\0\0", (1, MACS + b"\x08\0")),
        (slow.LINK, 242, bytes(43), CUT),
        (slow.LINK, 178, b"MGC\0" + bytes(4) + b"x", (1, bytes(4) + b"x")),
        (slow.LINK, 178, b"MGC\0" + bytes(4), CUT),
        (slow.LINK, 178, b"MGC\2" + bytes(4) + b"x", (101, b"x")),
        (slow.LINK, 8, bytes(16) + BODY, (101, BODY)),
        (slow.LINK, 105, BODY, (105, BODY)),
        # IEEE 802.1AE 9: bits of control, a short length, the channel.
        (slow.ETHERTYPE, 0x88E5, b"\0\4\0\0\0\1\x88\xb5ab" + bytes(40), (1, MACS + b"\x88\xb5ab")),
        (slow.ETHERTYPE, 0x88E5, b"\0\0\0\0\0\1\x88\xb5ab" + bytes(16), (1, MACS + b"\x88\xb5ab")),
        (slow.ETHERTYPE, 0x88E5, b"\x20\0\0\0\0\1" + bytes(8) + b"\x08\0ab", (1, MACS + b"\x08\0ab")),
        # Netfilter's log: attributes of (length, type, value) up to the packet, which may be empty.
        (slow.LINK, 239, b"\2\0\0\0\4\0\x09\0", (101, b"")),
        (slow.LINK, 239, b"\2\0\0\0\4\0\7\0\6\0\x09\0ab", (101, b"ab")),
        (slow.LINK, 239, b"\2\0\0\0\5\0\7\0x\0\0\0\7\0\x09\0abcdef", (101, b"abc")),
        (slow.LINK, 239, b"\2\0\0\0\3\0\x09\0", (NOT_READ, "nflog without a packet")),
        (slow.LINK, 239, b"\2\0\0\0\4\0\x09", (NOT_READ, "nflog without a packet")),
        # Apple's PKTAP under 149: 108 bytes or more that are there, a record of kind 1, a link type that is another.
        *((slow.LINK, 149, struct.pack("<III", *head) + bytes(size - 12), inside) for head, size, inside in (
            ((108, 1, 1), 108, (1, b"")), ((108, 1, 1), 109, (1, b"\0")), ((110, 1, 12), 110, (12, b"")),
            ((107, 1, 1), 200, USER), ((109, 1, 1), 108, USER), ((108, 2, 1), 200, USER), ((108, 0, 1), 200, USER),
            ((1024, 1, 1), 1025, (1, b"\0")), ((1025, 1, 1), 1100, USER), ((108, 1, 1023), 108, (1023, b"")),
            ((108, 1, 1024), 108, USER), ((108, 1, 149), 108, USER),
        )),
        # UDP's: RFC 8926 3.4, TS 29.281 5.1, TZSP.
        (slow.GENEVE, 0, b"\0\0\x65\x58" + bytes(4) + BODY, (1, BODY)),
        (slow.GENEVE, 0, b"\x01\0\x08\0" + bytes(4) + bytes(4) + BODY, (101, BODY)),
        (slow.GENEVE, 0, b"\x41\0\x08\0" + bytes(4) + bytes(4) + BODY, (101, BODY)),
        (slow.GTP, 0, b"\x30\xff" + bytes(6) + b"\x45", (101, b"\x45")),
        (slow.GTP, 0, b"\x31\xff" + bytes(6) + bytes(4) + b"\x45", (101, b"\x45")),
        (slow.GTP, 0, b"\x34\xff" + bytes(6) + b"\0\0\0\x85" + b"\1ab\0" + b"\x60", (101, b"\x60")),
        # 5.1: one of three flags brings four bytes; the type of an extension header counts only with its own (E, 4).
        (slow.GTP, 0, b"\x30\xff" + bytes(6) + b"\x45\0\0\x85", (101, b"\x45\0\0\x85")),
        (slow.GTP, 0, b"\x31\xff" + bytes(6) + b"\0\0\0\x85" + b"\x45", (101, b"\x45")),
        (slow.GTP, 0, b"\x32\xff" + bytes(6) + b"\0\7\0\x85" + b"\x60", (101, b"\x60")),
        (slow.GTP, 0, b"\x33\xff" + bytes(6) + b"\0\7\1\x85" + b"\x60", (101, b"\x60")),
        (slow.GTP, 0, b"\x34\xff" + bytes(6) + b"\0\0\0\0" + b"\x60", (101, b"\x60")),
        (slow.GTP, 0, b"\x36\xff" + bytes(6) + b"\0\0\0\x85" + b"\2abcdef\0" + b"\x60", (101, b"\x60")),
        (slow.GTP, 0, b"\x34\xff" + bytes(6) + b"\0\0\0\x85\1ab\xc0\1cd\0" + b"\x60", (101, b"\x60")),
        (slow.GTP, 0, b"\x34\xff" + bytes(6) + b"\0\0\0\x85\1ab\xc0\0cd\0" + b"\x60",
            (NOT_READ, "GTP with a malformed extension header")),
        (slow.GTP, 0, b"\x30\xff" + bytes(6) + b"\x50", (NOT_READ, "GTP with something other than IP")),
        (slow.TZSP, 0, b"\1\0\0\1\0\x0a\2ab\1" + BODY, (1, BODY)),
        (slow.TZSP, 0, b"\1\0\0\x77\1" + BODY, (119, BODY)),
        (slow.TZSP, 0, b"\1\0\0\x7f\1" + BODY, (163, BODY)),
        # RFC 5415 4.3: header length, binding, flags.
        (slow.PORT, 5247, b"\0\x10\x03\0" + bytes(4) + b"\x08\1" + BODY, (105, b"\x08\1" + BODY)),
        (slow.PORT, 5247, b"\0\x10\x03\0" + bytes(4) + b"\1\x08" + BODY, (105, b"\x08\1" + BODY)),
        (slow.PORT, 5247, b"\0\x10\x02\0" + bytes(4) + BODY, (1, BODY)),
        (slow.PORT, 4790, b"\x0c\0\0\5" + bytes(4) + b"\0\1\1\x40\x45", (101, b"\x45")),
        (slow.PORT, 4790, b"\x0c\0\0\2" + bytes(4) + BODY, (101, BODY)),
        (slow.PORT, 6080, b"\x00\x04\0\0" + BODY, (101, BODY)),
        (slow.PORT, 6080, b"\x01\x04\0\0" + bytes(4) + BODY, (101, BODY)),
        (slow.PORT, 6080, b"\x00\x06\0\0" + BODY, (NOT_READ, "GUE with something other than a tunnel")),
        (slow.PORT, 6080, b"\x45" + BODY, (101, b"\x45" + BODY)),
        (slow.PORT, 5072, b"\x01\0\0\0" + bytes(4) + b"i" + b"\x60", (101, b"\x60")),
        (slow.PORT, 5072, b"\x21\x10\0\0" + bytes(4) + b"iiii" + b"sign" + b"\x60", (101, b"\x60")),
        (slow.PORT, 4341, bytes(8) + BODY, (101, BODY)),
        (slow.PORT, 7932, bytes(12) + BODY, (1, BODY)),
    ],
)  # fmt: skip
def test_what_stands_behind_a_header(kind: int, code: int, data: bytes, inside: object) -> None:
    """Where the header ends, by the document that defines it, and where it is cut by one byte."""
    assert slow.unwrap(kind, code, data, source=A, target=B) == inside


def test_ends_that_are_not_known_are_zeros() -> None:
    assert slow.unwrap(slow.LINK, 104, b"\x0f\0\x08\0ab") == (1, bytes(12) + b"\x08\0ab")
