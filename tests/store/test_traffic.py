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


@pytest.mark.parametrize(("amount", "parts"), [(0, 1), (1, 1), (1, 3), (10, 3), (7, 7), (1000, 24), (2**62, 744)])
def test_shares_are_the_whole_and_as_even_as_can_be(amount: int, parts: int) -> None:
    shares = [traffic._share(amount, number, parts) for number in range(parts)]
    assert sum(shares) == amount and max(shares) - min(shares) <= 1 and min(shares) >= 0


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        (0, 0, 1), (0, HOUR - 1, 1), (0, HOUR, 2), (HOUR - 1, HOUR, 2), (5 * HOUR, 4 * HOUR, 1), (0, 743 * HOUR, 744),
        (0, 744 * HOUR, 744), (0, 10**6 * HOUR, 744),
    ],
)  # fmt: skip
def test_over_how_many_hours_a_flow_is_spread(first: int, last: int, hours: int) -> None:
    """At least its first one, also where the clock went back; a month at most."""
    one = Traffic()
    one.flow_ended(flow(first, last, 10_000))
    found = cells(one)
    assert [cell.hour for cell in found] == list(range(first // HOUR, first // HOUR + hours))
    assert sum(cell.bytes for cell in found) == 10_000


@pytest.mark.parametrize(
    ("protection", "sent", "before", "expected"),
    [
        (Protection.CLEARTEXT, 10, 0, {"cleartext": 10}), (Protection.CLEARTEXT, 10, 3, {"cleartext": 10}),
        (Protection.ENCRYPTED, 10, 0, {"encrypted": 10}),
        (Protection.ENCRYPTED, 10, 3, {"encrypted": 7, "cleartext": 3}),
        (Protection.ENCRYPTED, 10, 10, {"cleartext": 10}), (Protection.ENCRYPTED, 10, 11, {"cleartext": 10}),
        (Protection.UNKNOWN, 10, 0, {"unknown": 10}), (Protection.UNKNOWN, 10, 4, {"unknown": 6, "cleartext": 4}),
        (Protection.UNKNOWN, 0, 0, {}),
    ],
)  # fmt: skip
def test_how_bytes_of_a_flow_are_protected(
    protection: Protection, sent: int, before: int, expected: dict[str, int]
) -> None:
    one = Traffic()
    one.flow_ended(flow(0, 0, sent, protection=protection, before=before))
    assert {cell.protection: cell.bytes for cell in cells(one)} == expected


def test_both_ends_count_and_each_hears_of_its_own_peer() -> None:
    """The name that the client asked for is of its peer alone: the server's peer has none."""
    one = Traffic()
    one.flow_ended(flow(0, 0, 10))
    one.flow_ended(flow(0, 0, 5))
    vendor, other = Destination("api.example", "198.51.100.9", "vendor", 1), Destination(None, "192.0.2.7", "lan", 1)
    devices = [
        Device("cam", None, None, (), None, 0, 0, destinations=(vendor,)),
        Device("hub", None, None, (), None, 0, 0, destinations=(other,)),
    ]
    found = one.cells(devices, lambda end: {MINE.mac: "cam", PEER.mac: "hub"}.get(end.mac))
    assert found == [TrafficCell("cam", 0, "encrypted", "vendor", 15), TrafficCell("hub", 0, "encrypted", "lan", 15)]
    assert one.cells(devices[:1], lambda end: "hub") == [] == one.cells(devices, lambda end: None)


@pytest.mark.parametrize(
    ("destinations", "party"),
    [
        ([("api.example", "198.51.100.9", "vendor")], "vendor"), ([(None, "198.51.100.9", "cloud")], "cloud"),
        ([("other.example", "198.51.100.9", "tracker")], "tracker"), ([("api.example", "198.51.100.8", "vendor")], ""),
        ([("a.example", "198.51.100.9", None), ("b.example", "198.51.100.9", "second"),
        ("c", "198.51.100.9", "third")], "second"),
        ([("a.example", "198.51.100.9", "first"), ("api.example", "198.51.100.9", "vendor")], "vendor"), ([], ""),
    ],
)  # fmt: skip
def test_whose_a_peer_is(destinations: list[tuple[str, str, str | None]], party: str) -> None:
    """By name and address; else what was first said of that address; else unknown."""
    one = Traffic()
    one.flow_ended(flow(0, 0, 10))
    assert [cell.party for cell in cells(one, *(Destination(*each, 1) for each in destinations))] == [party]


@pytest.mark.parametrize(("hours", "keys", "lost"), [(2, 4, 0), (3, 6, 0), (4, 8, 0), (5, 8, 20), (9, 8, 100)])
def test_places_beyond_the_bound_have_no_peer_and_then_there_are_none(
    monkeypatch: pytest.MonkeyPatch, hours: int, keys: int, lost: int
) -> None:
    """Four with their peer, four without; each flow has two ends."""
    monkeypatch.setattr(traffic, "CELLS", 4)
    one = Traffic()
    for _ in range(2):
        for hour in range(hours):
            one.flow_ended(flow(hour * HOUR, hour * HOUR, 5))
    assert len(one._amounts) == keys and one.lost == lost
    assert sum(key[3] != b"" for key in one._amounts) == 4
