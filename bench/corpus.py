"""What reading a corpus costs, in ratios: Dask and Parquet beside plain reading, workers, size, resuming.

python bench/corpus.py [--captures 1000] [--known 100000] [--largest 200000]

Captures are copies of our own small ones, each moved by some seconds so that none equals another. CPU is user and
system of this process and of those that it started. Wall clocks say little where others use the machine; ratios of CPU
do. ``--known``: captures of a corpus that is resumed; 0 leaves that out.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sensor.corpus.folder import CorpusFolder, CorpusSettings, ManifestRow
from sensor.corpus.inventory import reading_key
from sensor.corpus.reading import MOST, How, read_corpus
from sensor.export.formats._format import json_line
from sensor.replay import read_records
from sensor.run import Options
from sensor.vault import Vault

ROOT = Path(__file__).resolve().parent.parent

CLASSIC = b"\xd4\xc3\xb2\xa1"
"""A pcap of microseconds, of which each packet's time can be moved in place."""


def moved(data: bytes, seconds: int) -> bytes:
    """The capture, later."""
    made, at = bytearray(data), 24
    while at + 16 <= len(made):
        begun, _, length = struct.unpack_from("<III", made, at)
        struct.pack_into("<I", made, at, begun + seconds)
        at += 16 + length
    return bytes(made)


def make_captures(folder: Path, count: int, largest: int) -> int:
    """Captures in a folder; their bytes together."""
    paths = sorted((ROOT / "pcaps").glob("*/*.pcap"))
    own = [data for data in (path.read_bytes() for path in paths) if data[:4] == CLASSIC and len(data) <= largest]
    total = 0
    for number in range(count):
        data = moved(own[number % len(own)], 10 * (number // len(own)))
        total += len(data)
        (folder / f"{number:06}.pcap").write_bytes(data)
    return total


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the clock and of CPU."""
    before, began = os.times(), time.monotonic()
    work()
    after = os.times()
    return time.monotonic() - began, sum(after[:4]) - sum(before[:4])


def say(text: str) -> None:
    print(text, flush=True)


def plainly(folder: Path) -> int:
    """Read all in this process; bytes of their records as JSON Lines."""
    size = 0
    for path in sorted(folder.iterdir()):
        found = read_records(str(path), Vault(bytes(32)), Options())
        assert not isinstance(found, str), found
        for record in found:
            size += len(json_line(record).encode("utf-8", "backslashreplace"))
    return size


def parquet_bytes(out: Path) -> int:
    return sum(path.stat().st_size for path in out.rglob("part-*.parquet"))


def reading(count: int, largest: int) -> None:
    """Plain reading, one process, one and two workers, and once more when all is known."""
    with tempfile.TemporaryDirectory() as place:
        captures = Path(place, "captures")
        captures.mkdir()
        total = make_captures(captures, count, largest)
        say(f"{count} captures, {total / 1e6:.1f} MB")
        plainly_read: list[int] = []
        wall, plain = measured(lambda: plainly_read.append(plainly(captures)))
        say(f"plain: {wall:.1f} s, CPU {plain:.1f} s, JSON Lines {plainly_read[0] / 1e6:.2f} MB")
        walls: dict[int, float] = {}
        for workers in (0, 1, 2):
            out = Path(place, f"out{workers}")

            def read(out: Path = out, workers: int = workers) -> None:
                settings = CorpusSettings((str(captures),))
                found = read_corpus(CorpusFolder(out), settings, How(workers=workers), say)
                assert found.counts["read"] + found.counts["damaged"] + found.known == count, found

            walls[workers], cpu = measured(read)
            size = parquet_bytes(out)
            say(
                f"--workers {workers}: {walls[workers]:.1f} s, CPU {cpu:.1f} s ({cpu / plain - 1:+.0%} of plain), "
                f"Parquet {size / 1e6:.2f} MB ({size / plainly_read[0]:.1%} of JSON Lines)"
            )
            again, _ = measured(read)
            say(f"  again, all known: {again:.2f} s")
        say(f"two workers by one: {walls[1] / walls[2]:.2f}")
        say(f"largest process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB")


def resuming(count: int) -> None:
    """A corpus of so many known captures, read again: manifest, files and keys as they are, content of one capture."""
    with tempfile.TemporaryDirectory() as place:
        captures, out = Path(place, "captures"), CorpusFolder(Path(place, "out"))
        data = next(path.read_bytes() for path in sorted((ROOT / "pcaps").glob("*/*.pcap")))
        settings = CorpusSettings((str(captures),))
        out.begin(settings)

        def rows() -> Iterator[ManifestRow]:
            for number in range(count):
                folder = captures / f"{number // 1000:04}"
                folder.mkdir(parents=True, exist_ok=True)
                path = folder / f"{number:06}.pcap"
                path.write_bytes(data)
                status, sha256 = path.stat(), f"{number:064x}"
                key = reading_key(sha256, settings.options())
                real = os.path.realpath(path)
                yield ManifestRow(key, real, status.st_size, status.st_mtime_ns, sha256, "read", f"r{number}")

        some: list[ManifestRow] = []
        for row in rows():
            some.append(row)
            if len(some) == MOST:
                out.write_manifest(f"{len(some)}-{row.key}", some)
                some = []
        if some:
            out.write_manifest("last", some)

        def resume() -> None:
            found = read_corpus(out, settings, How(), say)
            assert found.known == count and not found.counts, json.dumps(found.counts)

        wall, cpu = measured(resume)
        say(f"{count} known captures: {wall:.1f} s, CPU {cpu:.1f} s")


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--captures", type=int, default=1000)
    options.add_argument("--known", type=int, default=100_000)
    options.add_argument("--largest", type=int, default=200_000)
    chosen = options.parse_args()
    if chosen.captures:
        reading(chosen.captures, chosen.largest)
    if chosen.known:
        resuming(chosen.known)
