"""The decoder's view of a flow, and that of a reader who found its ends exchanged."""

from __future__ import annotations

from sensor.counters import counted, flow_of
from sensor.decode.engine import FlowInfo
from sensor.model import Transport

INFO = FlowInfo(
    7,
    17,
    b"\xc0\xa8\1\5",
    5000,
    b"\xc0\xa8\1\1",
    53,
    b"\1" * 6,
    b"\2" * 6,
    True,
    -1,
    -1,
    10,
    99,
    (3, 4),
    (30, 40),
    (5, 6),
    2,
)


def test_ends_and_counters() -> None:
    flow = flow_of(INFO)
    assert (flow.uid, flow.transport, flow.client.port, flow.server.port, flow.first_frame) == (
        7,
        Transport.UDP,
        5000,
        53,
        2,
    )
    counted(flow, INFO, flipped=False)
    assert (flow.last_time, flow.packets, flow.bytes, flow.payload) == (99, (3, 4), (30, 40), (5, 6))
    counted(flow, INFO, flipped=True)
    assert (flow.packets, flow.bytes, flow.payload) == ((4, 3), (40, 30), (6, 5))
