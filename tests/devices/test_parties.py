"""Who is at the other end of a finding, by the destinations of the device it is about."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.devices.device import Destination, Device
from sensor.devices.parties import fill_parties
from sensor.model import Endpoint, Finding, Severity

CAMERA = "02:00:5e:10:00:01"


def device() -> Device:
    told = (
        Destination("cloud.cameras.example", "203.0.113.7", "vendor", 900),
        Destination(
            "count.audience.example", "203.0.113.7", "tracker", 10
        ),  # one address, two names: the busier one counts
        Destination("time.example", "2001:db8::1", "infrastructure", 5),
        Destination("unlisted.example", "203.0.113.9", None, 5),
        Destination(None, None, None, 7),
    )
    return Device(CAMERA, CAMERA, False, ("192.168.1.5",), None, 0, 0, destinations=told)


def finding(
    client: str, server: str, role: str | None = "client", about: str | None = CAMERA, **detail: Any
) -> Finding:
    return Finding(
        "transfer.unencrypted", Severity.LOW, about, None, role, None, (), Endpoint.parse(client), Endpoint.parse(server), "http", 0, 0, (1,), "", "", detail=detail
    )  # fmt: skip


@pytest.mark.parametrize(
    ("client", "server", "role", "party"),
    [
        ("192.168.1.5:40000", "203.0.113.7:80", "client", "vendor"),
        ("203.0.113.7:40000", "192.168.1.5:80", "server", "vendor"),
        ("[fe80::1]:40000", "[2001:db8::1]:123", "client", "infrastructure"),
        ("fe80::1", "2001:db8::1", "client", "infrastructure"),
        ("192.168.1.5:40000", "203.0.113.9:80", "client", None),
        ("192.168.1.5:40000", "198.51.100.1:80", "client", None),
    ],
)
def test_the_other_end_is_looked_up(client: str, server: str, role: str, party: str | None) -> None:
    found = finding(client, server, role, party=None)
    fill_parties([found], [device()])
    assert found.detail["party"] == party


def test_what_is_known_stays_and_what_has_no_party_gets_none() -> None:
    local = finding("192.168.1.5:1", "203.0.113.7:80", party="local")
    other = finding("192.168.1.5:1", "203.0.113.7:80")
    nobody = finding("192.168.1.5:1", "203.0.113.7:80", about=None, party=None)
    fill_parties([local, other, nobody], [device()])
    assert (local.detail["party"], other.detail, nobody.detail["party"]) == ("local", {}, None)
