"""Interfaces of this machine, by /sys/class/net and its counters: which one looks like a mirror port."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from sensor.light_dataclass import dataclass

SYS = Path("/sys/class/net")
PROC = Path("/proc/net")
TEMPORARY = 0x01

ETHERNET, LOOPBACK = 1, 772
"""linux/if_arp.h, ARPHRD_…"""

MUCH = 100
"""Packets since the machine started from which its counters count."""

ONE_SIDED = 20
"""Received for each sent packet at a mirror port. A normal interface sends about as much as it receives."""


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface. ``up``: it has a carrier; ``received`` and ``sent``: packets since the machine started.

    ``recent``: packets received between two readings.
    """

    name: str
    kind: str
    """``ethernet``, ``wifi``, ``bridge``, ``virtual``, ``loopback`` or ``other``."""
    up: bool
    addresses: tuple[str, ...] = ()
    gateway: bool = False
    """It leads to the internet."""
    received: int = 0
    sent: int = 0
    recent: int | None = None
    speed: int | None = None
    """Mbit/s."""
    ports: tuple[str, ...] = field(default_factory=tuple)
    """Of a bridge: what is in it."""

    @property
    def one_sided(self) -> bool:
        """Whether it receives much and sends next to nothing."""
        return self.received >= MUCH and self.received >= ONE_SIDED * max(self.sent, 1)

    @property
    def score(self) -> int:
        """How much it looks like one to listen to; 0 for not at all."""
        if self.kind in ("loopback", "virtual", "other") or not self.up:
            return 0
        if self.kind == "bridge":
            return 2 if len(self.ports) > 1 else 0
        if self.kind == "wifi":
            return 0
        return (0 if self.addresses else 2) + (2 if self.one_sided else 0) + (0 if self.gateway else 1)

    def description(self) -> str:
        """A sentence for a person."""
        if self.kind == "loopback":
            return "this machine talking to itself"
        if not self.up:
            return "no cable, or nobody at the other end" if self.kind == "ethernet" else "not in use"
        traffic = f"{self.received:,} packets received, {self.sent:,} sent"
        if self.recent is not None:
            traffic += f", {self.recent:,} just now"
        if self.kind == "wifi":
            return f"Wi-Fi: hears its own conversations only, not those of other devices ({traffic})"
        if self.kind == "bridge":
            if len(self.ports) > 1:
                return (
                    f"a bridge of {', '.join(self.ports)}: "
                    f"if this machine is the router, all traffic of the home passes here ({traffic})"
                )
            return f"a bridge with {len(self.ports)} ports ({traffic})"
        if self.kind == "virtual":
            return f"made by software ({traffic})"
        if self.score >= 4:
            return f"looks like a mirror port: no address of its own, and much more is received than sent ({traffic})"
        if self.score >= 3 and not self.addresses:
            return f"has no address of its own: a mirror port, if its switch or router is set so ({traffic})"
        if self.gateway:
            return (
                "this machine's own way to the internet: shows its own conversations, unless its port is a mirror port "
                f"({traffic})"
            )
        return f"an ordinary interface ({traffic})"


def interfaces(sys: Path = SYS, proc: Path = PROC, wait: Callable[[], None] | None = None) -> list[Interface]:
    """All interfaces, those most worth listening to first. ``wait``: pauses between two readings; None for one."""
    names = sorted(path.name for path in sys.iterdir() if path.is_dir()) if sys.is_dir() else []
    before = {name: _number(sys / name / "statistics" / "rx_packets") for name in names}
    if wait is not None:
        wait()
    gateways = _gateways(proc)
    found = []
    for name in names:
        here = sys / name
        received = _number(here / "statistics" / "rx_packets")
        state = _text(here / "operstate")
        found.append(
            Interface(
                name=name,
                kind=_kind(here),
                up=state == "up" or (state == "unknown" and _text(here / "carrier") == "1"),
                addresses=_addresses(name, proc),
                gateway=name in gateways,
                received=received,
                sent=_number(here / "statistics" / "tx_packets"),
                recent=received - before[name] if wait is not None else None,
                speed=_number(here / "speed") or None,
                ports=tuple(sorted(one.name for one in (here / "brif").iterdir())) if (here / "brif").is_dir() else (),
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (-one.score, -(one.recent or 0), one.name))


def best(found: list[Interface]) -> Interface | None:
    """The one that looks most like a mirror port; None where none does."""
    return next((one for one in found if one.score >= 3), None)


def _kind(here: Path) -> str:
    number = _number(here / "type")
    if number == LOOPBACK:
        return "loopback"
    if number != ETHERNET:
        return "other"
    if (here / "bridge").is_dir():
        return "bridge"
    if (here / "wireless").is_dir() or (here / "phy80211").exists():
        return "wifi"
    # Hardware has a device behind it; what software makes has none (sysfs, class/net).
    return "ethernet" if (here / "device").exists() else "virtual"


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return ""


def _number(path: Path) -> int:
    """0 for what is no number; -1, which means unknown there, as well."""
    text = _text(path)
    return int(text) if text.isascii() and text.isdigit() else 0


def _gateways(proc: Path) -> set[str]:
    """Interfaces with a default route (proc(5): destination and mask 0; for IPv6 ::/0 and a next hop)."""
    found = set()
    for line in _text(proc / "route").splitlines()[1:]:
        parts = line.split()
        if len(parts) > 7 and parts[1] == parts[7] == "00000000":
            found.add(parts[0])
    for line in _text(proc / "ipv6_route").splitlines():
        parts = line.split()
        if (
            len(parts) > 9
            and parts[0].strip("0") == ""
            and parts[1] == "00"
            and parts[4].strip("0")
            and parts[9] != "lo"
        ):
            found.add(parts[9])
    return found


def own_addresses(proc: Path = PROC) -> list[str]:
    """The addresses of this machine, without loopback and, of IPv6, link-local and temporary ones (RFC 8981)."""
    found = [v4 for _, name in socket.if_nameindex() if (v4 := _ipv4(name)) is not None]
    found += [str(address) for _, address, _ in _ipv6(proc, lasting=True) if not address.is_link_local]
    return sorted({one for one in found if not ipaddress.ip_address(one).is_loopback})


def on_link_prefixes(proc: Path = PROC) -> list[ipaddress.IPv6Network]:
    """IPv6 prefixes of this machine's links, whose hosts share them (RFC 4861 2.1)."""
    return [ipaddress.IPv6Network((address, length), strict=False) for _, address, length in _ipv6(proc)]


def _addresses(name: str, proc: Path) -> tuple[str, ...]:
    """Its addresses, without link-local ones of IPv6."""
    found = [v4] if (v4 := _ipv4(name)) is not None else []
    found += [str(address) for of, address, _ in _ipv6(proc) if of == name and not address.is_link_local]
    return tuple(found)


def _ipv6(proc: Path, *, lasting: bool = False) -> list[tuple[str, ipaddress.IPv6Address, int]]:
    """Interface, address and prefix length of each line of if_inet6 (proc_net(5)).

    ``lasting``: without those that IFA_F_TEMPORARY marks (linux/if_addr.h).
    """
    found = []
    for line in _text(proc / "if_inet6").splitlines():
        parts = line.split()
        if len(parts) == 6:
            try:
                address, length = ipaddress.IPv6Address(bytes.fromhex(parts[0])), min(int(parts[2], 16), 128)
                temporary = int(parts[4], 16) & TEMPORARY
            except ValueError:
                continue
            if not (lasting and temporary):
                found.append((parts[5], address, length))
    return found


def _ipv4(name: str) -> str | None:
    """SIOCGIFADDR (netdevice(7))."""
    if len(name) > 15:
        return None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe.fileno(), 0x8915, struct.pack("256s", name.encode()))
        except OSError:
            return None
    return socket.inet_ntoa(answer[20:24])
