"""Layout of frames: payload, stream, checksums and trailer, in tunnels too."""

from __future__ import annotations

import struct
from collections.abc import Callable

import dpkt
import pytest

from sensor.evidence.frame_layout import fix_checksums, layout
from tests.decode.wire import ethernet, ip, ip4, ip6, tcp, udp

SECRET = b"sesame-open-now"


def right(frame: bytes) -> bytes:
    """The frame with checksums as dpkt computes them."""
    eth = dpkt.ethernet.Ethernet(frame)
    inner = eth.data
    inner.sum = 0
    if hasattr(inner.data, "sum"):
        inner.data.sum = 0
    return bytes(eth)


def frame4(kind: int, transport: bytes) -> bytes:
    return right(ethernet(ip4(transport, kind)))


def frame6(kind: int, transport: bytes) -> bytes:
    eth = dpkt.ethernet.Ethernet(ethernet(ip6(transport, kind), 0x86DD))
    data = eth.data.data
    pseudo = eth.data.src + eth.data.dst + struct.pack("!II", len(transport), kind)
    data.sum = dpkt.in_cksum(pseudo + bytes(data)[:] if False else pseudo + _zeroed(data))
    return bytes(eth)


def _zeroed(data: dpkt.Packet) -> bytes:
    data.sum = 0
    raw = bytearray(bytes(data))
    at = {dpkt.tcp.TCP: 16, dpkt.udp.UDP: 6}[type(data)]
    raw[at : at + 2] = b"\0\0"
    return bytes(raw)


def covered(frame: bytes, link: int = 1) -> bytes:
    """The frame with its payload overwritten and mended."""
    found = layout(link, frame)
    after = bytearray(frame)
    start, end = found.payload
    after[start:end] = b"*" * (end - start)
    fix_checksums(found, frame, after)
    return bytes(after)


def ones(data: bytes) -> int:
    """The ones' complement sum that is 0xffff where a checksum is right (RFC 1071)."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def transport_is_right(frame: bytes) -> bool:
    inner = dpkt.ethernet.Ethernet(frame).data
    raw = bytes(inner)
    six = isinstance(inner, dpkt.ip6.IP6)
    head = 40 if six else 20
    kind = inner.nxt if six else inner.p
    body = frame[14 + head : 14 + head + (inner.plen if six else inner.len - 20)]
    assert raw
    return ones(inner.src + inner.dst + struct.pack("!II", len(body), kind) + body) == 0xFFFF


@pytest.mark.parametrize("make", [frame4, frame6])
@pytest.mark.parametrize("size", [1, 2, 15])
def test_what_was_right_is_right_again(make: Callable[[int, bytes], bytes], size: int) -> None:
    for kind, transport in ((6, tcp(SECRET[:size])), (17, udp(SECRET[:size]))):
        before = make(kind, transport)
        assert transport_is_right(before)
        after = covered(before)
        assert SECRET[:size] not in after and after[-size:] == b"*" * size
        assert transport_is_right(after)


def test_what_was_wrong_stays_wrong_and_none_stays_none() -> None:
    broken = bytearray(frame4(6, tcp(SECRET)))
    broken[14 + 20 + 16] ^= 0x55
    assert not transport_is_right(covered(bytes(broken)))
    without = ethernet(ip4(udp(SECRET), 17))
    assert covered(without)[14 + 26 : 14 + 28] == b"\0\0"


def test_a_cut_packet_is_mended_from_what_differs() -> None:
    whole = frame4(6, tcp(SECRET))
    cut = covered(whole[:-4])
    assert transport_is_right(cut + b"".join((whole[-4:],)))


@pytest.mark.parametrize(
    ("link", "before"),
    [
        (1, ethernet(b"", 0x0800)),
        (1, ethernet(b"", 0x0800, tags=[(0x8100, 7)])),
        (113, bytes(14) + b"\x08\0"),
        (276, b"\x08\0" + bytes(18)),
        (101, b""),
        (0, bytes(4)),
        # PPPoE session with PPP; MPLS; 802.11 data with LLC
        (1, ethernet(struct.pack("!BBHHH", 0x11, 0, 1, 60, 0x0021), 0x8864)),
        (1, ethernet(b"\0\0\x11\x40", 0x8847)),
        (105, b"\x08\0\0\0" + bytes(20) + b"\xaa\xaa\x03\0\0\0\x08\0"),
    ],
)
def test_the_payload_is_found_behind(link: int, before: bytes) -> None:
    packet = ip4(udp(SECRET), 17)
    frame = before + packet
    found = layout(link, frame)
    assert frame[slice(*found.payload)] == SECRET
    assert found.ends == {ip("192.0.2.10"), ip("192.0.2.11")}


@pytest.mark.parametrize(
    ("kind", "head"),
    [(4, b""), (47, b"\0\0\x08\0"), (17, struct.pack("!HHHH", 4789, 4789, 0, 0) + bytes(8) + ethernet(b""))],
)
def test_tunnels_are_followed_and_every_checksum_mended(kind: int, head: bytes) -> None:
    inner = bytes(frame4(6, tcp(SECRET)))[14:]
    frame = right(ethernet(ip4(head + inner, kind)))
    assert frame[slice(*layout(1, frame).payload)] == SECRET
    after = covered(frame)
    assert transport_is_right(ethernet(after[-len(inner) :]))


def test_padding_is_nobodys() -> None:
    packet = ip4(tcp(b"ok"), 6)
    frame = ethernet(packet) + b"left over memory"
    found = layout(1, frame)
    assert frame[slice(*found.payload)] == b"ok" and frame[slice(*found.trailer)] == b"left over memory"


def test_fragments_are_payload_from_their_ip_header_on() -> None:
    frame = ethernet(ip4(udp(SECRET), 17, place=0x2000))
    assert frame[slice(*layout(1, frame).payload)] == udp(SECRET)
    extension = struct.pack("!BBHI", 17, 0, 8, 1)
    six = ethernet(ip6(extension + SECRET, 44), 0x86DD)
    assert six[slice(*layout(1, six).payload)] == SECRET


def test_nothing_understood_is_all_payload() -> None:
    for link, frame in ((147, SECRET), (1, b"\1\2\3"), (1, ethernet(SECRET, 0x88B5)), (1, ethernet(b"\x45", 0x0800))):
        start, end = layout(link, frame).payload
        assert start <= 14 and end == len(frame)


def test_no_damage_makes_it_fail() -> None:
    frame = frame4(6, tcp(SECRET))
    for at in range(len(frame)):
        for value in (0, 0xFF, frame[at] ^ 0x80):
            spoiled = frame[:at] + bytes((value,)) + frame[at + 1 :]
            assert len(covered(spoiled)) == len(frame)
        assert len(covered(frame[:at])) == at


def test_a_packet_of_headers_alone_has_nothing_but_padding() -> None:
    """An IPv4 packet may end with its header, a UDP datagram with its own (RFC 791 3.1, RFC 768)."""
    bare = ethernet(ip4(b"", 253)) + b"left over memory"
    found = layout(1, bare)
    assert found.payload[0] == found.payload[1] and bare[slice(*found.trailer)] == b"left over memory"
    empty = ethernet(ip4(udp(b"left over", length=8), 17))
    found = layout(1, empty)
    assert found.payload[0] == found.payload[1] and empty[slice(*found.trailer)] == b"left over"


@pytest.mark.parametrize("six", [False, True])
def test_of_icmp_the_payload_is_what_it_carries(six: bool) -> None:
    """RFC 792 and RFC 4443 2.1: type, code, checksum and four bytes more stay; only version 6 has a pseudo-header."""
    echo = struct.pack("!BBHI", 128 if six else 8, 0, 0, 7) + SECRET
    address = (ip("fe80::10"), ip("fe80::11")) if six else ()
    pseudo = b"".join(address) + struct.pack("!II", len(echo), 58) if six else b""
    echo = echo[:2] + struct.pack("!H", ones(pseudo + echo) ^ 0xFFFF) + echo[4:]
    frame = ethernet(ip6(echo, 58), 0x86DD) if six else ethernet(ip4(echo, 1))
    assert frame[slice(*layout(1, frame).payload)] == SECRET
    after = covered(frame)[-len(echo) :]
    assert after[8:] == b"*" * len(SECRET) and ones(pseudo + after) == 0xFFFF


def test_the_tunnel_of_a_mobile_network_is_followed() -> None:
    """GTP-U (3GPP TS 29.281 5.1): flags, G-PDU, length, tunnel, then the inner packet."""
    inner = frame4(6, tcp(SECRET))[14:]
    for ports in ((2152, 50000), (50000, 2152)):
        frame = ethernet(ip4(udp(struct.pack("!BBHI", 0x30, 255, len(inner), 9) + inner, *ports), 17))
        assert frame[slice(*layout(1, frame).payload)] == SECRET


def test_where_the_addresses_stand() -> None:
    four, six = ethernet(ip4(udp(b"x"), 17)), ethernet(ip6(udp(b"x"), 17), 0x86DD)
    assert [four[slice(*one)] for one in layout(1, four).addresses] == [ip("192.0.2.10"), ip("192.0.2.11")]
    assert [six[slice(*one)] for one in layout(1, six).addresses] == [ip("fe80::10"), ip("fe80::11")]


@pytest.mark.parametrize("kind", [0, 43, 60])
def test_extension_headers_are_no_payload(kind: int) -> None:
    """Hop-by-hop, routing and destination options (RFC 8200 4.3, 4.4, 4.6) count in eights beyond the first eight."""
    segment = tcp(SECRET)
    six = ethernet(ip6(bytes((6, 1)) + bytes(14) + segment, kind), 0x86DD)
    found = layout(1, six)
    assert six[slice(*found.payload)] == SECRET and found.stream is not None


@pytest.mark.parametrize("link", [12, 14, 101, 228, 229])
def test_link_types_that_begin_with_ip(link: int) -> None:
    """DLT_RAW of several systems, LINKTYPE_RAW, LINKTYPE_IPV4 and LINKTYPE_IPV6 (tcpdump.org/linktypes.html)."""
    packet = ip4(udp(SECRET), 17)
    assert packet[slice(*layout(link, packet).payload)] == SECRET


@pytest.mark.parametrize("kind", [0x8100, 0x88A8, 0x9100])
def test_tags_are_no_payload(kind: int) -> None:
    """IEEE 802.1Q, 802.1ad, and the older type of the outer tag; one in another."""
    frame = ethernet(ip4(udp(SECRET), 17), 0x0800, tags=[(kind, 7), (0x8100, 9)])
    assert frame[slice(*layout(1, frame).payload)] == SECRET


def test_of_a_frame_that_is_not_understood_nothing_is_claimed() -> None:
    found = layout(147, SECRET)
    assert (found.payload, found.trailer, found.stream, found.sequence) == ((0, len(SECRET)), (0, 0), None, 0)
    assert (found.ends, found.checks, found.macs, found.addresses) == (frozenset(), [], [], [])


def test_a_length_in_place_of_a_type_ends_the_packet() -> None:
    """IEEE 802.3: up to 1500 it is the length of what follows."""
    frame = bytes(12) + struct.pack("!H", len(SECRET)) + SECRET + b"left over memory"
    found = layout(1, frame)
    assert frame[slice(*found.payload)] == SECRET and frame[slice(*found.trailer)] == b"left over memory"
    assert found.macs == [0, 6]


def test_an_authentication_header_counts_in_fours() -> None:
    """RFC 4302 2.2: its length in units of four bytes, minus two."""
    header = bytes((17, 4)) + bytes(22)
    frame = ethernet(ip6(header + udp(SECRET), 51), 0x86DD)
    assert frame[slice(*layout(1, frame).payload)] == SECRET


def test_the_first_fragment_of_several_is_payload_and_a_whole_datagram_is_not() -> None:
    """RFC 8200 4.5: offset and the flag for more; RFC 6946: neither in an atomic fragment."""
    for place, payload in ((0x0001, udp(SECRET)), (0x0008, udp(SECRET)), (0x0000, SECRET), (0x0006, SECRET)):
        six = ethernet(ip6(struct.pack("!BBHI", 17, 0, place, 1) + udp(SECRET), 44), 0x86DD)
        assert six[slice(*layout(1, six).payload)] == payload, place


def test_one_direction_of_a_connection_is_one_stream() -> None:
    one, two = (layout(1, ethernet(ip4(tcp(SECRET), 6, *ends))) for ends in (("192.0.2.1", "192.0.2.2"),) * 2)
    back = layout(1, ethernet(ip4(tcp(SECRET), 6, "192.0.2.2", "192.0.2.1")))
    assert one.stream == two.stream != back.stream and one.ends == back.ends == {ip("192.0.2.1"), ip("192.0.2.2")}


def test_a_checksum_of_zero_is_written_as_all_ones() -> None:
    """Of UDP zero says that none was made (RFC 768): the port is such that the covered datagram adds up to it."""
    stars = udp(b"*" * 15, source=0)
    pseudo = ip("192.0.2.10") + ip("192.0.2.11") + struct.pack("!II", len(stars), 17)
    port = 0xFFFF - ones(pseudo + stars)
    before = frame4(17, udp(SECRET, source=port))
    assert transport_is_right(before) and before[40:42] != b"\0\0"
    after = covered(before)
    assert after[40:42] == b"\xff\xff" and transport_is_right(after)
