"""Flows as the decoder describes them: made of what it says, and brought up to its counters."""

from __future__ import annotations

from sensor.decode.engine import FlowInfo
from sensor.model import Endpoint, Flow, Transport


def update_counters(flow: Flow, info: FlowInfo, *, flipped: bool) -> Flow:
    """The decoder's counters into the flow, whose ends may have been exchanged since."""
    flow.last_time = info.last_time
    flow.packets, flow.bytes, flow.payload = info.packets, info.bytes, info.payload
    if flipped:
        flow.packets, flow.bytes, flow.payload = flow.packets[::-1], flow.bytes[::-1], flow.payload[::-1]
    return flow


def new_flow(info: FlowInfo) -> Flow:
    """A flow that has just begun."""
    return Flow(
        info.uid,
        Transport.TCP if info.transport == 6 else Transport.UDP,
        Endpoint(info.client, info.client_port, info.client_mac),
        Endpoint(info.server, info.server_port, info.server_mac),
        info.first_time,
        info.last_time,
        info.first_frame,
    )
