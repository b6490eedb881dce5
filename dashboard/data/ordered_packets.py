"""Packets of a finding that a hub orders from its sensor: the order, its state, what the sensor sent."""

from __future__ import annotations

import time
from typing import Any

from sensor.evidence.pcapng import Damaged
from sensor.evidence.received import received
from sensor.evidence.storage import EvidenceFolder
from sensor.records import Record
from sensor.store.location import StoreLocation
from sensor.store.orders import DONE, OPEN, Orders
from sensor.store.rows import timestamp

RECEIVED, DAMAGED, UNORDERED = "received", "damaged", "unordered"
"""States beside those of an order: the packets are stored now, what came was no evidence, nobody asked."""

SILENT = 60_000_000
"""µs without anything from a sensor after which the page says when it was last heard."""

Content = dict[str, Any]


def can_be_ordered(where: StoreLocation) -> bool:
    """Whether sensors look into the store for orders: a store on this machine has its packets beside it."""
    return where.path is None


def give(where: StoreLocation, run: str, finding: str) -> bool:
    """Order the packets of a finding from the sensor of its run; False where the run is no sensor's. StoreFailed."""
    with Orders(where) as orders:
        return orders.evidence(run, finding, _now()) is not None


def state_of(where: StoreLocation, folder: EvidenceFolder, finding: Record) -> Content | None:
    """How far the order is; None where no sensor can be asked. What was sent is checked and stored. StoreFailed."""
    run, name = finding["run"], finding["id"]
    with Orders(where) as orders:
        order = orders.of_finding(run, name)
        if order is None:
            sensor = orders.sensor_of(run)
            return None if sensor is None else {"state": UNORDERED, "sensor": sensor, "last_seen": None}
        (one,) = orders.states(order)
        state, seen = one.state, one.last_seen
        if state == DONE:
            data = orders.data(order)
            state = UNORDERED if data is None else _stored(folder, finding, data)
    silent = state == OPEN and (seen is None or seen < _now() - SILENT)
    return {"state": state, "sensor": one.sensor, "last_seen": _time(seen) if silent else None}


def _stored(folder: EvidenceFolder, finding: Record, data: bytes) -> str:
    try:
        packets = received(data, [finding])
        if not packets:
            return DAMAGED
        folder.add(finding["run"], packets)
        folder.expire(time.time())
    except (Damaged, OSError, ValueError):
        return DAMAGED
    return RECEIVED


def _now() -> int:
    return time.time_ns() // 1000


def _time(at: int | None) -> str | None:
    """A sensor says when it was there: what is no time is none."""
    try:
        return timestamp(at)
    except OverflowError:
        return None
