"""What a hub's sensors say of an order, for commands: waited for, and as a sentence."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from sensor.text import safe

if TYPE_CHECKING:
    from sensor.evidence.packet import EvidencePacket
    from sensor.records import Record
    from sensor.store.location import StoreLocation
    from sensor.store.orders import OrderState

SILENT = 60_000_000
"""µs without anything from a sensor after which it is said when it was last heard."""

LATEST = 253_402_300_800_000_000
"""µs: the year 10000."""


def states_of(where: StoreLocation, device: str, wait: float) -> list[OrderState]:
    """How far the sensors are that were ordered to forget a device, after ``wait`` seconds at most. StoreFailed."""
    from sensor.store.orders import Orders

    if where.path is not None:
        return []
    with Orders(where) as orders:
        order = orders.about(device)
        return [] if order is None else waited(lambda: orders.states(order), wait)


def fetch_packets(
    where: StoreLocation, run: str, records: list[Record], wait: float, say: Callable[[str], None]
) -> list[EvidencePacket] | None:
    """The packets of a run that its sensor sends within ``wait`` seconds, checked; None where it has or sends none.
    StoreFailed."""
    from sensor.evidence.pcapng import Damaged
    from sensor.evidence.received import received
    from sensor.store.orders import Orders

    with Orders(where) as orders:
        order = orders.evidence(run, "", time.time_ns() // 1000)
        if order is None:
            return None
        states = waited(lambda: orders.states(order), wait)
        if any(one.state == "open" for one in states):
            say(f"{sentence(states, time.time_ns() // 1000)}; run evidence again when it was")
            return None
        data = orders.data(order)
    if data is None:
        return None
    try:
        return received(data, records)
    except Damaged as error:
        say(f"what the sensor sent is no evidence of LANwitness and is not used: {safe(str(error), 200)}")
        return None


def waited(states: Callable[[], list[OrderState]], wait: float, every: float = 0.5) -> list[OrderState]:
    """The states once none is open, or as they are after ``wait`` seconds."""
    until = time.monotonic() + wait
    while True:
        found = states()
        if time.monotonic() >= until or all(one.state != "open" for one in found):
            return found
        time.sleep(every)


def sentence(states: list[OrderState], now: int) -> str:
    """``3 sensors hold packets of it: 2 done, 1 not heard since …``; ``now`` in µs since 1970 UTC."""
    done = sum(one.state != "open" for one in states)
    parts = [f"{done} done"] if done else []
    waiting = [one for one in states if one.state == "open"]
    silent = [one for one in waiting if one.last_seen is None or one.last_seen < now - SILENT]
    if len(silent) < len(waiting):
        parts.append(f"{len(waiting) - len(silent)} not answered yet")
    parts += [f"1 not heard since {_time(one.last_seen)} ({safe(one.sensor, 40)})" for one in silent]
    count = f"{len(states)} sensor holds" if len(states) == 1 else f"{len(states)} sensors hold"
    return f"{count} packets of it: {', '.join(parts)}"


def _time(at: int | None) -> str:
    """A sensor says when it was there: no number of its own may end the command."""
    if at is None:
        return "it was enrolled"
    possible = 0 <= at < LATEST
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at / 1e6)) if possible else "an impossible time"
