"""Several devices behind one MAC: what one of them says names no box, and that they hide there is in the record."""

from __future__ import annotations

import pytest

from sensor.devices.device import Device
from sensor.devices.hidden import contradictions, of_the_box
from sensor.devices.inventory import Inventory
from sensor.devices.weigh import Statement
from sensor.events import Attribute, Binding
from sensor.model import Reason, Side, Transport
from sensor.records import claimed
from tests.devices.seen import PLUG, TABLES, address, end, flow, inventory, mac, observed, says

BOX = "00:b5:6d:00:53:01"
"""Of a prefix whose owner makes no listed product."""
TP_LINK_BOX = "50:c7:bf:00:53:09"
HUE = "00:17:88:00:53:04"
RELATED = TABLES.makers.related


def present(found: Inventory, hardware: str, at: str) -> None:
    found.seen(mac(hardware), address(at), 1, 1)
    found.totals([(mac(hardware), address(at), 1, 9, 9, 900)])


def record(found: Inventory, name: str) -> Device:
    return next(device for device in found.devices() if device.id == name)


def forwards_a_scale_and_a_hub(found: Inventory, box: str) -> None:
    present(found, box, "192.168.1.2")
    says(found, box, "http.request", "www.fitbit.com/scale/register", "192.168.1.2")
    says(found, box, "mdns.instance", "Philips hue - 005304._hap._tcp", "192.168.1.2")
    says(found, box, "mdns.host", "Philips-hue", "192.168.1.2")


def test_a_box_with_two_identities_is_neither() -> None:
    found = inventory()
    forwards_a_scale_and_a_hub(found, BOX)
    box = record(found, BOX)
    assert claimed(box.category) is None and claimed(box.model) is None and box.hostname is None
    assert claimed(box.vendor) not in ("Fitbit", "Philips")
    assert sorted(one.identity for one in box.hidden) == ["Fitbit scale", "Philips hub"]


def test_a_router_stays_one() -> None:
    found = inventory()
    forwards_a_scale_and_a_hub(found, BOX)
    says(found, BOX, "lldp.capabilities", "router", "192.168.1.2")
    says(found, BOX, "lldp.system_name", "attic-gateway", "192.168.1.2")
    box = record(found, BOX)
    assert claimed(box.category) == "network_equipment" and box.hostname == "attic-gateway"


def test_what_its_own_maker_makes_still_names_it() -> None:
    """A plug in set-up mode forwards for others and says itself what it is."""
    found = inventory()
    forwards_a_scale_and_a_hub(found, TP_LINK_BOX)
    says(found, TP_LINK_BOX, "dhcp.hostname", "HS110(EU)", "192.168.1.2")
    box = record(found, TP_LINK_BOX)
    assert (claimed(box.vendor), claimed(box.category), claimed(box.model)) == ("TP-Link", "plug", "HS110")
    assert box.hidden


def test_one_identity_hides_nothing() -> None:
    found = inventory()
    present(found, BOX, "192.168.1.2")
    says(found, BOX, "mdns.instance", "Philips hue - 005304._hap._tcp", "192.168.1.2")
    says(found, BOX, "device.model", "BSB002", "192.168.1.2")
    assert claimed(record(found, BOX).category) == "hub" and record(found, BOX).hidden == ()


def bridged(found: Inventory, *, arp: bool, server: str = "00:00:5e:00:53:fe") -> None:
    """The hub behind a client bridge asks for an address, and the bridge sends from it."""
    request = flow(end("0.0.0.0", 68, BOX), end("255.255.255.255", 67, "ff:ff:ff:ff:ff:ff"), transport=Transport.UDP)
    for field, value in (("dhcp.client_mac", HUE), ("dhcp.hostname", "Philips-hue")):
        found.observe(observed(Attribute(field=field, value=value, side=Side.CLIENT), request, frames=(40,)))
    answer = flow(end("192.168.1.1", 67, server), end("192.168.1.6", 68, BOX), transport=Transport.UDP)
    found.observe(observed(Binding(mac=HUE, address="192.168.1.6", via="dhcp"), answer))
    present(found, BOX, "192.168.1.6")
    if arp:
        frame = flow(end("", None, BOX), end("", None, "ff:ff:ff:ff:ff:ff"), transport=Transport.LINK)
        found.observe(observed(Binding(mac=BOX, address="192.168.1.6", via="arp"), frame))
    says(found, BOX, "mdns.instance", "Philips hue - 005304._hap._tcp", "192.168.1.6")
    says(found, BOX, "mdns.host", "Philips-hue", "fe80::217:88ff:fe00:5304")


@pytest.mark.parametrize("arp", [True, False])
def test_a_client_behind_a_bridge_is_known_by_its_lease(arp: bool) -> None:
    """Also where the bridge answers ARP for it (a client bridge writes its own MAC there)."""
    found = inventory()
    present(found, BOX, "192.168.1.3")
    bridged(found, arp=arp)
    hub, box = record(found, HUE), record(found, BOX)
    assert "192.168.1.6" in hub.addresses and claimed(hub.category) == "hub"
    assert claimed(box.category) is None and box.hostname is None and box.addresses == ("192.168.1.3",)
    assert [(one.identity, one.field) for one in box.hidden] == [(HUE, "dhcp.client_mac")]
    assert found.device_of(end("192.168.1.6", 80, BOX)) == HUE


def test_a_client_that_sends_for_itself_hides_behind_nobody() -> None:
    """A stranger repeats the hardware address of a device that is there."""
    found = inventory()
    present(found, BOX, "192.168.1.3")
    present(found, HUE, "192.168.1.6")
    bridged(found, arp=False)
    assert record(found, BOX).hidden == ()


def statement(vendor: str | None, category: str, field: str, weight: float = 3.0) -> Statement:
    return Statement("category", category, weight, Reason(field, f"{vendor} {category}", "s", (1,)), vendor)


@pytest.mark.parametrize(
    ("one", "other", "two"),
    [
        (statement("Fitbit", "scale", "http.request"), statement("Philips", "hub", "http.request"), True),
        (statement("Samsung", "phone", "http.user_agent"), statement("Apple", "phone", "http.user_agent"), True),
        (statement("Samsung", "phone", "http.user_agent"), statement("Philips", "hub", "mdns.instance"), True),
        # An app on a phone, a weak sign, one maker, a category without a maker, a router's own
        (statement("Samsung", "phone", "http.user_agent"), statement("Fitbit", "scale", "http.request"), False),
        (statement("Fitbit", "scale", "http.request", 1.0), statement("Philips", "hub", "http.request"), False),
        (statement("Philips", "light", "http.request"), statement("Philips", "hub", "http.request"), False),
        (statement(None, "printer", "mdns.service"), statement("Philips", "hub", "mdns.txt"), False),
        (statement("OpenWrt", "router", "http.server"), statement("Philips", "hub", "mdns.txt"), False),
    ],
)
def test_identities_that_contradict_each_other(one: Statement, other: Statement, two: bool) -> None:
    assert len(contradictions([one, other], RELATED)) == len(contradictions([other, one], RELATED)) == 2 * two


def test_of_a_box_counts_what_only_it_can_say() -> None:
    mine, others = statement("TP-Link", "plug", "kasa.model"), statement("Philips", "hub", "mdns.txt")
    neighbour = statement(None, "router", "lldp.capabilities")
    claimed_kind = statement(None, "printer", "snmp.sysdescr")
    assert list(of_the_box([mine, others, neighbour, claimed_kind], "TP-Link", RELATED)) == [mine, neighbour]
    assert list(of_the_box([mine, others, neighbour], None, RELATED)) == [neighbour]


def test_the_plug_prefix_is_of_the_maker_these_tests_take_it_for() -> None:
    found = inventory()
    present(found, PLUG, "192.168.1.5")
    assert claimed(record(found, PLUG).vendor) == "TP-Link"


PI = "b8:27:eb:00:53:05"
"""Under the prefix of Raspberry Pi, which makes computers."""


def publishes(found: Inventory, at: str, *accessories: tuple[str, ...]) -> None:
    """mDNS responses of a host, one for each accessory: what its TXT records and its own host name say."""
    group = end("224.0.0.251", 5353, "01:00:5e:00:00:fb")
    for texts in accessories:
        for text in texts:
            field = "mdns.txt" if "=" in text else "mdns.host"
            event = Attribute(field=field, value=text, side=Side.CLIENT, addresses=(at,))
            found.observe(observed(event, flow(end(at, 5353, PI), group, transport=Transport.UDP)))


LAMP = ("_hap._tcp id=AA:00:00:00:00:01", "_hap._tcp md=LIFX A19", "_hap._tcp ci=5", "lamp-camera")
DOOR = ("_hap._tcp id=AA:00:00:00:00:02", "_hap._tcp md=DoorCam", "_hap._tcp ci=17", "front-door")
SELF = ("_hap._tcp id=AA:00:00:00:00:03", "_hap._tcp md=Bridge", "_hap._tcp ci=2", "attic")


@pytest.mark.parametrize("bridge", [True, False])
def test_a_host_that_publishes_accessories_is_none_of_them(bridge: bool) -> None:
    """Only that it is a bridge counts, in any order."""
    found = inventory()
    present(found, PI, "192.168.1.7")
    publishes(found, "192.168.1.7", LAMP, DOOR, *([SELF] if bridge else []))
    host = record(found, PI)
    assert claimed(host.category) == ("hub" if bridge else "computer") and host.hostname is None
    assert claimed(host.vendor) != "LIFX" and claimed(host.model) is None
    assert [one.identity for one in host.hidden][:2] == ["HomeKit AA:00:00:00:00:01", "HomeKit AA:00:00:00:00:02"]


def test_one_accessory_that_answers_twice_is_itself() -> None:
    found = inventory()
    present(found, PI, "192.168.1.7")
    publishes(found, "192.168.1.7", LAMP, (LAMP[0].lower().replace("_hap._tcp ID", "_hap._tcp id"), *LAMP[1:]))
    assert claimed(record(found, PI).vendor) == "LIFX" and record(found, PI).hidden == ()


def test_several_matter_devices_of_one_host_are_not_it() -> None:
    found = inventory()
    present(found, PI, "192.168.1.7")
    publishes(found, "192.168.1.7", ("_matterc._udp VP=4107+1", "_matterc._udp DT=256"))
    assert claimed(record(found, PI).category) == "light"
    publishes(found, "192.168.1.7", ("_matterc._udp VP=4476+9", "_matterc._udp DT=266"))
    host = record(found, PI)
    assert claimed(host.category) == "computer" and claimed(host.vendor) not in ("Philips", "IKEA")
    assert [one.identity for one in host.hidden] == ["Matter 4107+1", "Matter 4476+9"]


def kind(
    category: str, vendor: str | None, field: str = "mdns.instance", weight: float = 2.0, value: str = "x"
) -> Statement:
    return Statement("category", category, weight, Reason(field, value, "test", (1,)), vendor)


def unrelated(one: str, other: str) -> bool:
    return one == other


@pytest.mark.parametrize(
    ("first", "second", "two"),
    [
        (kind("camera", "A"), kind("hub", "B"), True), (kind("camera", "A"), kind("hub", "A"), False),
        (kind("camera", "A", weight=1.99), kind("hub", "B"), False), (kind("camera", None), kind("hub", "B"), False),
        (kind("router", "A"), kind("hub", "B"), False), (kind("camera", "A"), kind("access_point", "B"), False),
        # Beside a person's machine its programs' clouds say nothing, another device's own word does.
        (kind("phone", "A"), kind("camera", "B", "dns.name"), False),
        (kind("camera", "B", "dns.name"), kind("phone", "A"), False),
        (kind("phone", "A"), kind("camera", "B"), True), (kind("phone", "A", "dns.name"), kind("camera", "B"), True),
        (kind("phone", "A", "dns.name"), kind("tablet", "B", "dns.name"), True),
        (kind("camera", "A", "dns.name"), kind("hub", "B", "dns.name"), True),
    ],
)  # fmt: skip
def test_which_identities_cannot_be_one_device(first: Statement, second: Statement, two: bool) -> None:
    found = contradictions([first, second], unrelated)
    assert len(found) == (2 if two else 0)


def test_the_devices_own_word_is_shown_before_its_clouds() -> None:
    cloud, word, later = (
        kind("camera", "A", "dns.name", value="cloud"),
        kind("camera", "A", value="word"),
        kind("camera", "A", value="later"),
    )
    for given in ((cloud, word, later), (word, cloud, later)):
        found = contradictions([*given, kind("hub", "B")], unrelated)
        assert [(one.identity, one.value) for one in found] == [("A camera", "word"), ("B hub", "x")]


@pytest.mark.parametrize(
    ("field", "statement_kind", "value", "vendor", "kept"),
    [
        ("lldp.system_name", "category", "router", None, True), ("lldp.system_name", "category", "camera", None, False),
        ("lldp.system_name", "vendor", "X", None, True), ("dhcp.hostname", "category", "router", None, False),
        ("dhcp.server", "category", "access_point", None, True), ("dhcp.hostname", "category", "camera", "Maker", True),
        ("dhcp.hostname", "category", "camera", "Other", False), ("mac.oui", "vendor", "Maker", "Maker", True),
    ],
)  # fmt: skip
def test_what_is_said_of_the_box_itself(
    field: str, statement_kind: str, value: str, vendor: str | None, kept: bool
) -> None:
    one = Statement(statement_kind, value, 2.0, Reason(field, "x", "test", (1,)), vendor)
    assert list(of_the_box([one], "Maker", unrelated)) == ([one] if kept else [])
    without = field.startswith(("lldp.", "dhcp.server", "mac.")) and kept
    assert list(of_the_box([one], None, unrelated)) == ([one] if without else [])
