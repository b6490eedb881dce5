"""Coverage-guided fuzzing (atheris) of ten parsers and of the decoder, plain beside compiled.

    python bench/fuzz.py [--seconds 60] [--corpus FOLDER] [TARGET…]

Each target runs in a process of its own over `tests/fuzz/TARGET`, which holds what reached new code. A parser may raise
nothing but `Malformed`, and holds no more bytes than it was given and a bound; the two decoders give the same.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensor.model import Side

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
CORPUS = ROOT / "tests" / "fuzz"

PARSERS = ("http", "mqtt", "ftp", "sip", "rtsp", "dns", "tls", "smb", "snmp", "telnet")
DECODER = "decoder"

MOST_BYTES = 1_000_000
"""Bytes that a parser may hold after an input."""


def parser_target(name: str) -> Callable[[bytes], None]:
    """Feeds a parser: each piece begins with a byte whose lowest bit is the side and whose others are its length."""
    from sensor.model import Side
    from sensor.parsing.cursor import Malformed
    from sensor.parsing.registry import protocols
    from tests.conversation import Run

    protocol = protocols()[name]

    def fed(data: bytes) -> None:
        run, at = Run(protocol.parser(None)), 0
        try:
            while at < len(data):
                length = data[at] >> 1 or len(data)
                run.feed(Side(data[at] & 1), data[at + 1 : at + 1 + length])
                at += 1 + length
            run.close()
        except Malformed:
            pass
        if run.parser.buffered_bytes() > MOST_BYTES:
            raise MemoryError(f"{name} holds {run.parser.buffered_bytes():,} bytes")

    return fed


def decoder_target() -> Callable[[bytes], None]:
    """Gives packets to the decoder as it is compiled and as Python runs it: both say the same."""
    from tests.decode.wire import run

    def fed(data: bytes) -> None:
        packets, at = [], 1
        while at < len(data):
            length = data[at] or 256
            packets.append(data[at + 1 : at + 1 + length])
            at += 1 + length
        if packets:
            run(packets, link=(1, 101, 113, 276)[data[0] & 3])

    return fed


def as_input(script: Sequence[tuple[Side, bytes]]) -> bytes:
    """A conversation as `parser_target` takes it."""
    pieces = [(side, data[at : at + 127]) for side, data in script for at in range(0, len(data), 127)]
    return b"".join(bytes((len(piece) << 1 | side,)) + piece for side, piece in pieces)


def seed(corpus: Path) -> None:
    """Begin the corpus: what the parsers' tests say, and the first packets of our captures."""
    from bench.hostile.parsers import conversations
    from sensor.capture import open_capture
    from sensor.parsing.registry import protocols
    from tests.replaying import capture_in, folders

    tests = [str(path) for path in (ROOT / "tests" / "protocols").glob("test_*.py") if path.stem[5:] in PARSERS]
    found = conversations(tests)
    for name in PARSERS:
        made = protocols()[name].parser
        for key, (_, script) in found.items():
            if key.rpartition(".")[2] == getattr(made, "__name__", ""):
                (corpus / name).mkdir(parents=True, exist_ok=True)
                (corpus / name / "seed").write_bytes(as_input(script)[:4096])
    (corpus / DECODER).mkdir(parents=True, exist_ok=True)
    for folder in folders():
        with open_capture(str(capture_in(folder))) as capture:
            block = next(iter(capture))
            places = list(zip(block.table[::5], block.table[1::5], strict=True))[:6]
            packets = [bytes(block.data[at : at + min(size, 256)]) for at, size in places]
        data = b"\0" + b"".join(bytes((len(each) % 256,)) + each for each in packets)
        (corpus / DECODER / f"seed-{folder.name}").write_bytes(data)


def fuzz(target: str, seconds: int, folder: Path) -> None:
    """Fuzz one target in this process; it does not come back."""
    import atheris

    if target == DECODER:
        fed = decoder_target()
        atheris.instrument_all()
    else:
        with atheris.instrument_imports(include=["sensor"]):
            fed = parser_target(target)
    limits = [
        f"-max_total_time={seconds}",
        "-max_len=4096",
        "-timeout=10",
        "-rss_limit_mb=1024",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={folder.parent}/found-{target}-", str(folder)], fed)
    atheris.Fuzz()


def run_once(target: str, data: bytes) -> None:
    """One input without atheris: how a found one, and the corpus, is tried again."""
    (decoder_target() if target == DECODER else parser_target(target))(data)


def main() -> int:
    """Fuzz the targets one after the other; 1 where one was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", default=[*PARSERS, DECODER])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--here", action="store_true", help="fuzz the one target in this process")
    parser.add_argument("--seed", action="store_true", help="write the corpus's beginning, from tests and captures")
    given = parser.parse_args()
    if given.seed:
        seed(given.corpus)
        return 0
    if given.here:
        fuzz(given.targets[0], given.seconds, given.corpus / given.targets[0])
    bad = 0
    for target in given.targets:
        (given.corpus / target).mkdir(parents=True, exist_ok=True)
        options = ["--here", "--seconds", str(given.seconds), "--corpus", str(given.corpus), target]
        done = subprocess.run([sys.executable, __file__, *options], capture_output=True, text=True)
        figures = [line.split()[-1] for line in done.stderr.splitlines() if line.startswith("stat::number_of_executed")]
        print(f"{target}: {' '.join(figures) or '?'} inputs, status {done.returncode}", flush=True)
        if done.returncode:
            print(done.stderr[-3000:])
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
