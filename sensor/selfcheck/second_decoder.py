"""A capture read twice: by our decoder and by dpkt, packet by packet and layer by layer.

dpkt is by other people and shares no line with ours. What it does not read (fragments, tunnels, rare link types) and
what it finds malformed is not compared, and counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import Any, Literal

from sensor.capture import Block, open_capture
from sensor.decode import slow
from sensor.decode.engine import DATAGRAM, SEGMENT, Engine
from sensor.light_dataclass import dataclass

LISTED = 8
"""Frames named of those that differ."""

RECORDS, ADDRESSES, PORTS, PAYLOAD = "records", "addresses", "ports and numbers", "payload"
LAYERS = (RECORDS, ADDRESSES, PORTS, PAYLOAD)

TUNNELS = frozenset(slow.PROTOCOLS)
UDP_TUNNELS = frozenset(slow.PORTS) | {8472, 2152, 6081, 37008, 1701, 3544}
ETHERTYPES = frozenset(slow.ETHERTYPES)
VLANS = (0x8100, 0x88A8, 0x9100)
SECTION, INTERFACE = 0x0A0D0D0A, 1
"""Block types of pcapng (draft-ietf-opsawg-pcapng, 11.1)."""

IP_LINKS = {0: 4, 108: 4, 101: 0, 12: 0, 14: 0, 228: 0, 229: 0}
"""Link types whose record is an IP packet behind so many bytes (tcpdump.org/linktypes.html)."""

Reading = tuple[int, bytes, int, bytes, int, int | None, int, bytes]
"""Frame, source and port, target and port, sequence number (None for UDP), payload's bytes on the wire, payload."""


class NoSecondDecoder(Exception):  # noqa: N818 - a sentence for the user
    """dpkt is missing; the text says what to install."""


@dataclass(slots=True)
class LayerAgreement:
    """How often both decoders read a layer alike; ``frames``: the first of those where they differ."""

    name: str
    agreed: int = 0
    differed: int = 0
    frames: list[int] = field(default_factory=list)

    def count(self, frame: int, *, alike: bool) -> None:
        """One packet more."""
        if alike:
            self.agreed += 1
            return
        self.differed += 1
        if len(self.frames) < LISTED:
            self.frames.append(frame)

    def sentence(self) -> str:
        """For a person."""
        text = f"{self.name}: agree in {self.agreed:,} packets"
        if not self.differed:
            return text
        more = " and more" if self.differed > len(self.frames) else ""
        return f"{text}, differ in {self.differed:,}: {', '.join(map(str, self.frames))}{more}"


@dataclass(slots=True)
class SecondReading:
    """A capture's two readings. ``skipped``: packets that were not compared; ``notes``: sentences on what was not."""

    layers: dict[str, LayerAgreement]
    packets: int = 0
    skipped: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def differ(self) -> bool:
        """Whether the decoders differ anywhere."""
        return any(layer.differed for layer in self.layers.values())


def compare(path: str, most: int | None = None, engine: Any = None) -> SecondReading:
    """Read a capture both ways, at most so many packets. Raises NoSecondDecoder, NotACapture, OSError.

    ``engine``: the decoder to compare, in place of the installed one.
    """
    try:
        import dpkt  # noqa: F401 - everything below stands on it
    except ImportError:
        raise NoSecondDecoder("dpkt is not installed (pip install 'lanwitness[explain]')") from None
    found = SecondReading({name: LayerAgreement(name) for name in LAYERS})
    decoder = engine or Engine(local=[], ethertypes=set(), ip_protocols=set(), duplicate_cache=False)
    with open_capture(path) as capture, Path(path).open("rb") as file:
        records = _Records(file, found)
        for block in capture:
            if most is not None:
                block.count = min(block.count, most - found.packets)
            records.compare(block)
            _packets(decoder, block, found)
            found.packets += block.count
            if found.packets == most:
                break
        else:
            if capture.damage:
                found.notes.append(capture.damage)
    return found


class _Records:
    """dpkt's records of a file, compared as ours come. It reads no packed files, and not every format."""

    def __init__(self, file: Any, found: SecondReading) -> None:
        import dpkt

        self._found = found
        self._has_times = _has_one_clock(file)
        if not self._has_times:
            found.notes.append("times are not compared: dpkt counts those of all interfaces by the first one's clock")
        self._records: Iterator[tuple[float, bytes]] | None = None
        try:
            self._records = iter(dpkt.pcap.UniversalReader(file))
        except Exception:  # noqa: BLE001 - whatever dpkt makes of foreign bytes, ours are still read
            found.notes.append("records are not compared: dpkt does not read this format")

    def compare(self, block: Block) -> None:
        """Bytes, and times to a microsecond: dpkt's are floating."""
        for row in range(block.count if self._records is not None else 0):
            at, captured, _, time, _ = block.table[5 * row : 5 * row + 5]
            try:
                other, data = next(self._records)  # type: ignore[arg-type]
            except Exception as error:  # noqa: BLE001 - as above; StopIteration: it found fewer
                self._records = None
                frame = block.first_frame + row
                self._found.notes.append(f"records are not compared from {frame} on: {type(error).__name__} in dpkt")
                return
            alike = bytes(data) == block.data[at : at + captured]
            if self._has_times:
                alike = alike and abs(time // 1000 - round(float(other) * 1e6)) <= 1
            self._found.layers[RECORDS].count(block.first_frame + row, alike=alike)


def _has_one_clock(file: Any) -> bool:
    """Whether a file describes no second interface, whose clock may count otherwise. Leaves the file at its start."""
    order: Literal["little", "big"] = "little"
    interfaces = at = 0
    while len(head := _at(file, at, 12)) == 12 and interfaces < 2:
        if int.from_bytes(head[:4], "little") == SECTION:
            order = "little" if head[8:] == b"\x4d\x3c\x2b\x1a" else "big"
        elif not at:
            break  # no pcapng
        interfaces += int.from_bytes(head[:4], order) == INTERFACE
        at += max(12, int.from_bytes(head[4:8], order))
    file.seek(0)
    return interfaces < 2


def _at(file: Any, at: int, size: int) -> bytes:
    file.seek(at)
    return bytes(file.read(size))


def _packets(engine: Any, block: Block, found: SecondReading) -> None:
    """The payloads of TCP and UDP in a block, as both read them."""
    ours: dict[int, Reading] = {}
    for batch in engine.process(block):
        for entry in batch:
            if entry[0] in (SEGMENT, DATAGRAM) and entry[-2]:
                info = engine.flow(entry[1])
                ends = [(info.client, info.client_port), (info.server, info.server_port)]
                seq = entry[5] if entry[0] == SEGMENT else None
                ours[entry[2]] = (entry[2], *ends[entry[4]], *ends[1 - entry[4]], seq, entry[-2], entry[-1])
    for row in range(block.count):
        at, captured, original, _, link = block.table[5 * row : 5 * row + 5]
        frame = block.first_frame + row
        try:
            theirs = second_reading(frame, link, block.data[at : at + captured], original)
        except LookupError:
            found.skipped += 1
            continue
        _count(frame, ours.get(frame), theirs, found.layers)


def _count(frame: int, ours: Reading | None, theirs: Reading | None, layers: dict[str, LayerAgreement]) -> None:
    """One of them reads a payload where the other reads none: they differ from the addresses on."""
    if ours is None or theirs is None:
        layers[ADDRESSES].count(frame, alike=ours is theirs)
        return
    layers[ADDRESSES].count(frame, alike=(ours[1], ours[3]) == (theirs[1], theirs[3]))
    layers[PORTS].count(frame, alike=(ours[2], *ours[4:6]) == (theirs[2], *theirs[4:6]))
    layers[PAYLOAD].count(frame, alike=ours[6:] == theirs[6:])


def second_reading(frame: int, link: int, data: bytes, original: int) -> Reading | None:
    """dpkt's reading of a record; None: no payload of TCP or UDP.

    LookupError: not to be compared (fragment, tunnel, malformed).
    """
    try:
        return _reading(frame, link, data, original)
    except LookupError:
        raise
    except Exception as error:
        raise LookupError from error


def _network(link: int, data: bytes) -> bytes | None:
    """The IP packet in a record by dpkt's link layers, None where there is none."""
    import dpkt

    if link in IP_LINKS:
        return data[IP_LINKS[link] :]
    if link == 1:
        kind, at = int.from_bytes(data[12:14], "big"), 14
        for _ in range(3):
            if kind in VLANS:
                kind, at = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
        if kind <= 1500 and data[at : at + 6] in (b"\xaa\xaa\x03\0\0\0", b"\xaa\xaa\x03\0\0\xf8"):
            kind, at = int.from_bytes(data[at + 6 : at + 8], "big"), at + 8
        rest = data[at:]
    elif link == 113:
        kind, rest = dpkt.sll.SLL(data).ethtype, data[16:]
    elif link == 276:
        kind, rest = dpkt.sll2.SLL2(data).ethtype, data[20:]
    else:
        raise LookupError
    if kind in ETHERTYPES:
        raise LookupError
    return rest if kind in (0x0800, 0x86DD) else None


def _reading(frame: int, link: int, data: bytes, original: int) -> Reading | None:
    import dpkt

    raw = _network(link, data)
    if not raw:
        return None
    if raw[0] >> 4 not in (4, 6):
        raise LookupError
    packet = dpkt.ip6.IP6(raw) if raw[0] >> 4 == 6 else dpkt.ip.IP(raw)
    wire = original - (len(data) - len(raw))
    if isinstance(packet, dpkt.ip6.IP6):
        header = packet.extension_hdrs.get(44)
        if header is not None and (header.frag_off or header.m_flag):
            raise LookupError
        # dpkt keeps the headers it knows apart from what they carry.
        size = (packet.plen or wire - 40) - sum(len(each) for each in packet.extension_hdrs.values() if each)
    else:
        if packet.mf or packet.offset:
            raise LookupError
        size = (packet.len or wire) - packet.hl * 4
    inner = packet.data
    if packet.p in TUNNELS or (isinstance(inner, dpkt.udp.UDP) and {inner.dport, inner.sport} & UDP_TUNNELS):
        raise LookupError
    seq = None
    if isinstance(inner, dpkt.tcp.TCP):
        carried = size - inner.off * 4
        if inner.off < 5 or carried < 0:
            raise LookupError
        seq = (inner.seq + bool(inner.flags & dpkt.tcp.TH_SYN)) & 0xFFFFFFFF
    elif isinstance(inner, dpkt.udp.UDP):
        carried = size - 8
        if carried < 0 or 0 < inner.ulen < 8:
            raise LookupError
        carried = min(carried, inner.ulen - 8) if inner.ulen else carried
    elif packet.p in (6, 17):  # dpkt could not read it
        raise LookupError
    else:
        return None
    if not carried:
        return None
    return (frame, packet.src, inner.sport, packet.dst, inner.dport, seq, carried, bytes(inner.data)[:carried])
