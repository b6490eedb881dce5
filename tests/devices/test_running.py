"""Flows that still run, at both of their ends."""

from __future__ import annotations

from sensor.devices.device import Destination
from sensor.devices.running import add_running
from sensor.model import Protection
from tests.devices.seen import PLUG, end, flow
from tests.devices.test_inventory import CLIENT, CLOUD, home


def test_a_running_flow_adds_to_what_ended_and_is_not_kept() -> None:
    found = home()
    (plug,) = [one for one in found.devices() if one.id == PLUG]
    running = flow(CLIENT, CLOUD, protection=Protection.ENCRYPTED, name="devs.tplinkcloud.com")
    size = sum(running.payload)
    other = flow(CLIENT, end("192.168.1.1", 1900), protection=Protection.CLEARTEXT)
    add_running([plug], [running, other], found)
    assert (plug.bytes.encrypted, plug.bytes.cleartext) == (300 + size, sum(other.payload))
    assert plug.destinations == (
        Destination("devs.tplinkcloud.com", "203.0.113.7", "vendor", 300 + size, encrypted=300 + size),
        Destination(None, "192.168.1.1", "local", sum(other.payload), cleartext=sum(other.payload)),
    )
    found.totals([])
    (again,) = [one for one in found.devices() if one.id == PLUG]
    assert again.bytes.encrypted == 300 and len(again.destinations) == 1
