"""Captures told by hand, as the pipeline tells them, and the devices that must come out."""

from __future__ import annotations

from sensor.devices import hosts
from sensor.devices.device import Bytes, Destination
from sensor.devices.inventory import GATEWAY_ADDRESSES, Inventory
from sensor.devices.networks import Networks
from sensor.events import Attribute, Binding, Handshake, Lookup, Network
from sensor.memory import DEVICE_BYTES, MemoryBudget
from sensor.model import Protection, Side, Transport
from sensor.records import claimed
from tests.devices.seen import (
    BULB,
    PHONE,
    PLUG,
    PREFIXES,
    ROUTER,
    TABLES,
    address,
    end,
    flow,
    inventory,
    mac,
    observed,
    says,
)

CLIENT = end("192.168.1.5", 40000, PLUG)
CLOUD = end("203.0.113.7", 443, ROUTER)


def home() -> Inventory:
    found = inventory()
    found.seen(mac(PLUG), b"", 1, 1)
    found.seen(mac(PLUG), address("192.168.1.5"), 2, 2)
    found.seen(mac(ROUTER), b"", 3, 3)
    says(found, PLUG, "dhcp.hostname", "HS110(EU)", "0.0.0.0")
    found.flow_ended(flow(CLIENT, CLOUD, protection=Protection.ENCRYPTED, name="devs.tplinkcloud.com"))
    found.totals(
        [
            (mac(PLUG), b"", 1, 2, 1, 60),
            (mac(PLUG), address("192.168.1.5"), 2, 90, 9, 900),
            (mac(ROUTER), b"", 3, 80, 5, 500),
        ]
    )
    return found


def test_a_plug_and_the_way_out() -> None:
    plug, router = sorted(home().devices(), key=lambda device: device.id != PLUG)
    assert (plug.id, plug.mac, plug.mac_randomized, plug.hostname) == (PLUG, PLUG, False, "HS110(EU)")
    assert plug.addresses == ("192.168.1.5",) and (plug.first_seen, plug.last_seen, plug.packets) == (1, 90, 10)
    assert (claimed(plug.vendor), claimed(plug.category), claimed(plug.model)) == ("TP-Link", "plug", "HS110")
    assert plug.bytes == Bytes(encrypted=300)
    assert plug.destinations == (Destination("devs.tplinkcloud.com", "203.0.113.7", "vendor", 300, encrypted=300),)
    assert router.id == ROUTER and router.addresses == ()


def test_whose_an_endpoint_is() -> None:
    found = home()
    assert found.device_of(CLIENT) == PLUG
    assert found.device_of(CLOUD) is None  # the router's MAC, somebody else's address
    assert found.device_of(end("", None, ROUTER)) == ROUTER
    assert found.device_of(end("0.0.0.0", 68, PLUG)) == PLUG
    assert found.device_of(end("192.168.1.5", 40000)) == PLUG
    assert found.device_of(end("192.168.1.99", 80, PHONE)) is None  # asked, never answered
    assert found.device_of(end("224.0.0.251", 5353, "01:00:5e:00:00:fb")) is None
    assert found.device_of(end("255.255.255.255", 67, "ff:ff:ff:ff:ff:ff")) is None


def test_reading_twice_gives_the_same() -> None:
    found = home()
    assert found.devices() is found.devices()
    assert found.devices() == home().devices()


def test_who_forwards_for_the_outside_is_a_router() -> None:
    found = home()
    for number in range(GATEWAY_ADDRESSES):
        found.flow_ended(flow(CLIENT, end(f"203.0.113.{number + 20}", 443, ROUTER)))
    found.observe(observed(Network(prefix="192.168.1.0/24", router="192.168.1.1"), flow(CLIENT, CLOUD)))
    router = next(device for device in found.devices() if device.id == ROUTER)
    assert claimed(router.category) == "router" and not router.in_scope


OWN = end("192.168.4.1", 67, PLUG)


def set_up_network(found: Inventory) -> None:
    """As a plug does that waits to be set up: leases, itself as the way out, names."""
    found.seen(mac(PLUG), address("192.168.4.1"), 1, 1)
    answer = flow(OWN, end("192.168.4.2", 68, PHONE), transport=Transport.UDP)
    found.observe(observed(Binding(mac=PHONE, address="192.168.4.2", via="dhcp"), answer))
    found.observe(observed(Attribute(field="dhcp.server", value="192.168.4.1", side=Side.CLIENT), answer))
    found.observe(observed(Network(prefix="192.168.4.0/24", router="192.168.4.1"), answer))
    for port in (67, 53):
        asked = flow(end("192.168.4.2", 40000, PHONE), end("192.168.4.1", port, PLUG), transport=Transport.UDP)
        found.flow_ended(asked)


def test_a_dhcp_server_that_forwards_nothing_is_no_router() -> None:
    found = inventory()
    set_up_network(found)
    plug = next(device for device in found.devices() if device.id == PLUG)
    assert claimed(plug.category) is None and plug.in_scope


def test_one_address_from_outside_and_the_leases_make_a_router() -> None:
    found = inventory()
    set_up_network(found)
    found.flow_ended(flow(end("192.168.4.2", 40000, PHONE), end("203.0.113.7", 443, PLUG)))
    found.seen(mac(PLUG), address("203.0.113.7"), 3, 3)
    router = next(device for device in found.devices() if device.id == PLUG)
    assert claimed(router.category) == "router"


def test_another_host_that_a_dhcp_server_names_is_the_way_out() -> None:
    found = inventory()
    found.seen(mac(ROUTER), address("192.168.4.9"), 1, 1)
    set_up_network(found)
    found.observe(
        observed(
            Network(prefix="192.168.4.0/24", router="192.168.4.9"),
            flow(OWN, end("192.168.4.2", 68, PHONE), transport=Transport.UDP),
        )
    )
    found.totals([(mac(ROUTER), address("192.168.4.9"), 1, 9, 9, 900)])
    router = next(device for device in found.devices() if device.id == ROUTER)
    assert router.values("role") == ("router",) and claimed(router.category) == "router"


def test_targets_that_never_answer_are_no_devices_unless_a_lease_names_them() -> None:
    found = inventory()
    found.seen(mac(PLUG), address("192.168.1.5"), 1, 1)
    scan = flow(CLIENT, end("192.168.1.60", 23, PHONE), payload=(0, 0), packets=(1, 0))
    found.flow_ended(scan)
    assert [device.id for device in found.devices()] == []
    offer = flow(end("192.168.1.1", 67, ROUTER), end("192.168.1.60", 68, PHONE), transport=Transport.UDP)
    found.observe(observed(Binding(mac=PHONE, address="192.168.1.60", via="dhcp"), offer))
    assert [(device.id, device.addresses) for device in found.devices()] == [(PHONE, ("192.168.1.60",))]


def test_spoofed_senders_are_no_devices() -> None:
    found = home()
    for number in range(500):
        hardware = f"02:11:22:33:{number // 256:02x}:{number % 256:02x}"
        found.seen(mac(hardware), b"", 5, 5)
        arp = flow(
            end("", None, hardware), end("", None, "ff:ff:ff:ff:ff:ff"), transport=Transport.LINK, packets=(1, 0)
        )
        found.observe(
            observed(Binding(mac=hardware, address=f"192.168.{number // 250 + 2}.{number % 250 + 1}", via="arp"), arp)
        )
        found.totals([(mac(hardware), b"", 5, 5, 1, 60)])
    assert sorted(device.id for device in found.devices()) == [ROUTER, PLUG]


def test_a_starvation_of_the_address_pool_makes_no_devices() -> None:
    found = home()
    for number in range(hosts.MAX_UNCONFIRMED_MACS + 1):
        hardware = f"02:11:22:33:{number // 256:02x}:{number % 256:02x}"
        says(found, hardware, "dhcp.hostname", f"host-{number}", "0.0.0.0")
        found.totals([(mac(hardware), b"", 5, 5, 1, 300)])
    assert sorted(device.id for device in found.devices()) == [ROUTER, PLUG]


def test_a_guest_behind_a_plug_in_set_up_mode_is_itself() -> None:
    """The plug relays the phone's DHCP under its own MAC.

    The option chaddr and the lease name the phone (RFC 2131 2).
    """
    found = home()
    relayed = flow(end("0.0.0.0", 68, PLUG), end("255.255.255.255", 67, "ff:ff:ff:ff:ff:ff"), transport=Transport.UDP)
    for field, value in (("dhcp.client_mac", PHONE), ("dhcp.hostname", "Annas-iPhone")):
        found.observe(observed(Attribute(field=field, value=value, side=Side.CLIENT), relayed, frames=(40,)))
    answer = flow(end("192.168.1.1", 67, ROUTER), end("192.168.1.50", 68, PLUG), transport=Transport.UDP)
    found.observe(observed(Binding(mac=PHONE, address="192.168.1.50", via="dhcp"), answer, frames=(41,)))
    guest = end("192.168.1.50", 50000, PLUG)
    found.seen(mac(PLUG), address("192.168.1.50"), 42, 42)
    found.observe(
        observed(Lookup(name="gs-loc.apple.com", kind="A"), flow(guest, CLOUD, transport=Transport.UDP), frames=(43,))
    )
    by_id = {device.id: device for device in found.devices()}
    assert by_id[PHONE].hostname == "Annas-iPhone" and claimed(by_id[PHONE].category) == "phone"
    assert by_id[PHONE].addresses == ("192.168.1.50",) and by_id[PHONE].values("dns.name") == ("gs-loc.apple.com",)
    assert by_id[PLUG].hostname == "HS110(EU)" and claimed(by_id[PLUG].category) == "plug"
    assert by_id[PLUG].addresses == ("192.168.1.5",) and by_id[PLUG].values("dns.name") == ()
    assert found.device_of(guest) == PHONE


def test_names_come_from_the_handshake_else_from_the_answer_that_was_looked_up() -> None:
    found = inventory()
    asked = flow(end("192.168.1.5", 5000, PLUG), end("192.168.1.1", 53, ROUTER), transport=Transport.UDP)
    answer = Lookup(
        name="Api.Example.com.", kind="A", answers=("alias.example.net", "203.0.113.9"), answered=True, code="NOERROR"
    )
    found.observe(observed(answer, asked))
    found.flow_ended(flow(CLIENT, end("203.0.113.9", 8883, ROUTER)))
    found.flow_ended(flow(CLIENT, end("203.0.113.10", 443, ROUTER), payload=(1, 1), name="sni.example.org"))
    found.flow_ended(flow(CLIENT, end("203.0.113.11", 443, ROUTER), payload=(1, 0)))
    found.flow_ended(flow(CLIENT, end("192.168.1.1", 80, ROUTER), payload=(1, 2)))
    plug = next(device for device in found.devices() if device.id == PLUG)
    assert plug.destinations == (
        Destination("api.example.com", "203.0.113.9", None, 300),
        Destination(None, "192.168.1.1", "local", 3),
        Destination("sni.example.org", "203.0.113.10", None, 2),
        Destination(None, "203.0.113.11", None, 1),
    )


def test_destinations_beyond_the_bound_are_one_sum() -> None:
    found = inventory()
    for number in range(hosts.MAX_PEERS + 4):
        found.flow_ended(flow(CLIENT, end(f"203.0.{113 + number // 256}.{number % 256}", 443, ROUTER), payload=(1, 0)))
    plug = next(device for device in found.devices() if device.id == PLUG)
    assert len(plug.destinations) == hosts.MAX_PEERS + 1
    assert plug.destinations[-1] == Destination(None, None, None, 4)
    assert found.bounds_hit["destinations"] >= 4


def test_a_capture_without_a_link_layer_has_devices_by_address() -> None:
    found = inventory()
    found.seen(b"", address("192.168.1.5"), 1, 1)
    found.flow_ended(flow(end("192.168.1.5", 4000), end("203.0.113.5", 443)))
    device = found.devices()[0]
    assert (device.id, device.mac, device.mac_randomized, device.addresses) == (
        "192.168.1.5",
        None,
        None,
        ("192.168.1.5",),
    )
    assert found.device_of(end("192.168.1.5", 4000)) == "192.168.1.5" and found.device_of(end("203.0.113.5")) is None


def test_a_private_mac_is_known_as_such() -> None:
    found = inventory()
    says(found, PHONE, "dhcp.hostname", "Annas-iPhone")
    assert found.devices()[0].mac_randomized is True


def test_hostile_values_neither_raise_nor_stay() -> None:
    found = home()
    conversation = flow(CLIENT, CLOUD)
    for event in (
        Binding(mac="zz", address="192.168.1.5", via="arp"),
        Binding(mac=PHONE, address="not an address", via="arp"),
        Binding(mac="ff:ff:ff:ff:ff:ff", address="192.168.1.6", via="arp"),
        Binding(mac=PHONE, address="203.0.113.5", via="arp"),
        Network(prefix="0.0.0.0/0", router="junk"),
        Network(prefix="x", router="203.0.113.1"),
        Attribute(field="dhcp.client_mac", value="zz", side=Side.CLIENT),
        Attribute(field="dhcp.hostname", value="\x00\x1b[2J" * 5000, side=Side.CLIENT),
        Lookup(name="." * 300, kind="A", answers=("x", "::ffff:1.2.3.4"), answered=True),
        Handshake(kind="tls", version=None, certificates=(b"\x30\x80",), server_name="\udcff"),
    ):
        found.observe(observed(event, conversation))
    assert sorted(device.id for device in found.devices()) == [ROUTER, PLUG]


def test_ten_thousand_devices() -> None:
    found = inventory(["10.0.0.0/8"])
    for number in range(10_000):
        hardware, text = f"02:00:{number // 256:02x}:{number % 256:02x}:00:01", f"10.0.{number // 256}.{number % 256}"
        found.seen(mac(hardware), address(text), 1, 1)
        says(found, hardware, "dhcp.hostname", f"shelly1-{number:06X}", text)
        found.totals([(mac(hardware), address(text), 1, 2, 4, 400)])
    devices = found.devices()
    # 10.0.0.0 … 10.0.39.15, less nothing: every address of the range is a host of 10/8
    assert len(devices) == 10_000 and {claimed(device.vendor) for device in devices} == {"Shelly"}


def test_an_answer_is_not_remembered_past_what_changes_it() -> None:
    found, asked = inventory(), end("192.168.1.5", 40000, PLUG)
    assert found.device_of(asked) is None
    found.seen(mac(PLUG), address("192.168.1.5"), 1, 1)
    assert found.device_of(asked) == PLUG
    offer = flow(end("192.168.1.1", 67, ROUTER), end("192.168.1.5", 68, PHONE), transport=Transport.UDP)
    found.observe(observed(Binding(mac=PHONE, address="192.168.1.5", via="dhcp"), offer))
    assert found.device_of(asked) == PHONE  # the plug forwards for it


def test_hosts_that_talk_to_each_other_under_public_addresses_forward_for_nobody() -> None:
    """A plant's network with addresses of its own choice.

    One from outside the private ranges does not make a router of a host.
    """
    found = inventory()
    for hardware, own in ((PLUG, "203.0.113.10"), (BULB, "203.0.113.24")):
        found.totals([(mac(hardware), b"", 1, 2, 9, 900)])
        found.seen(mac(hardware), address(own), 1, 1)
    found.flow_ended(flow(end("203.0.113.10", 1030, PLUG), end("203.0.113.24", 502, BULB)))
    assert len(found.devices()) == 2
    assert [claimed(device.category) for device in found.devices()] == [None, None]
    found.flow_ended(flow(end("192.168.1.7", 1030, PHONE), end("203.0.113.99", 443, BULB)))
    found.seen(mac(BULB), address("203.0.113.99"), 1, 1)
    kinds = {device.id: claimed(device.category) for device in found.devices()}
    assert kinds[BULB] == "router" and kinds[PLUG] is None


def test_what_a_machine_calls_everybody_for() -> None:
    """A laptop with Dropbox: its searches for others are its own, and the group that it calls is nobody."""
    found = inventory()
    call = flow(
        end("192.168.1.7", 17500, PHONE),
        end("192.168.1.255", 17500, "ff:ff:ff:ff:ff:ff"),
        transport=Transport.UDP,
        payload=(99, 0),
    )
    found.observe(observed(Network(prefix="192.168.1.0/24", router=None), call))
    found.totals([(mac(PHONE), address("192.168.1.7"), 1, 2, 9, 900)])
    found.flow_ended(call)
    (laptop,) = found.devices()
    assert laptop.values("group.udp") == ("17500",) and claimed(laptop.category) == "computer"


def test_options_of_a_later_message_are_of_whoever_sends_it() -> None:
    """chaddr names the client of its own message alone (RFC 2131 2): the relay has options of its own, too."""
    found = home()
    sent = flow(end("0.0.0.0", 68, PLUG), end("255.255.255.255", 67, "ff:ff:ff:ff:ff:ff"), transport=Transport.UDP)
    for frame, field, value in (
        (40, "dhcp.client_mac", PHONE),
        (40, "dhcp.vendor_class", "of the phone"),
        (41, "dhcp.user_class", "of the plug"),
    ):
        found.observe(observed(Attribute(field=field, value=value, side=Side.CLIENT), sent, frames=(frame,)))
    by_id = {device.id: device for device in found.devices()}
    assert by_id[PLUG].values("dhcp.user_class") == ("of the plug",)
    assert "of the phone" not in by_id[PLUG].values("dhcp.vendor_class")


def test_a_sender_that_was_given_up_comes_back_with_a_conversation_only() -> None:
    memory = MemoryBudget(4 * 40 * DEVICE_BYTES)
    found = Inventory(Networks(), oui=PREFIXES, signatures=TABLES, memory=memory)
    first = end("192.168.7.1", 40001, "02:00:00:00:00:01")
    found.seen(first.mac, first.address, 1, 1)
    for number in range(200):
        found.seen(b"\2\0\0\1\0" + bytes([number]), b"\xc0\xa8\x08" + bytes([number]), 1, 1)
    assert not found._hosts.knows(first.mac, first.address) and found.bounds_hit["silent_hosts"]
    server = end("192.168.1.1", 53, ROUTER)
    alone = flow(first, server, transport=Transport.UDP, payload=(40, 0), packets=(1, 0))
    found.flow_ended(alone)
    assert not found._hosts.knows(first.mac, first.address)
    for packets, payload in (((1, 1), (40, 60)), ((2, 0), (80, 0))):
        found.flow_ended(flow(first, server, transport=Transport.UDP, payload=payload, packets=packets))
        assert found._hosts.knows(first.mac, first.address)
        found._hosts._remove((first.mac, first.address), found._hosts._pairs[first.mac, first.address])


def test_one_packet_from_outside_still_makes_its_carrier_a_forwarder() -> None:
    found = Inventory(Networks(), oui=PREFIXES, signatures=TABLES, memory=MemoryBudget(4 * 40 * DEVICE_BYTES))
    for number in range(200):
        found.seen(b"\2\0\0\1\0" + bytes([number]), b"\xc0\xa8\x08" + bytes([number]), 1, 1)
    outside, inside = end("198.51.100.7", 40001, ROUTER), end("192.168.1.20", 53, PLUG)
    found.flow_ended(flow(outside, inside, transport=Transport.UDP, payload=(40, 0), packets=(1, 0)))
    assert found._hosts.forwarding == {mac(ROUTER): {address("198.51.100.7")}}
