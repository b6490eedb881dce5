"""Pairs of MAC and address, and whose they are: routers, repeaters, dust, bounds."""

from __future__ import annotations

import pytest

from sensor.devices import hosts as module
from sensor.devices.hosts import MAX_OWN_ADDRESSES, MIN_FRAMES, Hosts
from sensor.devices.networks import Networks
from sensor.memory import DEVICE_BYTES, MemoryBudget
from tests.decode.wire import B, ethernet, ip4, udp
from tests.devices.seen import PHONE, PLUG, ROUTER, address, mac
from tests.replaying import read_bytes


def table() -> Hosts:
    return Hosts(Networks())


def owner(found: Hosts, hardware: str, text: str) -> str | None:
    host = found.find(mac(hardware), address(text))
    return found.owner(host) if host else None


def test_a_device_is_its_mac_whatever_address_it_uses() -> None:
    found = table()
    for text in ("", "169.254.3.4", "192.168.1.5", "192.168.1.77", "fe80::5", "fd00::1:2"):
        found.place(mac(PLUG), address(text), 1, 1)
    assert set(found.groups()) == set()  # nothing vouches for it yet
    next(iter(found)).packets = MIN_FRAMES
    assert set(found.groups()) == {PLUG} and len(found.groups()[PLUG]) == 6


def test_impossible_and_group_senders_are_nobody() -> None:
    found = table()
    for hardware in ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:fb", "33:33:00:00:00:01"):
        assert found.place(mac(hardware), address("192.168.1.5"), 1, 1) is None
    assert found.place(b"", b"", 1, 1) is None and found.place(b"", address("192.0.2.1"), 1, 1) is None
    assert list(found) == []


def capture_of(source: bytes, target: bytes) -> bytes:
    """A pcap of five datagrams from a local address to the internet."""
    packet = ethernet(ip4(udp(b"x" * 20), 17, "192.168.1.37", "203.0.113.5"), source=source, target=target)
    record = (1_700_000_000).to_bytes(4, "little") + bytes(4) + len(packet).to_bytes(4, "little") * 2 + packet
    return bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000") + record * 5


def test_where_both_macs_are_blanked_a_device_is_its_address() -> None:
    """Captures are handed on with all MACs zero: that is none, as on a link without any."""
    assert [one.id for one in read_bytes(capture_of(bytes(6), bytes(6))).devices] == ["192.168.1.37"]
    assert read_bytes(capture_of(bytes(6), B)).devices == []  # one zero MAC among real ones is nobody's


def test_remote_senders_make_their_router_a_forwarder_not_a_device() -> None:
    found = table()
    assert found.place(mac(ROUTER), address("203.0.113.7"), 1, 1) is None
    assert found.forwarding == {mac(ROUTER): {address("203.0.113.7")}} and list(found) == []
    for number in range(100):
        found.place(mac(ROUTER), address(f"203.0.113.{number}"), 1, 1)
    assert len(found.forwarding[mac(ROUTER)]) == MAX_OWN_ADDRESSES


def test_a_router_does_not_swallow_the_hosts_behind_it() -> None:
    found = table()
    own = found.place(mac(ROUTER), address("192.168.1.1"), 1, 1)
    assert own is not None
    found.bind(own)
    found.place(mac(ROUTER), address("203.0.113.7"), 1, 1)
    found.place(mac(ROUTER), address("10.9.0.5"), 1, 1)
    assert owner(found, ROUTER, "192.168.1.1") == ROUTER
    assert owner(found, ROUTER, "10.9.0.5") == "10.9.0.5"


def test_many_addresses_nobody_claims_are_many_hosts() -> None:
    found = table()
    for number in range(MAX_OWN_ADDRESSES):
        found.place(mac(ROUTER), address(f"10.9.0.{number + 1}"), 1, 1)
    assert owner(found, ROUTER, "10.9.0.1") == ROUTER
    found.place(mac(ROUTER), address("10.9.0.200"), 1, 1)
    assert owner(found, ROUTER, "10.9.0.1") == "10.9.0.1"
    # A host's many IPv6 addresses are its own (RFC 8981).
    for number in range(50):
        found.place(mac(PLUG), address(f"fd00::{number + 1:x}"), 1, 1)
    assert owner(found, PLUG, "fd00::1") == PLUG


def test_an_address_made_from_the_mac_is_its_own_even_behind_a_forwarder() -> None:
    found = table()
    own = found.place(mac(ROUTER), address("fd00::1"), 1, 1)
    assert own is not None
    found.bind(own)
    found.place(mac(ROUTER), address("2001:db8::1"), 1, 1)
    found.place(mac(ROUTER), address("fd00::200:5eff:fe00:53fe"), 1, 1)  # modified EUI-64 of 00:00:5e:00:53:fe
    found.place(mac(ROUTER), address("fd00::200:5eff:fe00:5301"), 1, 1)
    assert owner(found, ROUTER, "fd00::200:5eff:fe00:53fe") == ROUTER
    assert owner(found, ROUTER, "fd00::200:5eff:fe00:5301") == "fd00::200:5eff:fe00:5301"


def test_a_leased_address_is_the_lessee_s_whoever_carries_its_frames() -> None:
    found = table()
    found.place(mac(PLUG), address("192.168.1.5"), 1, 1)
    found.place(mac(PLUG), address("192.168.1.9"), 1, 1)
    found.lease(mac(PHONE), address("192.168.1.9"))
    assert owner(found, PLUG, "192.168.1.9") == PHONE and owner(found, PLUG, "192.168.1.5") == PLUG
    found.lease(mac("ff:ff:ff:ff:ff:ff"), address("192.168.1.5"))
    assert owner(found, PLUG, "192.168.1.5") == PLUG


def test_without_macs_devices_are_addresses() -> None:
    found = table()
    host = found.place(b"", address("192.168.1.5"), 1, 1)
    assert host is not None and found.owner(host) == "192.168.1.5"


def test_dust_is_no_device() -> None:
    found = table()
    for number in range(300):
        host = found.place(mac(f"02:00:00:00:{number // 256:02x}:{number % 256:02x}"), b"", 1, 1)
        assert host is not None
        host.packets = 1
    assert found.groups() == {}
    host = found.place(mac(PLUG), b"", 1, 1)
    assert host is not None
    host.packets = MIN_FRAMES
    assert set(found.groups()) == {PLUG}


def test_the_sender_in_a_capture_of_one_frame_is_a_device() -> None:
    found = table()
    for text in ("", "192.168.1.5"):
        host = found.place(mac(PLUG), address(text), 1, 1)
        assert host is not None
        host.packets = 1
    gateway = found.place(mac(ROUTER), b"", 1, 1)
    assert gateway is not None
    gateway.packets = 1
    assert set(found.groups()) == {PLUG}  # the other one has no address here
    gateway.packets = MIN_FRAMES - 1
    assert found.groups() == {}  # with three frames in all, one could have shown more


def test_one_frame_with_a_trait_counts_until_it_is_a_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_UNCONFIRMED_MACS", 3)
    found = table()
    for number in range(4):
        assert len(found.groups()) == number
        host = found.place(mac(f"02:00:00:00:00:{number:02x}"), b"", 1, 1)
        assert host is not None
        host.packets, host.announced = 1, True
    assert found.groups() == {}
    host.confirmed = True
    assert len(found.groups()) == 4  # one of them turned out to be real: three are few again


def test_bounds_hold_and_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TRAITS_A_FIELD", 2)
    monkeypatch.setattr(module, "MAX_TRAITS", 3)
    monkeypatch.setattr(module, "MAX_PEERS", 1)
    found = Hosts(Networks(), MemoryBudget(4 * 3 * DEVICE_BYTES))
    for hardware, text in ((PHONE, ""), (PLUG, "192.168.1.5"), (PLUG, "")):
        host = found.place(mac(hardware), address(text), 1, 1)
        assert host is not None
        host.confirmed = True
    assert found.place(mac(ROUTER), b"", 1, 1) is None and found.place(mac(PLUG), address("10.0.0.1"), 1, 1) is None
    assert [found.add_trait(host, "a", str(number), ()) for number in range(3)] == [True, True, False]
    assert found.add_trait(host, "b", "x", ()) and not found.add_trait(host, "c", "y", ())
    found.talked(host, b"1", None, (5, 3, 1))
    found.talked(host, b"2", None, (7, 7, 0))
    found.talked(host, b"1", None, (5, 0, 5))
    assert host.peers == {(b"1", None): (10, 3, 6)} and host.rest == 7
    assert found.bounds_hit == {"hosts": 2, "traits": 2, "destinations": 1}


def test_forged_senders_displace_each_other_and_nobody_else() -> None:
    """A flood of silent senders, then one of senders that claim an address: who talked stays, who is new finds room."""
    memory = MemoryBudget(4 * 400 * DEVICE_BYTES)
    found = Hosts(Networks(), memory)
    real = found.place(mac(PLUG), address("192.168.1.5"), 1, 1)
    assert real is not None and memory.pairs == 400
    real.confirmed = True
    for number in range(2000):
        claims = number >= 1000
        last = number.to_bytes(2, "big")
        host = found.place(b"\x02\0\0\0" + last, bytes((10, 0)) + last, 2, 2)
        assert host is not None
        host.answers = claims
        assert found.find(host.mac, host.address) is host and len(list(found)) <= memory.pairs
    assert found.find(mac(PLUG), address("192.168.1.5")) is real
    late = found.place(mac(PHONE), address("192.168.1.6"), 3, 3)
    assert late is not None and found.owner(late) == PHONE
    assert found.bounds_hit["silent_hosts"] >= 900 and found.bounds_hit["unanswered_hosts"] >= 500
    assert "hosts" not in found.bounds_hit


def test_values_are_cut_and_empty_ones_dropped() -> None:
    found = table()
    host = found.place(mac(PLUG), b"", 1, 1)
    assert (
        host is not None and found.add_trait(host, "a", "x" * 9999, (1,)) and not found.add_trait(host, "a", "  ", (1,))
    )
    assert host.traits == {"a": {"x" * module.MAX_VALUE: (1,)}}
    assert not found.add_trait(host, "a", "x" * 9999, (2,))  # known
