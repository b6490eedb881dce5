"""Checks of the interfaces to listen to, and of the right to do so, for `doctor`."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

from sensor.setup.doctor import DoctorCheck
from sensor.setup.interfaces import Interface
from sensor.setup.units import SOCKET

CAP_NET_RAW = 13
"""linux/capability.h."""


def capture(
    wanted: tuple[str, ...], found: list[Interface], may: bool, through: Path = Path(SOCKET)
) -> Iterator[DoctorCheck]:
    """The interfaces, and whether they may be listened to. ``may``: this process has the right."""
    known = {one.name: one for one in found}
    for name in wanted:
        one = known.get(name)
        if one is None:
            yield DoctorCheck(
                name,
                "wrong",
                "there is no such interface",
                f"this machine has {', '.join(sorted(known)) or 'none'}; put one under [capture] interfaces",
            )
        elif not one.up:
            yield DoctorCheck(name, "wrong", one.description(), f"plug it in, and: ip link set {name} up")
        elif one.recent == 0:
            yield DoctorCheck(
                name,
                "look",
                f"nothing came in just now; {one.description()}",
                "is the port a mirror port (docs/raspberry-pi.md)?",
            )
        else:
            yield DoctorCheck(
                name,
                "well" if one.score >= 2 else "look",
                one.description(),
                ""
                if one.score >= 2
                else "for other devices' traffic it takes a mirror port or the router itself "
                "(docs/raspberry-pi.md, docs/openwrt.md)",
            )
    if wanted:
        yield _permission(may, through)  # fmt: skip


def proof() -> DoctorCheck:
    """How to prove what no look at this machine shows."""
    return DoctorCheck(
        "what is heard",
        "look",
        "only a drill proves that both directions, VLANs and all packets arrive",
        "on another machine: sudo lanwitness drill INTERFACE (docs/live.md)",
    )


def _permission(may: bool, through: Path) -> DoctorCheck:
    if through.exists():
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(2)
            try:
                probe.connect(str(through))
            except PermissionError:
                if may:
                    return DoctorCheck("right to listen", "well", "this user has it")
                return DoctorCheck(
                    "right to listen", "look", f"{through} is for the sensor's own user", "run this with sudo to try it"
                )
            except OSError:
                return DoctorCheck(
                    "right to listen",
                    "wrong",
                    f"nobody answers at {through}",
                    "systemctl restart lanwitness-capture.socket",
                )
        return DoctorCheck("right to listen", "well", f"by the capture service at {through}")
    if may:
        return DoctorCheck("right to listen", "well", "this user has it")
    mend = "let `sudo lanwitness setup` install the services, or run `sudo lanwitness watch`"
    return DoctorCheck("right to listen", "wrong", "this user may not listen to interfaces", mend)


def may_listen(status: Path = Path("/proc/self/status")) -> bool:
    """Whether this process holds CAP_NET_RAW (proc(5), CapEff)."""
    try:
        lines = status.read_text("ascii", "replace").splitlines()
    except OSError:
        return False
    words = next((line.split() for line in lines if line.startswith("CapEff:")), [])
    return len(words) == 2 and bool(int(words[1], 16) >> CAP_NET_RAW & 1)
