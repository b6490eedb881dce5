"""Frames of a drill: built by the program that holds scapy, checked here, then sent byte for byte."""

from __future__ import annotations

import ipaddress
import json
import re
import struct
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

from sensor.drill.set_piece import DOCUMENTATION, MACS, SetPiece
from sensor.light_dataclass import dataclass

SECONDS = 60.0
"""Longest time that building or sending may take; both take a few seconds."""

IPV4, IPV6, VLAN_TAG = 0x0800, 0x86DD, 0x8100
"""EtherTypes."""


class DrillFailed(Exception):  # noqa: N818 - a sentence for the user
    """The drill cannot be built or sent; the text says why."""


@dataclass(frozen=True, slots=True)
class DrillFrame:
    """A frame to be sent, and what it is in a few words."""

    data: bytes
    summary: str


def frames_of(piece: SetPiece) -> list[DrillFrame]:
    """The set-piece as frames. Raises DrillFailed, also where a frame would address anybody else."""
    given = {"macs": MACS, "conversations": [asdict(one) for one in piece.conversations]}
    lines = _program("build", text=json.dumps(given)).splitlines()
    found = [DrillFrame(bytes.fromhex(line["frame"]), line["summary"]) for line in map(json.loads, lines)]
    for frame in found:
        if (why := objection(frame.data, piece.vlan)) is not None:
            raise DrillFailed(f"a frame was built that may not be sent: {why}")
    return found


def send(interface: str, frames: Iterable[DrillFrame]) -> None:
    """Send them as they are. Raises DrillFailed."""
    _program("send", interface, text="\n".join(frame.data.hex() for frame in frames))


def objection(frame: bytes, vlan: int | None) -> str | None:
    """Why a frame may not be sent; None where it goes from one forged station to the other and names nobody else."""
    destination, source = frame[:6].hex(":"), frame[6:12].hex(":")
    if {destination, source} != set(MACS):
        return f"it goes from {source} to {destination}"
    (kind,) = struct.unpack_from(">H", frame, 12)
    rest = frame[14:]
    if kind == VLAN_TAG:
        tag, kind = struct.unpack_from(">HH", rest)
        rest = rest[4:]
        if tag & 0xFFF != vlan:
            return f"it is of VLAN {tag & 0xFFF}"
    spans = {IPV4: (12, 16, 20), IPV6: (8, 24, 40)}.get(kind)
    if spans is None:
        return f"its EtherType is {kind:#06x}"
    for start, end in pairwise(spans):
        address = ipaddress.ip_address(rest[start:end])
        if not any(address in network for network in DOCUMENTATION):
            return f"{address} is not reserved for documentation"
    return None


def taken(neighbours: Path = Path("/proc/net/arp"), sys_net: Path = Path("/sys/class/net")) -> str | None:
    """A forged MAC that a station here has (the gateway, a neighbour, this machine); None where both are free."""
    texts = []
    for path in (neighbours, *sorted(sys_net.glob("*/address"))):
        try:
            texts.append(path.read_text("ascii", "replace").lower())
        except OSError:
            continue
    return next((mac for mac in MACS if any(re.search(rf"\b{mac}\b", text) for text in texts)), None)


def shown(frames: Sequence[DrillFrame]) -> list[str]:
    """A line for each frame: who to whom, what, and how long."""
    return [
        f"{number:>4}  {frame.data[6:12].hex(':')} > {frame.data[:6].hex(':')}  "
        f"{frame.summary.removeprefix('Ether / ')}  ({len(frame.data)} bytes)"
        for number, frame in enumerate(frames, 1)
    ]


def _program(*words: str, text: str) -> str:
    command = [sys.executable, "-m", "sensor.drill.frames", *words]
    try:
        # Fixed words, and the name of an interface that is there.
        done = subprocess.run(  # noqa: S603
            command, input=text, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise DrillFailed(f"it took longer than {SECONDS:.0f} seconds") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise DrillFailed(lines[-1] if lines else "the program that sends it failed")
    return done.stdout
