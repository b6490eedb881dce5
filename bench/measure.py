"""Programs over a capture, side by side: CPU seconds, wall seconds, peak memory, and the ratio of each pair."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

PATIENCE = 1800
"""Seconds one program may take before it is ended and left out."""

NFSTREAM = """
import sys
from nfstream import NFStreamer
print(sum(1 for _ in NFStreamer(source=sys.argv[1], n_meters=1, statistical_analysis=False)))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """One run: seconds of CPU (user and system, children too) and on the wall, megabytes at the peak (the largest
    process).
    """

    cpu: float
    wall: float
    memory: float


@dataclass(slots=True)
class Program:
    """``command`` with ``{capture}`` and ``{folder}`` (an empty one, made anew for each run) filled in; ``missing``
    says why it cannot run.
    """

    name: str
    command: list[str]
    version: str = ""
    missing: str | None = None
    environment: dict[str, str] = field(default_factory=dict)


def run(program: Program, capture: Path) -> Cost:
    """Once. Output goes nowhere; a program that fails or does not end is an error."""
    with TemporaryDirectory(prefix="lanwitness-bench-") as folder:
        words = [word.format(capture=capture, folder=folder) for word in program.command]
        began = time.monotonic()
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, **program.environment},
        )
        try:
            while True:
                # wait4 and not wait: it tells what the process cost.
                ended, status, used = os.wait4(process.pid, os.WNOHANG)
                if ended:
                    break
                if time.monotonic() - began > PATIENCE:
                    raise RuntimeError(f"{program.name} did not end within {PATIENCE} seconds")
                time.sleep(0.002)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()
        wall = time.monotonic() - began
        if process.returncode:
            raise RuntimeError(f"{program.name} ended with status {process.returncode}")
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


@dataclass(slots=True)
class Pair:
    """This program (A) and a peer (B) in turns: A B A B …"""

    peer: Program
    ours: list[Cost] = field(default_factory=list)
    theirs: list[Cost] = field(default_factory=list)
    failed: str | None = None

    def ratio(self) -> float:
        """Median over the pairs of our CPU seconds by theirs."""
        return median(a.cpu / max(b.cpu, 1e-3) for a, b in zip(self.ours, self.theirs, strict=True))


def pair(ours: Program, peer: Program, capture: Path, rounds: int) -> Pair:
    """``rounds`` turns of both."""
    made = Pair(peer)
    try:
        for _ in range(rounds):
            made.ours.append(run(ours, capture))
            made.theirs.append(run(peer, capture))
    except RuntimeError as error:
        made.failed = str(error)
    return made


def middle(costs: list[Cost]) -> Cost:
    """Each figure's median."""
    return Cost(*(median(getattr(cost, name) for cost in costs) for name in ("cpu", "wall", "memory")))


UNCACHED = """
import functools, sys
import sensor.run
sensor.run.Options = functools.partial(sensor.run.Options, duplicate_cache=False)
from sensor.cli import main
main()
"""


def ours(*, cache: bool = True) -> Program:
    """This program as a user runs it, records to a file. ``cache``: count repeats of broadcast chatter instead of
    reading them.
    """
    how = ["-m", "sensor"] if cache else ["-c", UNCACHED]
    return Program(
        "lanwitness" if cache else "lanwitness, every repeat read",
        [sys.executable, *how, "replay", "{capture}", "--json", "{folder}/records.jsonl", "--plain"],
        environment={"PYTHONPATH": str(Path(__file__).resolve().parents[1])},
    )


def peers() -> list[Program]:
    """All that are measured, present or not."""
    return [
        _peer("tcpdump", ["tcpdump", "-r", "{capture}", "-w", "/dev/null"], "--version"),
        _peer("ndpiReader", ["ndpiReader", "-i", "{capture}", "-q"], "-h"),
        _peer(
            "suricata",
            ["suricata", "-r", "{capture}", "-S", "/dev/null", "--runmode", "single", "-l", "{folder}"],
            "-V",
        ),
        _nfstream(),
        _peer(
            "tshark",
            ["tshark", "-r", "{capture}", "-T", "fields", "-e", "frame.number", "-e", "_ws.col.Protocol"],
            "--version",
        ),
    ]


def _peer(name: str, command: list[str], ask: str) -> Program:
    program = Program(name, command)
    if shutil.which(name) is None:
        program.missing = "not installed"
        return program
    told = subprocess.run([name, ask], capture_output=True, text=True, check=False, timeout=30)
    if number := re.search(r"\d+\.\d+(\.\d+)?", told.stdout + told.stderr):
        program.version = number[0]
    return program


def _nfstream() -> Program:
    """NFStream lives in a virtual environment of its own: NFSTREAM_PYTHON names its interpreter."""
    python = os.environ.get("NFSTREAM_PYTHON", "")
    program = Program("nfstream", [python, "-c", NFSTREAM, "{capture}"])
    if not python or shutil.which(python) is None:
        program.missing = "NFSTREAM_PYTHON names no interpreter"
        return program
    told = subprocess.run(
        [python, "-c", "import nfstream; print(nfstream.__version__)"], capture_output=True, text=True, check=False
    )
    program.version = told.stdout.strip()
    if told.returncode:
        program.missing = f"{python} has no nfstream"
    return program
