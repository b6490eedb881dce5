"""What hostile input costs: CPU per megabyte, peak memory, and how both grow with its size.

    python -m bench.hostile [NAME…] [--sizes 1 2 4 8]

Each generator of `inputs` is replayed at every size in a process of its own. CPU is that beyond the start (a capture of
one packet); growth is the exponent of a power of the size, fitted to it: 1 is linear.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

from bench.hostile.inputs import GENERATORS, Packets, capture

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What one replay took."""

    bytes: int
    cpu: float
    """Seconds, user and system."""
    memory: int
    """Bytes resident at most."""


def replayed(data: bytes) -> Cost:
    """Replay a capture in a process of its own, with a store."""
    with tempfile.TemporaryDirectory() as folder:
        return _replayed(data, Path(folder))


def _replayed(data: bytes, folder: Path) -> Cost:
    path = folder / "input.pcap"
    path.write_bytes(data)
    quiet = os.open(os.devnull, os.O_WRONLY)
    arguments = [sys.executable, "-m", "sensor", "replay", "--plain", "--store", str(folder / "s.db"), str(path)]
    pid = os.posix_spawn(
        sys.executable,
        arguments,
        {**os.environ, "LANWITNESS_STATE": str(folder)},
        file_actions=[(os.POSIX_SPAWN_DUP2, quiet, 1)],
    )
    os.close(quiet)
    _, status, used = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"the replay ended with {os.waitstatus_to_exitcode(status)}")
    return Cost(len(data), used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The power of the size by which a cost grows: the slope of a line through the logarithms (least squares)."""
    points = [(log(size), log(max(cost, 1e-9))) for size, cost in zip(sizes, costs, strict=True)]
    middle = sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
    spread = sum((x - middle[0]) ** 2 for x, _ in points)
    return sum((x - middle[0]) * (y - middle[1]) for x, y in points) / spread if spread else 0.0


def main() -> int:
    """Print a line for each generator."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = {generator.__name__: generator for generator in GENERATORS}
    parser.add_argument("names", nargs="*", choices=[[], *known], metavar="NAME")
    parser.add_argument("--sizes", nargs="+", type=int, default=[1, 2, 4, 8])
    given = parser.parse_args()

    def one_packet(_: int) -> Packets:
        yield next(GENERATORS[0](1))

    start = replayed(capture(one_packet, 1))
    print(f"start: {start.cpu:.2f} s of CPU, {start.memory / MEGABYTE:.0f} MB")
    print(f"{'input':<34} {'MB':>6} {'s/MB':>6} {'peak MB':>8} {'growth':>7}")
    for each in given.names or known:
        costs = [replayed(capture(known[each], size)) for size in given.sizes]
        beyond = [cost.cpu - start.cpu for cost in costs]
        last = costs[-1]
        print(
            f"{each:<34} {last.bytes / MEGABYTE:>6.1f} {beyond[-1] * MEGABYTE / last.bytes:>6.2f} "
            f"{last.memory / MEGABYTE:>8.0f} {exponent(given.sizes, beyond):>7.2f}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
