"""Two machines on a cable of their own: network namespaces with a veth between them, made and removed by a test, and a
live sensor at one end."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("ip", "tcpreplay", "ethtool")
SECONDS = 120.0
"""How long a test waits for what must come; it comes within a few."""


def reason() -> str | None:
    """Why there can be no namespaces here; None where there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    made = subprocess.run(["ip", "netns", "add", f"lwtry{os.getpid()}"], capture_output=True)
    if made.returncode:
        return "network namespaces cannot be made here"
    subprocess.run(["ip", "netns", "del", f"lwtry{os.getpid()}"], check=True)
    return None


def required() -> None:
    """Skip where there is no privilege; fail in CI, where there must be."""
    why = reason()
    if why is not None and os.environ.get("CI") == "true":
        pytest.fail(f"CI must be able to do this: {why}")
    if why is not None:
        pytest.skip(why)


class Cable:
    """``far`` sends on the interface ``sends``, ``near`` listens on ``hears``."""

    def __init__(self, number: str) -> None:
        self.far, self.near = f"lwf{number}", f"lwn{number}"
        self.sends, self.hears = f"lws{number}"[:15], f"lwh{number}"[:15]

    def plug(self) -> None:
        """Lay it: no offloads, no addresses of its own, no word of the kernel."""
        ip("-n", self.far, "link", "add", self.sends, "type", "veth", "peer", "name", self.hears, "netns", self.near)
        for space, name in ((self.far, self.sends), (self.near, self.hears)):
            run("ip", "netns", "exec", space, "sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1")
            run(
                "ip",
                "netns",
                "exec",
                space,
                "ethtool",
                "-K",
                name,
                "tx",
                "off",
                "rx",
                "off",
                "gso",
                "off",
                "tso",
                "off",
                "gro",
                "off",
            )
            ip("-n", space, "link", "set", name, "mtu", "9000", "up")

    def unplug(self) -> None:
        """Take it away."""
        ip("-n", self.far, "link", "del", self.sends)

    def send(self, capture: Path, *options: str) -> None:
        """Put a capture on the cable."""
        run("ip", "netns", "exec", self.far, "tcpreplay", "-q", "-i", self.sends, *options, str(capture))

    def delivered(self) -> int:
        """Packets that the far end handed over: a busy machine's queue between the two ends may refuse some."""
        shown = subprocess.run(
            ["ip", "-n", self.far, "-j", "-s", "link", "show", self.sends], capture_output=True, check=True, timeout=20
        )
        return int(json.loads(shown.stdout)[0]["stats64"]["tx"]["packets"])


def ip(*arguments: str) -> None:
    run("ip", *arguments)


def run(*arguments: str) -> None:
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, (arguments, done.stderr, done.stdout)


@contextlib.contextmanager
def cable(name: str) -> Iterator[Cable]:
    required()
    made = Cable(f"{name}{os.getpid() % 10000}")
    ip("netns", "add", made.far)
    ip("netns", "add", made.near)
    try:
        made.plug()
        yield made
    finally:
        ip("netns", "del", made.far)
        ip("netns", "del", made.near)


class Sensor:
    """`lanwitness watch` at the near end; its records as they come. ``through``: a command that runs the command."""

    def __init__(
        self, cable: Cable, folder: Path, *options: str, interface: str | None = None, through: Sequence[str] = ()
    ) -> None:
        self.path = folder / "live.jsonl"
        self.errors = folder / "live.err"
        self.name = interface or cable.hears
        (folder / "fingerprint.key").write_bytes(bytes(32))  # as that of `tests.replaying`
        command = [
            "ip",
            "netns",
            "exec",
            cable.near,
            *through,
            sys.executable,
            "-m",
            "sensor",
            "watch",
            self.name,
            "--plain",
            "--people",
            "--json",
            str(self.path),
        ]
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [*command, *options],
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env={**os.environ, "LANWITNESS_STATE": str(folder)},
            )

    def records(self) -> list[dict[str, Any]]:
        """All whole lines so far."""
        text = self.path.read_text("utf-8") if self.path.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [record for record in self.records() if record["record"] == kind]

    def wait(self, what: str, done: Callable[[], Any], seconds: float = SECONDS) -> Any:
        """Until ``done`` says so."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := done():
                return found
            assert self.process.poll() is None, (what, self.errors.read_text())
            time.sleep(0.05)
        raise AssertionError(
            f"{what}: {self.errors.read_text()} {[(r['state'], r['message']) for r in self.of('sensor')]}"
        )

    def child(self) -> int:
        """The process that captures."""

        def found() -> int | None:
            return next((pid for pid in descendants(self.process.pid) if _gave_all_up(pid)), None)

        return int(self.wait("a child that captures", found))

    def listening(self) -> None:
        """Wait until the child has laid its privileges down: from then on nothing is missed."""
        self.child()
        time.sleep(0.2)

    def end(self) -> int:
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def __enter__(self) -> Sensor:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def readable_program() -> list[str]:
    """A command that runs a command where each user can read the interpreter and the tree.

    Where they lie in a folder of root's alone, a mount namespace of its own shows that folder with nothing else in it.
    """
    steps = []
    needed = {Path(sys.base_prefix), Path(sys.prefix), ROOT}
    closed = {up for one in needed for up in one.parents if not up.stat().st_mode & 1}
    for number, top in enumerate(sorted(one for one in closed if not closed & {*one.parents})):
        here = f"/mnt/{number}"
        steps.append(f"mkdir -p {here} && mount --bind {top} {here} && mount -t tmpfs -o mode=755 none {top}")
        for one in sorted(path for path in needed if path.is_relative_to(top)):
            steps.append(f"mkdir -p {one} && mount --bind {here}/{one.relative_to(top)} {one}")
    script = " && ".join(["mount -t tmpfs -o mode=700 none /mnt", *steps, f"cd {ROOT}", 'exec "$@"'])
    return ["unshare", "--mount", "sh", "-c", script, "sh"]


def descendants(pid: int) -> list[int]:
    """The processes that a process started, and theirs."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for one in map(int, _read(task).split()):
            found += [one, *descendants(one)]
    return found


def status_of(pid: int) -> dict[str, str]:
    """/proc/PID/status, by name; empty where the process has ended meanwhile, as a command of a script does."""
    text = _read(Path(f"/proc/{pid}/status"))
    return {name: value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}


def _gave_all_up(pid: int) -> bool:
    """It captures: a filter of system calls is the last thing that it sets before; no right is left."""
    status = status_of(pid)
    return status.get("Seccomp") == "2" and int(status["CapPrm"], 16) == 0


def _read(path: Path) -> str:
    """A file of /proc; empty where its process has ended (proc(5): no such file, or no such process)."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
