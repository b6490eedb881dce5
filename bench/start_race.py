"""A start race: sensors that begin together on one empty PostgreSQL, each with a capture; none may lose it.

python bench/start_race.py [SENSORS]

The sensors are processes of their own with state folders of their own, forked of one that has loaded the program, and
let go at the same time: each is `watch -` of a capture of ours. A line of JSON says what became of them.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg  # noqa: F401 (loaded before the fork)
from sqlalchemy import create_engine, text

import sensor.live.outputs
import sensor.live.watch
import sensor.store.migrations
import sensor.store.writer  # noqa: F401
from sensor.cli.main import cli
from sensor.store.fleet_reader import FleetReader
from sensor.store.location import StoreLocation
from tests.replaying import PCAPS, capture_in, replayed
from tests.store.postgresql import Server, running

CAPTURE = "http_basic"
CONNECTIONS = 300
"""What the server allows, so that it never is what a race is lost for."""


def watched(number: int, where: StoreLocation, folder: Path, data: bytes, start: int) -> int:
    """A sensor's process, in the child: its exit status. It begins when the pipe ``start`` is closed."""
    state = folder / str(number)
    state.mkdir(exist_ok=True)
    os.environ["LANWITNESS_STATE"] = str(state)
    (state / "lanwitness.toml").write_text(f'[sensor]\nname = "s{number}"\n')
    with (state / "errors").open("w") as errors:
        os.dup2(errors.fileno(), 2)
    (state / "in.pcap").write_bytes(data)
    with (state / "in.pcap").open("rb") as stdin:
        sys.stdin = io.TextIOWrapper(stdin)
        os.read(start, 1)
        arguments = ["watch", "-", "-q", "--plain", "--people", "--store", where.argument]
        return int(cli.main([*arguments, "--config", str(state / "lanwitness.toml")], standalone_mode=False) or 0)


def sent(count: list[int], where: StoreLocation, folder: Path, data: bytes) -> tuple[list[int], float]:
    """Exit statuses of these sensors, started together, and how long (s) the last one took."""
    reading, writing = os.pipe()
    children = []
    for number in count:
        if (child := os.fork()) == 0:
            os.close(writing)
            status = 70
            try:
                status = watched(number, where, folder, data, reading)
            finally:
                os._exit(status)
        children.append(child)
    os.close(reading)
    began = time.monotonic()
    os.close(writing)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children], time.monotonic() - began


def race(count: int, server: Server, folder: Path) -> dict[str, Any]:
    """What became of so many sensors. Where a busy machine ended one before the store took its capture, that waits on
    its own disk, and a second start brings it in."""
    capture = capture_in(PCAPS / CAPTURE)
    data = capture.read_bytes()
    most, over = [0], threading.Event()
    counting = threading.Thread(target=_count_connections, args=(server, most, over))
    counting.start()
    statuses, seconds = sent([*range(count)], server.place, folder, data)
    over.set()
    counting.join()
    complete = _complete(server.place, replayed(capture))
    waiting = sorted({int(path.relative_to(folder).parts[0]) for path in folder.rglob("*.batches")})
    again, _ = sent(waiting, server.place, folder, data[:24])
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "sensors": count,
        "exit_0": statuses.count(0),
        "complete": complete,
        "waiting": len(waiting),
        "again_exit_0": again.count(0),
        "lost": count - _complete(server.place, replayed(capture)),
        "connections": most[0],
        "seconds": round(seconds, 1),
        "cpu": round(usage.ru_utime + usage.ru_stime, 1),
        "errors": sorted({(folder / str(number) / "errors").read_text()[-300:] for number in range(count)} - {""})[:5],
    }


def _complete(where: StoreLocation, whole: list[dict[str, Any]]) -> int:
    """Sensors in the store with all packets and findings of the capture."""
    packets = sum(one["packets"] for one in whole if one["record"] == "capture")
    rules = sorted(one["rule"] for one in whole if one["record"] == "finding")
    found = 0
    with FleetReader(where) as reader:
        for one in reader.fleet():
            heard = [record for run in one.runs for record in reader.records(run)]
            found += (
                sum(record["packets"] for record in heard if record["record"] == "capture") == packets
                and sorted(record["rule"] for record in heard if record["record"] == "finding") == rules
            )
    return found


def _count_connections(server: Server, most: list[int], over: threading.Event) -> None:
    engine = create_engine(server.place.url or "")
    while not over.wait(0.05):
        with engine.connect() as connection:
            query = text("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
            most[0] = max(most[0], int(connection.scalar(query) or 0) - 1)
    engine.dispose()


if __name__ == "__main__":
    with ExitStack() as stack:
        here = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cluster = stack.enter_context(running())
        cluster.stop()
        cluster.settings = ["-c", f"max_connections={CONNECTIONS}"]
        cluster.start()
        if not os.getuid():
            # Root without capabilities reaches no socket in another's private folder.
            cluster.folder.chmod(0o755)
        print(json.dumps(race(int((sys.argv[1:] or ["20"])[0]), cluster, here)))
