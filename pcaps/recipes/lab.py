"""Turns a device into namespaces of its own in which real programs run.

Every host is a set of namespaces of its own (network, mounts, PIDs, host name) with /etc, /var, /home, /srv and /root
laid over the machine's by overlayfs and /run and /tmp empty, so that a daemon finds its usual places and nothing it
writes outlives the recording. No namespace has a way to the machine's own network. Ending a host's first process ends
all that runs in it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Callable, Sequence

LIFETIME = 3600
"""Seconds after which a host ends by itself, whatever became of the recipe."""

_SET_UP = """
set -e
mount -t proc proc /proc
mount -t tmpfs -o size=512m,mode=755 tmpfs /run
mkdir -p /run/lock /run/shm /run/home /run/o /run/work
mount --bind "$3" /run/work
mount -t tmpfs -o size=64m,mode=1777 tmpfs /tmp
mkdir -p "$3"; mount --bind /run/work "$3"
for place in etc var home srv root; do
  mkdir -p /run/o/$place/upper /run/o/$place/work
  mount -t overlay -o lowerdir=/$place,upperdir=/run/o/$place/upper,workdir=/run/o/$place/work overlay /$place
done
rm -f /etc/resolv.conf; : > /etc/resolv.conf
printf '127.0.0.1 localhost\\n127.0.1.1 %s\\n' "$1" > /etc/hosts
echo "$1" > /etc/hostname; hostname "$1"; echo "$1" > /etc/issue; cp /etc/issue /etc/issue.net
rm -rf /etc/update-motd.d /etc/motd
ip link set lo up
touch /run/ready
exec sleep "$2"
"""


class Failed(RuntimeError):  # noqa: N818
    """A program of the scenario did not do what the scenario needs; the recording is not kept."""


class Host:
    """One device: a host name, a MAC, and a place to run programs in."""

    def __init__(self, name: str, work: pathlib.Path) -> None:
        self.name, self.work = name, work
        self.mac = self.address = ""
        self._outer = subprocess.Popen(
            [
                "unshare",
                "--mount",
                "--uts",
                "--net",
                "--pid",
                "--fork",
                "--kill-child",
                "--propagation",
                "private",
                "--",
                "sh",
                "-c",
                _SET_UP,
                "sh",
                name,
                str(LIFETIME),
                str(work),
            ],
            stdin=subprocess.DEVNULL,
            stderr=(work / f"{name}.log").open("wb"),
            start_new_session=True,
        )
        wait_for(lambda: bool(self._children()), 5, f"{name}: namespaces")
        self.pid = int(self._children()[0])
        wait_for(lambda: pathlib.Path(f"/proc/{self.pid}/root/run/ready").exists(), 10, f"{name}: set up")
        self.started: list[subprocess.Popen[bytes]] = []

    def _children(self) -> list[str]:
        path = pathlib.Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children")
        return path.read_text().split() if path.exists() else []

    def command(self, argv: Sequence[str | bytes]) -> list[str | bytes]:
        return ["nsenter", "-t", str(self.pid), "-m", "-u", "-n", "-p", "--", *argv]

    def run(
        self,
        *argv: str | bytes,
        timeout: float = 30,
        check: bool = True,
        text: str | bytes = b"",
        env: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Runs a program to its end and returns it with its output (both streams in stdout); `check` asks
        for exit 0.
        """
        given = text.encode() if isinstance(text, str) else text
        done = subprocess.run(
            self.command(argv),
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            env=self._environment(env),
        )
        if check and done.returncode:
            raise Failed(f"{self.name}: {argv!r} ended with {done.returncode}: {done.stdout[-600:]!r}")
        return done

    def _environment(self, more: dict[str, str] | None) -> dict[str, str]:
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        usual = {"PATH": path, "HOME": "/run/home", "LANG": "C.UTF-8", "TERM": "vt100"}
        return {**usual, "LD_PRELOAD": str(self.work / "uname.so"), **(more or {})}

    def sh(self, script: str, **more: object) -> str:
        """Runs a shell script; returns its output."""
        return self.run("sh", "-c", script, **more).stdout.decode(errors="replace")  # type: ignore[arg-type]

    def start(
        self,
        *argv: str,
        tcp: int | None = None,
        udp: int | None = None,
        ready: Callable[[], bool] | None = None,
        env: dict[str, str] | None = None,
        timeout: float = 20,
    ) -> subprocess.Popen[bytes]:
        """Starts a program in the background and waits until it listens (or `ready` says so)."""
        log = self.work / f"{self.name}.{pathlib.Path(argv[0]).name}.{len(self.started)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                self.command(argv),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=self._environment(env),
            )
        self.started.append(process)
        try:
            for kind, port in (("tcp", tcp), ("udp", udp)):
                if port is not None:
                    wait_for(
                        functools.partial(self.listens, kind, port), timeout, f"{self.name}: {argv[0]} on {kind} {port}"
                    )
            if ready is not None:
                wait_for(ready, timeout, f"{self.name}: {argv[0]}")
        except Failed as why:
            raise Failed(f"{why}\n{log.read_text(errors='replace')[-1500:]}") from None
        return process

    def stop(self, process: subprocess.Popen[bytes], how: int = signal.SIGTERM) -> None:
        """Ends one program that `start` started, and what it started in its own process group."""
        for sign in (how, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
                return

    def listens(self, kind: str, port: int) -> bool:
        """Whether a socket is bound to the port: read from /proc, so that asking leaves no packet."""
        state = {"tcp": "0A", "udp": "07"}[kind]
        for name in (kind, kind + "6"):
            for line in pathlib.Path(f"/proc/{self.pid}/net/{name}").read_text().splitlines()[1:]:
                field = line.split()
                if int(field[1].rsplit(":", 1)[1], 16) == port and field[3] == state:
                    return True
        return False

    def write(self, path: str, content: str | bytes, mode: int = 0o644) -> str:
        """Writes a file as the host sees it; returns its path."""
        place = pathlib.Path(f"/proc/{self.pid}/root") / path.lstrip("/")
        self.run("mkdir", "-p", str(pathlib.PurePosixPath(path).parent))
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        place.chmod(mode)
        return path

    def read(self, path: str) -> bytes:
        return (pathlib.Path(f"/proc/{self.pid}/root") / path.lstrip("/")).read_bytes()

    def user(self, name: str, password: str) -> None:
        """Adds a system user, in this host's overlay only."""
        self.run("useradd", "-m", "-s", "/bin/sh", "--badname", name, check=False)
        self.run("chpasswd", text=f"{name}:{password}\n")

    def join(
        self, other: Host, mac: str, *addresses: str, port: str, interface: str = "eth0", gateway: str = ""
    ) -> None:
        """Lays a cable from this host to `other` (the bridge), offloads off at both ends, and sets static addresses."""
        _ip(
            "link",
            "add",
            interface,
            "address",
            mac,
            "netns",
            str(self.pid),
            "type",
            "veth",
            "peer",
            "name",
            port,
            "netns",
            str(other.pid),
        )
        for host, end in ((self, interface), (other, port)):
            for feature in ("tx", "rx", "gso", "gro", "tso", "sg"):
                host.run("ethtool", "-K", end, feature, "off", check=False)
        other.sh(f"ip link set {port} master br0; ip link set {port} up")
        for address in addresses:
            self.run("ip", "address", "add", address, "dev", interface, *(["nodad"] if ":" in address else []))
        self.run("ip", "link", "set", interface, "up")
        if gateway:
            self.run("ip", "route", "add", "default", "via", gateway)

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._outer.wait(10)
        for process in self.started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)


def _ip(*argv: str) -> None:
    subprocess.run(["ip", *argv], check=True, timeout=10)


def wait_for(true: Callable[[], bool], seconds: float, what: str) -> None:
    """Waits until `true()`; raises Failed naming `what` after so many seconds."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise Failed(f"not ready within {seconds} s: {what}")
        time.sleep(0.05)
