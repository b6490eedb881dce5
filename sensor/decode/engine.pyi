"""What the pass offers. Times are int ns since 1970 UTC, MACs 6 bytes (b"" unknown), addresses 4 or 16 bytes, `frame`
counts from 1.

A batch is a list of tuples; the first item says which:

(SEGMENT, slot, frame, time, side, seq, ack, flags, wire_length, payload)   ack: -1 without the ACK flag
    TCP with payload, or FIN/RST (payload b"" then) of a flow that has had payload, unless it comes with END. `seq` is
    the sequence number of the first payload byte (a SYN has consumed one); `ack` the acknowledgement number, -1 without
    the ACK flag; `wire_length` the payload's length by the IP header; `payload` may be shorter (cut snap length).
(DATAGRAM, slot, frame, time, side, wire_length, payload)
    UDP with payload.
(END, slot, reason, closing)
    The flow is over: "idle", "closed", "evicted", "reused" or "finished". `Engine.flow(slot)` answers until the next
    batch is asked for. `closing`: its last FINs and RSTs without payload, as the items of their SEGMENT from `frame`
    on. They came up no sooner where all payload before them was seen and in order, so that a reader has used it.
(PACKET, frame, time, layer, code, source_mac, target_mac, source, target, payload)
    layer LINK: `code` is the ethertype and payload what follows it (tags passed over); for LLC frames 0x10000 | DSAP <<
    8 | SSAP, payload what
    follows the control byte; for SNAP of Cisco's OUI 00000c 0x20000 | pid, payload what follows the pid (CDP: 0x22000).
    SNAP of other OUIs is the
    LLC code 0x1AAAA, payload from the OUI on; RFC 1042 SNAP is the ethertype. Source and target addresses are b"", but
    for PPP in a tunnel over IP
    (GRE), where they are the tunnel's.
    layer IP: `code` is the IP protocol number, payload what IP carries. Repeats within ten minutes are not told again.
(HOST, frame, time, mac, address)
    This source MAC (address b"") or this source MAC with this local source address (after it) is seen for the first
    time; mac b"" on links
    without MACs. Never for group or all-zero MACs, never for addresses that are not unicast.
(mirrors.MIRROR, frame, time, mac, address)
    This sender mirrors: it sends copies of others' frames in a tunnel (ERSPAN, TZSP; VXLAN, Geneve, GRE with both
    directions of a conversation). Once for each.
(REPEATED, slot, reason, path, frames, times)
    The flow is over as with END, and all its segments were those of a path that `Engine.learn` was given, which gave
    it this number: their frames and times. None of them came up.
(EXCHANGED, slot, path, frames, times, varying)
    The datagrams of an exchange that `Engine.learn_exchange` was given: none of them came up. The flow goes on.
    `varying`: of each what it had in its varying bytes, at the beginning of MAX_VARYING bytes.
(DECRYPTED, frame)
    What follows under this frame's number stood in an 802.11 frame that was opened with a key.
"""

import builtins
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from sensor.decode.wlan import Radio

_Ends = tuple[builtins.bytes, builtins.bytes, builtins.bytes, builtins.bytes, int | None, int | None]
_DatagramEnds = tuple[builtins.bytes, builtins.bytes, builtins.bytes, builtins.bytes, int | None, int | None, bool]

class _Block(Protocol):
    data: bytes
    table: array[int]
    count: int
    first_frame: int

BUG: str
SEGMENT: Literal[1]
DATAGRAM: Literal[2]
END: Literal[3]
PACKET: Literal[4]
HOST: Literal[5]
DECRYPTED: Literal[7]
REPEATED: Literal[8]
EXCHANGED: Literal[9]
CLIENT: Literal[0]
SERVER: Literal[1]
LINK: Literal[1]
IP: Literal[2]
IDLE: str
CLOSED: str
EVICTED: str
REUSED: str
FINISHED: str
MAX_FLOWS: int
MAX_HOSTS: int
MAX_HOST_ADDRESSES: int
MAX_DEPTH: int
MAX_REASONS: int
MAX_STEPS: int
MAX_PATH_BYTES: int
MAX_PATH_ENDS: int
MAX_WAITING: int
MAX_CLOSING: int
MAX_BESIDE: int
MAX_VARYING: int
MAX_UDP_FLOWS: int
BATCH: int
BURST: int
REPEAT_SECONDS: int
SHORT_SECONDS: int
UDP_SECONDS: int
TCP_SECONDS: int
SERVICE_PORTS: tuple[int, ...]

class FlowInfo(NamedTuple):
    """A flow as it stands. Pairs are (client, server). `bytes` counts whole IP packets by their own length fields,
    `payload` what TCP or UDP carried; `start_known`: a SYN or SYN+ACK was seen; an initial sequence number is -1
    while unknown; the MACs are those of the first packet, and the sender's own once it has sent.
    """

    uid: int
    transport: int
    client: builtins.bytes
    client_port: int
    server: builtins.bytes
    server_port: int
    client_mac: builtins.bytes
    server_mac: builtins.bytes
    start_known: bool
    client_isn: int
    server_isn: int
    first_time: int
    last_time: int
    packets: tuple[int, int]
    bytes: tuple[int, int]
    payload: tuple[int, int]
    first_frame: int

class Engine:
    """The pass with its tables: one for each run. Methods that take a slot raise ValueError where no such flow exists.

    `local` is (address of 4 or 16 bytes, prefix length) each; `ethertypes` (LINK codes) and `ip_protocols` say which
    packets outside TCP and UDP come up; `report_all_flows` sends END for flows without payload too; `duplicate_cache`
    False lets repeats come up.
    """

    def __init__(
        self,
        local: Iterable[tuple[builtins.bytes, int]] = (),
        ethertypes: Collection[int] = (),
        ip_protocols: Collection[int] = (),
        max_flows: int = ...,
        report_all_flows: bool = False,
        duplicate_cache: bool = True,
        radio: Radio | None = None,
        home_ports: Collection[int] = (),
        home_datagram_ports: Collection[int] = (),
    ) -> None: ...
    @property
    def compiled(self) -> bool: ...
    @property
    def packets(self) -> int: ...
    @property
    def bytes(self) -> int:
        """Original lengths of all packets."""
    @property
    def first_time(self) -> int:
        """0 before the first packet."""
    @property
    def last_time(self) -> int: ...
    @property
    def truncated_packets(self) -> int:
        """Packets of which fewer bytes were captured than were sent."""
    @property
    def undecoded(self) -> dict[str, int]:
        """Reason to number of packets; at most MAX_REASONS of a kind."""
    @property
    def bounds_hit(self) -> dict[str, int]:
        """Bound to how often it was reached."""
    @property
    def flows_ended(self) -> int: ...
    @property
    def live_flows(self) -> int: ...
    @property
    def silent_flows(self) -> int:
        """Flows that ended without an END, with the packets and IP bytes they had in `silent_packets`,
        `silent_bytes`.
        """
    @property
    def silent_packets(self) -> int: ...
    @property
    def silent_bytes(self) -> int: ...
    @property
    def entries(self) -> int:
        """Tuples that came up so far."""
    @property
    def repeated(self) -> int:
        """Packets that only repeated what their sender had just said."""
    def process(self, block: _Block) -> Iterator[list[tuple[Any, ...]]]:
        """The block's batches; handle each fully before asking for the next, and exhaust one block before the next."""
    def finish(self) -> Iterator[list[tuple[Any, ...]]]:
        """End all flows, in the order they began."""
    def tick(self, now: int) -> Iterator[list[tuple[Any, ...]]]:
        """Time has come to `now` without a packet (ns since 1970): flows that are idle by then end. Between two blocks
        only.
        """
    def flow(self, slot: int) -> FlowInfo: ...
    def ignore(self, slot: int) -> None:
        """Nobody wants this flow's bytes any more: it is only counted."""
    def ignore_side(self, slot: int, side: int) -> None: ...
    def skip(self, slot: int, side: int, seq: int) -> None:
        """TCP segments of this side that lie wholly before sequence number `seq` are only counted."""
    def inject(
        self,
        data: builtins.bytes | memoryview,
        link: int,
        frame: int,
        time: int,
        source_mac: builtins.bytes,
        target_mac: builtins.bytes,
    ) -> None:
        """A packet found inside others takes the same way (`link` 101: IP); what it gives comes with the next batch.
        The capture's counters stay; the flows' count it. ValueError on a time or link type out of range.
        """
    def close_at_once(self, slot: int, wanted: bool) -> None:
        """Whether this flow's FINs and RSTs come up as they are seen, those that wait with the next batch."""
    def learn(
        self,
        ends: _Ends,
        segments: Sequence[tuple[int, int, int, int, builtins.bytes]],
        varying: Sequence[Sequence[tuple[int, int]]] | None = None,
    ) -> int:
        """Know a whole TCP connection by all its segments: side, number and acknowledgement (-1: none) from the
        connection's start, FIN and RST, payload. `ends`: MAC and address of the client and of the server, the server's
        port, the client's where it is one of `home_ports`. `varying`: of each segment the stretches of its payload
        (first, behind the last) in which any digit stands for a digit, and any letter of ASCII for a letter.

        From then on a connection between these ends that begins like it is held back until it differs, when its
        segments come up with the next one, or is over (`REPEATED`). The number of the path, -1 where no room is left:
        then all paths are forgotten with the next batch, and numbers begin anew.
        """
    def forget(self, ends: _Ends | _DatagramEnds) -> None:
        """No connection between these ends follows a path from now on, nor flow an exchange; one that does already goes
        on.
        """
    def learn_exchange(
        self,
        ends: _DatagramEnds,
        datagrams: Sequence[tuple[int, builtins.bytes, Sequence[tuple[int, int]]]],
    ) -> int:
        """Know the datagrams of an exchange, which ends with the last one: side, bytes, and the stretches of them
        (first, behind the last) that may differ, `MAX_VARYING` bytes at most. `ends` as for `learn`, the client's port
        where it is one of `home_datagram_ports`, and True.

        A flow whose every datagram is of such an exchange brings up one entry for each (`EXCHANGED`); with the first
        one that is not, and with one that follows so soon that it may be a mirror's second copy, what was held back
        comes up as it was, and all that follows. Numbers and room are as those of `learn`.
        """
    def release(self) -> list[tuple[Any, ...]]:
        """All segments that are held back, as entries in the capture's order. Between two blocks only."""
    def hosts(self) -> list[tuple[builtins.bytes, builtins.bytes, int, int, int, int]]:
        """(mac, address or b"", first time, last time, packets sent, bytes sent), in order of appearance. The entry
        without an address stands for all that MAC sent.
        """
