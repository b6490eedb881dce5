"""Bytes by hour, protection and party: they are the devices' own totals, spread over the hours a flow lasted."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.capture import open_capture
from sensor.devices.device import Destination, Device
from sensor.model import Endpoint, Flow, Protection, Transport
from sensor.run import Options, Run
from sensor.store import traffic
from sensor.store.traffic import HOUR, Traffic
from sensor.store.types import TrafficCell
from sensor.vault import Vault
from tests.store.keeping import capture

MINE = Endpoint(bytes([192, 0, 2, 7]), 40000, bytes.fromhex("020000000007"))
PEER = Endpoint(bytes([198, 51, 100, 9]), 443, bytes.fromhex("020000000001"))


def flow(first: int, last: int, sent: int, *, protection: Protection = Protection.ENCRYPTED, before: int = 0) -> Flow:
    return Flow(
        1,
        Transport.TCP,
        MINE,
        PEER,
        first,
        last,
        1,
        payload=(sent, 0),
        protection=protection,
        cleartext_bytes=before,
        server_name="api.example",
    )


def cells(of: Traffic, *destinations: Destination) -> list[TrafficCell]:
    device = Device("cam", None, None, (), None, 0, 0, destinations=destinations)
    return of.cells([device], lambda end: "cam" if end.mac == MINE.mac else None)


def test_a_flow_is_spread_over_its_hours_and_nothing_is_lost() -> None:
    one = Traffic()
    one.flow_ended(flow(10 * HOUR + 5, 12 * HOUR + 1, 1000))
    found = cells(one, Destination("api.example", "198.51.100.9", "vendor", 1000))
    assert [(cell.hour, cell.party, cell.protection) for cell in found] == [
        (hour, "vendor", "encrypted") for hour in (10, 11, 12)
    ]
    assert sum(cell.bytes for cell in found) == 1000 and max(cell.bytes for cell in found) - 333 <= 1


def test_what_was_readable_before_an_upgrade_counts_as_readable() -> None:
    one = Traffic()
    one.flow_ended(flow(HOUR, HOUR, 100, before=30))
    one.flow_ended(flow(HOUR, HOUR, 7, protection=Protection.UNKNOWN))
    one.flow_ended(flow(HOUR, HOUR, 0))
    assert {(cell.protection, cell.bytes, cell.party) for cell in cells(one)} == {
        ("encrypted", 70, ""),
        ("cleartext", 30, ""),
        ("unknown", 7, ""),
    }


@pytest.mark.parametrize("name", ["home", "ftp_login", "ntp"])
def test_the_sums_are_the_devices_totals(name: str) -> None:
    counted = Traffic()
    run = Run(Vault(bytes(32)), Options(strict=True), counted.flow_ended)
    path: Path = capture(name)
    with open_capture(str(path)) as opened:
        for block in opened:
            run.feed(block)
        result = run.finish(str(path), opened.link_types, opened.damage)
    found = counted.cells(result.devices, run.pipeline.device_of)
    for device in result.devices:
        for protection in Protection:
            mine = sum(c.bytes for c in found if c.device == device.id and c.protection == protection.value)
            assert mine == getattr(device.bytes, protection.value), (device.id, protection)


def test_ends_beyond_the_bound_cost_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "CELLS", 4)
    one = Traffic()
    for hour in range(50):
        one.flow_ended(flow(hour * HOUR, hour * HOUR, 10))
    assert len(one._amounts) <= 8
    assert sum(cell.bytes for cell in cells(one)) * 2 + one.lost == 50 * 10 * 2
