"""Findings held to Wireshark's dissectors: whether both read one protocol between the same ends.

tshark dissects the packets that a finding rests on. It agrees where it names the finding's protocol there; it differs
where it names another one, or other ends. Where it knows no such protocol, or sees no more than TCP or UDP (it goes by
ports, we by content), it has no opinion.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from ipaddress import ip_address

from sensor import record_values
from sensor.evidence.dissect import read_packets
from sensor.light_dataclass import dataclass
from sensor.model import Finding

FRAMES = 8
"""Packets of a finding that are dissected."""

MOST_LAYERS = 32
"""Layers of a packet that are looked at: hostile bytes can nest any number."""

NAMES: Mapping[str, frozenset[str]] = {
    "postgresql": frozenset({"pgsql"}),
    "rfb": frozenset({"vnc"}),
    "redis": frozenset({"resp"}),
    "pop3": frozenset({"pop"}),
    "natpmp": frozenset({"nat-pmp"}),
    "pcp": frozenset({"nat-pmp", "portcontrol"}),
    "ftp": frozenset({"ftp", "ftp-data"}),
    "smtp": frozenset({"smtp", "imf"}),
    "smb2": frozenset({"smb2", "smb"}),
    "rtp": frozenset({"rtp", "rtcp"}),
    "dns": frozenset({"dns", "mdns", "llmnr"}),
}
"""Names of Wireshark's dissectors for protocols that we call otherwise (docs/protocols.md)."""

CARRIERS = frozenset(
    {"eth", "eth_maybefcs", "vlan", "ieee8021ad", "sll", "llc", "snap", "null", "raw", "ppp", "pppoes", "ip", "ipv6"}
    | {"ipv6.hopopts", "ipv6.fraghdr", "ipv6.routing", "ipv6.dstopts", "ah", "gre", "vxlan", "geneve", "erspan"}
    | {"wlan", "wlan_radio", "radiotap", "tcp", "udp", "tcp.segments", "tls", "dtls", "websocket", "socks"}
    | {"data", "data-text-lines", "fake-field-wrapper", "frame", "geninfo", "_ws.malformed"}
)
"""Layers that carry others, and name no application."""


@dataclass(frozen=True, slots=True)
class DissectedFrame:
    """A packet as tshark reads it: its layers' names, and the addresses of all its IP headers."""

    number: int
    layers: tuple[str, ...]
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class OtherReading:
    """A finding of which Wireshark reads something else. ``theirs``: what it names there."""

    finding: str
    rule: str
    ours: str
    theirs: str
    frames: tuple[int, ...]

    def sentence(self) -> str:
        """For a person."""
        numbers = ", ".join(map(str, self.frames))
        return f"{self.rule} ({self.finding}), packets {numbers}: {self.ours} by us, {self.theirs} by Wireshark"


@dataclass(frozen=True, slots=True)
class CrossCheckResult:
    """How findings fared: ``agreed``, ``no_opinion``, and each on which Wireshark differs."""

    agreed: int
    no_opinion: int
    differ: tuple[OtherReading, ...]

    def sentence(self) -> str:
        """For a person."""
        total = self.agreed + self.no_opinion + len(self.differ)
        none = f", has no opinion on {self.no_opinion}" if self.no_opinion else ""
        return (
            f"cross-check: of {total} findings Wireshark agrees with {self.agreed}, differs in {len(self.differ)}{none}"
        )

    def record(self) -> record_values.CrossCheck:
        """The field ``cross_check`` of a ``capture`` record."""
        return {
            "agreed": self.agreed,
            "no_opinion": self.no_opinion,
            "differ": [
                {"finding": one.finding, "ours": one.ours, "theirs": one.theirs, "frames": list(one.frames)}
                for one in self.differ
            ],
        }


def cross_check(path: str, findings: Mapping[str, Finding], most: int) -> CrossCheckResult:
    """Hold so many findings of a capture to tshark's dissection. Raises NoDissector, OSError."""
    wanted = chosen(findings, most)
    numbers = {frame for _, finding in wanted for frame in finding.frames[:FRAMES]}
    found = {frame.number: frame for frame in read_packets(path, numbers, _frame)} if numbers else {}
    agreed = silent = 0
    differ: list[OtherReading] = []
    for name, finding in wanted:
        frames = [found[number] for number in finding.frames[:FRAMES] if number in found]
        theirs = opinion(finding, frames, dissectors())
        if theirs is None:
            silent += 1
        elif theirs == finding.protocol:
            agreed += 1
        else:
            numbers_of = tuple(frame.number for frame in frames)
            differ.append(OtherReading(name, finding.rule, finding.protocol, theirs, numbers_of))
    return CrossCheckResult(agreed, silent, tuple(differ))


def chosen(findings: Mapping[str, Finding], most: int) -> list[tuple[str, Finding]]:
    """The findings to check: one of each rule and protocol first, then the worst."""
    ordered = sorted(findings.items(), key=lambda item: (-item[1].severity, item[1].time, item[0]))
    seen: set[tuple[str, str]] = set()
    first: list[tuple[str, Finding]] = []
    rest: list[tuple[str, Finding]] = []
    for name, finding in ordered:
        kind = (finding.rule, finding.protocol)
        (rest if kind in seen else first).append((name, finding))
        seen.add(kind)
    return (first + rest)[:most]


def opinion(finding: Finding, frames: Sequence[DissectedFrame], known: frozenset[str]) -> str | None:
    """What Wireshark reads there: our own word where it agrees, None where it has no opinion."""
    if not frames:
        return None
    ends = {str(ip_address(end.address)) for end in (finding.client, finding.server) if end and end.address}
    if ends and not any(ends <= frame.addresses for frame in frames):
        return "other ends: " + ", ".join(sorted(frames[0].addresses)) if frames[0].addresses else None
    names = NAMES.get(finding.protocol, frozenset({finding.protocol}))
    layers = [layer for frame in frames for layer in frame.layers]
    if names & set(layers):
        return finding.protocol
    others = list(dict.fromkeys(layer for layer in layers if layer not in CARRIERS))
    return ", ".join(others) if others and names & known else None


@cache
def dissectors() -> frozenset[str]:
    """The protocols that tshark knows, by their filters' names."""
    program = shutil.which("tshark")
    if program is None:
        return frozenset()
    lines = subprocess.run(  # noqa: S603 - fixed words
        [program, "-G", "protocols"], capture_output=True, text=True, timeout=60, check=False
    ).stdout.splitlines()
    return frozenset(parts[2] for parts in (line.split("\t") for line in lines) if len(parts) > 2)


def _frame(packet: object) -> DissectedFrame:
    layers = list(packet.layers)[:MOST_LAYERS]  # type: ignore[attr-defined]
    names = tuple(layer.layer_name.lower() for layer in layers)
    return DissectedFrame(int(packet.number), names, frozenset(_addresses(layers)))  # type: ignore[attr-defined]


def _addresses(layers: Iterable[object]) -> Iterable[str]:
    for layer in layers:
        if layer.layer_name in ("ip", "ipv6"):  # type: ignore[attr-defined]
            yield from (str(ip_address(str(layer.get_field(end)))) for end in ("src", "dst"))  # type: ignore[attr-defined]
