"""A scan of millions of flows, made on the fly, through the pass: peak memory of the process and packets a second.

    python bench/scan_memory.py [--flows 5000000] [--answered 20] [--limit 300]

Every flow is a SYN from one machine to another address and port; of a hundred, `--answered` get a RST from there. The
packets are spread over `--hours` of packet time. With `--write` they go to standard output as a pcap instead, for the
whole program to read:

    python bench/scan_memory.py --write | /usr/bin/time -v lanwitness replay -

Exits 1 where the peak is above `--limit` MB. The numbers are the process's own (VmHWM).
"""

from __future__ import annotations

import argparse
import random
import struct
import sys
import time
from array import array
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from sensor.capture import Block
from sensor.decode import engine as pass_module

ROWS = 8192
SYN = struct.pack(
    "!6s6sHBBHHHBBH4s4sHHIIBBHHH",
    b"\2\0\0\0\0\1",
    b"\2\0\0\0\0\2",
    0x0800,
    0x45,
    0,
    40,
    0,
    0,
    64,
    6,
    0,
    bytes(4),
    bytes(4),
    0,
    0,
    0,
    0,
    0x50,
    2,
    1024,
    0,
    0,
)


def blocks(flows: int, answered: int, hours: float) -> Iterator[Block]:
    chance = random.Random(1)
    data, table, frame, first = bytearray(), array("q"), 0, 1
    step = int(hours * 3600e9 / flows)
    me = bytes([10, 0, 0, 66])

    def add(source: bytes, target: bytes, ports: bytes, flags: int, now: int) -> None:
        packet = bytearray(SYN)
        packet[26:30], packet[30:34], packet[34:38], packet[47] = source, target, ports, flags
        table.extend((len(data), len(packet), 60, now, 1))
        data.extend(packet)

    for number in range(flows):
        other = bytes([10]) + chance.randbytes(3)
        ports = chance.randbytes(4)
        now = 1_700_000_000_000_000_000 + number * step
        add(me, other, ports, 2, now)
        if number % 100 < answered:
            add(other, me, ports[2:] + ports[:2], 0x14, now + 1000)
        if len(table) >= 5 * ROWS:
            frame = len(table) // 5
            yield Block(bytes(data), table, frame, first)
            first += frame
            data, table = bytearray(), array("q")
    yield Block(bytes(data), table, len(table) // 5, first)


def peak_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("no VmHWM in /proc/self/status")


def write(all_blocks: Iterator[Block]) -> None:
    out = sys.stdout.buffer
    out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
    for block in all_blocks:
        for at, captured, original, now, _ in zip(*(iter(block.table),) * 5, strict=True):
            out.write(
                struct.pack("<IIII", *divmod(now, 1_000_000_000), captured, original) + block.data[at : at + captured]
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flows", type=int, default=5_000_000)
    parser.add_argument("--answered", type=int, default=20, help="of a hundred")
    parser.add_argument("--hours", type=float, default=0.25, help="of packet time")
    parser.add_argument("--limit", type=float, default=300, help="MB")
    parser.add_argument("--write", action="store_true", help="a pcap on standard output")
    options = parser.parse_args()
    if options.write:
        write(blocks(options.flows, options.answered, options.hours))
        return 0
    engine = pass_module.Engine(local=[(bytes([10, 0, 0, 0]), 8)])
    print(f"compiled: {engine.compiled}, before: {peak_mb():.0f} MB")
    spent, up = 0.0, 0
    for block in blocks(options.flows, options.answered, options.hours):
        begun = time.process_time()
        for batch in engine.process(block):
            up += len(batch)
        spent += time.process_time() - begun
    live = engine.live_flows
    for batch in engine.finish():
        up += len(batch)
    peak = peak_mb()
    print(
        f"{engine.packets:,} packets, {engine.flows_ended:,} flows, {live:,} live at the end, {up:,} tuples to Python"
    )
    print(f"{engine.packets / spent / 1e6:.2f} million packets/s, bounds hit: {engine.bounds_hit}")
    print(f"peak: {peak:.0f} MB")
    return 1 if peak > options.limit else 0


if __name__ == "__main__":
    raise SystemExit(main())
