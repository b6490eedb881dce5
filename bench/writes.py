"""An hour of a home of 30 devices, as `watch` tells it, into a store: bytes that are written a day, as the kernel
counts them (what a memory card has to take).

python bench/writes.py [SECONDS_BETWEEN_CHANGES [SECONDS_OF_COUNTS_IN_THE_TAIL [HOURS [DAYS]]]] Invented devices: each
has a flow that ends every 20 seconds, and counters that are told again every ten minutes; six times an hour there is
something new. What the run goes on with after a restart is saved each minute, by a sensor that has run for DAYS before
(0: it is not saved).
"""

from __future__ import annotations

import random
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sensor.devices.host import Host
from sensor.live.saved_state import COVER, SavedState
from sensor.records import Record
from sensor.run_state import CountedBefore, DeviceState, RunState
from sensor.store.journal import Journal
from sensor.store.location import store_location
from sensor.store.rows import timestamp
from sensor.store.types import CaptureCount, Change, Sensor, TrafficCell
from sensor.store.writer import Writer
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.seen_channels import SeenChannel, SeenChannels
from tests.store.keeping import TOOL
from tests.store.scale import START, records

DEVICES, FINDINGS = 30, 80
FLOWS = (("encrypted", "vendor", 20, 5000), ("unknown", "infrastructure", 60, 200), ("cleartext", "local", 120, 900))
"""Protection, party, seconds between two that end, bytes."""

CHANNELS = 8
"""Of a device, with the outside."""

AGAIN = 600
"""Seconds after which counters of a record are told again."""


def written() -> int:
    """Bytes that this process has handed to the kernel."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("wchar")).split()[1])


def ticked(record: Record, now: int) -> Record:
    """The record with other counters."""
    if record["record"] == "device":
        peers = [{**one, "bytes": one["bytes"] + random.randrange(999)} for one in record["destinations"]]
        return {**record, "last_seen": timestamp(now), "destinations": peers}
    if record["record"] == "finding":
        return {**record, "count": record["count"] + 1, "last_time": timestamp(now)}
    return {**record, "coverage": {"hours": now / 3.6e9, "bytes": random.randrange(10**9)}}


def long_heard(names: list[str], days: int) -> RunState:
    """What a sensor knows that heard these devices in each hour of so many days."""
    now = START // 3_600_000_000
    devices = {}
    for number, name in enumerate(names):
        channels = {}
        for port in range(CHANNELS):
            peer = bytes((198, 51, 100, port))
            channels["client", "tcp", 443 + port, "tls", peer] = SeenChannel(
                "client", "tcp", 443 + port, "tls", f"198.51.100.{port}", True, 10**5, 10**8, 0, 10**8, START * 1000
            )
        heard = {hour: random.randrange(10**6) for hour in range(now - 24 * days, now)}
        host = Host(bytes((2, 0, 0x5E, 0, 0x53, number)), bytes((192, 168, 1, number)), START * 1000, 1)
        devices[name] = DeviceState([host], {host.mac}, Coverage(heard=heard, channels=SeenChannels(channels)))
    gaps = [(START * 1000 - day * 86_400 * 10**9, START * 1000 - day * 86_400 * 10**9 + 10**10) for day in range(days)]
    return RunState(CountedBefore(first_time=1, last_time=START * 1000, gaps=sorted(gaps)), devices, {}, {})


def heard_more(state: RunState, now: int, every: float) -> None:
    """A second or so of it."""
    state.counted.last_time = now * 1000
    state.counted.packets += 10
    for device in state.devices.values():
        if random.random() >= every / 20:
            continue
        coverage, size = device.coverage, random.randrange(5000)
        hour = now // 3_600_000_000
        coverage.heard[hour] = coverage.heard.get(hour, 0) + size
        channel = random.choice(list(coverage.channels.by_key.values()))
        channel.flows, channel.bytes, channel.last_time = channel.flows + 1, channel.bytes + size, now * 1000
        for name in ("flows", "outside", "carriers"):
            setattr(coverage, name, getattr(coverage, name) + 1)
        for name in ("bytes", "understood", "encrypted", "protected", "packets"):
            setattr(coverage, name, getattr(coverage, name) + size)


def main(every: float, counts: float, hours: float, days: float, path: Path) -> None:
    random.seed(1)
    found = records(DEVICES, FINDINGS)
    ticking = [record for record in found if record["record"] in ("device", "finding", "verdict")]
    devices = [record["id"] for record in found if record["record"] == "device"]
    state, saved, save = long_heard(devices, int(days)), SavedState(), COVER
    saved.changed(state)
    tail = Journal(path.with_name(path.name + "-tail"))
    with Writer(store_location(str(path))) as store:
        store.change(Change("w1", TOOL, START, found))
        before, flushed, transactions = written(), 0.0, 0
        held: Change | None = None
        seconds = 0.0
        while seconds < hours * 3600:
            seconds += every
            now = START + int(seconds * 1e6)
            hour = now // 3_600_000_000
            cells = [
                TrafficCell(device, hour, protection, party, size)
                for device in devices for protection, party, between, size in FLOWS if random.random() < every / between
            ]  # fmt: skip
            told = [ticked(record, now) for record in ticking if random.random() < every / AGAIN]
            news = random.random() < every / AGAIN
            if news:
                told.append({**next(r for r in found if r["record"] == "finding"), "id": f"new{int(seconds)}"})
            sensor = Sensor(now, "ok", "", "eth0", int(seconds), int(seconds), 0, now, {"mirror": "both ways"})
            change = Change(
                "w1", TOOL, now, told, [], cells, [CaptureCount(hour, 100, 9000, 0)], sensor, {"flows": 1}, 0, now
            )
            heard_more(state, now, every)
            due = days > 0 and seconds >= save
            if due:
                save = seconds + COVER
                change = replace(change, state=saved.changed(state, seconds))
            whole = change if held is None else held.then(change)
            if news or due or seconds - flushed >= counts:
                store.change(replace(whole, batch=tail.batch))
                tail.clear()
                held, flushed, transactions = None, seconds, transactions + 1
            else:
                tail.add(change)
                held = whole
    amount = written() - before
    print(
        f"{transactions} transactions and {amount / 1e6:.1f} MB in {hours:g} h: "
        f"{amount / 1e6 * 24 / hours:.0f} MB a day"
    )
    tail.close()


if __name__ == "__main__":
    given = [float(one) for one in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        main(*(given + [1, 60, 1, 30][len(given) :]), Path(folder) / "home.db")
