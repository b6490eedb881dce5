"""Units of systemd: the capture service has one capability, sensor and dashboard have none.

`lanwitness-capture.socket` starts a `lanwitness-capture@` for each interface of the sensor: its own user, CAP_NET_RAW,
no network, no file. `lanwitness-watch` reads its output; `lanwitness-serve` shows the store. Both run as the user
`lanwitness` and may write its state folder, no more. A capability of a file would not do: NoNewPrivileges voids it
(execve(2), capabilities(7)).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from pathlib import Path

from sensor.light_dataclass import dataclass

USER = "lanwitness"
SOCKET = "/run/lanwitness/capture.sock"
STATE = "/var/lib/lanwitness"


@dataclass(frozen=True, slots=True)
class Places:
    """Paths of an installation.

    ``program``: words of the command; ``python`` and ``child``: the capture program; ``read``: folders of the program
    that services must see.
    """

    program: tuple[str, ...]
    python: str
    child: str
    config: str
    read: tuple[str, ...] = ()
    state: str = STATE
    write: tuple[str, ...] = ()
    """Folders beside the state folder that the sensor and the dashboard write: of the store, of a file of alerts."""


HIDDEN = ("/home", "/root", "/run/user")
"""What ProtectHome hides."""

COMMON = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectClock": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectControlGroups": "yes",
    "ProtectProc": "invisible",
    "ProcSubset": "pid",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "RemoveIPC": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "EPERM",
    "UMask": "0077",
    "LimitCORE": "0",
}
"""For each service (systemd.exec(5)). No core dump: it would hold packets."""

HOMES = "localhost link-local 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7"
"""Addresses of homes: RFC 1918, RFC 4193, link-local."""

WATCHDOG = "120"
"""Seconds without a word of the loop that reads, after which a sensor is started again. It speaks each second; what it
does between two words (a look at thousands of devices, a disk that is late) takes some seconds at most. Finished
captures that are dropped into a folder may take longer: there it is left out."""

CALLS = ("@system-service", "~@privileged @resources")


def units(
    places: Places,
    interfaces: Iterable[str],
    *,
    outside: bool,
    beyond: bool,
    metrics: bool = False,
    server: str | None = None,
) -> dict[str, str]:
    """File name -> text.

    ``outside``: alerts go to other machines; ``beyond``: other machines reach the dashboard; ``metrics``: they reach
    the sensor's own metrics; ``server``: the host of the store's database, if that is another machine.
    """
    hidden = tuple(one for one in places.read if one.startswith(HIDDEN))
    home = {
        "ProtectHome": "tmpfs" if hidden else "yes",
        **({"BindReadOnlyPaths": " ".join(map(_quoted, hidden))} if hidden else {}),
    }
    names = sorted(set(interfaces))
    found = {
        "lanwitness-capture.socket": _socket(),
        "lanwitness-capture@.service": _capture(places, home),
        "lanwitness-watch.service": _watch(places, home, names, outside=outside, metrics=metrics, server=server),
        "lanwitness-serve.service": _serve(places, home, beyond=beyond, server=server),
    }
    if names:
        found["lanwitness-link@.service"] = _link()
    return found


def sysusers() -> str:
    """The user, for /etc/sysusers.d (sysusers.d(5))."""
    return f'u {USER} - "LANwitness" {STATE}\n'


def _socket() -> str:
    return _unit(
        {"Description": "LANwitness: where the sensor asks for packets"},
        {
            "Socket": {
                "ListenStream": SOCKET,
                "Accept": "yes",
                "SocketUser": USER,
                "SocketGroup": USER,
                "SocketMode": "0600",
                "DirectoryMode": "0755",
                "MaxConnections": "16",
                # Nothing is started by the socket itself; should that change, it may do nothing.
                "User": USER,
                "CapabilityBoundingSet": "",
                **COMMON,
                "ProtectHome": "yes",
                "PrivateNetwork": "yes",
                "RestrictAddressFamilies": "AF_UNIX",
                "SystemCallFilter": CALLS,
            },
            "Install": {"WantedBy": "sockets.target"},
        },
    )


def _capture(places: Places, home: Mapping[str, str]) -> str:
    return _unit(
        {
            "Description": "LANwitness: listening to one interface",
            "CollectMode": "inactive-or-failed",
        },
        {
            "Service": {
                "ExecStart": _words(places.python, "-I", places.child, "-"),
                "StandardInput": "socket",
                "StandardOutput": "socket",
                "StandardError": "journal",
                "DynamicUser": "yes",
                "CapabilityBoundingSet": "CAP_NET_RAW",
                "AmbientCapabilities": "CAP_NET_RAW",
                **COMMON,
                **home,
                "RestrictAddressFamilies": "AF_PACKET AF_UNIX",
                "IPAddressDeny": "any",
                "SystemCallFilter": (*CALLS, "capset setrlimit prlimit64"),
                "MemoryMax": "128M",
                "TasksMax": "4",
            },
        },
    )


def _allowed(networks: str, server: str | None) -> dict[str, str]:
    """Addresses that a service may speak to (systemd.resource-control(5)). A server known by name may have any."""
    if server is None:
        return {"IPAddressDeny": "any", "IPAddressAllow": networks}
    try:
        return {"IPAddressDeny": "any", "IPAddressAllow": f"{networks} {ipaddress.ip_address(server)}"}
    except ValueError:
        return {}


def _watch(
    places: Places,
    home: Mapping[str, str],
    interfaces: Iterable[str],
    *,
    outside: bool,
    metrics: bool,
    server: str | None,
) -> str:
    online = ["network-online.target"] if outside or server is not None else []
    links = [f"lanwitness-link@{escaped(name)}.service" for name in interfaces]
    return _unit(
        {
            "Description": "LANwitness: the sensor",
            "Requires": "lanwitness-capture.socket",
            "Wants": " ".join([*links, *online]),
            "After": " ".join(["lanwitness-capture.socket", *links, *online]),
        },
        {
            "Service": {
                "ExecStart": _words(
                    *places.program, "watch", "--config", places.config, "--capture-socket", SOCKET, "--plain"
                ),
                # What it prints for a person names devices; the journal is a log, and gets what goes wrong alone.
                "StandardOutput": "null",
                "Type": "notify",
                **({"WatchdogSec": WATCHDOG} if interfaces else {}),
                "Restart": "always",
                "RestartSec": "5",
                **_ours(places, home),
                # Without alerts to other machines it speaks to this machine alone, whatever happens to it.
                **({} if outside else _allowed(HOMES if metrics else "localhost", server)),
                "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
                "TimeoutStopSec": "30",
                **_memory(400, 450),
                "TasksMax": "64",
            },
            "Install": {"WantedBy": "multi-user.target"},
        },
    )


def _serve(places: Places, home: Mapping[str, str], *, beyond: bool, server: str | None) -> str:
    return _unit(
        {"Description": "LANwitness: the dashboard", "After": "network.target lanwitness-watch.service"},
        {
            "Service": {
                "ExecStart": _words(*places.program, "serve", "--config", places.config),
                "Type": "notify",
                "Restart": "on-failure",
                "RestartSec": "5",
                **_ours(places, home),
                # A home's networks: nobody on the internet is answered.
                **_allowed(HOMES if beyond else "localhost", server),
                "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
                # With the process that reads an uploaded capture.
                **_memory(250, 350),
                "TasksMax": "128",
            },
            "Install": {"WantedBy": "multi-user.target"},
        },
    )


def _memory(high: int, most: int) -> dict[str, str]:
    """MB from which a service is slowed, and at which it is ended: all together leave a Pi of 1 GB its own 100.

    A sensor takes 90 MB, 100 more by its budget (`capture.memory`), and what waits to be read or written; 20,000
    packets a second took 346 MB in all (docs/live.md). Nothing goes to swap: packets would lie on the disk there.
    """
    return {"MemoryHigh": f"{high}M", "MemoryMax": f"{most}M", "MemorySwapMax": "0"}


def _ours(places: Places, home: Mapping[str, str]) -> dict[str, str | tuple[str, ...]]:
    """What the sensor and the dashboard share: their user, the state folder, and no capability at all."""
    return {
        "User": USER,
        "Group": USER,
        "StateDirectory": USER,
        "StateDirectoryMode": "0700",
        "Environment": _quoted(f"LANWITNESS_STATE={places.state}"),
        "CapabilityBoundingSet": "",
        **COMMON,
        **home,
        **({"ReadWritePaths": " ".join(map(_quoted, places.write))} if places.write else {}),
        "PrivateUsers": "yes",
        "SystemCallFilter": CALLS,
    }


def _link() -> str:
    """A mirror port has no address, so nobody else brings it up."""
    return _unit(
        {
            "Description": "LANwitness: bring up %I",
            "BindsTo": "sys-subsystem-net-devices-%i.device",
            "After": "sys-subsystem-net-devices-%i.device",
        },
        {
            "Service": {
                "Type": "oneshot",
                "RemainAfterExit": "yes",
                "ExecStart": "ip link set dev %I up",
                "DynamicUser": "yes",
                "CapabilityBoundingSet": "CAP_NET_ADMIN",
                "AmbientCapabilities": "CAP_NET_ADMIN",
                **COMMON,
                "ProtectHome": "yes",
                "RestrictAddressFamilies": "AF_NETLINK AF_UNIX AF_INET",
                "IPAddressDeny": "any",
                "SystemCallFilter": CALLS,
            },
        },
    )


def _unit(head: Mapping[str, str], parts: Mapping[str, Mapping[str, str | tuple[str, ...]]]) -> str:
    lines = ["# Written by `lanwitness setup`. Changes of your own belong into `systemctl edit`."]
    for name, entries in {"Unit": head, **parts}.items():
        lines += ["", f"[{name}]"] if len(lines) > 1 else [f"[{name}]"]
        for key, value in entries.items():
            if key in ("Wants", "After") and not value:
                continue
            lines += [f"{key}={one}" for one in ((value,) if isinstance(value, str) else value)]
    return "\n".join(lines) + "\n"


def _words(*words: str) -> str:
    """A command line for systemd: quoted, without specifiers and variables (systemd.service(5))."""
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{plain}"' if plain != word or not plain or any(c.isspace() or c in "';" for c in plain) else plain


def escaped(name: str) -> str:
    """An interface's name as the instance of a unit (systemd-escape): other characters as ``\\x2d``."""
    return "".join(
        c if (c.isascii() and (c.isalnum() or c in ":_")) or (c == "." and index) else f"\\x{ord(c):02x}"
        for index, c in enumerate(name)
    )


def folders_of(*paths: str) -> tuple[str, ...]:
    """The folders among these, each once, without those that lie in another of them."""
    known = sorted({str(Path(path)) for path in paths})
    return tuple(one for one in known if not any(one != other and Path(one).is_relative_to(other) for other in known))
