"""Evidence packets that a sensor sent to its hub, checked before anything of them is kept or shown.

The sensor may be in an attacker's hands. What it sends must be a file that `pcapng.write` made, with packets of the
findings it told of, and covered where it says that it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sensor.evidence import pcapng
from sensor.evidence.fetch import evidence_findings
from sensor.evidence.packet import FILLER, EvidencePacket
from sensor.records import Record

MOST_BYTES = 50_000_000
LARGEST_FRAME = 262_144
"""Bytes of a frame, as libpcap bounds them (MAXIMUM_SNAPLEN)."""

LATEST = 1 << 63
"""Nanoseconds since 1970 that no clock shows."""


def received(data: bytes, records: Iterable[Record]) -> list[EvidencePacket]:
    """The packets, each with the findings of these records that name its frame and the hub's own reasons. Raises
    pcapng.Damaged for what is no evidence of ours; packets of no finding are left out."""
    if len(data) > MOST_BYTES:
        raise pcapng.Damaged(f"more than {MOST_BYTES:,} bytes")
    whose: dict[tuple[str, int], dict[str, str]] = {}
    for one in evidence_findings(records):
        for key in one.frames:
            whose.setdefault(key, {})[one.id] = one.why
    found: dict[tuple[str, int], EvidencePacket] = {}
    for packet in pcapng.read(data):
        mine = whose.get((packet.capture, packet.frame))
        if mine is None:
            continue
        _check(packet)
        found[packet.capture, packet.frame] = replace(packet, findings=tuple(mine.items()))
    return list(found.values())


def _check(packet: EvidencePacket) -> None:
    size = len(packet.data)
    if not size <= packet.length <= LARGEST_FRAME or not 0 <= packet.time < LATEST:
        raise pcapng.Damaged(f"packet {packet.frame} cannot be one")
    last = 0
    for start, end in packet.marked:
        # In order, so that no number of ranges costs more than the packet once.
        if not last <= start < end <= size or packet.data.count(FILLER, start, end) != end - start:
            raise pcapng.Damaged(f"packet {packet.frame} is not covered where it says")
        last = end
