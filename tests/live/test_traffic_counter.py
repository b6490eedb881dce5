"""Bytes of flows that last: counted when they move, once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sensor.devices.device import Device
from sensor.live.traffic_counter import TrafficCounter
from sensor.model import Endpoint, Flow, Protection, Transport

HOUR = 3600 * 1_000_000_000
CAMERA = b"\x00\x11\x32\0\0\1"
DEVICE = Device("00:11:32:00:00:01", "00:11:32:00:00:01", False, ("192.168.1.5",), None, 0, 0)


def flow(hours: float, up: int, down: int, **more: object) -> Flow:
    made = Flow(
        uid=7,
        transport=Transport.TCP,
        client=Endpoint(b"\xc0\xa8\1\5", 40000, CAMERA),
        server=Endpoint(b"\xcb\0\x71\7", 443, b"\x00\x11\x32\0\0\2"),
        first_time=HOUR,
        last_time=int(hours * HOUR),
        first_frame=1,
        packets=(9, 9),
        payload=(up, down),
        protection=Protection.ENCRYPTED,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def owner(end: Endpoint) -> str | None:
    return DEVICE.id if end.mac == CAMERA else None


def amounts(accounts: TrafficCounter) -> list[tuple[int, str, int]]:
    return [(cell.hour, cell.protection, cell.bytes) for cell in accounts.take([DEVICE], owner)]


def test_a_flow_of_three_hours_is_counted_in_each() -> None:
    accounts = TrafficCounter()
    accounts.running([flow(1.5, 100, 0)])
    assert amounts(accounts) == [(1, "encrypted", 100)]
    accounts.running([flow(1.9, 100, 50)])
    accounts.running([flow(1.9, 100, 50)])
    assert amounts(accounts) == [(1, "encrypted", 50)]
    accounts.running([flow(3.1, 400, 50)])
    # Between two counts it is spread evenly over the hours in between.
    assert amounts(accounts) == [(1, "encrypted", 100), (2, "encrypted", 100), (3, "encrypted", 100)]
    accounts.flow_ended(flow(3.2, 401, 52))
    assert amounts(accounts) == [(3, "encrypted", 3)]
    accounts.running([])
    assert not accounts._counted


def test_what_never_was_counted_counts_whole() -> None:
    accounts = TrafficCounter()
    accounts.flow_ended(flow(1.5, 30, 12))
    assert amounts(accounts) == [(1, "encrypted", 42)]


def test_readable_bytes_before_an_upgrade_count_once() -> None:
    accounts = TrafficCounter()
    accounts.running([flow(1.2, 60, 0, cleartext_bytes=60)])
    accounts.flow_ended(flow(1.3, 100, 0, cleartext_bytes=60))
    assert amounts(accounts) == [(1, "cleartext", 60), (1, "encrypted", 40)]


@pytest.mark.parametrize(("up", "down", "clear"), [(90, 0, 0), (100, -1, 0), (100, 5, 9), (0, 0, 0)])
def test_a_count_that_goes_back_takes_nothing_away(up: int, down: int, clear: int) -> None:
    """A flow whose uid is used again counts less than before: nothing, and never a negative amount."""
    accounts = TrafficCounter()
    accounts.running([flow(1.5, 100, 10, cleartext_bytes=20)])
    before = accounts.take([DEVICE], owner)
    assert sum(cell.bytes for cell in before) == 110
    accounts.flow_ended(flow(1.6, up, max(down, 0), cleartext_bytes=clear))
    assert [cell for cell in accounts.take([DEVICE], owner) if cell.bytes < 0] == []
    accounts.flow_ended(flow(1.6, 40, 2))
    assert sum(cell.bytes for cell in accounts.take([DEVICE], owner)) == 42, "it ended: the next one counts whole"


def test_each_side_counts_by_itself() -> None:
    accounts = TrafficCounter()
    accounts.running([flow(1.5, 100, 10)])
    accounts.take([DEVICE], owner)
    accounts.running([flow(1.6, 130, 5)])
    assert amounts(accounts) == [(1, "encrypted", 30)]


def test_bytes_without_a_place_are_counted_and_nothing_else_is() -> None:
    accounts = TrafficCounter()
    assert accounts.lost == 0
    accounts.flow_ended(flow(1.5, 30, 12))
    accounts.take([DEVICE], owner)
    assert accounts.lost == 0
    for number in (3, 4):
        accounts._traffic.lost = number
        accounts.take([DEVICE], owner)
    assert accounts.lost == 7
