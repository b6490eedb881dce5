"""Moments: news are against the moment before, and the last one says that it is the last."""

from __future__ import annotations

from sensor.live.traffic_counter import TrafficCounter
from tests.live.watching import data_of, watch
from tests.replaying import PCAPS, capture_in


def test_moments_follow_one_another() -> None:
    _, listener, _ = watch(data_of(capture_in(PCAPS / "ftp_login")), accounts=TrafficCounter())
    assert [snapshot.last for snapshot in listener.moments] == [False] * (len(listener.moments) - 1) + [True]
    assert sum(captured.packets for snapshot in listener.moments for captured in snapshot.captured) == 194
    assert (
        sum(captured.bytes for snapshot in listener.moments for captured in snapshot.captured) == listener.result.bytes
    )
    total = sum(
        sum((device.bytes.encrypted, device.bytes.cleartext, device.bytes.unknown))
        for device in listener.result.devices
    )
    assert sum(cell.bytes for snapshot in listener.moments for cell in snapshot.traffic) == total > 0
