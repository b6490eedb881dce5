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


def test_of_two_servers_both_count() -> None:
    """A second router's clients are its clients; one lease of a stranger makes no server."""
    found = inventory()
    for number in (7, 8, 9):
        leased(found, end("192.168.1.1", 67, ROUTER), f"00:00:5e:00:53:0{number}", f"192.168.1.{number}")
    present(found, PLUG, "192.168.1.66", 2)
    second = end("192.168.1.2", 67, "00:00:5e:00:53:78")
    leased(found, second, PHONE, "192.168.1.66")
    assert found.device_of(end("192.168.1.66", 21, PLUG)) == PLUG
    leased(found, second, "00:00:5e:00:53:79", "192.168.1.67")
    assert found.device_of(end("192.168.1.66", 21, PLUG)) == PHONE
    leased(found, end("192.168.1.1", 67, ROUTER), PLUG, "192.168.1.66")
    assert found.device_of(end("192.168.1.66", 21, PLUG)) == PLUG, "where both gave it, the larger one counts"


def test_no_lease_counts_against_a_mac_that_answers_for_the_address() -> None:
    found = inventory()
    present(found, PLUG, "192.168.1.66", 2)
    announced = flow(end("", None, PLUG), end("", None, "ff:ff:ff:ff:ff:ff"), transport=Transport.LINK)
    found.observe(observed(Binding(mac=PLUG, address="192.168.1.66", via="arp"), announced))
    leased(found, end("192.168.1.1", 67, ROUTER), PHONE, "192.168.1.66")
    assert found.device_of(end("192.168.1.66", 21, PLUG)) == PLUG


@pytest.mark.parametrize("forged", [PHONE, "00:00:5e:00:53:55"])
def test_arp_speaks_for_its_sender_alone(forged: str) -> None:
    """A frame of another MAC that claims the address for ``forged`` binds and moves nothing (RFC 826)."""
    found = inventory()
    present(found, PHONE, "192.168.1.50", 1)
    present(found, PLUG, "192.168.1.66", 2)
    frame = flow(end("", None, "00:00:5e:00:53:77"), end("", None, PHONE), transport=Transport.LINK)
    claim = Binding(mac=forged, address="192.168.1.66", via="arp", side=Side.CLIENT)
    found.observe(observed(claim, frame))
    assert found.device_of(end("192.168.1.66", 21, PLUG)) == PLUG and found.device_of(end("192.168.1.66")) == PLUG
    assert record(found, PHONE).addresses == ("192.168.1.50",)
    assert forged == PHONE or not [device for device in found.devices() if device.id == forged]


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


@pytest.mark.parametrize("prefix", ["bc:24:11", "52:54:00", "00:15:5d", "00:0c:29", "08:00:27", "00:16:3e"])
def test_virtual_machines_are_that_and_out_of_scope(prefix: str) -> None:
    found = inventory()
    present(found, f"{prefix}:00:53:01", "192.168.1.80", 1)
    machine = record(found, f"{prefix}:00:53:01")
    assert claimed(machine.category) == "virtual_machine" and not machine.in_scope


REFLECTOR = "f4:92:bf:00:53:01"
PRINTER_WORDS = (
    ("mdns.service", "_ipp._tcp"),
    ("mdns.instance", "Office Printer._ipp._tcp"),
    ("mdns.txt", "_ipp._tcp ty=Brother HL-L2350DW"),
    ("mdns.host", "BRN001122"),
)


def multicasts(found: Inventory, at: str, *addresses: str, hardware: str = REFLECTOR) -> None:
    """A response of mDNS about a printer at ``addresses``."""
    group = end("ff02::fb" if ":" in at else "224.0.0.251", 5353, "01:00:5e:00:00:fb")
    response = flow(end(at, 5353, hardware), group, transport=Transport.UDP)
    for field, value in PRINTER_WORDS:
        event = Attribute(field=field, value=value, side=Side.CLIENT, addresses=addresses)
        found.observe(observed(event, response))


@pytest.mark.parametrize(
    ("at", "addresses"),
    [
        ("192.168.40.1", ("192.168.30.20",)),
        ("192.168.40.1", ("fd00::20",)),
        ("fe80::1", ("fe80::20", "192.168.30.20")),
    ],
)
@pytest.mark.parametrize("bare", ["before", "after", "never"])
def test_a_reflector_is_not_the_printer_that_it_repeats(at: str, addresses: tuple[str, ...], bare: str) -> None:
    """Also not by messages without an address record, whichever came first."""
    found = inventory()
    present(found, REFLECTOR, at, 1)
    if bare == "before":
        multicasts(found, at)
    multicasts(found, at, *addresses)
    if bare == "after":
        multicasts(found, at)
    router = record(found, REFLECTOR)
    assert claimed(router.category) != "printer" and claimed(router.vendor) != "Brother" and router.hostname is None


@pytest.mark.parametrize("addresses", [(), ("192.168.30.20",), ("fe80::20", "192.168.30.20")])
def test_a_printer_is_what_it_says_of_itself(addresses: tuple[str, ...]) -> None:
    found = inventory()
    present(found, PLUG, "192.168.30.20", 1)
    multicasts(found, "192.168.30.20", *addresses, hardware=PLUG)
    printer = record(found, PLUG)
    assert claimed(printer.category) == "printer" and printer.hostname == "BRN001122"


def test_an_address_of_the_other_family_is_its_own_when_it_sends_from_it() -> None:
    found = inventory()
    present(found, PLUG, "fe80::20", 1)
    multicasts(found, "fe80::20", "192.168.30.20", hardware=PLUG)
    present(found, PLUG, "192.168.30.20", 2)
    assert record(found, PLUG).hostname == "BRN001122"


def test_a_reflector_keeps_what_it_says_of_itself() -> None:
    found = inventory()
    present(found, REFLECTOR, "192.168.40.1", 1)
    multicasts(found, "192.168.40.1", "192.168.30.20")
    response = flow(end("192.168.40.1", 5353, REFLECTOR), end("224.0.0.251", 5353), transport=Transport.UDP)
    own = Attribute(field="mdns.host", value="gateway-attic", side=Side.CLIENT, addresses=("192.168.40.1",))
    found.observe(observed(own, response))
    assert record(found, REFLECTOR).hostname == "gateway-attic"


BRIDGE = "02:42:53:9b:70:1e"
"""As of docker0: the bytes after the first two are random."""


@pytest.mark.parametrize(
    ("hardware", "at", "container"),
    [
        ("02:42:0a:00:00:02", "10.0.0.2", True),
        ("02:42:ac:11:00:02", "192.168.1.7", False),
        (BRIDGE, "172.17.0.1", True),
        (BRIDGE, "172.31.255.254", True),
        (BRIDGE, "172.16.0.1", False),
        (BRIDGE, "192.168.16.1", False),
        (BRIDGE, "", False),
        ("02:43:53:9b:70:1e", "172.17.0.1", False),
    ],
)
def test_a_container_has_its_address_in_its_mac_or_one_of_docker_s(hardware: str, at: str, container: bool) -> None:
    """Two bytes alone are a private MAC like any phone's."""
    found = inventory()
    present(found, hardware, at, 1)
    assert (claimed(record(found, hardware).category) == "virtual_machine") is container


def test_the_bridge_of_containers_is_known_by_its_answer_of_arp() -> None:
    """Its own address sends nothing else."""
    found = inventory()
    present(found, BRIDGE, "", 1)
    answer = flow(end("", None, BRIDGE), end("", None, "02:42:ac:12:00:02"), transport=Transport.LINK)
    found.observe(observed(Binding(mac=BRIDGE, address="172.18.0.1", via="arp", side=Side.CLIENT), answer))
    assert claimed(record(found, BRIDGE).category) == "virtual_machine"


def test_under_docker_s_two_bytes_only_what_says_that_it_is_a_thing_is_judged() -> None:
    """A container or a phone: neither is a consumer device, and which of both it is stays open."""
    found = inventory()
    present(found, BRIDGE, "192.168.1.7", 1)
    silent = record(found, BRIDGE)
    assert claimed(silent.category) is None and not silent.in_scope
    says(found, BRIDGE, "mdns.service", "_ipp._tcp", "192.168.1.7")
    says(found, BRIDGE, "mdns.txt", "_ipp._tcp ty=Brother HL-L2350DW", "192.168.1.7")
    printer = record(found, BRIDGE)
    assert claimed(printer.category) == "printer" and printer.in_scope
    present(found, "02:43:53:9b:70:1e", "192.168.1.8", 2)
    assert record(found, "02:43:53:9b:70:1e").in_scope
