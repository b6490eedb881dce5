"""dpkt as oracle: what it reads in every well-formed packet of the captures at hand, the pass reads too, and nothing
else.

The captures are this repository's own and, where present, a folder of others' (LANWITNESS_SHARED, else ../shared). A
sample by a fixed stride runs always, everything with `-m nightly`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dpkt
import pytest

from sensor.capture import Block, find_captures, open_capture
from sensor.decode import engine
from sensor.decode.engine import DATAGRAM, SEGMENT
from tests.decode.wire import MODES, run_on

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("LANWITNESS_SHARED") or ROOT.parent / "shared")
STRIDE = 12

OWN = find_captures(str(ROOT / "pcaps"))
ALL = OWN + find_captures(str(SHARED / "captures"))
SAMPLE = OWN + ALL[len(OWN) :: STRIDE]

# (frame, source, source port, target, target port, seq, bytes on the wire, payload); seq is None for UDP
Said = tuple[int, bytes, int, bytes, int, int | None, int, bytes]

TUNNELS = {4, 41, 47, 137}
UDP_TUNNELS = {4789, 8472, 2152, 6081, 37008, 1701, 3544}
ETHERTYPES = {0x8864, 0x8847, 0x8848, 0x6558}
IP_LINKS = {0: 4, 108: 4, 101: 0, 12: 0, 14: 0, 228: 0, 229: 0}


def network(link: int, data: bytes) -> bytes | None:
    """The IP packet in a record, None where there is none, by dpkt's link layers; raises Skip for what
    slow.py reads.
    """
    if link in IP_LINKS:
        return data[IP_LINKS[link] :]
    if link == 1:
        kind, at = int.from_bytes(data[12:14], "big"), 14
        for _ in range(3):
            if kind in (0x8100, 0x88A8, 0x9100):
                kind, at = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
        if kind <= 1500 and data[at : at + 6] in (b"\xaa\xaa\x03\0\0\0", b"\xaa\xaa\x03\0\0\xf8"):
            kind, at = int.from_bytes(data[at + 6 : at + 8], "big"), at + 8
        rest = data[at:]
    elif link == 113:
        cooked = dpkt.sll.SLL(data)
        kind, rest = cooked.ethtype, data[16:]
    elif link == 276:
        cooked = dpkt.sll2.SLL2(data)
        kind, rest = cooked.ethtype, data[20:]
    else:
        raise LookupError
    if kind in ETHERTYPES:
        raise LookupError
    return rest if kind in (0x0800, 0x86DD) else None


def expected(frame: int, link: int, data: bytes, original: int) -> Said | None:
    """dpkt's reading of a record; None: no payload of TCP or UDP. LookupError: not for this test (fragment, tunnel,
    malformed).
    """
    try:
        raw = network(link, data)
        if not raw:
            return None
        if raw[0] >> 4 not in (4, 6):
            raise LookupError
        packet = dpkt.ip6.IP6(raw) if raw[0] >> 4 == 6 else dpkt.ip.IP(raw)
    except (dpkt.dpkt.Error, IndexError):
        raise LookupError from None
    wire = original - (len(data) - len(raw))
    if isinstance(packet, dpkt.ip6.IP6):
        header = packet.extension_hdrs.get(44)
        if header is not None and (header.frag_off or header.m_flag):
            raise LookupError
        # dpkt keeps the headers it knows apart from what they carry
        size = (packet.plen or wire - 40) - sum(len(each) for each in packet.extension_hdrs.values() if each)
    else:
        if packet.mf or packet.offset:
            raise LookupError
        size = (packet.len or wire) - packet.hl * 4
    inner = packet.data
    if packet.p in TUNNELS or (isinstance(inner, dpkt.udp.UDP) and {inner.dport, inner.sport} & UDP_TUNNELS):
        raise LookupError
    if isinstance(inner, dpkt.tcp.TCP):
        carried = size - inner.off * 4
        if inner.off < 5 or carried < 0:
            raise LookupError
        seq = (inner.seq + bool(inner.flags & dpkt.tcp.TH_SYN)) & 0xFFFFFFFF
        said = (frame, packet.src, inner.sport, packet.dst, inner.dport, seq, carried, bytes(inner.data)[:carried])
        return said if carried else None
    if isinstance(inner, dpkt.udp.UDP):
        carried = size - 8
        if carried < 0 or 0 < inner.ulen < 8:
            raise LookupError
        carried = min(carried, inner.ulen - 8) if inner.ulen else carried
        return (
            (frame, packet.src, inner.sport, packet.dst, inner.dport, None, carried, bytes(inner.data)[:carried])
            if carried
            else None
        )
    if packet.p in (6, 17):  # dpkt could not read it
        raise LookupError
    return None


def compare(path: str, module: Any, most: int) -> int:
    blocks: list[Block] = []
    left = most
    with open_capture(path) as capture:
        for block in capture:
            block.count = min(block.count, left)
            left -= block.count
            blocks.append(block)
            if not left:
                break
    wanted: dict[int, Said | None] = {}
    for block in blocks:
        for row in range(block.count):
            at, captured, original, _, link = block.table[5 * row : 5 * row + 5]
            try:
                wanted[block.first_frame + row] = expected(
                    block.first_frame + row, link, block.data[at : at + captured], original
                )
            except LookupError:
                continue
    found: dict[int, Said] = {}

    def collect(engine: Any, entry: tuple[Any, ...]) -> None:
        if entry[0] not in (SEGMENT, DATAGRAM) or not entry[-2]:
            return
        info = engine.flow(entry[1])
        ends = [(info.client, info.client_port), (info.server, info.server_port)]
        seq = entry[5] if entry[0] == SEGMENT else None
        found[entry[2]] = (entry[2], *ends[entry[4]], *ends[1 - entry[4]], seq, entry[-2], entry[-1])

    run_on(module, blocks, collect, duplicate_cache=False)
    for frame, said in wanted.items():
        assert found.get(frame) == said, f"frame {frame} of {path}"
    return len(wanted)


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: Path(path).parent.name + "/" + Path(path).name)
def test_the_pass_reads_what_dpkt_reads(path: str) -> None:
    assert compare(path, engine, 3000) >= 0


@pytest.mark.nightly
@pytest.mark.parametrize("mode", MODES)
def test_the_pass_reads_what_dpkt_reads_in_everything(mode: str) -> None:
    assert sum(compare(path, MODES[mode], 1 << 40) for path in ALL) > 0


def test_the_sample_has_packets_to_compare() -> None:
    """An oracle that skips everything would agree with anything."""
    assert sum(compare(path, engine, 1000) for path in OWN) > 1000


@pytest.mark.parametrize("path", SAMPLE[:: 4 if len(SAMPLE) > 40 else 1])
def test_records_are_those_dpkt_finds(path: str) -> None:
    with open_capture(path) as capture:
        ours = [
            (block.data[at : at + captured], time)
            for block in capture
            for at, captured, _, time, _ in zip(*(iter(block.table),) * 5, strict=True)
        ]
        if capture.damage or path.endswith((".gz", ".zst")):
            return
    with Path(path).open("rb") as file:
        theirs = [(bytes(data), round(time * 1e6)) for time, data in dpkt.pcap.UniversalReader(file)]
    assert [data for data, _ in ours] == [data for data, _ in theirs]
    assert all(abs(time // 1000 - other) <= 1 for (_, time), (_, other) in zip(ours, theirs, strict=True))
