# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True, initializedcheck=False
# ruff: noqa: D102, SIM102, SIM109 (the docstrings stand in engine.pyi; tests are nested where the common case must leave early)
"""The compiled pass over captured records: link layers, IP, TCP, UDP, flows, counters.

The pass works on flat arrays of 64-bit words without the interpreter's lock, so that a packet nobody wants costs no
Python call. The same file runs as plain Python where no compiler was at hand, and gives the same tuples; so all
arithmetic that could leave 64 bits is masked, and nothing here may depend on C's own sizes.
"""

import logging
import mmap
import os
from array import array
from typing import NamedTuple

import cython

from sensor.decode import slow
from sensor.decode._inside import ETHERNET, NOT_READ, RAW, WLAN
from sensor.decode.fragments import Fragments
from sensor.decode.mirrors import MIRROR, MirrorSenders
from sensor.decode.wlan import ETHERTYPE_NAMES, Radio

log = logging.getLogger(__name__)
# What is counted when a module of ours fails on a packet: it costs that packet only.
BUG = "failed on by a bug in LANwitness"

# First item of each tuple of a batch (engine.pyi says what follows it), and the sides and layers.
SEGMENT, DATAGRAM, END, PACKET, HOST = 1, 2, 3, 4, 5
DECRYPTED, REPEATED, EXCHANGED = 7, 8, 9
CLIENT, SERVER = 0, 1
LINK, IP = 1, 2
IDLE, CLOSED, EVICTED, REUSED, FINISHED = "idle", "closed", "evicted", "reused", "finished"
_REASONS = (IDLE, CLOSED, EVICTED, REUSED, FINISHED)

# A flow's row takes 256 bytes, so the table stays near 130 MB: a scan of millions of addresses fits a small machine's
# memory, and half a million flows at once is more than a home or a small office has.
MAX_FLOWS = 524_288
# UDP flows at a time: those of the last three minutes. Names looked up of a port each, a hundred a second for all of
# them, are a quarter of it; datagrams from forged ports shall fill neither the table nor what follows from it.
MAX_UDP_FLOWS = 65_536
# Far more stations than a flat network carries, and than its switches' tables hold (16 to 64 thousand).
MAX_HOSTS = 65_536
MAX_HOST_ADDRESSES = 131_072
# The pass comes up for air after this many entries, or when one flow has BURST waiting: so "seen enough" acts soon. Two
# are enough of a TCP flow whose ends have both sent: what is asked and answered may be what is known the next time.
BATCH = 512
BURST = 4
# One packet adds at most: 2 HOST, 1 reused or idle, 1 evicted, SWEEP idle ends, 1 payload.
SWEEP = 64
_ENTRIES = BATCH + SWEEP + 8
# Repeats of what a sender says to all are only counted while they are remembered: 10 minutes of packet time.
REPEAT_SECONDS = 600
_REPEATS = 65_536  # entries of 16 bytes; a home's chatter is some thousand different messages in ten minutes
# Idle seconds after which a flow is over, by the list it stands in (RFC 5382, 5: established TCP is allowed hours; home
# routers use one).
SHORT_SECONDS, UDP_SECONDS, TCP_SECONDS = 60, 180, 3600
# A tunnel in a tunnel in a tunnel: deeper nesting is an attack on the decoder.
MAX_DEPTH = 4
# Different reasons why packets were not read that are listed apart; the rest is summed as "other".
MAX_REASONS = 64

# Known paths (`Engine.learn`): their segments, which paths share as far as they are equal; the bytes of those; pairs of
# ends. What does not fit makes all of them be forgotten. Segments that are held back at a time: others come up.
MAX_STEPS = 16_384
MAX_PATH_BYTES = 8 * 1024 * 1024
MAX_PATH_ENDS = 4096
MAX_WAITING = 65_536
# Bare FINs and RSTs of a flow that wait for its end: two FINs, and what programs send when they do not like them.
MAX_CLOSING = 8
# Steps with one place in a connection that are compared with a segment, the ones learned last: who makes thousands of
# equal length that differ at their end shall not make each packet cost as many comparisons.
MAX_BESIDE = 64
# Bytes of a datagram that a known exchange does not compare: the id and 15 times to live of a DNS message, the times of
# an NTP packet.
MAX_VARYING = 64

# TCP and UDP ports from 1024 up on which servers listen, to tell the server when a flow's start was not seen (IANA
# names).
SERVICE_PORTS = (
    1080, 1194, 1433, 1521, 1723, 1812, 1813, 1883, 1900, 1935, 2049, 2323, 3128, 3260, 3306, 3389, 3478, 3702, 4070,
    5000, 5001, 5060,
    5061, 5222, 5223, 5228, 5269, 5349, 5353, 5355, 5432, 5540, 5672, 5683, 5684, 5900, 6379, 6443, 6667, 6668, 7000,
    7547, 8000, 8008,
    8009, 8080, 8081, 8086, 8123, 8443, 8554, 8883, 8888, 9000, 9100, 9200, 9999, 10001, 11211, 20002, 27017, 32400,
    34567, 37777, 47808, 49152,
)  # fmt: skip


class FlowInfo(NamedTuple):
    """One flow as it stands; pairs are (client, server). See engine.pyi."""

    uid: int
    transport: int
    client: bytes
    client_port: int
    server: bytes
    server_port: int
    client_mac: bytes
    server_mac: bytes
    start_known: bool
    client_isn: int
    server_isn: int
    first_time: int
    last_time: int
    packets: tuple
    bytes: tuple
    payload: tuple
    first_frame: int


# A flow's row, in words. "A" is the end with the smaller address and port, "B" the other; what exists for each end
# stands A, B.
F_HASH = cython.declare(cython.longlong, 0)
F_PORTS = cython.declare(cython.longlong, 1)  # A's port, B's port, IP version, protocol: 16 bits each
F_ADDRESS = cython.declare(cython.longlong, 2)  # A high, A low, B high, B low
F_FLAGS = cython.declare(cython.longlong, 6)
F_STAMP = cython.declare(cython.longlong, 7)  # packet time of the latest packet, as its clock said
F_HOST = cython.declare(cython.longlong, 8)  # rows of the senders' (MAC, address) pairs, plus 1: 32 bits each
F_NEXT_SEQ = cython.declare(cython.longlong, 9)  # the number behind what each end sent in order: 32 bits each
F_MAC = cython.declare(cython.longlong, 10)  # 2
F_PACKETS = cython.declare(cython.longlong, 12)  # 2
F_BYTES = cython.declare(cython.longlong, 14)  # 2
F_PAYLOAD = cython.declare(cython.longlong, 16)  # 2
F_PLACED = cython.declare(cython.longlong, 18)  # packet time when it was put at the end of its list
F_FIRST = cython.declare(cython.longlong, 19)
F_LAST = cython.declare(cython.longlong, 20)
F_PENDING = cython.declare(cython.longlong, 21)  # batch number * 8 + entries of this flow waiting in it
F_ISN = cython.declare(cython.longlong, 22)  # 2
F_SKIP = cython.declare(cython.longlong, 24)  # 2
F_PREVIOUS = cython.declare(cython.longlong, 26)  # slot + 1 of the neighbours in its list
F_NEXT = cython.declare(cython.longlong, 27)
F_UID = cython.declare(cython.longlong, 28)
F_FRAME = cython.declare(cython.longlong, 29)
F_STEP = cython.declare(cython.longlong, 30)  # 0, or the step of a known path that it has come to plus 1, or LEFT
F_WAITING = cython.declare(cython.longlong, 31)  # the last of its segments that are held back plus 1
F_WORDS = cython.declare(cython.longlong, 32)

# Bits of F_FLAGS; those for A are followed by those for B, so that `bit << side` finds them.
USED = cython.declare(cython.longlong, 1)
CLIENT_IS_B = cython.declare(cython.longlong, 2)
START = cython.declare(cython.longlong, 4)
OVER = cython.declare(cython.longlong, 8)
PAYLOAD = cython.declare(cython.longlong, 16)
ENDED = cython.declare(cython.longlong, 32)
ISN = cython.declare(cython.longlong, 64)
IGNORED = cython.declare(cython.longlong, 256)
SKIPPED = cython.declare(cython.longlong, 1024)
FINNED = cython.declare(cython.longlong, 4096)
HEARD = cython.declare(cython.longlong, 16384)
LIST = cython.declare(cython.longlong, 65536)  # 2 bits: 0 short, 1 UDP, 2 TCP
LIST_SHIFT = cython.declare(cython.longlong, 16)
AT_ONCE = cython.declare(cython.longlong, 1 << 19)  # its FINs and RSTs do not wait
DISORDERED = cython.declare(cython.longlong, 1 << 18)  # something is missing, late, cut, or may be padding

# An entry waiting for Python, in words: kind, slot/layer, frame, time, side/code, seq/source MAC, flags/target MAC,
# wire length, offset, length, offset of the addresses or acknowledgement number, length of an address.
E_WORDS = cython.declare(cython.longlong, 12)
E_SEGMENT = cython.declare(cython.longlong, 1)
E_DATAGRAM = cython.declare(cython.longlong, 2)
E_END = cython.declare(cython.longlong, 3)
E_PACKET = cython.declare(cython.longlong, 4)
E_HOST = cython.declare(cython.longlong, 5)
E_EXCHANGED = cython.declare(cython.longlong, 6)
C_BATCH = cython.declare(cython.longlong, BATCH)
C_BURST = cython.declare(cython.longlong, BURST)
C_SWEEP = cython.declare(cython.longlong, SWEEP)
C_ENTRIES = cython.declare(cython.longlong, _ENTRIES)
C_REPEATS = cython.declare(cython.longlong, _REPEATS)
C_UDP_FLOWS = cython.declare(cython.longlong, MAX_UDP_FLOWS)
C_MACS = cython.declare(cython.longlong, MAX_HOSTS)
C_HOST_ADDRESSES = cython.declare(cython.longlong, MAX_HOST_ADDRESSES)
C_MIX = cython.declare(cython.ulonglong, 0x5851F42D4C957F2D)  # the multiplier of Knuth's MMIX generator
C_REPEAT_NS = cython.declare(cython.longlong, REPEAT_SECONDS * 1_000_000_000)

# A (MAC, address) pair's row.
H_MAC = cython.declare(cython.longlong, 0)
H_ADDRESS = cython.declare(cython.longlong, 1)  # 2
H_VERSION = cython.declare(cython.longlong, 3)  # 0: the MAC itself, else 4 or 6
H_FIRST = cython.declare(cython.longlong, 4)
H_LAST = cython.declare(cython.longlong, 5)
H_PACKETS = cython.declare(cython.longlong, 6)
H_BYTES = cython.declare(cython.longlong, 7)
H_WORDS = cython.declare(cython.longlong, 8)

# A step of known paths: first step behind it and next one beside it (plus 1), side and FIN and RST and length, number
# and acknowledgement from the connection's start (-1: none), where its bytes lie, number of the path that ends here
# (plus 1). A datagram's has a bit beside its side; behind its bytes lie as many that say which of them count (255), not
# (0).
P_CHILD = cython.declare(cython.longlong, 0)
P_SIBLING = cython.declare(cython.longlong, 1)
P_KIND = cython.declare(cython.longlong, 2)
P_AT = cython.declare(cython.longlong, 3)
P_ACK = cython.declare(cython.longlong, 4)
P_OFFSET = cython.declare(cython.longlong, 5)
P_PATH = cython.declare(cython.longlong, 6)
P_WORDS = cython.declare(cython.longlong, 7)
# Ends of known paths: client's address and MAC, server's, ports and IP version, first step (plus 1).
R_PORTS = cython.declare(cython.longlong, 6)
R_CHILD = cython.declare(cython.longlong, 7)
R_WORDS = cython.declare(cython.longlong, 8)
C_ROOTS = cython.declare(cython.longlong, 2 * MAX_PATH_ENDS)
C_BESIDE = cython.declare(cython.longlong, MAX_BESIDE)
C_WAITING = cython.declare(cython.longlong, MAX_WAITING)
C_VARYING = cython.declare(cython.longlong, MAX_VARYING)
OF_DATAGRAM = cython.declare(cython.longlong, 4)  # bit of P_KIND
AT_VARIES = cython.declare(cython.longlong, 1 << 40)  # bit of P_AT: behind its bytes stands which of them count
OF_UDP = cython.declare(cython.ulonglong, 1 << 40)  # bit of R_PORTS
C_CLOSING = cython.declare(cython.longlong, MAX_CLOSING)
# A segment that is held back: the previous one of its flow (plus 1), frame, time, step; or, of a FIN or RST, minus how
# many of the flow wait with it, sequence number and flags and side, acknowledgement number. What a datagram has in its
# varying bytes lies in `waiting_bytes`, `MAX_VARYING` for each row.
W_WORDS = cython.declare(cython.longlong, 6)
LEFT = cython.declare(cython.longlong, 1 << 40)
# A mirror that writes a packet twice does so within this time (sensor/flows/copies.py).
C_DOUBLED = cython.declare(cython.longlong, 5_000_000)
# Zero bytes that may be a frame's padding (sensor/flows/causal_order.py).
C_PADDING = cython.declare(cython.longlong, 6)

M32 = cython.declare(cython.longlong, 0xFFFFFFFF)
HALF = cython.declare(cython.longlong, 1 << 31)
CLASS_D = cython.declare(cython.longlong, 0xE0000000)  # 224.0.0.0
SECOND = cython.declare(cython.longlong, 1_000_000_000)
NO_MAC = cython.declare(cython.longlong, 1 << 48)
GROUP_BIT = cython.declare(cython.longlong, 1 << 40)  # IEEE 802-2014, 8.2.2: first bit on the wire = group address

# Why the pass came back.
R_DONE = cython.declare(cython.longlong, 0)
R_BATCH = cython.declare(cython.longlong, 1)
R_GROW = cython.declare(cython.longlong, 2)
R_SLOW = cython.declare(cython.longlong, 3)

# Counters of what was not read: by fixed reason, ethertype, IP protocol, link type (offsets into one array).
U_REASON = cython.declare(cython.longlong, 0)
U_ETHERTYPE = cython.declare(cython.longlong, 64)
U_PROTOCOL = cython.declare(cython.longlong, 64 + 65536)
U_LINK = cython.declare(cython.longlong, 64 + 65536 + 256)
_COUNTERS = 64 + 65536 + 256 + 65536
U_CUT = cython.declare(cython.longlong, 0)
U_BAD_IP4 = cython.declare(cython.longlong, 1)
U_BAD_IP6 = cython.declare(cython.longlong, 2)
U_BAD_TCP = cython.declare(cython.longlong, 3)
U_BAD_UDP = cython.declare(cython.longlong, 4)
U_VERSION = cython.declare(cython.longlong, 5)
U_TAGS = cython.declare(cython.longlong, 6)
U_DEEP = cython.declare(cython.longlong, 7)
U_FULL = cython.declare(cython.longlong, 8)
_FIXED_REASONS = (
    "cut before the headers end",
    "malformed IPv4 header",
    "malformed IPv6 header",
    "malformed TCP header",
    "malformed UDP header",
    "IP version neither 4 nor 6",
    "more than three VLAN tags",
    "too many IPv6 extension headers",
    "flow table full",
)
# Known for what they are though nobody asked for them: not counted as unread.
_KNOWN_ETHERTYPES = frozenset(
    (0x0806, 0x8035, 0x86DD, 0x0800, 0x88CC, 0x888E, 0x8863, 0x9000, 0x6003, 0x893A, 0x88E1, 0x8912, 0x880B)
)
_KNOWN_PROTOCOLS = frozenset((1, 2, 58, 59, 88, 89, 103, 112))
_PROTOCOL_NAMES = {
    50: "IPsec ESP, encrypted",
    132: "SCTP",
    33: "DCCP",
    136: "UDP-Lite",
    46: "RSVP",
    115: "L2TPv3",
    9: "IGRP",
    55: "Mobile IP, minimal encapsulation",
    73: "CPHB",
    98: "ENCAP",
    105: "SCPS",
    108: "IP compression",
    113: "PGM",
    124: "IS-IS over IPv4",
    133: "Fibre Channel",
    138: "MANET",
    141: "WESP",
    142: "ROHC",
    137: "MPLS in IP",
}
_ETHERTYPE_NAMES = {
    0x88E5: "MACsec, encrypted", 0x88B8: "GOOSE", 0x88BA: "IEC 61850 sampled values", 0x8892: "PROFINET",
    0x88A4: "EtherCAT", 0x88F7: "PTP",
    0x809B: "AppleTalk", 0x8137: "IPX", 0x22F0: "AVTP", 0x88CA: "TIPC", 0x8808: "Ethernet flow control",
    0x0842: "Wake-on-LAN", 0x4305: "B.A.T.M.A.N. advanced",
    0x6001: "DEC MOP", 0x6002: "DEC MOP",
    0x6004: "DEC LAT", 0x80F3: "AppleTalk ARP", 0x886F: "Microsoft load balancing", 0x8870: "jumbo LLC",
    0x88A2: "ATA over Ethernet",
    0x88BB: "LWAPP", 0x88C7: "802.11 pre-authentication", 0x88CD: "SERCOS III", 0x88D9: "LLTD", 0x88DC: "WSMP",
    0x88E3: "MRP",
    0x88F5: "MVRP", 0x88F6: "MMRP", 0x88FB: "PRP supervision", 0x8902: "connectivity faults (CFM)",
    0x8906: "Fibre Channel over Ethernet",
    0x8914: "FCoE initialization", 0x8915: "RDMA over Converged Ethernet", 0x8947: "GeoNetworking", 0x890D: "TDLS",
    0xA0ED: "6LoWPAN",
    0xD28B: "Arista's time stamp", 0xFEFE: "ISO LLC",
    0x0BAD: "Banyan VINES", 0x22EA: "SRP", 0x80D5: "SNA", 0x814C: "SNMP over Ethernet", 0x8819: "CobraNet",
    0x886C: "HomePNA", 0x887B: "HomePlug 1.0", 0x88AB: "Ethernet POWERLINK", 0x88B5: "local experiments",
    0x88B6: "local experiments", 0x88B7: "OUI-extended", 0x88BF: "MikroTik RoMON", 0x8917: "media independent handover",
    0x8929: "MSRP", 0x8940: "edge control (ECP)",
    **ETHERTYPE_NAMES,
}  # fmt: skip

# Ways out of the pass for what slow.py reads.
S_LINK = cython.declare(cython.longlong, slow.LINK)
S_ETHERTYPE = cython.declare(cython.longlong, slow.ETHERTYPE)
S_PROTOCOL = cython.declare(cython.longlong, slow.PROTOCOL)
S_FRAGMENT4 = cython.declare(cython.longlong, slow.FRAGMENT4)
S_FRAGMENT6 = cython.declare(cython.longlong, slow.FRAGMENT6)
S_VXLAN = cython.declare(cython.longlong, slow.VXLAN)
S_GTP = cython.declare(cython.longlong, slow.GTP)
S_GENEVE = cython.declare(cython.longlong, slow.GENEVE)
S_TZSP = cython.declare(cython.longlong, slow.TZSP)
S_INSIDE = cython.declare(cython.longlong, slow.INSIDE)
S_PORT = cython.declare(cython.longlong, slow.PORT)


def _zeros(count, code):
    """`count` items of type `code`, zero, in memory the system hands out only as it is touched."""
    size = count * (1 if code == "B" else 8)
    return memoryview(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)).cast(code)


def _counting(data, varying):
    """Of each byte whether it counts (0xff): not those in the stretches that may differ."""
    counts = bytearray(b"\xff" * len(data))
    for first, stop in varying:
        counts[first:stop] = bytes(stop - first)
    if len(counts) != len(data):
        raise ValueError("a stretch that is none of the data")
    return bytes(counts)


_new = tuple.__new__


@cython.cfunc
def _wire(high: cython.ulonglong, low: cython.ulonglong, size: cython.longlong):
    """The last `size` bytes of two words in network order."""
    if cython.compiled:
        text = cython.declare(cython.char[16])
        at: cython.longlong
        for at in range(8):
            text[at] = (high >> (56 - 8 * at)) & 255
            text[8 + at] = (low >> (56 - 8 * at)) & 255
        return text[16 - size : 16]
    return (int(high) << 64 | int(low)).to_bytes(16, "big")[16 - size :]


@cython.cfunc
def _mac(value: cython.ulonglong):
    return b"" if value >= NO_MAC else _wire(0, value, 6)


@cython.cfunc
def _address(high: cython.ulonglong, low: cython.ulonglong, version: cython.longlong):
    return _wire(high, low, 4 if version == 4 else 16)


def _add(counts, reason, number):
    """Add to one of a bounded number of reasons."""
    if reason not in counts and len(counts) >= MAX_REASONS:
        reason = "other"
    counts[reason] = counts.get(reason, 0) + number


def _frame_of(segment):
    return segment[2]


def _flags(size, numbers):
    """`size` bytes, 1 at each of `numbers`."""
    flags = bytearray(size)
    for number in numbers:
        if not 0 <= number < size:
            raise ValueError(f"{number} is out of range")
        flags[number] = 1
    return flags


_SERVICES = _flags(65536, (*range(1, 1024), *SERVICE_PORTS))
_SLOW_LINKS = _flags(65536, slow.LINKS)
_SLOW_TYPES = _flags(65536, slow.ETHERTYPES)
_SLOW_PORTS = _flags(65536, slow.PORTS)
_SLOW_PROTOCOLS = _flags(256, slow.PROTOCOLS)
# RFC 8200, 4: hop-by-hop, routing, fragment, destination options; AH (RFC 4302); mobility, HIP, shim6.
_EXTENSIONS = _flags(256, (0, 43, 44, 60, 51, 135, 139, 140))


@cython.final
@cython.cclass
class Engine:
    """See engine.pyi for the interface: its docstrings are the ones to read."""

    data: cython.const[cython.uchar][::1]  # the block being read
    table: cython.longlong[::1]  # its records
    flows: cython.ulonglong[::1]
    index: cython.ulonglong[::1]  # open addressing: hash << 32 | slot + 1
    lists: cython.longlong[::1]  # heads 0..2, tails 3..5 (slot + 1), lengths 6..8, idle ns 9..11
    free: cython.longlong[::1]
    events: cython.longlong[::1]
    hosts_rows: cython.ulonglong[::1]
    hosts_index: cython.ulonglong[::1]
    repeats: cython.ulonglong[::1]
    keys: cython.ulonglong[::1]
    unread: cython.ulonglong[::1]
    nets: cython.ulonglong[::1]  # version, high, low, mask high, mask low
    services: cython.uchar[::1]
    want_type: cython.uchar[::1]
    want_protocol: cython.uchar[::1]
    slow_link: cython.uchar[::1]
    slow_protocol: cython.uchar[::1]
    slow_type: cython.uchar[::1]
    slow_port: cython.uchar[::1]
    extension: cython.uchar[::1]
    home: cython.uchar[::1]  # TCP ports that are a protocol's also at the client's end
    steps: cython.longlong[::1]
    path_bytes: cython.uchar[::1]
    path_ends: cython.ulonglong[::1]  # open addressing
    waiting: cython.longlong[::1]
    waiting_bytes: cython.uchar[::1]
    home_udp: cython.uchar[::1]

    n_steps: cython.longlong
    n_path_bytes: cython.longlong
    n_path_ends: cython.longlong
    n_paths: cython.longlong
    paths_full: cython.bint
    waiting_free: cython.longlong  # first one free (plus 1), by the word for the previous one
    waiting_high: cython.longlong

    m64: cython.ulonglong
    mask: cython.longlong
    nets_count: cython.longlong
    row: cython.longlong  # next record of the block
    count: cython.longlong
    first_frame: cython.longlong
    n_events: cython.longlong
    burst: cython.bint
    batch: cython.longlong
    high: cython.longlong  # slots handed out at least once
    n_free: cython.longlong
    live: cython.longlong
    max_flows: cython.longlong
    next_uid: cython.longlong
    n_hosts: cython.longlong
    n_macs: cython.longlong
    next_sweep: cython.longlong
    previous: cython.longlong
    report_all: cython.bint
    use_repeats: cython.bint
    replaying: cython.bint  # the packet at hand came out of another one
    own_frame: cython.bint  # … but only out of its link's header, so that it counts for its sender
    depth: cython.longlong

    # the packet at hand
    now: cython.longlong
    frame: cython.longlong
    wire: cython.longlong  # bytes of the frame on the wire
    end: cython.longlong  # where its captured bytes end
    source_mac: cython.longlong
    target_mac: cython.longlong
    group: cython.bint
    host: cython.longlong
    side: cython.longlong
    version: cython.longlong
    addresses: cython.longlong  # offset of the source address
    shi: cython.ulonglong
    slo: cython.ulonglong
    dhi: cython.ulonglong
    dlo: cython.ulonglong
    # what the pass leaves for slow.py
    slow_kind: cython.longlong
    slow_code: cython.longlong
    slow_start: cython.longlong
    slow_wire: cython.longlong
    inject_source: cython.longlong
    inject_target: cython.longlong

    n_packets: cython.longlong
    n_bytes: cython.longlong
    t_first: cython.longlong
    t_last: cython.longlong
    n_truncated: cython.longlong
    n_ended: cython.longlong
    n_silent: cython.longlong
    silent_p: cython.longlong
    silent_b: cython.longlong
    n_evicted: cython.longlong
    n_host_overflow: cython.longlong
    n_up: cython.longlong
    n_repeated: cython.longlong

    block: bytes
    dead: list  # slots whose END stands in the batch that Python has
    dead_later: list  # … in what it gets next
    at_once: list  # slots whose FINs and RSTs are not to wait any longer
    undelivered: list
    in_slow: cython.bint
    fragments: object
    mirrors: object
    radio: object
    slow_reasons: dict

    def __init__(
        self,
        local=(),
        ethertypes=(),
        ip_protocols=(),
        max_flows=MAX_FLOWS,
        report_all_flows=False,
        duplicate_cache=True,
        radio=None,
        home_ports=(),
        home_datagram_ports=(),
    ):
        if not 1 <= max_flows <= 1 << 26:
            raise ValueError("max_flows must lie between 1 and 67,108,864")
        self.m64 = (1 << 64) - 1
        self.max_flows = max_flows
        self.report_all = report_all_flows
        self.use_repeats = duplicate_cache
        self.high = 0
        self.flows = _zeros((max_flows + _ENTRIES) * 32, "Q")
        self.free = _zeros(max_flows + _ENTRIES, "q")
        self._set_index(4096)
        self.lists = _zeros(12, "q")
        self.lists[9] = SHORT_SECONDS * 1_000_000_000
        self.lists[10] = UDP_SECONDS * 1_000_000_000
        self.lists[11] = TCP_SECONDS * 1_000_000_000
        self.events = _zeros(_ENTRIES * 12, "q")
        self.hosts_rows = _zeros((MAX_HOSTS + MAX_HOST_ADDRESSES) * 8, "Q")
        self.hosts_index = _zeros(524_288, "Q")
        self.repeats = _zeros(_REPEATS * 2, "Q")
        self.unread = _zeros(_COUNTERS, "Q")
        # Keys drawn anew for each engine: nobody outside can choose addresses that collide. (Lemire and Kaser 2014,
        # "Strongly universal string hashing is fast": multilinear over 32-bit words, upper half of the sum.)
        seed = memoryview(os.urandom(16 * 8)).cast("Q")
        self.keys = _zeros(16, "Q")
        for at in range(16):
            self.keys[at] = seed[at] | 1
        nets = []
        for address, length in local:
            value, bits = int.from_bytes(address, "big"), len(address) * 8
            if bits not in (32, 128) or not 0 <= length <= bits:
                raise ValueError("a local network is (4 or 16 bytes, prefix length)")
            net = ((1 << bits) - 1) ^ ((1 << (bits - length)) - 1)
            value &= net
            low = (1 << 64) - 1
            nets.extend((4 if bits == 32 else 6, value >> 64, value & low, net >> 64, net & low))
        self.nets = _zeros(max(5, len(nets)), "Q")
        for at in range(len(nets)):
            self.nets[at] = nets[at]
        self.nets_count = len(nets) // 5
        self.services = _SERVICES
        self.want_type = _flags(196_608, ethertypes)
        self.want_protocol = _flags(256, ip_protocols)
        self.slow_link = _SLOW_LINKS
        self.slow_type = _SLOW_TYPES
        self.slow_port = _SLOW_PORTS
        self.slow_protocol = _SLOW_PROTOCOLS
        self.extension = _EXTENSIONS
        self.home = _flags(65536, home_ports)
        self.home_udp = _flags(65536, home_datagram_ports)
        self.steps = _zeros(MAX_STEPS * 7, "q")
        self.path_bytes = _zeros(MAX_PATH_BYTES, "B")
        self.path_ends = _zeros(2 * MAX_PATH_ENDS * 8, "Q")
        self.waiting = _zeros(MAX_WAITING * 6, "q")
        self.waiting_bytes = _zeros(MAX_WAITING * MAX_VARYING, "B")
        self.n_steps = self.n_path_bytes = self.n_path_ends = self.n_paths = self.waiting_free = self.waiting_high = 0
        self.paths_full = False
        self.block = b""
        self.data = b""
        self.dead = []
        self.undelivered = []
        self.fragments = Fragments()
        self.mirrors = MirrorSenders()
        self.radio = radio or Radio()
        self.slow_reasons = {}
        self.next_uid = self.batch = 1
        self.dead_later = []
        self.at_once = []
        self.in_slow = self.burst = self.replaying = self.own_frame = self.group = False
        self.row = self.count = self.first_frame = self.n_events = self.n_free = self.live = 0
        self.n_hosts = self.n_macs = self.next_sweep = self.previous = self.depth = 0
        self.now = self.frame = self.wire = self.end = self.source_mac = self.target_mac = 0
        self.host = self.side = self.version = self.addresses = self.shi = self.slo = self.dhi = self.dlo = 0
        self.slow_kind = self.slow_code = self.slow_start = self.slow_wire = 0
        self.n_packets = self.n_bytes = self.t_first = self.t_last = self.n_truncated = self.n_ended = self.n_silent = 0
        self.silent_p = self.silent_b = self.n_evicted = self.n_host_overflow = self.n_up = self.n_repeated = 0
        self.inject_source = self.inject_target = 1 << 48

    # ------------------------------------------------------------------ what Python calls

    compiled = cython.compiled

    def process(self, block):
        table = block.table
        count = block.count
        first = block.first_frame
        data = block.data
        row = 0
        while True:
            self._begin_batch()
            out = self.undelivered
            self.undelivered = []
            self.block = data
            self.data = data
            self.table = table
            self.count = count
            self.first_frame = first
            self.row = row
            done = self._fill(out)
            row = self.row
            if out:
                yield out
            if done:
                return

    def finish(self):
        self.fragments.clear()
        while True:
            records = []
            for slot in range(self.high):
                flags = self.flows[slot * 32 + 6]
                if flags & 33 == 1:
                    if self.report_all or flags & 16:
                        records.append(self.flows[slot * 32 + 28] << 27 | slot)  # one number, for memory's sake
                    else:
                        self._end(slot, 4)
            records.sort()
            at = 0
            while at < len(records) or self.undelivered:
                self._begin_batch()
                out = self.undelivered
                self.undelivered = []
                while at < len(records) and self.n_events < BATCH:
                    self._end(records[at] & 0x7FFFFFF, 4)
                    at += 1
                self._collect(out)
                if out:
                    yield out
            if not self.live:  # else what was injected meanwhile made flows
                break
        self._begin_batch()

    def tick(self, now):
        self.now = now
        while True:
            self._begin_batch()
            out = self.undelivered
            self.undelivered = []
            self._sweep(now)
            self._collect(out)
            if out:
                yield out
            if self.next_sweep > now and not self.undelivered:
                return

    def inject(self, data, link, frame, time, source_mac, target_mac):
        if self.depth >= MAX_DEPTH:
            self._not_read("tunnels nested too deeply")
            return
        if not 0 <= time <= 1 << 62 or not 0 <= link <= 65535:
            raise ValueError("time or link type out of range")
        data = bytes(data)
        dead, self.dead = self.dead, self.dead if self.in_slow else self.dead_later
        keep = (
            self.block,
            self.table,
            self.row,
            self.count,
            self.first_frame,
            self.replaying,
            self.inject_source,
            self.inject_target,
        )
        try:
            self.depth += 1
            self.replaying = True
            self.inject_source = int.from_bytes(source_mac, "big") if len(source_mac) == 6 else 1 << 48
            self.inject_target = int.from_bytes(target_mac, "big") if len(target_mac) == 6 else 1 << 48
            self.block = data
            self.data = data
            self.table = array("q", (0, len(data), len(data), time, link))
            self.row, self.count, self.first_frame = 0, 1, frame
            while not self._fill(self.undelivered):
                pass
        finally:
            self.depth -= 1
            self.block, self.table, self.row, self.count, self.first_frame = keep[0], keep[1], keep[2], keep[3], keep[4]
            self.replaying, self.inject_source, self.inject_target = keep[5], keep[6], keep[7]
            self.data = self.block
            if not self.in_slow:
                self.dead_later, self.dead = self.dead, dead

    def flow(self, slot):
        at: cython.longlong = self._row_of(slot)
        f: cython.ulonglong[::1] = self.flows
        flags: cython.ulonglong = f[at + 6]
        c: cython.longlong = 1 if flags & 2 else 0
        s: cython.longlong = 1 - c
        ports: cython.ulonglong = f[at + 1]
        version: cython.longlong = (ports >> 16) & 0xFFFF
        first_isn: cython.longlong = f[at + 22 + c] if flags & (64 << c) else -1
        second_isn: cython.longlong = f[at + 22 + s] if flags & (64 << s) else -1
        # `FlowInfo` itself would be a call of Python.
        return _new(
            FlowInfo,
            (
                f[at + 28],
                ports & 0xFFFF,
                _address(f[at + 2 + 2 * c], f[at + 3 + 2 * c], version),
                (ports >> (32 if c else 48)) & 0xFFFF,
                _address(f[at + 2 + 2 * s], f[at + 3 + 2 * s], version),
                (ports >> (32 if s else 48)) & 0xFFFF,
                _mac(f[at + 10 + c]),
                _mac(f[at + 10 + s]),
                flags & 4 != 0,
                first_isn,
                second_isn,
                f[at + 19],
                f[at + 20],
                (f[at + 12 + c], f[at + 12 + s]),
                (f[at + 14 + c], f[at + 14 + s]),
                (f[at + 16 + c], f[at + 16 + s]),
                f[at + 29],
            ),
        )

    def ignore(self, slot):
        at = self._row_of(slot)
        self.flows[at + 6] |= 256 | 512

    def ignore_side(self, slot, side):
        at = self._row_of(slot)
        self.flows[at + 6] |= 256 << self._end_of(at, side)

    def skip(self, slot, side, seq):
        at = self._row_of(slot)
        which = self._end_of(at, side)
        self.flows[at + 24 + which] = seq & 0xFFFFFFFF
        self.flows[at + 6] |= 1024 << which

    def close_at_once(self, slot, wanted):
        at = self._row_of(slot)
        if wanted:
            self.flows[at + 6] |= 1 << 19
            self.at_once.append(slot)
        elif self.flows[at + 6] & 1 << 19:
            self.flows[at + 6] ^= 1 << 19

    def learn(self, ends, segments, varying=None):
        """See engine.pyi. A path that is known already has the number that it had."""
        steps = []
        every = ((),) * len(segments) if varying is None else varying
        for (side, place, ack, flags, payload), stretches in zip(segments, every, strict=True):
            kind = side | (flags & 5) << 1 | len(payload) << 4
            if stretches:
                steps.append((kind, place | AT_VARIES, ack, payload + _counting(payload, stretches)))
            else:
                steps.append((kind, place, ack, payload))
        return self._learn(ends, steps)

    def learn_exchange(self, ends, datagrams):
        """See engine.pyi."""
        steps = []
        for side, payload, varying in datagrams:
            counts = _counting(payload, varying)
            if counts.count(0) > MAX_VARYING:
                raise ValueError("too many bytes in the stretches of a datagram")
            steps.append((side | 4 | len(payload) << 4, 0, -1, payload + counts))
        return self._learn((*ends[:6], True), steps)

    def _learn(self, ends, steps):
        """A path of steps: kind, number, acknowledgement, bytes."""
        size = sum(len(step[3]) for step in steps)
        root = self._root(ends)
        if (
            self.paths_full
            or self.n_steps + len(steps) > MAX_STEPS
            or self.n_path_bytes + size > MAX_PATH_BYTES
            or (self.path_ends[root + 6] == 0 and self.n_path_ends == MAX_PATH_ENDS)
        ):
            self.paths_full = True
            return -1
        if self.path_ends[root + 6] == 0:
            for at, word in enumerate(self._words(ends)):
                self.path_ends[root + at] = word
            self.path_ends[root + 7] = 0
            self.n_path_ends += 1
        step = self.path_ends[root + 7]
        before = -1
        for kind, place, ack, payload in steps:
            while step:
                at = (step - 1) * 7
                if self.steps[at + 2] == kind and self.steps[at + 3] == place and self.steps[at + 4] == ack:
                    start = self.steps[at + 5]
                    if self._is_at(start, payload):
                        break
                step = self.steps[at + 1]
            else:
                at = self.n_steps * 7
                self.n_steps += 1
                start = self.n_path_bytes
                self.n_path_bytes += len(payload)
                self._put_at(start, payload)
                first = self.path_ends[root + 7] if before < 0 else self.steps[before]
                for word, value in enumerate((0, first, kind, place, ack, start, 0)):
                    self.steps[at + word] = value
                if before < 0:
                    self.path_ends[root + 7] = self.n_steps
                else:
                    self.steps[before] = self.n_steps
            before = at
            step = self.steps[at]
        if self.steps[before + 6] == 0:
            self.n_paths += 1
            self.steps[before + 6] = self.n_paths
        return self.steps[before + 6] - 1

    @cython.cfunc
    def _put_at(self, start: cython.longlong, payload):
        """Store bytes of a path."""
        source: cython.const[cython.uchar][::1] = payload
        size: cython.longlong = len(payload)
        each: cython.longlong
        for each in range(size):
            self.path_bytes[start + each] = source[each]

    @cython.cfunc
    def _is_at(self, start: cython.longlong, payload):
        """Whether these bytes of a path stand there."""
        source: cython.const[cython.uchar][::1] = payload
        size: cython.longlong = len(payload)
        each: cython.longlong = 0
        while each < size and self.path_bytes[start + each] == source[each]:
            each += 1
        return each == size

    def forget(self, ends):
        self.path_ends[self._root(ends) + 7] = 0

    def release(self):
        out = []
        for slot in range(self.high if self.waiting_high else 0):
            head = self.flows[slot * 32 + 31]
            if head:
                self.flows[slot * 32 + 31] = 0
                self.flows[slot * 32 + 30] = LEFT
                self._bring_up(out, slot, head)
        out.sort(key=_frame_of)
        return out

    def hosts(self):
        """MACs first carry what all their addresses sent and what had none; then each address."""
        own = {}
        pairs = []
        rows = self.hosts_rows
        for at in range(0, self.n_hosts * 8, 8):
            mac = _mac(rows[at])
            entry = [mac, b"", rows[at + 4], rows[at + 5], rows[at + 6], rows[at + 7]]
            if rows[at + 3] == 0:
                own[mac] = entry
            else:
                entry[1] = _address(rows[at + 1], rows[at + 2], rows[at + 3])
                total = own.get(mac)
                if total is not None:
                    total[3] = max(total[3], entry[3])
                    total[4] += entry[4]
                    total[5] += entry[5]
            pairs.append(entry)
        return [tuple(entry) for entry in pairs]

    @property
    def packets(self):
        return self.n_packets

    @property
    def bytes(self):
        return self.n_bytes

    @property
    def first_time(self):
        return self.t_first

    @property
    def last_time(self):
        return self.t_last

    @property
    def truncated_packets(self):
        return self.n_truncated

    @property
    def flows_ended(self):
        return self.n_ended

    @property
    def live_flows(self):
        return self.live

    @property
    def silent_flows(self):
        return self.n_silent

    @property
    def silent_packets(self):
        return self.silent_p

    @property
    def silent_bytes(self):
        return self.silent_b

    @property
    def entries(self):
        return self.n_up

    @property
    def repeated(self):
        return self.n_repeated

    @property
    def undecoded(self):
        found = {}
        for at in range(len(_FIXED_REASONS)):
            if self.unread[at]:
                found[_FIXED_REASONS[at]] = self.unread[at]
        if self.fragments.lost:
            found["fragments whose rest is missing"] = self.fragments.lost
        found.update(self.slow_reasons)
        at = self._next_unread(64)
        while at < _COUNTERS:
            if at >= 65856:
                _add(found, f"link type {at - 65856} ({slow.link_name(at - 65856)})", self.unread[at])
            elif at >= 65600:
                if at - 65600 not in _KNOWN_PROTOCOLS:
                    _add(found, _PROTOCOL_NAMES.get(at - 65600) or f"IP protocol {at - 65600}", self.unread[at])
            elif at - 64 not in _KNOWN_ETHERTYPES:
                _add(found, _ETHERTYPE_NAMES.get(at - 64) or f"ethertype 0x{at - 64:04x}", self.unread[at])
            at = self._next_unread(at + 1)
        return found

    @property
    def bounds_hit(self):
        found = {}
        if self.n_evicted:
            found["flow table full"] = self.n_evicted
        if self.n_host_overflow:
            found["host table full"] = self.n_host_overflow
        found.update(self.fragments.bounds_hit)
        return found

    # ------------------------------------------------------------------ between the two

    def _words(self, ends):
        """The ends of a path as a row of `path_ends`: (MAC, address) of client and server, server's port, the client's
        where it is a protocol's; behind them whether these are ends of datagrams.
        """
        client_mac, client, server_mac, server, port, own, *datagrams = ends
        words = []
        for mac, address in ((client_mac, client), (server_mac, server)):
            value = int.from_bytes(address, "big")
            words += (value >> 64, value & ((1 << 64) - 1), int.from_bytes(mac, "big") if len(mac) == 6 else 1 << 48)
        ports = (4 if len(client) == 4 else 6) << 32 | (own or 0) << 16 | port
        return (*words, ports | 1 << 40 if datagrams else ports)

    def _root(self, ends):
        """Where the row of these ends is, or may be made."""
        words = self._words(ends)
        at = self._hash(words[0], words[1], words[3], words[4], words[6]) & (C_ROOTS - 1)
        while self.path_ends[at * 8 + 6] and any(self.path_ends[at * 8 + word] != words[word] for word in range(7)):
            at = (at + 1) & (C_ROOTS - 1)
        return at * 8

    def _bring_up(self, out, slot, head):
        """The segments of a flow that were held back, in their order."""
        found = self._taken_from(slot, head)
        out.extend(found)
        self.n_up += len(found)

    def _taken_from(self, slot, head):
        """The same, as entries."""
        chain = []
        while head:
            chain.append(head)
            head = self.waiting[(head - 1) * 6]
        row = slot * 32
        client = 1 if self.flows[row + 6] & 2 else 0
        found = []
        for each in reversed(chain):
            at = (each - 1) * 6
            frame, time, step = self.waiting[at + 1], self.waiting[at + 2], self.waiting[at + 3] * 7
            if step < 0:
                seq, ack = self.waiting[at + 4], self.waiting[at + 5]
                side = seq >> 40 ^ client
                found.append((SEGMENT, slot, frame, time, side, seq & 0xFFFFFFFF, ack, seq >> 32 & 0xFF, 0, b""))
            elif self.steps[step + 2] & 4:
                payload = self._whole_datagram(step, each)
                side = self.steps[step + 2] & 1
                found.append((DATAGRAM, slot, frame, time, side, len(payload), payload))
            else:
                kind = self.steps[step + 2]
                side = kind & 1
                ack = self.steps[step + 4]
                if ack >= 0:
                    ack = (self.flows[row + 22 + (side ^ 1 ^ client)] + 1 + ack) & 0xFFFFFFFF
                seq = (self.flows[row + 22 + (side ^ client)] + 1 + self.steps[step + 3]) & 0xFFFFFFFF
                start = self.steps[step + 5]
                payload = bytes(self.path_bytes[start : start + (kind >> 4)])
                found.append((SEGMENT, slot, frame, time, side, seq, ack, kind >> 1 & 5, kind >> 4, payload))
            self.waiting[at] = self.waiting_free
            self.waiting_free = each
        return found

    def _whole_datagram(self, step, each):
        """The bytes of a datagram that was held back in that row, as they came."""
        size = self.steps[step + 2] >> 4
        start = self.steps[step + 5]
        payload = bytearray(self.path_bytes[start : start + size])
        varying = (each - 1) * MAX_VARYING
        for at in range(size):
            if self.path_bytes[start + size + at] == 0:
                payload[at] = self.waiting_bytes[varying]
                varying += 1
        return bytes(payload)

    def _varying_of(self, head):
        """The varying bytes of datagrams that were held back, padded."""
        found = []
        while head:
            varying = (head - 1) * MAX_VARYING
            found.append(bytes(self.waiting_bytes[varying : varying + MAX_VARYING]))
            head = self.waiting[(head - 1) * 6]
        return tuple(reversed(found))

    def _times_of(self, head):
        """Frames and times of segments that were held back, which nobody has to read."""
        frames = []
        times = []
        while head:
            at = (head - 1) * 6
            frames.append(self.waiting[at + 1])
            times.append(self.waiting[at + 2])
            before = self.waiting[at]
            self.waiting[at] = self.waiting_free
            self.waiting_free = head
            head = before
        return tuple(reversed(frames)), tuple(reversed(times))

    def _forget_paths(self):
        """Make room for new ones; flows that follow one are read."""
        self.undelivered = self.release() + self.undelivered
        self.path_ends = _zeros(2 * MAX_PATH_ENDS * 8, "Q")
        self.n_steps = self.n_path_bytes = self.n_path_ends = self.n_paths = 0
        self.paths_full = False

    def _row_of(self, slot):
        if not isinstance(slot, int) or not 0 <= slot < self.high or not self.flows[slot * 32 + 6] & 1:
            raise ValueError("no such flow")
        return slot * 32

    def _end_of(self, at, side):
        if side not in (0, 1):
            raise ValueError("a side is 0 or 1")
        return side ^ (1 if self.flows[at + 6] & 2 else 0)

    def _not_read(self, reason):
        _add(self.slow_reasons, reason, 1)

    def _set_index(self, size):
        self.index = _zeros(size, "Q")
        self.mask = size - 1
        for slot in range(self.high):
            at = slot * 32
            if self.flows[at + 6] & 33 == 1:
                where = self.flows[at] & self.mask
                while self.index[where]:
                    where = (where + 1) & self.mask
                self.index[where] = (self.flows[at] << 32) | (slot + 1)

    def _begin_batch(self):
        """What ended in the batch before is gone now; its slots may be used again."""
        for slot in self.dead:
            self.flows[slot * 32 + 6] = 0
            self.free[self.n_free] = slot
            self.n_free += 1
        self.dead = self.dead_later
        self.dead_later = []
        for slot in self.at_once:
            head = self.flows[slot * 32 + 31]
            if (
                head
                and self.flows[slot * 32 + 6] & (1 << 19 | 1) == 1 << 19 | 1
                and self.waiting[(head - 1) * 6 + 3] < 0
            ):
                self.flows[slot * 32 + 31] = 0
                self._bring_up(self.undelivered, slot, head)
        self.at_once = []
        self.batch += 1
        if self.paths_full:
            self._forget_paths()

    def _fill(self, out):
        """Run the pass and put what it found behind `out`; False when the batch is full and records are left."""
        why: cython.longlong
        while True:
            with cython.nogil:
                why = self._run()
            self._collect(out)
            if why == R_GROW:
                self._set_index((self.mask + 1) * 2)
            elif why == R_SLOW:
                self.burst = False
                self._slow(out)
                if self.burst or len(out) >= BATCH:
                    return False
            else:
                return why == R_DONE

    def _collect(self, out):
        """The entries that wait, as tuples."""
        at: cython.longlong
        kind: cython.longlong
        start: cython.longlong
        size: cython.longlong
        entry: cython.longlong
        for entry in range(self.n_events):
            at = entry * 12
            kind = self.events[at]
            if kind == E_SEGMENT or kind == E_DATAGRAM:
                start = self.events[at + 8]
                size = self.events[at + 9]
                if cython.compiled:
                    text: cython.p_char = self.block
                    payload = text[start : start + size]
                else:
                    payload = self.block[start : start + size]
                if kind == E_SEGMENT:
                    if self.events[at + 11]:
                        self._bring_up(out, self.events[at + 1], self.events[at + 11])
                    out.append(
                        (
                            SEGMENT,
                            self.events[at + 1],
                            self.events[at + 2],
                            self.events[at + 3],
                            self.events[at + 4],
                            self.events[at + 5],
                            self.events[at + 10],
                            self.events[at + 6],
                            self.events[at + 7],
                            payload,
                        )
                    )
                else:
                    if self.events[at + 11]:
                        self._bring_up(out, self.events[at + 1], self.events[at + 11])
                    out.append(
                        (
                            DATAGRAM,
                            self.events[at + 1],
                            self.events[at + 2],
                            self.events[at + 3],
                            self.events[at + 4],
                            self.events[at + 7],
                            payload,
                        )
                    )
            elif kind == E_END:
                slot = self.events[at + 1]
                if self.events[at + 10]:
                    frames, times = self._times_of(self.events[at + 11])
                    out.append((REPEATED, slot, _REASONS[self.events[at + 4]], self.events[at + 10] - 1, frames, times))
                else:
                    closing = ()
                    head = self.events[at + 11]
                    if head and self.waiting[(head - 1) * 6 + 3] < 0:
                        closing = tuple([each[2:] for each in self._taken_from(slot, head)])
                    elif head:
                        self._bring_up(out, slot, head)
                    out.append((END, slot, _REASONS[self.events[at + 4]], closing))
                self.dead.append(slot)
            elif kind == E_EXCHANGED:
                varying = self._varying_of(self.events[at + 11])
                frames, times = self._times_of(self.events[at + 11])
                out.append((EXCHANGED, self.events[at + 1], self.events[at + 10] - 1, frames, times, varying))
            elif kind == E_PACKET:
                start = self.events[at + 8]
                size = self.events[at + 9]
                where = self.events[at + 10]
                each = self.events[at + 11]
                out.append(
                    (
                        PACKET,
                        self.events[at + 2],
                        self.events[at + 3],
                        self.events[at + 1],
                        self.events[at + 4],
                        _mac(self.events[at + 5]),
                        _mac(self.events[at + 6]),
                        self.block[where : where + each],
                        self.block[where + each : where + 2 * each],
                        self.block[start : start + size],
                    )
                )
            else:
                where = self.events[at + 10]
                out.append(
                    (
                        HOST,
                        self.events[at + 2],
                        self.events[at + 3],
                        _mac(self.events[at + 5]),
                        self.block[where : where + self.events[at + 11]],
                    )
                )
        self.n_up += self.n_events
        self.n_events = 0

    def _slow(self, out):
        """The rare packet that plain modules read; what they find in it takes the same way again."""
        data = self.block[self.slow_start : self.end]
        frame, time = self.frame, self.now
        source, target = _mac(self.source_mac), _mac(self.target_mac)
        kind, code, wire = self.slow_kind, self.slow_code, self.slow_wire
        undelivered, self.undelivered = self.undelivered, []
        outer, self.in_slow = self.in_slow, True
        owned = self.own_frame
        self.own_frame = kind == slow.LINK and (owned or not self.replaying)
        try:
            if kind == slow.FRAGMENT4 or kind == slow.FRAGMENT6:
                whole = self.fragments.add(data, time, wire, code)
                found = (RAW, whole) if whole else None
            else:
                found = slow.unwrap(kind, code, data, source, target)
            if found is None:
                return
            link, inner = found[0], found[1]
            if link == NOT_READ:
                self._not_read(inner)
                return
            size = (4 if self.version == 4 else 16) if kind == slow.PROTOCOL else 0
            if link == RAW and kind in slow.TUNNELS:
                source = target = b""  # the ends of a tunnel did not send what is inside
            if kind in slow.TUNNELS and link in (ETHERNET, WLAN):
                sender = self.block[self.addresses : self.addresses + (4 if self.version == 4 else 16)]
                if self.mirrors.is_new((source, sender), kind, code, data, inner):
                    out.append((MIRROR, frame, time, source, sender))
            ends = self.block[self.addresses : self.addresses + 2 * size]
            packets = self.radio.read(inner) if link == WLAN else [found]
            if link == WLAN and self.radio.decrypted:
                out.append((DECRYPTED, frame))
            for link, inner in packets:
                if link == NOT_READ:
                    self._not_read(inner)
                else:
                    self.inject(inner, link, frame, time, source, target)
            if ends:
                # PPP knows no addresses of its own: in a tunnel over IP its ends are the tunnel's.
                self.undelivered = [
                    (*entry[:7], ends[:size], ends[size:], entry[9])
                    if entry[0] == PACKET and entry[3] == LINK and entry[4] == slow.PPP_ETHERTYPE
                    else entry
                    for entry in self.undelivered
                ]
            out.extend(self.undelivered)
        except Exception:
            log.exception("frame %d could not be unpacked", frame)
            self._not_read(BUG)
        finally:
            self.undelivered = undelivered
            self.in_slow = outer
            self.own_frame = owned

    # ------------------------------------------------------------------ the pass

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _run(self) -> cython.longlong:
        at: cython.longlong
        offset: cython.longlong
        captured: cython.longlong
        clock: cython.longlong
        found: cython.longlong
        self.burst = False
        while self.row < self.count:
            if self.n_events >= C_BATCH or self.burst:
                return R_BATCH
            if (self.live + 1) * 2 > self.mask:
                return R_GROW
            at = self.row * 5
            offset = self.table[at]
            captured = self.table[at + 1]
            self.wire = self.table[at + 2]
            self.now = self.table[at + 3]
            self.frame = self.first_frame + self.row
            self.end = offset + captured
            self.row += 1
            if not self.replaying:
                self.n_packets += 1
                self.n_bytes += self.wire
                if captured < self.wire:
                    self.n_truncated += 1
                if self.now < self.t_first or self.n_packets == 1:
                    self.t_first = self.now
                if self.now > self.t_last:
                    self.t_last = self.now
                # One packet with a wild clock ends nobody: time has come only when two in a row say so.
                clock = self.now if self.now < self.previous else self.previous
                self.previous = self.now
                if clock >= self.next_sweep or clock + SECOND < self.next_sweep:
                    self._sweep(clock)
            self.host = 0
            self.group = False
            self.source_mac = self.inject_source
            self.target_mac = self.inject_target
            found = self._link(self.table[at + 4], offset)
            if self.host == 0:
                self.host = self._find_host(0)
            if self.host > 0 and (not self.replaying or self.own_frame):
                at = (self.host - 1) * H_WORDS
                self.hosts_rows[at + H_PACKETS] += 1
                self.hosts_rows[at + H_BYTES] += self.wire
                self.hosts_rows[at + H_LAST] = self.now
            if found == R_SLOW:
                return R_SLOW
        return R_DONE

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.inline
    @cython.nogil
    def _u16(self, at: cython.longlong) -> cython.longlong:
        return (self.data[at] << 8) | self.data[at + 1]

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.inline
    @cython.nogil
    def _u32(self, at: cython.longlong) -> cython.longlong:
        first: cython.longlong = self.data[at]
        return (first << 24) | (self.data[at + 1] << 16) | (self.data[at + 2] << 8) | self.data[at + 3]

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.inline
    @cython.nogil
    def _u48(self, at: cython.longlong) -> cython.longlong:
        first: cython.longlong = self._u16(at)
        return (first << 32) | self._u32(at + 2)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.inline
    @cython.nogil
    def _u64(self, at: cython.longlong) -> cython.ulonglong:
        first: cython.ulonglong = self._u32(at)
        return (first << 32) | self._u32(at + 4)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _next_unread(self, at: cython.longlong) -> cython.longlong:
        while at < len(self.unread) and self.unread[at] == 0:
            at += 1
        return at

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _unread(self, which: cython.longlong) -> cython.longlong:
        self.unread[which] += 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _to_slow(
        self, kind: cython.longlong, code: cython.longlong, start: cython.longlong, wire: cython.longlong
    ) -> cython.longlong:
        self.slow_kind = kind
        self.slow_code = code
        self.slow_start = start
        self.slow_wire = wire
        return R_SLOW

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _link(self, link: cython.longlong, at: cython.longlong) -> cython.longlong:
        """A record of link type `link` at `at`. R_SLOW: slow.py shall read it."""
        end: cython.longlong = self.end
        start: cython.longlong = at
        kind: cython.longlong
        if link == 1:
            if at + 14 > end:
                return self._unread(U_CUT)
            self.target_mac = self._u48(at)
            self.source_mac = self._u48(at + 6)
            if self.source_mac | self.target_mac == 0:  # both blanked (an anonymised capture), or a host's own loopback
                self.source_mac = self.target_mac = NO_MAC
            self.group = self.target_mac & GROUP_BIT != 0
            return self._ethertype(self._u16(at + 12), at + 14, self.wire - 14)
        if link == 101 or link == 12 or link == 14 or link == 228 or link == 229:
            if at >= end:
                return self._unread(U_CUT)
            return self._network(at, self.wire)
        if link == 113:
            # LINKTYPE_LINUX_SLL: packet type, ARPHRD, address length, address (8), protocol
            if at + 16 > end:
                return self._unread(U_CUT)
            kind = self._u16(at + 2)
            if kind == 824:  # ARPHRD_NETLINK: the protocol is a netlink family
                return self._unread(U_LINK + 253)
            if self._u16(at + 4) == 6 and kind != 772:
                self.source_mac = self._u48(at + 6)
            self.group = self._u16(at) == 1 or self._u16(at) == 2
            return self._ethertype(self._u16(at + 14), at + 16, self.wire - 16)
        if link == 276:
            # LINKTYPE_LINUX_SLL2: protocol, reserved (2), interface (4), ARPHRD, packet type (1), address length (1),
            # address (8)
            if at + 20 > end:
                return self._unread(U_CUT)
            kind = self._u16(at + 8)
            if kind == 824:
                return self._unread(U_LINK + 253)
            if self.data[at + 11] == 6 and kind != 772:
                self.source_mac = self._u48(at + 12)
            self.group = self.data[at + 10] == 1 or self.data[at + 10] == 2
            return self._ethertype(self._u16(at), at + 20, self.wire - 20)
        if link == 0 or link == 108:
            # The address family in the capturing machine's byte order; IPv6 has several numbers, so IP's own version
            # decides.
            if at + 5 > end:
                return self._unread(U_CUT)
            kind = self._u32(at)
            if kind > 0xFFFF:
                kind = (self.data[at + 1] << 8) | self.data[at]
            if kind == 2 or kind == 10 or kind == 24 or kind == 28 or kind == 30:
                return self._network(at + 4, self.wire - 4)
            return self._unread(U_LINK + link)
        if self.slow_link[link & 0xFFFF]:
            return self._to_slow(S_LINK, link, start, self.wire)
        return self._unread(U_LINK + (link & 0xFFFF))

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _ethertype(self, kind: cython.longlong, at: cython.longlong, wire: cython.longlong) -> cython.longlong:
        tags: cython.longlong = 0
        while kind == 0x8100 or kind == 0x88A8 or kind == 0x9100:
            if tags == 3:
                return self._unread(U_TAGS)
            if at + 4 > self.end:
                return self._unread(U_CUT)
            kind = self._u16(at + 2)
            at += 4
            wire -= 4
            tags += 1
        if kind == 0x0800 or kind == 0x86DD:
            if at >= self.end:
                return self._unread(U_CUT)
            return self._network(at, wire)
        if kind <= 1500:  # IEEE 802.3: a length, LLC follows (SLL: 1 and 4 stand for 802.3 and 802.2 frames)
            return self._llc(kind, at)
        if self.slow_type[kind]:
            if kind == 0x88E5 and at < self.end and self.data[at] & 0x8C == 0x0C:  # MACsec with the bits E and C
                return self._unread(U_ETHERTYPE + kind)
            return self._to_slow(S_ETHERTYPE, kind, at, wire)
        if not self.want_type[kind]:
            return self._unread(U_ETHERTYPE + kind)
        return self._push_packet(1, kind, at, self.end)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _llc(self, length: cython.longlong, at: cython.longlong) -> cython.longlong:
        code: cython.longlong
        kind: cython.longlong
        end: cython.longlong = self.end
        if length > 4 and at + length < end:
            end = at + length
        if at + 3 > end:
            return self._unread(U_CUT)
        code = 0x10000 | self._u16(at)
        if code == 0x1AAAA and self.data[at + 2] == 3 and at + 8 <= end:
            kind = self._u16(at + 6)
            if (
                self.data[at + 3] == 0
                and self.data[at + 4] == 0
                and (self.data[at + 5] == 0 or self.data[at + 5] == 0xF8)
            ):
                if kind == 0x0800 or kind == 0x86DD:  # RFC 1042
                    if at + 8 >= end:
                        return self._unread(U_CUT)
                    return self._network(at + 8, end - at - 8)
                if self.want_type[kind]:
                    return self._push_packet(1, kind, at + 8, end)
                return self._unread(U_ETHERTYPE + kind)
            if self.data[at + 3] == 0 and self.data[at + 4] == 0 and self.data[at + 5] == 0x0C:
                code = 0x20000 | kind
                at += 5
        if not self.want_type[code]:
            return 0
        return self._push_packet(1, code, at + 3, end)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _network(self, at: cython.longlong, wire: cython.longlong) -> cython.longlong:
        version: cython.longlong = self.data[at] >> 4
        if version == 4:
            return self._ip4(at, wire)
        if version == 6:
            return self._ip6(at, wire)
        return self._unread(U_VERSION)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _ip4(self, at: cython.longlong, wire: cython.longlong) -> cython.longlong:
        header: cython.longlong = (self.data[at] & 15) * 4
        total: cython.longlong
        protocol: cython.longlong
        if at + 20 > self.end or at + header > self.end:
            return self._unread(U_CUT)
        total = self._u16(at + 2)
        if total == 0:  # left to the network card by segmentation offload: the frame's own length counts
            total = wire
        if header < 20 or total < header:
            return self._unread(U_BAD_IP4)
        self.version = 4
        self.addresses = at + 12
        self.shi = 0
        self.slo = self._u32(at + 12)
        self.dhi = 0
        self.dlo = self._u32(at + 16)
        if self.dlo >= CLASS_D:  # multicast (RFC 5771), and the limited broadcast among what lies above
            self.group = True
        if self._u16(at + 6) & 0x3FFF:  # more fragments, or an offset (RFC 791, 3.1)
            self.host = self._find_host(4)
            if at + total < self.end:
                self.end = at + total
            return self._to_slow(S_FRAGMENT4, 0, at, total)
        protocol = self.data[at + 9]
        if protocol == 51 and at + header + 8 <= self.end:  # AH (RFC 4302, 2): what it authenticates is readable
            protocol = self.data[at + header]
            header += (self.data[at + header + 1] + 2) * 4
            if header > total:
                return self._unread(U_BAD_IP4)
        return self._transport(protocol, at + header, at + total, total)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _ip6(self, at: cython.longlong, wire: cython.longlong) -> cython.longlong:
        total: cython.longlong
        protocol: cython.longlong
        start: cython.longlong = at
        hops: cython.longlong = 0
        if at + 40 > self.end:
            return self._unread(U_CUT)
        total = self._u16(at + 4)
        # 0: a jumbogram (RFC 2675) or offload; the frame's own length counts.
        total = wire if total == 0 else total + 40
        if total < 40:
            return self._unread(U_BAD_IP6)
        self.version = 6
        self.addresses = at + 8
        self.shi = self._u64(at + 8)
        self.slo = self._u64(at + 16)
        self.dhi = self._u64(at + 24)
        self.dlo = self._u64(at + 32)
        if self.data[at + 24] == 0xFF:
            self.group = True
        protocol = self.data[at + 6]
        at += 40
        while self.extension[protocol]:
            if hops == 8:
                return self._unread(U_DEEP)
            hops += 1
            if at + 8 > start + total:
                return self._unread(U_BAD_IP6)
            if at + 8 > self.end:
                return self._unread(U_CUT)
            if protocol == 44:
                if self._u16(at + 2) & 0xFFF9:  # an atomic fragment (RFC 6946) is whole already
                    self.host = self._find_host(6)
                    if start + total < self.end:
                        self.end = start + total
                    return self._to_slow(S_FRAGMENT6, at - start, start, total)
                protocol = self.data[at]
                at += 8
            elif protocol == 51:
                protocol = self.data[at]
                at += (self.data[at + 1] + 2) * 4
            else:
                protocol = self.data[at]
                at += (self.data[at + 1] + 1) * 8
            if at > start + total:
                return self._unread(U_BAD_IP6)
        return self._transport(protocol, at, start + total, total)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _transport(
        self, protocol: cython.longlong, at: cython.longlong, stop: cython.longlong, total: cython.longlong
    ) -> cython.longlong:
        """What IP carries at `at`; by its header it ends at `stop` and the whole IP packet is `total` bytes long."""
        if protocol == 6:
            return self._tcp(at, stop, total)
        if protocol == 17:
            return self._udp(at, stop, total)
        self.host = self._find_host(self.version)
        if stop < self.end:
            self.end = stop
        if at > self.end:
            return self._unread(U_CUT)
        if self.slow_protocol[protocol]:
            return self._to_slow(S_PROTOCOL, protocol, at, stop - at)
        if not self.want_protocol[protocol]:
            return self._unread(U_PROTOCOL + protocol)
        return self._push_packet(2, protocol, at, self.end)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _tcp(self, at: cython.longlong, stop: cython.longlong, total: cython.longlong) -> cython.longlong:
        row: cython.longlong
        slot: cython.longlong
        side: cython.longlong
        header: cython.longlong
        flags: cython.longlong
        seq: cython.longlong
        size: cython.longlong
        state: cython.longlong
        known: cython.longlong
        if at + 20 > self.end:
            return self._unread(U_CUT)
        header = (self.data[at + 12] >> 4) * 4
        size = stop - at - header
        if header < 20 or size < 0:
            return self._unread(U_BAD_TCP)
        flags = self.data[at + 13]
        seq = self._u32(at + 4)
        slot = self._find_flow(self._u16(at), self._u16(at + 2), 6, flags, seq)
        if slot < 0:
            return self._unread(U_FULL)
        row = slot * F_WORDS
        side = self.side
        self._count(row, side, total, size)
        state = self.flows[row + F_FLAGS]
        known = state
        if flags & 2:  # SYN
            if not state & (ISN << side):
                self.flows[row + F_ISN + side] = seq
                state |= ISN << side
            elif not state & PAYLOAD:  # tried again from the same port
                self.flows[row + F_ISN + side] = seq
            if not state & START and not state & PAYLOAD:
                # Who opened: the sender of a SYN, the receiver of a SYN+ACK (RFC 9293, 3.5)
                if (side == 1) != (flags & 16 != 0):
                    state |= CLIENT_IS_B
                else:
                    state &= ~CLIENT_IS_B
            if flags & 4 == 0:
                state |= START
            seq = (seq + 1) & M32
            if not state & PAYLOAD:
                self._expect(row, side, seq)
        ack: cython.longlong = self._u32(at + 8) if flags & 16 else -1
        if size > 0:
            state |= PAYLOAD
            if not state & DISORDERED and not self._in_order(row, side, seq, ack, state, at + header, stop):
                state |= DISORDERED
        if flags & 5:
            if flags & 1:
                state |= FINNED << side
            if flags & 4 or (state & FINNED and state & (FINNED << 1)):
                state |= OVER
        if state != known:
            self.flows[row + F_FLAGS] = state
        if state & OVER:
            if (state >> LIST_SHIFT) & 3 == 2:
                self._move(slot, 0)
        elif flags & 6 == 0 and (state >> LIST_SHIFT) & 3 == 0:
            self._move(slot, 2)
        if size == 0 and (flags & 5 == 0 or state & PAYLOAD == 0):
            return 0
        if state & (IGNORED << side):
            return 0
        if state & (SKIPPED << side):
            known = (seq + size - self.flows[row + F_SKIP + side]) & M32
            if known == 0 or known >= HALF:
                if flags & 5 == 0:
                    return 0
            elif known > 0x40000000:  # a gigabyte on: before it comes around and looks old again, it is done with
                self.flows[row + F_FLAGS] = self.flows[row + F_FLAGS] & ~(SKIPPED << side)
        if stop > self.end:
            stop = self.end
        at += header
        if at > stop:
            at = stop
        known = self.flows[row + F_STEP]
        if known != LEFT and self._follows(row, side, seq, ack, flags, size, at, stop):
            return 0
        if size == 0 and (known == 0 or known == LEFT) and self._closes(row, side, seq, ack, flags):
            return 0
        self._push_payload(E_SEGMENT, slot, side ^ (1 if state & CLIENT_IS_B else 0), seq, flags, size, at, stop - at)
        self.events[(self.n_events - 1) * 12 + 10] = ack
        if size == 0 and state & OVER:  # a connection that only counted may be a known path now
            self.burst = True
        self.events[(self.n_events - 1) * 12 + 11] = self.flows[row + F_WAITING]
        self.flows[row + F_WAITING] = 0
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.inline
    @cython.nogil
    def _expect(self, row: cython.longlong, side: cython.longlong, seq: cython.ulonglong) -> cython.longlong:
        """What a side says next begins at `seq`."""
        shift: cython.longlong = 32 * side
        self.flows[row + F_NEXT_SEQ] = (self.flows[row + F_NEXT_SEQ] & (M32 << (32 - shift))) | (seq << shift)
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _in_order(
        self,
        row: cython.longlong,
        side: cython.longlong,
        seq: cython.longlong,
        ack: cython.longlong,
        state: cython.longlong,
        at: cython.longlong,
        stop: cython.longlong,
    ) -> cython.bint:
        """Whether a reader of the stream has used all of a segment's bytes when it has come: they are what is next, or
        older, and all before them was seen. What waits is waited for by acknowledgements, so FINs come up at once.
        """
        nexts: cython.ulonglong = self.flows[row + F_NEXT_SEQ]
        here: cython.longlong = (nexts >> (32 * side)) & M32
        there: cython.longlong = (nexts >> (32 - 32 * side)) & M32
        each: cython.longlong
        if (state // ISN) & 3 != 3 or stop > self.end:
            return False
        if ack >= 0:
            ack = (ack - there) & M32
            if ack and ack < HALF and (ack != 1 or not state & (FINNED << (1 - side))):
                return False
        if stop - at <= C_PADDING:
            each = at
            while each < stop and self.data[each] == 0:
                each += 1
            if each == stop:
                return False
        if seq == here:
            self._expect(row, side, (seq + stop - at) & M32)
            return True
        return (here - seq - (stop - at)) & M32 < HALF

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _closes(
        self,
        row: cython.longlong,
        side: cython.longlong,
        seq: cython.longlong,
        ack: cython.longlong,
        flags: cython.longlong,
    ) -> cython.bint:
        """Whether a bare FIN or RST may wait for the end of its flow, or for its next payload: nothing else does."""
        last: cython.longlong = self.flows[row + F_WAITING]
        each: cython.longlong
        where: cython.longlong
        before: cython.longlong = 0
        if self.flows[row + F_FLAGS] & (DISORDERED | AT_ONCE) or (self.flows[row + F_FLAGS] // ISN) & 3 != 3:
            return False
        if last:
            before = self.waiting[(last - 1) * W_WORDS + 3]
            if before <= -C_CLOSING:
                return False
        each = self._waiting_row()
        if each == 0:
            return False
        where = (each - 1) * W_WORDS
        self.waiting[where] = last
        self.waiting[where + 1] = self.frame
        self.waiting[where + 2] = self.now
        self.waiting[where + 3] = before - 1
        self.waiting[where + 4] = seq | (flags << 32) | (side << 40)
        self.waiting[where + 5] = ack
        self.flows[row + F_WAITING] = each
        return True

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _waiting_row(self) -> cython.longlong:
        """A row for a segment that is held back, plus 1; 0 where all are taken."""
        each: cython.longlong = self.waiting_free
        if each:
            self.waiting_free = self.waiting[(each - 1) * W_WORDS]
        elif self.waiting_high < C_WAITING:
            self.waiting_high += 1
            each = self.waiting_high
        return each

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _follows(
        self,
        row: cython.longlong,
        side: cython.longlong,
        seq: cython.longlong,
        ack: cython.longlong,
        flags: cython.longlong,
        size: cython.longlong,
        at: cython.longlong,
        stop: cython.longlong,
    ) -> cython.longlong:
        """Whether a segment is the next step of a known path that its flow has followed: then it is held back. Else
        the flow leaves it for good.
        """
        state: cython.longlong = self.flows[row + F_FLAGS]
        client: cython.longlong = 1 if state & CLIENT_IS_B else 0
        before: cython.longlong = self.flows[row + F_STEP]
        last: cython.longlong = self.flows[row + F_WAITING]
        step: cython.longlong = 0
        kind: cython.longlong = (side ^ client) | ((flags & 5) << 1) | (size << 4)
        each: cython.longlong
        where: cython.longlong
        varies: cython.longlong
        beside: cython.longlong = 0
        self.flows[row + F_STEP] = LEFT
        if self.n_paths == 0 or stop - at != size or not state & START or (state // ISN) & 3 != 3:
            return 0
        if before:
            step = self.steps[(before - 1) * P_WORDS + P_CHILD]
            if self.waiting[(last - 1) * W_WORDS + 1] >= self.frame:
                return 0
        else:
            step = self._first_step(row, client, False)
        seq = (seq - self.flows[row + F_ISN + side] - 1) & M32
        if ack >= 0:
            ack = (ack - self.flows[row + F_ISN + 1 - side] - 1) & M32
        while step:
            where = (step - 1) * P_WORDS
            if (
                self.steps[where + P_KIND] == kind
                and self.steps[where + P_AT] & M32 == seq
                and self.steps[where + P_ACK] == ack
            ):
                varies = self.steps[where + P_AT] & AT_VARIES
                where = self.steps[where + P_OFFSET]
                each = 0
                while each < size and (
                    self.data[at + each] == self.path_bytes[where + each]
                    or (
                        varies
                        and self.path_bytes[where + size + each] == 0
                        and self._is_alike(self.data[at + each], self.path_bytes[where + each])
                    )
                ):
                    each += 1
                if each == size:
                    break
            step = self.steps[(step - 1) * P_WORDS + P_SIBLING]
            beside += 1
            if beside == C_BESIDE:
                return 0
        if step == 0:
            return 0
        each = self._waiting_row()
        if each == 0:
            return 0
        where = (each - 1) * W_WORDS
        self.waiting[where] = last
        self.waiting[where + 1] = self.frame
        self.waiting[where + 2] = self.now
        self.waiting[where + 3] = step - 1
        self.flows[row + F_WAITING] = each
        self.flows[row + F_STEP] = step
        return 1

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _is_alike(self, one: cython.longlong, other: cython.longlong) -> cython.longlong:
        """Whether both bytes are digits, or both letters of ASCII."""
        if 48 <= one <= 57:
            return 1 if 48 <= other <= 57 else 0
        one |= 32
        other |= 32
        return 1 if 97 <= one <= 122 and 97 <= other <= 122 else 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _first_step(self, row: cython.longlong, client: cython.longlong, datagrams: cython.bint) -> cython.longlong:
        """The first of the steps known between the ends of a flow, plus 1; 0 where there is none."""
        server: cython.longlong = 1 - client
        ports: cython.ulonglong = self.flows[row + F_PORTS]
        own: cython.longlong = (ports >> (32 if client else 48)) & 0xFFFF
        port: cython.longlong = (ports >> (48 if client else 32)) & 0xFFFF
        chi: cython.ulonglong = self.flows[row + F_ADDRESS + 2 * client]
        clo: cython.ulonglong = self.flows[row + F_ADDRESS + 2 * client + 1]
        shi: cython.ulonglong = self.flows[row + F_ADDRESS + 2 * server]
        slo: cython.ulonglong = self.flows[row + F_ADDRESS + 2 * server + 1]
        where: cython.longlong
        if not (self.home_udp[own] if datagrams else self.home[own]):
            own = 0
        ports = (((ports >> 16) & 0xFFFF) << 32) | (own << 16) | port
        if datagrams:
            ports |= OF_UDP
        where = self._hash(chi, clo, shi, slo, ports) & (C_ROOTS - 1)
        while self.path_ends[where * R_WORDS + R_PORTS]:
            if (
                self.path_ends[where * R_WORDS + R_PORTS] == ports
                and self.path_ends[where * R_WORDS + 1] == clo
                and self.path_ends[where * R_WORDS + 4] == slo
                and self.path_ends[where * R_WORDS] == chi
                and self.path_ends[where * R_WORDS + 3] == shi
                and self.path_ends[where * R_WORDS + 2] == self.flows[row + F_MAC + client]
                and self.path_ends[where * R_WORDS + 5] == self.flows[row + F_MAC + server]
            ):
                return self.path_ends[where * R_WORDS + R_CHILD]
            where = (where + 1) & (C_ROOTS - 1)
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _udp(self, at: cython.longlong, stop: cython.longlong, total: cython.longlong) -> cython.longlong:
        row: cython.longlong
        slot: cython.longlong
        state: cython.longlong
        size: cython.longlong
        length: cython.longlong
        side: cython.longlong
        target: cython.longlong
        if at + 8 > self.end:
            return self._unread(U_CUT)
        size = stop - at - 8
        length = self._u16(at + 4)
        if size < 0 or 0 < length < 8:
            return self._unread(U_BAD_UDP)
        if 0 < length < size + 8:  # 0: a jumbogram (RFC 2675) or offload
            size = length - 8
        target = self._u16(at + 2)
        slot = self._find_flow(self._u16(at), target, 17, 0, 0)
        if slot < 0:
            return self._unread(U_FULL)
        row = slot * F_WORDS
        side = self.side
        self._count(row, side, total, size)
        at += 8
        stop = at + size
        if stop > self.end:
            stop = self.end
        if (target == 4789 or target == 8472) and stop - at >= 22 and self.data[at] == 8 and self.data[at + 7] == 0:
            # RFC 7348, 5: the I flag alone, reserved bytes zero, an Ethernet frame
            if self.data[at + 1] == 0 and self.data[at + 2] == 0 and self.data[at + 3] == 0:
                self.end = stop
                self._uncount(row, side, total, size)
                return self._to_slow(S_VXLAN, 0, at, size)
        if target == 2152 and stop - at >= 28 and self.data[at] & 0xF8 == 0x30 and self.data[at + 1] == 255:
            # 3GPP TS 29.281, 5.1: version 1 of GTP, not GTP'; a user's packet, of the length that is left
            if self._u16(at + 2) == size - 8:
                self.end = stop
                self._uncount(row, side, total, size)
                return self._to_slow(S_GTP, 0, at, size)
        if target == 6081 and stop - at >= 28 and self.data[at] >> 6 == 0 and self.data[at + 1] & 0x3F == 0:
            # RFC 8926, 3.4: version 0, reserved bits zero; Ethernet, IPv4 or IPv6
            length = self._u16(at + 2)
            if (length == 0x6558 or length == 0x0800 or length == 0x86DD) and self.data[at + 7] == 0:
                self.end = stop
                self._uncount(row, side, total, size)
                return self._to_slow(S_GENEVE, 0, at, size)
        if target == 37008 and stop - at >= 15 and self.data[at] == 1 and self.data[at + 1] <= 1:
            # TZSP: version 1, a packet received or to be sent; Ethernet, 802.11, Prism's or AVS's header before 802.11
            length = self._u16(at + 2)
            if length == 1 or length == 18 or length == 119 or length == 127:
                self.end = stop
                self._uncount(row, side, total, size)
                return self._to_slow(S_TZSP, 0, at, size)
        length = self._u16(at - 8)
        if self.slow_port[target] or self.slow_port[length]:
            if not self.slow_port[target]:
                target = length
            length = self._looks_like(target, at, stop, size)
            if length:
                if length == 2:
                    self._uncount(row, side, total, size)
                self.end = stop
                return self._to_slow(S_PORT, target, at, size)
            target = self._u16(at - 6)
        if target == 1701 or self._u16(at - 8) == 1701 or target == 3544 or self._u16(at - 8) == 3544:
            length = self._inside(at, stop, size, target == 1701 or self._u16(at - 8) == 1701)
            if length >= 0:
                self._uncount(row, side, total, size)
                self.end = stop
                return self._to_slow(S_INSIDE, 0, at + length, size - length)
        if size == 0:
            return 0
        state = self.flows[row + F_FLAGS]
        if not state & PAYLOAD:
            state |= PAYLOAD
            self.flows[row + F_FLAGS] = state
        if state & (IGNORED << side):
            return 0
        if (
            self.group
            and self.use_repeats
            and self._repeated((self._u16(at - 8) << 16) | target, self.version, at, stop)
        ):
            return 0
        if self.flows[row + F_STEP] != LEFT and self._exchanges(row, slot, side, size, at, stop):
            return 0
        self._push_payload(E_DATAGRAM, slot, side ^ (1 if state & CLIENT_IS_B else 0), 0, 0, size, at, stop - at)
        self.events[(self.n_events - 1) * E_WORDS + 11] = self.flows[row + F_WAITING]
        self.flows[row + F_WAITING] = 0
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _exchanges(
        self,
        row: cython.longlong,
        slot: cython.longlong,
        side: cython.longlong,
        size: cython.longlong,
        at: cython.longlong,
        stop: cython.longlong,
    ) -> cython.longlong:
        """Whether a datagram is the next step of a known exchange: then it is held back, and the last one says that
        all of it was. Else the flow is read from here on.
        """
        client: cython.longlong = 1 if self.flows[row + F_FLAGS] & CLIENT_IS_B else 0
        before: cython.longlong = self.flows[row + F_STEP]
        last: cython.longlong = self.flows[row + F_WAITING]
        step: cython.longlong = 0
        kind: cython.longlong = (side ^ client) | OF_DATAGRAM | (size << 4)
        each: cython.longlong
        where: cython.longlong
        stored: cython.longlong
        beside: cython.longlong = 0
        self.flows[row + F_STEP] = LEFT
        if self.n_paths == 0 or stop - at != size or self.group:
            return 0
        if before:
            step = self.steps[(before - 1) * P_WORDS + P_CHILD]
            if self.waiting[(last - 1) * W_WORDS + 1] >= self.frame:
                return 0
        else:
            # The end of the exchange before stands where a connection has its number.
            beside = self.flows[row + F_ISN]
            beside = self.now - beside
            if -C_DOUBLED <= beside <= C_DOUBLED:
                return 0  # it may be written twice
            beside = 0
            step = self._first_step(row, client, True)
        while step:
            if self.steps[(step - 1) * P_WORDS + P_KIND] == kind:
                where = self.steps[(step - 1) * P_WORDS + P_OFFSET]
                each = 0
                while (
                    each < size
                    and (self.data[at + each] ^ self.path_bytes[where + each]) & self.path_bytes[where + size + each]
                    == 0
                ):
                    each += 1
                if each == size:
                    break
            step = self.steps[(step - 1) * P_WORDS + P_SIBLING]
            beside += 1
            if beside == C_BESIDE:
                return 0
        if step == 0:
            return 0
        each = self._waiting_row()
        if each == 0:
            return 0
        stored = (each - 1) * C_VARYING
        where = self.steps[(step - 1) * P_WORDS + P_OFFSET] + size
        for beside in range(size):
            if self.path_bytes[where + beside] == 0:
                self.waiting_bytes[stored] = self.data[at + beside]
                stored += 1
        where = (each - 1) * W_WORDS
        self.waiting[where] = last
        self.waiting[where + 1] = self.frame
        self.waiting[where + 2] = self.now
        self.waiting[where + 3] = step - 1
        where = self.steps[(step - 1) * P_WORDS + P_PATH]
        if where == 0:
            self.flows[row + F_WAITING] = each
            self.flows[row + F_STEP] = step
            return 1
        # What its two ends say next may be the same once more, or another one of theirs.
        self.flows[row + F_WAITING] = 0
        self.flows[row + F_STEP] = 0
        self.flows[row + F_ISN] = self.now
        stored = self._entry(E_EXCHANGED, slot, 0)
        self.events[stored + 10] = where
        self.events[stored + 11] = each
        return 1

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _looks_like(
        self, port: cython.longlong, at: cython.longlong, stop: cython.longlong, size: cython.longlong
    ) -> cython.longlong:
        """1 where a datagram from or to `port`, one of slow.PORTS, has the form of what is sent there, 2 where a packet
        is inside.
        """
        kind: cython.longlong
        if stop - at < 24:
            return 0
        if port == 6343:  # sFlow: a version, the kind of the agent's address
            return (self._u32(at) == 5 or self._u32(at) == 4 or self._u32(at) == 2) and (
                self._u32(at + 4) == 1 or self._u32(at + 4) == 2
            )
        if port == 4754:  # GRE in UDP (RFC 8086, 3): version 0 without routing; IP, Ethernet or MPLS
            kind = self._u16(at + 2)
            return (
                2
                if self._u16(at) & 0x4FFF == 0
                and (kind == 0x0800 or kind == 0x86DD or kind == 0x6558 or kind == 0x8847 or kind == 0x8848)
                else 0
            )
        if port == 7932:  # HP's remote mirroring: 12 bytes, then an Ethernet frame
            kind = self._u16(at + 24) if stop - at >= 26 else 0
            return 2 if kind == 0x0800 or kind == 0x86DD or kind == 0x0806 or kind == 0x8100 else 0
        if port == 6080:  # GUE: IP itself, or no control message, an IP protocol that is a tunnel, no flags but one
            kind = self.data[at + 1]
            if self.data[at] >> 6 == 1:
                return 2 if self._u16(at + 2) == size and self.data[at] >> 4 == 4 else 0
            return 2 if self.data[at] & 0xE0 == 0 and (kind == 4 or kind == 41 or kind == 47) else 0
        if port == 4729:  # GSMTAP: version 2, a header of 4 words
            return 1 if self.data[at] == 2 and self.data[at + 1] == 4 else 0
        if port == 6635:  # MPLS in UDP (RFC 7510, 3): a label, hops that are left
            return 2 if self.data[at + 3] else 0
        if port == 4790:  # VXLAN-GPE: flags I and P, reserved bits zero, a next protocol
            kind = self.data[at + 3]
            return (
                2
                if self.data[at] & 0xFE == 0x0C and self._u16(at + 1) == 0 and 1 <= kind <= 5 and self.data[at + 7] == 0
                else 0
            )
        if port == 4789:  # VXLAN with a group policy: flags G and I, the bits D and A
            return 2 if self.data[at] == 0x88 and self.data[at + 1] & 0xB7 == 0 and self.data[at + 7] == 0 else 0
        if port == 5247 or port == 5246:  # CAPWAP (RFC 5415, 4.2 and 4.3): DTLS, or a header of its length
            if self.data[at] == 1:
                return 1 if 20 <= self.data[at + 4] <= 25 and self.data[at + 5] == 254 else 0
            kind = (self.data[at + 1] >> 3) * 4
            if self.data[at] or kind < 8 or kind > size or self.data[at + 3] & 7:
                return 0
            return 2 if port == 5247 and self.data[at + 3] & 0x88 == 0 else 1
        if port == 5072:  # AYIYA: IPv6 or IP to be forwarded
            kind = self.data[at + 3]
            return 2 if self.data[at + 2] & 15 == 1 and (kind == 41 or kind == 4) else 0
        if port == 4341:  # LISP (RFC 9300, 5.1): an IP packet of the length that is left
            if self.data[at] & 7 or stop - at < 28:
                return 0
            kind = self.data[at + 8] >> 4
            if kind == 4:
                return 2 if self._u16(at + 10) == size - 8 else 0
            return 2 if kind == 6 and self._u16(at + 12) == size - 48 else 0
        return 0

    @cython.cfunc
    @cython.exceptval(-2, check=True)
    @cython.nogil
    def _inside(
        self, at: cython.longlong, stop: cython.longlong, size: cython.longlong, l2tp: cython.bint
    ) -> cython.longlong:
        """How far behind `at` an IP packet begins that fills the datagram, in L2TP's PPP or in Teredo; -1 where there
        is none.
        """
        start: cython.longlong = at
        flags: cython.longlong
        length: cython.longlong
        if stop - at < 28:
            return -1
        flags = self._u16(at)
        if l2tp:
            # RFC 2661, 3.1: data, version 2; length, sequence and offset are optional. RFC 1661, 6.5 and 6.6: PPP's own
            # header may be shortened.
            if flags & 0xB4FF != 2:
                return -1
            at += 6 + (2 if flags & 0x4000 else 0) + (4 if flags & 0x0800 else 0)
            if flags & 0x0200:
                at += 2 + self._u16(at)
            if at + 24 > stop:
                return -1
            if self._u16(at) == 0xFF03:
                at += 2
            if self._u16(at) == 0x0021 or self._u16(at) == 0x0057:
                at += 2
            elif self.data[at] == 0x21 or self.data[at] == 0x57:
                at += 1
            else:
                return -1
        elif flags == 0:
            at += 8  # RFC 4380, 5.1.1: where the packet comes from
        if at + 20 > stop:
            return -1
        if self.data[at] >> 4 == 4:
            length = self._u16(at + 2)
        elif self.data[at] >> 4 == 6 and at + 40 <= stop:
            length = self._u16(at + 4) + 40
        else:
            return -1
        return at - start if length == size - (at - start) and (l2tp or self.data[at] >> 4 == 6) else -1

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.inline
    @cython.nogil
    def _count(
        self, row: cython.longlong, side: cython.longlong, total: cython.longlong, size: cython.longlong
    ) -> cython.longlong:
        """One packet more of the flow at `row`, and who sent it."""
        shift: cython.longlong = 32 * side
        known: cython.longlong = (self.flows[row + F_HOST] >> shift) & M32
        self.flows[row + F_PACKETS + side] += 1
        self.flows[row + F_BYTES + side] += total
        self.flows[row + F_PAYLOAD + side] += size
        if self.flows[row + F_FLAGS] & (HEARD << side) == 0:
            self.flows[row + F_FLAGS] = self.flows[row + F_FLAGS] | (HEARD << side)
            self.flows[row + F_MAC + side] = self.source_mac
            known = 0
        if known > 0 and self.flows[row + F_MAC + side] == self.source_mac:
            self.host = known
        else:
            self.host = self._find_host(self.version)
            if self.host > 0 and self.flows[row + F_MAC + side] == self.source_mac:
                hosts: cython.ulonglong = self.host
                self.flows[row + F_HOST] = (self.flows[row + F_HOST] & (M32 << (32 - shift))) | (hosts << shift)
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _uncount(
        self, row: cython.longlong, side: cython.longlong, total: cython.longlong, size: cython.longlong
    ) -> cython.longlong:
        """A packet of the flow at `row` is a tunnel's: what is inside is counted, and not twice."""
        self.flows[row + F_PACKETS + side] -= 1
        self.flows[row + F_BYTES + side] -= total
        self.flows[row + F_PAYLOAD + side] -= size
        return 0

    # ------------------------------------------------------------------ flows

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _find_flow(
        self,
        sport: cython.longlong,
        dport: cython.longlong,
        protocol: cython.longlong,
        flags: cython.longlong,
        seq: cython.longlong,
    ) -> cython.longlong:
        """The slot of this packet's flow, made if need be; `self.side` becomes 0 if the packet's sender is its end A,
        else 1.
        """
        ahi: cython.ulonglong = self.shi
        alo: cython.ulonglong = self.slo
        bhi: cython.ulonglong = self.dhi
        blo: cython.ulonglong = self.dlo
        aport: cython.ulonglong = sport
        bport: cython.ulonglong = dport
        ports: cython.ulonglong
        entry: cython.ulonglong
        hash: cython.longlong
        where: cython.longlong
        slot: cython.longlong
        row: cython.longlong
        state: cython.longlong
        since: cython.longlong
        swap: cython.bint
        side: cython.longlong = 0
        shi: cython.ulonglong = ahi
        if self.version == 4 and alo == 0:
            # Every host without an address sends from 0.0.0.0 (RFC 2131, 4.1): its MAC tells them apart in the words
            # IPv4 leaves free.
            ahi = self.source_mac
            shi = ahi
        if ahi != bhi:
            swap = ahi > bhi
        elif alo != blo:
            swap = alo > blo
        else:
            swap = aport > bport
        if swap:
            ahi = self.dhi
            alo = self.dlo
            bhi = shi
            blo = self.slo
            aport = dport
            bport = sport
            side = 1
        self.side = side
        ports = (aport << 48) | (bport << 32) | (self.version << 16) | protocol
        hash = self._hash(ahi, alo, bhi, blo, ports)
        where = hash & self.mask
        while True:
            entry = self.index[where]
            if entry == 0:
                break
            slot = (entry & M32) - 1
            row = slot * F_WORDS
            if (
                entry >> 32 == hash
                and self.flows[row + F_PORTS] == ports
                and self.flows[row + F_ADDRESS + 1] == alo
                and self.flows[row + F_ADDRESS + 3] == blo
                and self.flows[row + F_ADDRESS] == ahi
                and self.flows[row + F_ADDRESS + 2] == bhi
            ):
                state = self.flows[row + F_FLAGS]
                since = self.flows[row + F_STAMP]
                since = self.now - since
                if since > self.lists[9 + ((state >> LIST_SHIFT) & 3)]:
                    self._end(slot, 1 if state & OVER else 0)
                    break
                if flags & 22 == 2 and state & (OVER | PAYLOAD):  # a bare SYN
                    if state & (ISN << side) == 0 or self.flows[row + F_ISN + side] != seq:
                        self._end(slot, 3)
                        break
                self.flows[row + F_STAMP] = self.now
                if self.now > self.flows[row + F_LAST]:
                    self.flows[row + F_LAST] = self.now
                elif self.now < self.flows[row + F_FIRST]:
                    self.flows[row + F_FIRST] = self.now
                since = self.flows[row + F_PLACED]
                since = self.now - since
                if since > SECOND or since < -SECOND:
                    self._move(slot, (state >> LIST_SHIFT) & 3)
                return slot
            where = (where + 1) & self.mask
        return self._new_flow(ahi, alo, bhi, blo, ports, hash, sport, dport, protocol, flags)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.inline
    @cython.nogil
    def _hash(
        self,
        ahi: cython.ulonglong,
        alo: cython.ulonglong,
        bhi: cython.ulonglong,
        blo: cython.ulonglong,
        ports: cython.ulonglong,
    ) -> cython.longlong:
        """32 bits of the multilinear family under this engine's keys."""
        total: cython.ulonglong = self.keys[0] + self.keys[1] * (alo & M32) + self.keys[2] * (blo & M32)
        total += self.keys[3] * (ports >> 32) + self.keys[4] * (ports & M32)
        if ahi | bhi | (alo >> 32) | (blo >> 32):
            total += self.keys[5] * (alo >> 32) + self.keys[6] * (blo >> 32)
            total += self.keys[7] * (ahi >> 32) + self.keys[8] * (bhi >> 32)
            total += self.keys[9] * (ahi & M32) + self.keys[10] * (bhi & M32)
        return (total & self.m64) >> 32

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _new_flow(
        self,
        ahi: cython.ulonglong,
        alo: cython.ulonglong,
        bhi: cython.ulonglong,
        blo: cython.ulonglong,
        ports: cython.ulonglong,
        hash: cython.longlong,
        sport: cython.longlong,
        dport: cython.longlong,
        protocol: cython.longlong,
        flags: cython.longlong,
    ) -> cython.longlong:
        slot: cython.longlong
        row: cython.longlong
        at: cython.longlong
        client: cython.longlong = self.side
        entry: cython.ulonglong = hash
        if self.live >= self.max_flows or (protocol == 17 and self.lists[7] >= C_UDP_FLOWS):
            self._evict()
        if self.n_free > 0:
            self.n_free -= 1
            slot = self.free[self.n_free]
        elif self.high < self.max_flows + C_ENTRIES:
            slot = self.high
            self.high += 1
        else:
            return -2
        row = slot * F_WORDS
        for at in range(row, row + F_WORDS):
            self.flows[at] = 0
        self.flows[row + F_HASH] = hash
        self.flows[row + F_PORTS] = ports
        self.flows[row + F_ADDRESS] = ahi
        self.flows[row + F_ADDRESS + 1] = alo
        self.flows[row + F_ADDRESS + 2] = bhi
        self.flows[row + F_ADDRESS + 3] = blo
        self.flows[row + F_STAMP] = self.now
        self.flows[row + F_FIRST] = self.now
        self.flows[row + F_LAST] = self.now
        self.flows[row + F_FRAME] = self.frame
        self.flows[row + F_UID] = self.next_uid
        self.flows[row + F_MAC + self.side] = self.source_mac
        self.flows[row + F_MAC + 1 - self.side] = self.target_mac
        self.next_uid += 1
        if protocol == 6 and flags & 2:
            if flags & 16:
                client = 1 - client
        elif self.services[sport] and not self.services[dport] and (protocol == 6 or dport >= 1024):
            client = 1 - client
        self.flows[row + F_FLAGS] = USED | (CLIENT_IS_B if client else 0)
        self._append(slot, 0 if protocol == 6 else 1)
        self.live += 1
        at = hash & self.mask
        while self.index[at]:
            at = (at + 1) & self.mask
        self.index[at] = (entry << 32) | (slot + 1)
        return slot

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _evict(self) -> cython.longlong:
        """Make room: from the flows that never came to be while they are the most (a scan shall not push out who
        talks), from those of UDP while they are (nor shall a flood of datagrams), else the least recently active.
        """
        which: cython.longlong = -2
        each: cython.longlong
        stamp: cython.longlong
        least: cython.longlong = 0
        if self.lists[6] * 2 > self.live:
            which = 0
        elif self.lists[7] * 2 > self.live or self.lists[7] >= C_UDP_FLOWS:
            which = 1
        else:
            for each in range(3):
                if self.lists[each]:
                    stamp = self.flows[(self.lists[each] - 1) * F_WORDS + F_STAMP]
                    if which < 0 or stamp < least:
                        which = each
                        least = stamp
        self.n_evicted += 1
        return self._end(self.lists[which] - 1, 2)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _end(self, slot: cython.longlong, reason: cython.longlong) -> cython.longlong:
        """A flow is over: said if anybody may have read of it, else only counted."""
        row: cython.longlong = slot * F_WORDS
        state: cython.longlong = self.flows[row + F_FLAGS]
        hole: cython.longlong = self.flows[row + F_HASH] & self.mask
        where: cython.longlong
        home: cython.longlong
        entry: cython.ulonglong
        wanted: cython.ulonglong = slot + 1
        self._unlink(slot)
        while self.index[hole] & M32 != wanted:
            hole = (hole + 1) & self.mask
        where = hole
        # close the gap, so that what was pushed along by it is still found (Knuth, The Art of Computer Programming 3,
        # 6.4, R)
        while True:
            where = (where + 1) & self.mask
            entry = self.index[where]
            if entry == 0:
                break
            home = (entry >> 32) & self.mask
            if ((where - home) & self.mask) >= ((where - hole) & self.mask):
                self.index[hole] = entry
                hole = where
        self.index[hole] = 0
        self.live -= 1
        self.n_ended += 1
        if state & PAYLOAD or (self.report_all and self.flows[row + F_PACKETS] + self.flows[row + F_PACKETS + 1]):
            self.flows[row + F_FLAGS] = state | ENDED
            hole = self._entry(E_END, slot, reason)
            where = self.flows[row + F_STEP]
            self.events[hole + 10] = self.steps[(where - 1) * P_WORDS + P_PATH] if where > 0 and where != LEFT else 0
            self.events[hole + 11] = self.flows[row + F_WAITING]
            self.flows[row + F_WAITING] = 0
            return 0
        self.n_silent += 1
        self.silent_p += self.flows[row + F_PACKETS] + self.flows[row + F_PACKETS + 1]
        self.silent_b += self.flows[row + F_BYTES] + self.flows[row + F_BYTES + 1]
        self.flows[row + F_FLAGS] = 0
        self.free[self.n_free] = slot
        self.n_free += 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _append(self, slot: cython.longlong, which: cython.longlong) -> cython.longlong:
        row: cython.longlong = slot * F_WORDS
        last: cython.longlong = self.lists[3 + which]
        state: cython.longlong = self.flows[row + F_FLAGS]
        self.flows[row + F_FLAGS] = (state & ~(LIST * 3)) | (which << LIST_SHIFT)
        self.flows[row + F_PREVIOUS] = last
        self.flows[row + F_NEXT] = 0
        self.flows[row + F_PLACED] = self.now
        if last:
            self.flows[(last - 1) * F_WORDS + F_NEXT] = slot + 1
        else:
            self.lists[which] = slot + 1
        self.lists[3 + which] = slot + 1
        self.lists[6 + which] += 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _unlink(self, slot: cython.longlong) -> cython.longlong:
        row: cython.longlong = slot * F_WORDS
        which: cython.longlong = (self.flows[row + F_FLAGS] >> LIST_SHIFT) & 3
        before: cython.longlong = self.flows[row + F_PREVIOUS]
        after: cython.longlong = self.flows[row + F_NEXT]
        if before:
            self.flows[(before - 1) * F_WORDS + F_NEXT] = after
        else:
            self.lists[which] = after
        if after:
            self.flows[(after - 1) * F_WORDS + F_PREVIOUS] = before
        else:
            self.lists[3 + which] = before
        self.lists[6 + which] -= 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _move(self, slot: cython.longlong, which: cython.longlong) -> cython.longlong:
        self._unlink(slot)
        return self._append(slot, which)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _sweep(self, clock: cython.longlong) -> cython.longlong:
        """End what has been idle too long, a bounded number at a time. Lists are in order of activity to within a
        second.
        """
        which: cython.longlong
        slot: cython.longlong
        row: cython.longlong
        stamp: cython.longlong
        left: cython.longlong = C_SWEEP
        self.next_sweep = clock + SECOND // 10
        for which in range(3):
            while self.lists[which] != 0:
                slot = self.lists[which] - 1
                row = slot * F_WORDS
                stamp = self.flows[row + F_STAMP]
                if stamp <= clock + SECOND and clock - stamp <= self.lists[9 + which]:
                    break
                if left == 0:
                    self.next_sweep = clock
                    return 0
                left -= 1
                if stamp > clock + SECOND:  # the clock went back: idle time counts from now
                    self.flows[row + F_STAMP] = clock
                    self._move(slot, which)
                else:
                    self._end(slot, 1 if self.flows[row + F_FLAGS] & OVER else 0)
        return 0

    # ------------------------------------------------------------------ hosts, repeats, entries

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _local(self, version: cython.ulonglong) -> cython.bint:
        """Whether the source address is a unicast address of the local network."""
        at: cython.longlong
        if version == 4:
            if self.slo == 0 or self.slo >= CLASS_D:
                return False
        elif self.shi >> 56 == 0xFF or self.shi | self.slo == 0:
            return False
        for at in range(self.nets_count):
            if (
                self.nets[at * 5] == version
                and self.slo & self.nets[at * 5 + 4] == self.nets[at * 5 + 2]
                and self.shi & self.nets[at * 5 + 3] == self.nets[at * 5 + 1]
            ):
                return True
        return False

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _find_host(self, version: cython.longlong) -> cython.longlong:
        """Row + 1 of the (source MAC, local source address) of the packet at hand, made and reported if new; -2 where
        there is none. Without a local address (`version` 0, or another network's) the MAC itself stands.
        """
        mac: cython.ulonglong = self.source_mac
        hi: cython.ulonglong = 0
        lo: cython.ulonglong = 0
        kind: cython.ulonglong = 0
        hash: cython.longlong
        where: cython.longlong
        row: cython.longlong
        entry: cython.ulonglong
        owner: cython.longlong = -2
        if mac & GROUP_BIT or mac == 0:  # nobody sends from these: a capture on the sender itself, or dust
            return -2
        if version and self._local(version):
            kind = version
            hi = self.shi
            lo = self.slo
        elif mac == NO_MAC:
            return -2
        hash = self._hash(hi, lo, kind, mac, mac)
        where = hash & 0x7FFFF
        while True:
            entry = self.hosts_index[where]
            if entry == 0:
                break
            if entry >> 32 == hash:
                row = ((entry & M32) - 1) * H_WORDS
                if (
                    self.hosts_rows[row + H_MAC] == mac
                    and self.hosts_rows[row + H_VERSION] == kind
                    and self.hosts_rows[row + H_ADDRESS + 1] == lo
                    and self.hosts_rows[row + H_ADDRESS] == hi
                ):
                    return entry & M32
            where = (where + 1) & 0x7FFFF
        if kind == 0:
            if self.n_macs >= C_MACS:
                self.n_host_overflow += 1
                return -2
            self.n_macs += 1
        else:
            if mac != NO_MAC:
                owner = self._find_host(0)
                if owner < 0:
                    return -2
            if self.n_hosts - self.n_macs >= C_HOST_ADDRESSES:
                self.n_host_overflow += 1
                return owner
            while self.hosts_index[where]:  # the owner may have been put just here
                where = (where + 1) & 0x7FFFF
        row = self.n_hosts * H_WORDS
        self.hosts_rows[row + H_MAC] = mac
        self.hosts_rows[row + H_ADDRESS] = hi
        self.hosts_rows[row + H_ADDRESS + 1] = lo
        self.hosts_rows[row + H_VERSION] = kind
        self.hosts_rows[row + H_FIRST] = self.now
        self.hosts_rows[row + H_LAST] = self.now
        self.n_hosts += 1
        entry = hash
        self.hosts_index[where] = (entry << 32) | self.n_hosts
        row = self._entry(E_HOST, 0, 0)
        self.events[row + 10] = self.addresses
        self.events[row + 11] = 0 if kind == 0 else 4 if kind == 4 else 16
        return self.n_hosts

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _repeated(
        self, ports: cython.ulonglong, version: cython.longlong, at: cython.longlong, stop: cython.longlong
    ) -> cython.bint:
        """Whether this sender said just this to just those in the last REPEAT_SECONDS.

        Which entry is looked at follows from a hash without a key, so that two runs agree; equality is 63 bits under
        this engine's key, so that nobody can make one message look like another.
        """
        key: cython.ulonglong = self.keys[12]
        plain: cython.ulonglong = C_MIX
        tag: cython.ulonglong = self.keys[11]
        place: cython.ulonglong = 1
        word: cython.ulonglong
        each: cython.longlong
        where: cython.longlong
        since: cython.longlong
        for each in range(8):
            if each == 0:
                word = self.source_mac
            elif each == 1:
                word = self.target_mac
            elif each == 2:
                word = ports
            elif each == 3:
                word = stop - at
            elif version == 0:
                break
            elif each == 4:
                word = self.slo
            elif each == 5:
                word = self.dlo
            elif each == 6:
                word = self.shi
            else:
                word = self.dhi
            tag = ((tag ^ word) * key) & self.m64
            tag ^= tag >> 31
            place = ((place ^ word) * plain) & self.m64
            place ^= place >> 31
        while at < stop:
            if at + 8 <= stop:
                word = self._u64(at)
                at += 8
            else:
                word = self.data[at]
                at += 1
            tag = ((tag ^ word) * key) & self.m64
            tag ^= tag >> 31
            place = ((place ^ word) * plain) & self.m64
            place ^= place >> 31
        tag |= 1
        where = (place & (C_REPEATS - 1)) * 2
        if self.repeats[where] == tag:
            since = self.repeats[where + 1]
            since = self.now - since
            if since <= C_REPEAT_NS and since >= -C_REPEAT_NS:
                self.n_repeated += 1
                return True
        self.repeats[where] = tag
        self.repeats[where + 1] = self.now
        return False

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _entry(self, kind: cython.longlong, slot: cython.longlong, code: cython.longlong) -> cython.longlong:
        at: cython.longlong = self.n_events * E_WORDS
        self.events[at] = kind
        self.events[at + 1] = slot
        self.events[at + 2] = self.frame
        self.events[at + 3] = self.now
        self.events[at + 4] = code
        self.events[at + 5] = self.source_mac
        self.events[at + 6] = self.target_mac
        self.n_events += 1
        return at

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _push_packet(
        self, layer: cython.longlong, code: cython.longlong, at: cython.longlong, stop: cython.longlong
    ) -> cython.longlong:
        entry: cython.longlong
        version: cython.longlong = self.version if layer == 2 else 0
        if self.host == 0:
            self.host = self._find_host(version)
        if self.use_repeats and self._repeated((layer << 32) | code, version, at, stop):
            return 0
        entry = self._entry(E_PACKET, layer, code)
        self.events[entry + 8] = at
        self.events[entry + 9] = stop - at
        self.events[entry + 10] = self.addresses
        self.events[entry + 11] = 0 if layer == 1 else 4 if version == 4 else 16
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.inline
    @cython.nogil
    def _has_both_ends(self, slot: cython.longlong) -> cython.bint:
        """Whether both ends of a flow have sent, so that their MACs are their own."""
        state: cython.longlong = self.flows[slot * F_WORDS + F_FLAGS]
        return state & HEARD != 0 and state & (HEARD << 1) != 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    @cython.nogil
    def _push_payload(
        self,
        kind: cython.longlong,
        slot: cython.longlong,
        side: cython.longlong,
        seq: cython.longlong,
        flags: cython.longlong,
        size: cython.longlong,
        at: cython.longlong,
        length: cython.longlong,
    ) -> cython.longlong:
        entry: cython.longlong = self._entry(kind, slot, side)
        waiting: cython.longlong = self.flows[slot * F_WORDS + F_PENDING]
        if waiting >> 3 != self.batch:
            waiting = self.batch << 3
        waiting += 1
        self.flows[slot * F_WORDS + F_PENDING] = waiting
        if waiting & 7 >= C_BURST or (kind == E_SEGMENT and waiting & 7 >= 2 and self._has_both_ends(slot)):
            self.burst = True
        self.events[entry + 5] = seq
        self.events[entry + 6] = flags
        self.events[entry + 7] = size
        self.events[entry + 8] = at
        self.events[entry + 9] = length
        return 0
