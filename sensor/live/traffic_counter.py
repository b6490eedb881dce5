"""Bytes by hour of a live run: a long connection's bytes count in the hour in which they moved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from sensor.devices.device import Device
from sensor.model import Endpoint, Flow
from sensor.store.traffic import Traffic
from sensor.store.types import TrafficCell

Amounts = tuple[int, int, int, int]
"""Payload of both sides, readable bytes, time (ns) up to which a flow has been counted."""


class TrafficCounter:
    """Call `flow_ended` with each flow, `running` now and then with those that go on, `take` for the cells since the
    last time."""

    def __init__(self) -> None:
        self._traffic = Traffic()
        self._counted: dict[int, Amounts] = {}
        self.lost = 0
        """Bytes that found no place (see `Traffic.lost`)."""

    def flow_ended(self, flow: Flow) -> None:
        """What it moved since it was last counted; nothing is kept of it."""
        self._count(flow, self._counted.pop(flow.uid, None))

    def running(self, flows: Iterable[Flow]) -> None:
        """Copies of flows that go on, as they stand: what each moved since it was last counted. Those not given are
        forgotten."""
        before, self._counted = self._counted, {}
        for flow in flows:
            self._count(flow, before.get(flow.uid))
            self._counted[flow.uid] = (*flow.payload, flow.cleartext_bytes, flow.last_time)

    def _count(self, flow: Flow, before: Amounts | None) -> None:
        if before is not None:
            first, second, clear, time = before
            flow = replace(
                flow,
                payload=(max(0, flow.payload[0] - first), max(0, flow.payload[1] - second)),
                cleartext_bytes=max(0, flow.cleartext_bytes - clear),
                first_time=min(time, flow.last_time),
            )
        self._traffic.flow_ended(flow)

    def take(self, devices: Iterable[Device], device_of: Callable[[Endpoint], str | None]) -> list[TrafficCell]:
        """The cells of these devices since the last call."""
        cells = self._traffic.cells(devices, device_of)
        self.lost += self._traffic.lost
        self._traffic = Traffic()
        return cells
