"""Namesakes: who is named after a maker that is on no list, and who is not."""

from __future__ import annotations

import pytest

from sensor.devices.device import Trait
from sensor.devices.namesakes import brand_names, owner_traits, registered_label
from sensor.records import claimed
from tests.devices.test_published import judged

BREWER = (("dhcp.hostname", "Brewtopia-4f2a"), ("dns.name", "ota.brewtopia.io"))


def test_an_unlisted_maker_is_named_by_the_device_s_name_and_its_server() -> None:
    device = judged("Espressif Inc.", BREWER)
    assert device.vendor is not None and claimed(device.vendor) == "Brewtopia"
    assert {reason.field for reason in device.vendor.because} == {"dhcp.hostname", "dns.name"}


@pytest.mark.parametrize(
    "traits",
    [
        BREWER[:1],
        BREWER[1:],
        # A firm's own machine, named after the firm, at the firm's own servers.
        (("dhcp.hostname", "brewtopia-pc"), ("dns.name", "mail.brewtopia.io")),
        # A word for a kind of thing is no maker.
        (("dhcp.hostname", "camera-1"), ("dns.name", "ota.camera.io")),
    ],
)
def test_one_of_both_names_no_maker(traits: tuple[tuple[str, str], ...]) -> None:
    assert claimed(judged("Espressif Inc.", traits).vendor) is None


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
    assert brand_names(owner) == names


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
def test_the_registrable_label(name: str, label: str) -> None:
    assert registered_label(name) == label


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
        trait("dns.name", "balboa.example.com"),  # a customer's folder at a hoster
        trait("dhcp.hostname", "balboapark"),
        trait("http.title", "Balboa"),  # a page may be about others
        trait("dns.name", "www.google.com"),
    )
    assert tuple(owner_traits(owner, mine + others)) == mine
    assert tuple(owner_traits("IP Tech", mine)) == ()
