"""Whose server that is, to this device."""

from __future__ import annotations

import pytest

from sensor.devices.destinations import Destinations
from tests.devices.seen import TABLES


@pytest.mark.parametrize(
    ("name", "vendor", "party"),
    [
        ("devs.tplinkcloud.com", "TP-Link", "vendor"),
        ("devs.tplinkcloud.com", "Philips", "third"),
        ("devs.tplinkcloud.com", None, "third"),
        ("stats.g.doubleclick.net", "TP-Link", "tracker"),
        ("0.pool.ntp.org", None, "infrastructure"),
        ("api.awair.example", "Awair", "vendor"),
        ("bucket-awair.example.net", "Awair", None),
        ("www.example.com", "Awair", None),
        (None, "Awair", None),
    ],
)
def test_parties(name: str | None, vendor: str | None, party: str | None) -> None:
    assert Destinations(TABLES).party(name, vendor) == party
