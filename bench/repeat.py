"""Captures into one larger capture of many homes: the same captures over and over, each time varied, with checksums
computed anew.

Only Ethernet is varied; other link types are refused.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import dpkt
from vary import Variation

GAP = 1.0
"""Seconds between one capture and the next."""


def checksum(*parts: bytes) -> int:
    """RFC 1071."""
    data = b"".join(part + b"\0" if len(part) & 1 else part for part in parts)
    total = sum(array("H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    total = ~total & 0xFFFF
    return total if sys.byteorder == "big" else (total >> 8) | (total & 0xFF) << 8


class Frames:
    """Frames through one `Variation`."""

    def __init__(self, variation: Variation) -> None:
        self.vary = variation

    def frame(self, data: bytes) -> bytes:
        if len(data) < 34:
            return data
        vary = self.vary
        made = bytearray(data)
        made[0:6], made[6:12] = vary.mac(data[0:6]), vary.mac(data[6:12])
        at, kind = 14, data[12:14]
        if kind == b"\x81\0":
            at, kind = 18, data[16:18]
        if kind == b"\x08\x00" and data[at] >> 4 == 4:
            self._ip4(made, at)
        elif kind == b"\x86\xdd" and len(made) >= at + 40:
            self._ip6(made, at)
        elif kind == b"\x08\x06" and len(made) >= at + 28:
            for where in (at + 8, at + 18):
                made[where : where + 6] = vary.mac(bytes(made[where : where + 6]))
                made[where + 6 : where + 10] = vary.address(bytes(made[where + 6 : where + 10]))
        return bytes(made)

    def _ip4(self, made: bytearray, at: int) -> None:
        vary = self.vary
        header = (made[at] & 15) * 4
        total = int.from_bytes(made[at + 2 : at + 4], "big")
        number = int.from_bytes(made[at + 4 : at + 6], "big")
        if number:
            made[at + 4 : at + 6] = ((number + 7919 * (vary.number + 1)) & 0xFFFF).to_bytes(2, "big")
        for where in (at + 12, at + 16):
            made[where : where + 4] = vary.address(bytes(made[where : where + 4]))
        made[at + 10 : at + 12] = b"\0\0"
        made[at + 10 : at + 12] = checksum(bytes(made[at : at + header])).to_bytes(2, "big")
        if int.from_bytes(made[at + 6 : at + 8], "big") & 0x3FFF or at + total > len(made):
            return
        pseudo = bytes(made[at + 12 : at + 20]) + struct.pack("!HH", made[at + 9], total - header)
        self._transport(made, at + header, at + total, made[at + 9], pseudo)

    def _ip6(self, made: bytearray, at: int) -> None:
        size = int.from_bytes(made[at + 4 : at + 6], "big")
        for where in (at + 8, at + 24):
            made[where : where + 16] = self.vary.address6(bytes(made[where : where + 16]))
        if at + 40 + size <= len(made):
            pseudo = bytes(made[at + 8 : at + 40]) + struct.pack("!II", size, made[at + 6])
            self._transport(made, at + 40, at + 40 + size, made[at + 6], pseudo)

    def _transport(self, made: bytearray, at: int, end: int, protocol: int, pseudo: bytes) -> None:
        vary = self.vary
        if protocol == 6 and end - at >= 20:
            start, place = at + (made[at + 12] >> 4) * 4, at + 16
            self._numbers(made, at, min(start, end))
        elif protocol == 17 and end - at >= 8:
            start, place = at + 8, at + 6
            if made[place : place + 2] == b"\0\0":
                place = 0
        elif protocol == 58 and end - at >= 24:
            # Neighbour discovery: the target, and link-layer addresses in options (RFC 4861, 4.3).
            made[at + 8 : end] = vary.renamed(bytes(made[at + 8 : end]))
            if made[at] in (135, 136):
                made[at + 8 : at + 24] = vary.address6(bytes(made[at + 8 : at + 24]))
            made[at + 2 : at + 4] = b"\0\0"
            made[at + 2 : at + 4] = checksum(pseudo, bytes(made[at:end])).to_bytes(2, "big")
            return
        else:
            return
        source, target = struct.unpack_from("!HH", made, at)
        struct.pack_into("!HH", made, at, vary.port(source), vary.port(target))
        if start < end:
            made[start:end] = vary.payload(bytes(made[start:end]), (source, target), udp=protocol == 17)
        if place:
            made[place : place + 2] = b"\0\0"
            made[place : place + 2] = (checksum(pseudo, bytes(made[at:end])) or 0xFFFF).to_bytes(2, "big")

    def _numbers(self, made: bytearray, at: int, end: int) -> None:
        """Sequence and acknowledgement numbers, also those of SACK (RFC 2018, 3)."""
        shift = self.vary.shift
        places = [at + 4] + ([at + 8] if made[at + 13] & 16 else [])
        option = at + 20
        while option + 1 < end and made[option]:
            if made[option] == 1:
                option += 1
                continue
            if made[option] == 5:
                places += range(option + 2, min(option + made[option + 1], end) - 3, 4)
            option += max(2, made[option + 1])
        for place in places:
            number = int.from_bytes(made[place : place + 4], "big")
            made[place : place + 4] = ((number + shift) & 0xFFFFFFFF).to_bytes(4, "big")


def read(path: Path) -> list[tuple[float, bytes]]:
    """Times and frames of one Ethernet capture."""
    with path.open("rb") as stream:
        reader = dpkt.pcap.UniversalReader(stream)
        if reader.datalink() != dpkt.pcap.DLT_EN10MB:
            raise SystemExit(f"{path}: only Ethernet captures are varied")
        return [(float(time), bytes(data)) for time, data in reader]


def ends(packets: Iterable[tuple[float, bytes]]) -> Iterator[bytes]:
    """MACs and IPv4 addresses of who sends and who is sent to."""
    for _, data in packets:
        for mac in (data[0:6], data[6:12]):
            if len(mac) == 6 and not mac[0] & 1 and any(mac):
                yield mac
        if data[12:14] == b"\x08\x00" and len(data) >= 34:
            yield from (a for a in (data[26:30], data[30:34]) if 0 < a[0] < 224 and a[0] != 127)


def build(paths: list[Path], packets: int, out: BinaryIO) -> tuple[int, int]:
    """Repeat the captures, one after the other, until there are about ``packets``; (packets, repeats). Times only go
    on.
    """
    captures = [read(path) for path in paths]
    known = [sorted(set(ends(capture))) for capture in captures]
    each = sum(map(len, captures))
    repeats = max(1, round(packets / max(1, each)))
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
    clock, written = 1_700_000_000.0, 0
    for number in range(repeats):
        variation = Variation(number)
        frames = Frames(variation)
        for capture, its_ends in zip(captures, known, strict=True):
            if not capture:
                continue
            variation.know(its_ends)
            first = capture[0][0]
            latest = clock
            for time, data in capture:
                now = clock + max(0.0, time - first)
                latest = max(latest, now)
                made = frames.frame(data)
                out.write(struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(made), len(made)) + made)
                written += 1
            clock = latest + GAP
    return written, repeats
