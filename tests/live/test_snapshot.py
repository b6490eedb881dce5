"""Moments: news are against the moment before, and the last one says that it is the last."""

from __future__ import annotations

from sensor.live.traffic_counter import TrafficCounter
from tests.live.watching import data_of, watch
from tests.replaying import PCAPS, capture_in


def test_moments_follow_one_another() -> None:
    _, told, _ = watch(data_of(capture_in(PCAPS / "ftp_login")), accounts=TrafficCounter())
    assert [moment.last for moment in told.moments] == [False] * (len(told.moments) - 1) + [True]
    assert sum(caught.packets for moment in told.moments for caught in moment.caught) == 194
    assert sum(caught.bytes for moment in told.moments for caught in moment.caught) == told.result.bytes
    total = sum(
        sum((device.bytes.encrypted, device.bytes.cleartext, device.bytes.unknown)) for device in told.result.devices
    )
    assert sum(cell.bytes for moment in told.moments for cell in moment.cells) == total > 0
