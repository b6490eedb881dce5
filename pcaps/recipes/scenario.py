"""Turns a scenario (a function that lets programs talk) into a folder: capture, expected.json, README.md."""

from __future__ import annotations

import dataclasses
import datetime
import inspect
import pathlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence

from .lab import Failed, Host
from .network import Network
from .scrub import scrub
from .tools import AIOQUIC
from .truth import Truth

MOST_BYTES = 3_000_000
"""A capture beyond this does not belong into a repository."""

LAPTOP = "a4:c3:f0:17:6d:05"
"""The laptop that most scenarios talk from."""

FRAME = 1514
"""Longest frame an Ethernet of MTU 1500 carries; a longer one means that an offload stayed on."""


@dataclasses.dataclass
class Scene:
    """What a scenario is handed: the network to build on, where to record, and the truth to tell."""

    net: Network
    capture: pathlib.Path
    work: pathlib.Path
    truth: Truth

    def pair(self, maker: str, last: int = 10) -> tuple[Host, Host]:
        """The usual cast: a device with that MAC prefix (192.168.50.10) and a laptop (192.168.50.90), told as such."""
        device = self.net.host("device", f"{maker}:4e:51:{last:02x}", f"192.168.50.{last}/24")
        laptop = self.net.host("laptop", LAPTOP, "192.168.50.90/24")
        self.truth.device(device)
        self.truth.device(laptop)
        return device, laptop


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A scenario's name, its text for the README, and the Debian packages whose versions the README names."""

    name: str
    run: Callable[[Scene], None]
    packages: tuple[str, ...]
    crafted: str
    suffix: str

    def record(self, into: pathlib.Path) -> pathlib.Path:
        """Runs the scenario and, if all of it worked, replaces the folder `into`/name."""
        work = pathlib.Path(tempfile.mkdtemp(prefix=f"pcap-{self.name}-"))
        capture = work / f"capture{self.suffix}"
        truth = Truth()
        with Network(work) as net:
            self.run(Scene(net, capture, work, truth))
        if self.suffix == ".pcapng":
            scrub(capture)
        frames, seconds = _frames(capture)
        folder = into / self.name
        folder.mkdir(exist_ok=True)
        shutil.copyfile(capture, folder / capture.name)
        truth.write(folder)
        (folder / "README.md").write_text(self._readme(frames, seconds))
        shutil.rmtree(work)
        return folder

    def _readme(self, frames: int, seconds: float) -> str:
        what = inspect.cleandoc(self.run.__doc__ or "")
        title, _, rest = what.partition("\n")
        programs = "\n".join(f"- {package.removeprefix('pip:')} {_version(package)}" for package in self.packages)
        crafted = self.crafted or "nothing; every frame was sent by a program named below"
        return (
            f"# {self.name}: {title}\n\n{rest.strip()}\n\n"
            f"Crafted: {crafted}.\n\nRecorded {datetime.date.today().isoformat()} with `pcaps/record {self.name}`, "
            f"{frames} frames in {seconds:.0f} s. People, names and passwords are invented.\n\nPrograms (Debian 12 unless said otherwise):\n{programs}\n"
        )


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    name: str, packages: Sequence[str], crafted: str = "", suffix: str = ".pcap"
) -> Callable[[Callable[[Scene], None]], Scenario]:
    """Registers a scenario; its docstring becomes the README: first line the title, then what was done."""

    def register(run: Callable[[Scene], None]) -> Scenario:
        SCENARIOS[name] = Scenario(name, run, tuple(packages), crafted, suffix)
        return SCENARIOS[name]

    return register


def _version(package: str) -> str:
    if package.startswith("pip:"):
        asked = subprocess.run([AIOQUIC, "-m", "pip", "show", package[4:]], capture_output=True, text=True, check=True)
        return asked.stdout.split("Version: ")[1].split()[0] + " (from PyPI)"
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False
    )
    return asked.stdout or "(version unknown)"


def _frames(capture: pathlib.Path) -> tuple[int, float]:
    """Counts the frames and the seconds they span with Wireshark's own reader, and refuses a capture that is empty, too
    long, or not as the wire was.
    """
    size = capture.stat().st_size
    told = subprocess.run(
        ["capinfos", "-M", "-c", "-u", str(capture)], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"Number of packets:\s*(\d+)", told)
    frames = int(found.group(1)) if found else 0
    span = re.search(r"Capture duration:\s*([\d.]+)", told)
    longer = subprocess.run(
        ["tshark", "-r", str(capture), "-Y", f"frame.len > {FRAME}", "-T", "fields", "-e", "frame.number"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    if frames == 0 or size > MOST_BYTES or longer:
        raise Failed(f"{capture}: {frames} frames, {size} bytes, longer than an Ethernet frame: {longer[:5]}")
    return frames, float(span.group(1)) if span else 0.0
