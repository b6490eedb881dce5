"""Owners of prefixes that a device speaks of by name, and those whose name only looks like it."""

from __future__ import annotations

import pytest

from sensor.devices.device import Trait
from sensor.devices.owners import names_of, own_label, told


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        ("Balboa Instruments", {"balboa", "balboainstruments"}),
        ("Actron Air Pty Ltd.", {"actron", "actronair"}),
        ("Smart Home Technologies Co., Ltd", set()),
        ("ABC Ltd", set()),
    ],
)
def test_how_a_brand_may_be_written(owner: str, names: set[str]) -> None:
    assert names_of(owner) == names


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("mqtt.actron-air.com.au", "actronair"),
        ("api.example.co.uk", "example"),
        ("example.com", "example"),
        ("com", ""),
        ("", ""),
        ("a.co.uk.", "a"),
        ("co.uk", "co"),
    ],
)
def test_the_label_that_somebody_registered(name: str, label: str) -> None:
    assert own_label(name) == label


def trait(field: str, value: str) -> Trait:
    return Trait(field, value, (1,))


def test_where_an_owner_is_named() -> None:
    owner = "Balboa Instruments"
    mine = (
        trait("dns.name", "ota.balboa.com"),
        trait("dhcp.hostname", "Balboa-1A2B"),
        trait("mdns.instance", "my balboa spa._http._tcp"),
    )
    others = (
        trait("dns.name", "balboa.example.com"),  # somebody's folder at a hoster
        trait("dhcp.hostname", "balboapark"),
        trait("http.title", "Balboa"),  # a page may speak of anybody
        trait("dns.name", "www.google.com"),
    )
    assert tuple(told(owner, mine + others)) == mine
    assert tuple(told("IP Tech", mine)) == ()
