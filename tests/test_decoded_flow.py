"""Flows of the decoder's description: ends, transport, counters, which turn with the ends."""

from __future__ import annotations

from sensor.decode.engine import FlowInfo
from sensor.decoded_flow import new_flow, update_counters
from sensor.model import Endpoint, Transport

INFO = FlowInfo(
    uid=7,
    transport=17,
    client=b"\xc0\xa8\1\x0a",
    client_port=40001,
    server=b"\x08\x08\4\4",
    server_port=53,
    client_mac=b"\2" * 6,
    server_mac=b"\4" * 6,
    start_known=False,
    client_isn=-1,
    server_isn=-1,
    first_time=100,
    last_time=200,
    packets=(3, 2),
    bytes=(90, 80),
    payload=(6, 24),
    first_frame=11,
)


def test_a_new_flow_has_no_counters_yet() -> None:
    flow = new_flow(INFO)
    assert (flow.uid, flow.transport, flow.first_frame) == (7, Transport.UDP, 11)
    assert flow.client == Endpoint(b"\xc0\xa8\1\x0a", 40001, b"\2" * 6)
    assert flow.server == Endpoint(b"\x08\x08\4\4", 53, b"\4" * 6)
    assert (flow.first_time, flow.last_time, flow.packets) == (100, 200, (0, 0))
    assert new_flow(INFO._replace(transport=6)).transport is Transport.TCP


def test_counters_turn_with_the_ends() -> None:
    flow = update_counters(new_flow(INFO), INFO._replace(last_time=300), flipped=False)
    assert (flow.last_time, flow.packets, flow.bytes, flow.payload) == (300, (3, 2), (90, 80), (6, 24))
    update_counters(flow, INFO, flipped=True)
    assert (flow.packets, flow.bytes, flow.payload) == ((2, 3), (80, 90), (24, 6))
