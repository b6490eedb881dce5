"""Turns a pcapng that dumpcap wrote into one that says nothing of the machine it was recorded on; no
packet is touched.
"""

from __future__ import annotations

import pathlib
import struct

SECTION, INTERFACE = 0x0A0D0D0A, 1
TOLD = {SECTION: {2, 3}, INTERFACE: {12, 15}}
"""Options that name the machine: shb_hardware and shb_os, if_os and if_hardware (draft-ietf-opsawg-pcapng, 4.1 and
4.2).
"""

FIXED = {SECTION: 24, INTERFACE: 16}
"""Bytes of a block before its options."""


def scrub(path: pathlib.Path) -> None:
    """Rewrites the file (little-endian, as dumpcap writes it here) without those options."""
    data, out, at = path.read_bytes(), bytearray(), 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        block = data[at : at + length]
        at += length
        if kind in TOLD:
            block = _without(block, FIXED[kind], TOLD[kind])
        out += block
    path.write_bytes(out)


def _without(block: bytes, fixed: int, codes: set[int]) -> bytes:
    kept, at = bytearray(block[:fixed]), fixed
    while at < len(block) - 4:
        code, length = struct.unpack_from("<HH", block, at)
        whole = 4 + (length + 3) // 4 * 4
        if code not in codes:
            kept += block[at : at + whole]
        at += whole
    kept += struct.pack("<I", len(kept) + 4)
    kept[4:8] = struct.pack("<I", len(kept))
    return bytes(kept)
