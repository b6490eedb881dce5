"""A rare packet (a tunnel, PPP, MPLS, 802.11) into the packet inside it, for the pass to read in turn.

Pure functions of bytes. `unwrap` gives (link type, bytes) for what is inside, None where there is nothing to read, or
(NOT_READ, a plain reason) for what is not read.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from struct import unpack_from

from sensor.capture.links import name as link_name
from sensor.decode import wlan
from sensor.decode._inside import CUT, ETHERNET, NOT_READ, RAW, WLAN, Inside

__all__ = ["ETHERNET", "ETHERTYPES", "LINKS", "NOT_READ", "PORTS", "PROTOCOLS", "WLAN", "link_name", "unwrap"]

# What the pass hands over: a link type, an ethertype or an IP protocol it does not read, fragments of IPv4 and IPv6,
# tunnels in UDP.
LINK, ETHERTYPE, PROTOCOL, FRAGMENT4, FRAGMENT6, VXLAN, GTP, GENEVE, TZSP, INSIDE, PORT = (
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
)
# Of these the packet inside has ends of its own.
TUNNELS = frozenset({PROTOCOL, VXLAN, GTP, GENEVE, TZSP, INSIDE, PORT})
# IANA: PPP; what PPP says besides IP (LCP, PAP, CHAP, IPCP) goes on as such a frame: protocol, then information
PPP_ETHERTYPE = 0x880B
MACSEC_CHECK = 16  # bytes of the check value (ICV) that every cipher suite of IEEE 802.1AE puts at the end
MIKROTIK = 0x6400  # RouterOS' EoIP, as Wireshark's packet-gre.h names it
MAX_LABELS = 16  # MPLS label stacks are 1 to 4 deep in practice


def unwrap(kind: int, code: int, data: bytes, source: bytes = b"", target: bytes = b"") -> Inside:
    """What `data` holds, `kind` and `code` (link type, ethertype or IP protocol) naming its form. `source` and `target`
    are the MACs around it, b"" where there are none.
    """
    try:
        if kind == VXLAN:
            return ETHERNET, data[8:]  # RFC 7348, 5
        if kind == INSIDE:
            return RAW, data
        if kind in UDP_TUNNELS:
            return UDP_TUNNELS[kind](data)
        readers = {LINK: LINKS, ETHERTYPE: ETHERTYPES, PROTOCOL: PROTOCOLS, PORT: PORTS}[kind]
        return readers[code](data, target.rjust(6, b"\0") + source.rjust(6, b"\0"))
    except (struct.error, IndexError):
        return NOT_READ, CUT


def _ip(data: bytes, macs: bytes) -> Inside:
    return RAW, data


def _ethernet(data: bytes, macs: bytes) -> Inside:
    return ETHERNET, data


def _ppp(data: bytes, macs: bytes) -> Inside:
    """RFC 1661, 2, and RFC 1662, 3.1: address and control (0xFF 0x03) and the protocol's first byte may be left out."""
    if data[:2] == b"\xff\x03":
        data = data[2:]
    if data[0] & 1:
        protocol, data = data[0], data[1:]
    else:
        (protocol,) = unpack_from("!H", data)
        data = data[2:]
    if protocol in (0x0021, 0x0057):
        return RAW, data
    if protocol == 0x00FD:
        return NOT_READ, "PPP compressed"
    if protocol == 0x0053:
        return NOT_READ, "PPP encrypted"
    return ETHERNET, macs + PPP_ETHERTYPE.to_bytes(2, "big") + protocol.to_bytes(2, "big") + data


def _ppp_hdlc(data: bytes, macs: bytes) -> Inside:
    return _cisco_hdlc(data, macs) if data[0] in (0x0F, 0x8F) else _ppp(data, macs)


def _cisco_hdlc(data: bytes, macs: bytes) -> Inside:
    return ETHERNET, macs + data[2:]  # RFC 1547, 4.3.1: address, control, ethertype


def _pppd(data: bytes, macs: bytes) -> Inside:
    return _ppp(data[1:] if data[1:3] == b"\xff\x03" else data[2:] if data[1] == 3 else data[1:], macs)


def _pppoe(data: bytes, macs: bytes) -> Inside:
    """RFC 2516, 4: version and type, code 0 (session), session, length."""
    form, code, length = unpack_from("!BBxxH", data)
    if form != 0x11:
        return NOT_READ, "PPPoE of an unknown version"
    return _ppp(data[6 : 6 + length], macs) if code == 0 else None


def _mpls(data: bytes, macs: bytes) -> Inside:
    """RFC 3032, 2.1; what follows the labels is told by its first half byte (RFC 4385, 3; RFC 4928, 3)."""
    for label in range(MAX_LABELS):
        if data[4 * label + 2] & 1:
            inner = data[4 * label + 4 :]
            version = inner[0] >> 4
            if version in (4, 6):
                return RAW, inner
            return (ETHERNET, inner[4:]) if version == 0 else (NOT_READ, "MPLS with something other than IP")
    return NOT_READ, "MPLS with too many labels"


def _gre(data: bytes, macs: bytes) -> Inside:
    """RFC 2784, 2 with RFC 2890; version 1 is PPTP's (RFC 2637, 4.1)."""
    flags, protocol = unpack_from("!HH", data)
    at = 4 + sum(4 for bit in (0x8000, 0x2000, 0x1000) if flags & bit)
    if flags & 7 == 1:
        at += 4 if flags & 0x0080 else 0
        if protocol == MIKROTIK:  # Ethernet over IP: the key is the frame's length and the tunnel
            return ETHERNET, data[8 : 8 + unpack_from("!H", data, 4)[0]]
        if protocol != PPP_ETHERTYPE:
            return NOT_READ, "GRE of version 1 with something other than PPP"
        return _ppp(data[at:], macs) if len(data) > at else None
    if flags & 0x4007:
        return NOT_READ, "GRE with source routing or of an unknown version"
    if protocol == 0x6558:  # transparent Ethernet bridging
        return ETHERNET, data[at:]
    if protocol == 0x88BE:  # ERSPAN: type II has a sequence number and 8 bytes of its own, type I neither
        return ETHERNET, data[at + (8 if flags & 0x1000 else 0) :]
    if protocol == 0x22EB:  # ERSPAN type III: 12 bytes, 8 more with the O bit
        return ETHERNET, data[at + (20 if data[at + 11] & 1 else 12) :]
    if protocol == 0x883E:  # WCCP: an IPv4 packet, before it the redirect header of version 2 (4 bytes) or none
        return RAW, data[at if data[at] >> 4 == 4 else at + 4 :]
    if protocol in (0x0800, 0x86DD):
        return RAW, data[at:]
    if protocol in (0x8847, 0x8848):
        return _mpls(data[at:], macs)
    return ETHERNET, macs + protocol.to_bytes(2, "big") + data[at:]


def _etherip(data: bytes, macs: bytes) -> Inside:
    """RFC 3378, 3: version 3 and 12 reserved bits, then the frame."""
    return (ETHERNET, data[2:]) if data[0] >> 4 == 3 else (NOT_READ, "EtherIP of an unknown version")


def _macsec(data: bytes, macs: bytes) -> Inside:
    """IEEE 802.1AE-2018, 9: control bits, short length, packet number, perhaps the channel; readable with the bits E
    and C at 0.
    """
    control, short = data[0], data[1] & 0x3F
    if control & 0x80:
        return NOT_READ, "MACsec of an unknown version"
    if control & 0x0C:
        return NOT_READ, "MACsec, encrypted"
    inner = data[14 if control & 0x20 else 6 :]
    if short:
        inner = inner[:short]
    elif inner[:2] not in (b"\x08\0", b"\x86\xdd"):  # IP's own length takes the check value off, also of a cut frame
        inner = inner[:-MACSEC_CHECK]
    if len(inner) < 2:
        raise IndexError
    return ETHERNET, macs + inner


def _cisco_metadata(data: bytes, macs: bytes) -> Inside:
    """Version 1, the length of the options in words of 4 bytes, the options (a security group); then the ethertype."""
    inner = data[2 + 4 * data[1] :]
    if data[0] != 1:
        return NOT_READ, "Cisco meta data of an unknown version"
    if len(inner) < 2:
        raise IndexError
    return ETHERNET, macs + inner


def _sflow(data: bytes, macs: bytes) -> Inside:
    """Single packets out of many, never a stream: what they show of a connection would be taken for all of it."""
    return NOT_READ, "sFlow samples"


def _gsmtap(data: bytes, macs: bytes) -> Inside:
    return NOT_READ, "GSMTAP"


def _gue(data: bytes, macs: bytes) -> Inside:
    """Generic UDP encapsulation (draft-ietf-intarea-gue, 3): variant 1 is IP itself; of variant 0 the length of the
    fields in words of 4 bytes, the IP protocol, flags.
    """
    if data[0] >> 6 == 1:
        return RAW, data
    reader = PROTOCOLS.get(data[1])
    inner = data[4 + 4 * (data[0] & 0x1F) :]
    return reader(inner, macs) if reader is not None else (NOT_READ, "GUE with something other than a tunnel")


def _juniper(data: bytes, macs: bytes) -> Inside:
    """Junos' monitor: "MGC", flags, where their first bit is set the length of what follows; without a link header
    (second-last bit) 4 bytes of the protocol's family, then IP.
    """
    flags, at = data[3], 4
    if data[:3] != b"MGC":
        return NOT_READ, "Juniper header malformed"
    if flags & 0x80:
        at = 6 + unpack_from("!H", data, 4)[0]
    if len(data) <= at + 4:
        raise IndexError
    return (RAW, data[at + 4 :]) if flags & 2 else (ETHERNET, data[at:])


def _realtek(data: bytes, macs: bytes) -> Inside:
    """Realtek's tags of a switch's conduit port: 4 bytes (protocol 0xA in the first half byte) or 8 (4); others are
    the chips' own messages (RRCP).
    """
    if data[0] >> 4 == 0xA:
        return _tagged(2)(data, macs)
    return _tagged(6)(data, macs) if data[0] == 4 else None


def _vxlan(data: bytes, macs: bytes) -> Inside:
    """RFC 7348, 5, with a group policy in its reserved bits."""
    return ETHERNET, data[8:]


def _vxlan_gpe(data: bytes, macs: bytes) -> Inside:
    """Generic protocol extension (draft-ietf-nvo3-vxlan-gpe, 3): flags, the next protocol, the network. The O bit marks
    what is for the ends alone.
    """
    following, inner = data[3], data[8:]
    if data[0] & 1:
        return NOT_READ, "VXLAN-GPE, the tunnel's own messages"
    if following in (1, 2):
        return RAW, inner
    return (ETHERNET, inner) if following == 3 else _nsh(inner, macs) if following == 4 else _mpls(inner, macs)


def _capwap(data: bytes, macs: bytes) -> Inside:
    """RFC 5415, 4.3 and 4.4: header length in words of 4 bytes, binding (1: 802.11), flags; then a frame of that kind
    or of 802.3.
    """
    if data[0] == 1:
        return NOT_READ, "CAPWAP, encrypted by DTLS"
    size, binding, flags = 4 * (data[1] >> 3), data[2] >> 1 & 0x1F, data[2] << 8 | data[3]
    if flags & 0x80:
        return NOT_READ, "CAPWAP fragments"
    if flags & 0x08:
        return NOT_READ, "CAPWAP keep-alive"
    inner = data[size:]
    if not flags & 0x100:
        return ETHERNET, inner
    if binding != 1:
        return NOT_READ, "CAPWAP with something other than 802.11"
    if inner[0] & 3 and not inner[1] & 3:  # many send frame control with its two bytes exchanged
        inner = inner[1::-1] + inner[2:]
    return WLAN, inner


def _capwap_control(data: bytes, macs: bytes) -> Inside:
    return NOT_READ, "CAPWAP control, encrypted by DTLS" if data[0] == 1 else "CAPWAP control"


def _ayiya(data: bytes, macs: bytes) -> Inside:
    """draft-massar-v6ops-ayiya-02, 4: lengths of the identity (a power of two) and of the signature (in words of
    4 bytes), what to do, the next header, time; then both and the packet.
    """
    inner = data[8 + (1 << (data[0] >> 4)) + 4 * (data[1] >> 4) :]
    if inner[0] >> 4 not in (4, 6):
        return NOT_READ, "AYIYA with something other than IP"
    return RAW, inner


def _gtp(data: bytes) -> Inside:
    """3GPP TS 29.281, 5.1 and 5.2: 8 bytes, 4 more with an E, S or PN flag, then extension headers of 4-byte words,
    each ending in the next one's type.
    """
    at = 12 if data[0] & 7 else 8
    following = data[11] if data[0] & 4 else 0
    while following:
        length = 4 * data[at]
        if not length:
            return NOT_READ, "GTP with a malformed extension header"
        at += length
        following = data[at - 1]
    return (RAW, data[at:]) if data[at] >> 4 in (4, 6) else (NOT_READ, "GTP with something other than IP")


def _geneve(data: bytes) -> Inside:
    """RFC 8926, 3.4: the length of the options in words of 4 bytes, flags, what is inside by ethertype, network,
    options.
    """
    inner, (kind,) = data[8 + 4 * (data[0] & 0x3F) :], unpack_from("!H", data, 2)
    return (ETHERNET, inner) if kind == 0x6558 else (RAW, inner)


def _tzsp(data: bytes) -> Inside:
    """TaZmen's sniffer protocol, as Wireshark documents it and MikroTik's routers send it: version 1, kind, what is
    inside, tags up to the one that ends them.
    """
    at = 4
    while data[at] != 1:
        at += 1 if data[at] == 0 else 2 + data[at + 1]
    link = TZSP_LINKS.get(unpack_from("!H", data, 2)[0])
    return (NOT_READ, "TZSP with something other than Ethernet or 802.11") if link is None else (link, data[at + 1 :])


# TZSP's number for what is inside: Ethernet, 802.11, the same with Prism's and with AVS's header.
TZSP_LINKS = {1: ETHERNET, 18: WLAN, 119: 119, 127: 163}
UDP_TUNNELS: dict[int, Callable[[bytes], Inside]] = {GTP: _gtp, GENEVE: _geneve, TZSP: _tzsp}


def _ppi(data: bytes, macs: bytes) -> Inside:
    """CACE PPI: version, flags, length and link type, little-endian."""
    length, link = unpack_from("<HI", data, 2)
    return link & 0xFFFF, data[max(length, 8) :]


def _pktap(data: bytes, macs: bytes) -> Inside:
    length, link = unpack_from("<I4xI", data)
    return (link & 0xFFFF, data[length:]) if 12 <= length <= len(data) else (NOT_READ, "PKTAP header malformed")


def _user2(data: bytes, macs: bytes) -> Inside:
    """Apple's systems wrote PKTAP under LINKTYPE_USER2 before it had a number: a header of 108 bytes or more that a
    packet follows.
    """
    length, record, link = unpack_from("<III", data)
    if 108 <= length <= min(len(data), 1024) and record == 1 and link < 1024 and link != 149:
        return _pktap(data, macs)
    return NOT_READ, f"link type 149 ({link_name(149)})"


def _token_ring(data: bytes, macs: bytes) -> Inside:
    """IEEE 802.5: access and frame control, both ends, a route where the source's first bit is set; then LLC."""
    return _bridged(data[2:], macs)


def _fddi(data: bytes, macs: bytes) -> Inside:
    """ISO 9314-2: frame control, both ends; then LLC."""
    return _bridged(data[1:], macs) if data[0] & 0x50 == 0x50 else (NOT_READ, "FDDI management")


def _bridged(data: bytes, macs: bytes) -> Inside:
    target, source, llc = data[:6], bytes([data[6] & 0x7F]) + data[7:12], data[12:]
    if data[6] & 0x80:
        llc = llc[max(llc[0] & 0x1F, 2) :]
    return _llc(llc, target + source)


def _llc(llc: bytes, macs: bytes) -> Inside:
    """IEEE 802.2 and RFC 1042 as the payload of an Ethernet frame."""
    if llc[:6] in (b"\xaa\xaa\x03\0\0\0", b"\xaa\xaa\x03\0\0\xf8"):
        return ETHERNET, macs + llc[6:]
    if len(llc) < 3:
        raise IndexError
    return ETHERNET, macs + min(len(llc), 1500).to_bytes(2, "big") + llc


def _atm(data: bytes, macs: bytes) -> Inside:
    """RFC 2684, 5: LLC before whatever is routed, the Ethernet frame itself where it is bridged."""
    if data[:6] == b"\xaa\xaa\x03\0\x80\xc2":
        kind = unpack_from("!H", data, 6)[0]
        return (ETHERNET, data[10:]) if kind in (1, 7) else (NOT_READ, "ATM bridging something other than Ethernet")
    return _llc(data, macs)


def _frame_relay(data: bytes, macs: bytes) -> Inside:
    """RFC 2427, 3: an address of 2 to 4 bytes whose last has its first bit set, control, perhaps padding, the protocol;
    or Cisco's own ethertype.
    """
    at = 1
    while not data[at - 1] & 1:
        at += 1
    if data[at] != 3:
        return ETHERNET, macs + data[at:]
    at += 1 + (data[at + 1] == 0)
    protocol = data[at]
    if protocol in (0xCC, 0x8E):
        return RAW, data[at + 1 :]
    if protocol == 0x80:
        return _atm(b"\xaa\xaa\x03" + data[at + 1 :], macs)
    return NOT_READ, "frame relay with something other than IP"


def _pflog(data: bytes, macs: bytes) -> Inside:
    return RAW, data[(data[0] + 3) // 4 * 4 :]


def _nflog(data: bytes, macs: bytes) -> Inside:
    """Netfilter's log: family, version 0, resource, then (length, type, value) in the capturing machine's order; 9 is
    the packet.
    """
    order = "<" if data[4] else ">"
    at = 4
    while at + 4 <= len(data):
        length, kind = unpack_from(order + "HH", data, at)
        if length < 4:
            break
        if kind == 9:
            return RAW, data[at + 4 : at + length]
        at += (length + 3) // 4 * 4
    return NOT_READ, "nflog without a packet"


def _after(size: int, link: int = ETHERNET) -> _Reader:
    """A reader of what stands behind a header of `size` bytes that says nothing of it."""

    def read(data: bytes, macs: bytes) -> Inside:
        if len(data) <= size:
            raise IndexError
        return link, data[size:]

    return read


def _tagged(size: int) -> _Reader:
    """A reader of a tag of `size` bytes with the ethertype of what follows behind it."""

    def read(data: bytes, macs: bytes) -> Inside:
        if len(data) < size + 2:
            raise IndexError
        return ETHERNET, macs + data[size:]

    return read


def _switch_tag(size: int) -> _Reader:
    """A frame with a switch chip's tag of `size` bytes behind its two MACs."""

    def read(data: bytes, macs: bytes) -> Inside:
        if len(data) < 14 + size:
            raise IndexError
        return ETHERNET, data[:12] + data[12 + size :]

    return read


def _mpacket(data: bytes, macs: bytes) -> Inside:
    """IEEE 802.3br: 7 bytes of preamble, the delimiter (0xD5 of a whole frame, others of parts), the frame."""
    return (ETHERNET, data[8:]) if data[7] == 0xD5 else (NOT_READ, "Ethernet frames in parts (mPackets)")


def _erf(data: bytes, macs: bytes) -> Inside:
    """Endace's record: time, type (its first bit: extension headers follow), flags, lengths; Ethernet has
    2 bytes more.
    """
    kind, at, more = data[8] & 0x7F, 16, data[8] & 0x80
    while more:
        more = data[at] & 0x80
        at += 8
    if kind in (2, 11, 16, 20):
        return ETHERNET, data[at + 2 :]
    return (RAW, data[at:]) if kind in (22, 23) else (NOT_READ, "ERF with something other than Ethernet or IP")


def _sunatm(data: bytes, macs: bytes) -> Inside:
    """SunATM: the kind of traffic, the circuit (3 bytes); LAN emulation has 2 bytes before the frame."""
    kind = data[0] & 0x0F
    if kind == 1:
        return ETHERNET, data[6:]
    return _atm(data[4:], macs) if kind == 2 else (NOT_READ, "ATM with something other than LLC")


def _ipoib(data: bytes, macs: bytes) -> Inside:
    """A global routing header (40 bytes), ethertype and two reserved bytes (RFC 4391, 6)."""
    if len(data) < 44:
        raise IndexError
    return ETHERNET, macs + data[40:42] + data[44:]


def _nsh(data: bytes, macs: bytes) -> Inside:
    """RFC 8300, 2.2: the length in words of 4 bytes, the next protocol."""
    size, following = 4 * (data[1] & 0x3F), data[3]
    if size < 8 or len(data) <= size:
        raise IndexError
    if following in (1, 2):
        return RAW, data[size:]
    return (ETHERNET, data[size:]) if following == 3 else (NOT_READ, "NSH with something other than Ethernet or IP")


def _trill(data: bytes, macs: bytes) -> Inside:
    """RFC 6325, 3.1: flags, the length of the options in words of 4 bytes, hops, two nicknames; then the frame."""
    return ETHERNET, data[6 + 4 * (unpack_from("!H", data)[0] >> 6 & 0x1F) :]


_Reader = Callable[[bytes, bytes], Inside]
LINKS: dict[int, _Reader] = {
    6: _token_ring, 10: _fddi, 100: _atm, 107: _frame_relay, 8: lambda data, macs: (RAW, data[16:]),
    9: _ppp, 50: _ppp_hdlc, 51: _pppoe, 104: _cisco_hdlc, 105: lambda data, macs: (WLAN, data),
    117: _pflog, 119: wlan.prism, 127: wlan.radiotap,
    149: _user2,
    109: _after(12, RAW), 123: _sunatm, 138: _tagged(16), 163: wlan.avs, 166: _pppd, 192: _ppi, 197: _erf,
    205: lambda data, macs: _cisco_hdlc(data[1:], macs), 206: lambda data, macs: _frame_relay(data[1:], macs),
    128: lambda data, macs: _tzsp(data), 178: _juniper, 219: _mpls,
    226: _after(24, RAW), 240: _after(4), 241: _after(12), 242: _ipoib, 259: _after(8), 274: _mpacket,
    281: _switch_tag(4), 282: _after(4), 284: _switch_tag(4), 285: _switch_tag(8),
    204: lambda data, macs: _ppp(data[1:], macs), 239: _nflog, 258: _pktap,
}  # fmt: skip
ETHERTYPES: dict[int, _Reader] = {
    0x8864: _pppoe, 0x8847: _mpls, 0x8848: _mpls, 0x6558: _ethernet, 0x88E5: _macsec, 0x8909: _cisco_metadata,
    0x8926: _tagged(4), 0x892F: _tagged(4), 0xF1C1: _tagged(4), 0xDADA: _tagged(6), 0x9200: _tagged(2),
    0x9300: _tagged(2),
    0x8899: _realtek, 0xDADB: _tagged(2), 0xE001: _tagged(6),
    0x8903: _after(2), 0x88E7: _after(4), 0x894F: _nsh, 0x22F3: _trill,
}  # fmt: skip
PROTOCOLS: dict[int, _Reader] = {4: _ip, 41: _ip, 47: _gre, 94: _ip, 97: _etherip, 137: _mpls, 143: _ethernet}
# UDP ports whose datagrams the pass hands over where they look like it.
PORTS: dict[int, _Reader] = {
    4341: _after(8, RAW), 4754: _gre, 4789: _vxlan, 4790: _vxlan_gpe, 5072: _ayiya, 5246: _capwap_control,
    4729: _gsmtap, 5247: _capwap, 6080: _gue, 6343: _sflow, 6635: _mpls, 7932: _after(12),
}  # fmt: skip
