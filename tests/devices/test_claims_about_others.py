"""Claims about another: forged leases, names and options move nothing; virtual machines by their prefix."""

from __future__ import annotations

import pytest

from sensor.devices.device import Device
from sensor.devices.inventory import Inventory
from sensor.events import Attribute, Binding
from sensor.model import Endpoint, Side, Transport
from sensor.records import claimed
from tests.devices.seen import PHONE, PLUG, ROUTER, address, end, flow, inventory, mac, observed, says

EVERYBODY = end("255.255.255.255", 67, "ff:ff:ff:ff:ff:ff")


def present(found: Inventory, hardware: str, at: str, time: int) -> None:
    """The station sends from its address."""
    found.seen(mac(hardware), address(at), time, time)
    found.totals([(mac(hardware), address(at), time, time + 9, 9, 900)])


def leased(found: Inventory, server: Endpoint, to: str, at: str) -> None:
    answer = flow(server, end(at, 68, to), transport=Transport.UDP)
    found.observe(observed(Binding(mac=to, address=at, via="dhcp"), answer))


def record(found: Inventory, name: str) -> Device:
    return next(device for device in found.devices() if device.id == name)


def test_a_server_that_gives_its_own_address_to_another_is_not_believed() -> None:
    found = inventory()
    present(found, PHONE, "192.168.1.50", 1)
    present(found, PLUG, "192.168.1.66", 2)
    leased(found, end("192.168.1.66", 67, PLUG), PHONE, "192.168.1.66")
    assert found.device_of(end("192.168.1.66", 21, PLUG)) == PLUG
    assert record(found, PHONE).addresses == ("192.168.1.50",)


def test_a_lease_counts_only_from_the_server_of_the_others() -> None:
    found = inventory()
    for number in (7, 8):
        leased(found, end("192.168.1.1", 67, ROUTER), f"00:00:5e:00:53:0{number}", f"192.168.1.{number}")
    present(found, PLUG, "192.168.1.66", 2)
    leased(found, end("192.168.1.77", 67, "00:00:5e:00:53:77"), PHONE, "192.168.1.66")
    assert found.device_of(end("192.168.1.66", 21, PLUG)) == PLUG
    leased(found, end("192.168.1.1", 67, ROUTER), PHONE, "192.168.1.66")
    assert found.device_of(end("192.168.1.66", 21, PLUG)) == PHONE


def test_no_lease_counts_against_a_mac_that_answers_for_the_address() -> None:
    found = inventory()
    present(found, PLUG, "192.168.1.66", 2)
    announced = flow(end("", None, PLUG), end("", None, "ff:ff:ff:ff:ff:ff"), transport=Transport.LINK)
    found.observe(observed(Binding(mac=PLUG, address="192.168.1.66", via="arp"), announced))
    leased(found, end("192.168.1.1", 67, ROUTER), PHONE, "192.168.1.66")
    assert found.device_of(end("192.168.1.66", 21, PLUG)) == PLUG


@pytest.mark.parametrize("first", [True, False])
def test_what_another_mac_sends_in_its_name_does_not_describe_a_station(first: bool) -> None:
    found = inventory()
    if first:
        present(found, PLUG, "192.168.1.5", 1)
    forged = flow(end("0.0.0.0", 68, "00:00:5e:00:53:77"), EVERYBODY, transport=Transport.UDP)
    for field, value in (
        ("dhcp.client_mac", PLUG),
        ("dhcp.hostname", "Annas-iPhone"),
        ("dhcp.vendor_class", "android-dhcp-14"),
    ):
        found.observe(observed(Attribute(field=field, value=value, side=Side.CLIENT), forged, frames=(40,)))
    if not first:
        present(found, PLUG, "192.168.1.5", 50)
    says(found, PLUG, "mdns.host", "kitchen.local", "192.168.1.5")
    plug = record(found, PLUG)
    assert plug.hostname == "kitchen" and plug.values("dhcp.hostname") == () and plug.in_scope


@pytest.mark.parametrize("prefix", ["bc:24:11", "52:54:00", "00:15:5d", "00:0c:29", "08:00:27", "02:42:ac", "00:16:3e"])
def test_virtual_machines_are_that_and_out_of_scope(prefix: str) -> None:
    found = inventory()
    present(found, f"{prefix}:00:53:01", "192.168.1.80", 1)
    machine = record(found, f"{prefix}:00:53:01")
    assert claimed(machine.category) == "virtual_machine" and not machine.in_scope
