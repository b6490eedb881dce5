"""An outage of a hub of ten minutes, and the CPU of a sensor's writing: a real PostgreSQL beside SQLite.

python bench/outage.py [SECONDS]

The time is simulated: a second of the sensor is a twentieth here. Each has a finding and counts of its own; PostgreSQL
is stopped at once after a quarter and started again after three. Then the seconds of a home of 30 devices
(bench/writes.py) go into both databases: CPU of this process alone, the server's is its own. At last `watch -` has a
capture of ours, a hundred pieces of it in `PACED` seconds, with both stores: CPU of the whole sensor.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.writes import AGAIN, DEVICES, FINDINGS, FLOWS, ticked
from sensor.store.location import StoreLocation, store_location
from sensor.store.outage_queue import OutageQueue
from sensor.store.reader import StoreReader
from sensor.store.recorder import Recorder
from sensor.store.types import CaptureCount, Change, TrafficCell
from tests.store.keeping import TOOL
from tests.store.postgresql import Server
from tests.store.scale import RUN, START, mac, records

FASTER = 20
HOUR = 3600
PACED = 60


def recorder_at(where: StoreLocation, folder: Path) -> Recorder:
    """As `watch` has it, but faster."""
    queue = None if where.path is not None else lambda: OutageQueue(folder / "queue")
    return Recorder(where, every=1.0 / FASTER, counts=60.0 / FASTER, queue=queue)


def outage(server: Server, folder: Path, seconds: int) -> None:
    """Findings and counts that are missing after an outage in the middle."""
    recorder = recorder_at(server.place, folder)
    found = records(DEVICES, FINDINGS)
    finding = next(record for record in found if record["record"] == "finding")
    recorder.put(Change(RUN, TOOL, START, found))
    total = 2 * seconds
    largest = 0
    for second in range(total):
        if second == seconds // 2:
            server.stop_immediately()
        if second == seconds // 2 + seconds:
            server.start()
        one = {**finding, "id": f"s{second:08}"}
        cells = [TrafficCell(mac(0), second, "unknown", "", 1)]
        recorder.put(Change(RUN, TOOL, START + second, [one], traffic=cells))
        largest = max(largest, recorder.health.on_disk)
        time.sleep(1.0 / FASTER)
    began = time.monotonic()
    while recorder.health.waiting and time.monotonic() < began + 300:
        time.sleep(0.05)
    took = time.monotonic() - began
    recorder.close(60)
    with StoreReader(server.place) as reader:
        there = {record["id"] for record in reader.records(RUN) if record["record"] == "finding"}
        counted = sum(cell.bytes for cell in reader.traffic(RUN))
    lost = total - len(there & {f"s{second:08}" for second in range(total)})
    lost_counts = total - counted
    print(f"outage of {seconds} s (simulated): {lost} findings lost, {lost_counts} s of counts;")
    print(f"{largest:,} records and counts waited on the disk; all were written {took:.1f} s after the last")


def cpu(where: StoreLocation, folder: Path) -> float:
    """Milliseconds of CPU of this process for a second of a home."""
    random.seed(1)
    recorder = recorder_at(where, folder)
    found = records(DEVICES, FINDINGS)
    ticking = [record for record in found if record["record"] in ("device", "finding", "verdict")]
    devices = [record["id"] for record in found if record["record"] == "device"]
    recorder.put(Change("w1", TOOL, START, [{**record, "run": "w1"} for record in found]))
    while recorder.health.written is None:
        time.sleep(0.05)
    began, seconds = time.process_time(), HOUR // FASTER
    for second in range(seconds):
        cells = [
            TrafficCell(device, second // 60, protection, party, size)
            for device in devices for protection, party, between, size in FLOWS if random.random() < 1 / between
        ]  # fmt: skip
        changed = [ticked(record, START + second) for record in ticking if random.random() < 1 / AGAIN]
        counts = [CaptureCount(second // 60, 100, 9000, 0)]
        change = Change("w1", TOOL, START + second, changed, traffic=cells, captured=counts)
        recorder.put(change, urgent=random.random() < 1 / AGAIN)
        time.sleep(1.0 / FASTER)
    recorder.close(60)
    return 1000 * (time.process_time() - began) / seconds


def whole(where: StoreLocation, folder: Path, capture: bytes) -> float:
    """Seconds of CPU of `watch -` that gets a capture in pieces."""
    command = [sys.executable, "-m", "sensor", "watch", "-", "-q", "--plain", "--store", where.argument]
    environment = {**os.environ, "LANWITNESS_STATE": str(folder / "state")}
    sensor = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    assert sensor.stdin is not None
    step = len(capture) // 100 + 1
    for start in range(0, len(capture), step):
        sensor.stdin.write(capture[start : start + step])
        sensor.stdin.flush()
        time.sleep(PACED / 100)
    sensor.stdin.close()
    _, status, used = os.wait4(sensor.pid, 0)
    sensor.returncode = os.waitstatus_to_exitcode(status)
    assert sensor.returncode in (0, 1), sensor.returncode
    return used.ru_utime + used.ru_stime


def main(seconds: int) -> None:
    """Both, with everything in folders that are removed."""
    folder = Path(tempfile.mkdtemp(prefix="lanwitness-outage-"))
    os.chmod(folder, 0o755)  # noqa: PTH101 - PostgreSQL does not run as root
    cluster = folder / "pg"
    cluster.mkdir()
    if not os.getuid():
        shutil.chown(cluster, "postgres", "postgres")
    server = Server(cluster)
    cluster.chmod(0o755)
    try:
        outage(server, folder, seconds)
        remote, own = cpu(server.place, folder), cpu(store_location(str(folder / "home.db")), folder)
        print(f"CPU of the recorder for a second: PostgreSQL {remote:.1f} ms, SQLite {own:.1f} ms, "
              f"more by {(remote - own) / 10:.2f} % of a core")  # fmt: skip
        capture = (Path(__file__).resolve().parent.parent / "pcaps" / "home" / "capture.pcapng").read_bytes()
        both = [whole(one, folder, capture) for one in (server.place, store_location(str(folder / "own.db"))) * 2]
        print(f"CPU of `watch -` in {PACED} s: PostgreSQL {both[0]:.2f} and {both[2]:.2f} s, "
              f"SQLite {both[1]:.2f} and {both[3]:.2f} s")  # fmt: skip
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 600)
