"""The party of a destination, of a finding's other end, and the bytes of flows that have not ended."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.catalogue import Message
from sensor.devices.destinations import MIN_BRAND, Destinations, add_open_flows, fill_parties
from sensor.devices.device import Destination, Device
from sensor.model import Endpoint, Finding, Protection, Severity
from tests.devices.seen import PLUG, TABLES, end, flow
from tests.devices.test_inventory import CLIENT, CLOUD, home

CAMERA = "02:00:5e:10:00:01"


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


def device() -> Device:
    destinations = (
        Destination("cloud.cameras.example", "203.0.113.7", "vendor", 900),
        Destination(
            "count.audience.example", "203.0.113.7", "tracker", 10
        ),  # one address, two names: the busier one counts
        Destination("time.example", "2001:db8::1", "infrastructure", 5),
        Destination("unlisted.example", "203.0.113.9", None, 5),
        Destination(None, None, None, 7),
    )
    return Device(CAMERA, CAMERA, False, ("192.168.1.5",), None, 0, 0, destinations=destinations)


def finding(
    client: str, server: str, role: str | None = "client", about: str | None = CAMERA, **detail: Any
) -> Finding:
    return Finding(
        "transfer.unencrypted", Severity.LOW, about, None, role, None, (), Endpoint.parse(client),
        Endpoint.parse(server), "http", 0, 0, (1,), Message("transfer.unencrypted", {}), detail=detail
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


def test_a_name_that_the_client_called_its_server_by_decides() -> None:
    """Of two names of one address; as a server the device called nothing."""
    called, serving = finding("192.168.1.5:1", "203.0.113.7:80", party=None), finding("203.0.113.7:1", "192.168.1.5:80")
    called.server_name = serving.server_name = "count.audience.example"
    serving.role, serving.detail = "server", {"party": None}
    fill_parties([called, serving], [device()])
    assert (called.detail["party"], serving.detail["party"]) == ("tracker", "vendor")


def test_what_is_known_stays_and_what_has_no_party_gets_none() -> None:
    local = finding("192.168.1.5:1", "203.0.113.7:80", party="local")
    other = finding("192.168.1.5:1", "203.0.113.7:80")
    unrelated = finding("192.168.1.5:1", "203.0.113.7:80", about=None, party=None)
    fill_parties([local, other, unrelated], [device()])
    assert (local.detail["party"], other.detail, unrelated.detail["party"]) == ("local", {}, None)


def test_an_open_flow_adds_to_those_that_ended_and_is_not_stored() -> None:
    found = home()
    (plug,) = [one for one in found.devices() if one.id == PLUG]
    running = flow(CLIENT, CLOUD, protection=Protection.ENCRYPTED, name="devs.tplinkcloud.com")
    size = sum(running.payload)
    other = flow(CLIENT, end("192.168.1.1", 1900), protection=Protection.CLEARTEXT)
    add_open_flows([plug], [running, other], found)
    assert (plug.bytes.encrypted, plug.bytes.cleartext) == (300 + size, sum(other.payload))
    assert plug.destinations == (
        Destination("devs.tplinkcloud.com", "203.0.113.7", "vendor", 300 + size, encrypted=300 + size),
        Destination(None, "192.168.1.1", "local", sum(other.payload), cleartext=sum(other.payload)),
    )
    found.totals([])
    (again,) = [one for one in found.devices() if one.id == PLUG]
    assert again.bytes.encrypted == 300 and len(again.destinations) == 1


def test_how_short_a_makers_name_may_be_to_be_known_in_another() -> None:
    brand = "q" * MIN_BRAND
    assert Destinations(TABLES).party(f"api.{brand}.example", brand) == "vendor"
    assert Destinations(TABLES).party(f"api.{brand[1:]}.example", brand[1:]) is None
    assert Destinations(TABLES).party(brand, brand) is None
