"""Flows that ended: what the first of a kind shows, what another of its kind adds, and when it may do more."""

from __future__ import annotations

from sensor.devices.counted_flows import CountedFlows, KnownTalk
from sensor.devices.device import Bytes
from sensor.devices.hosts import MAX_PEERS, Hosts
from sensor.devices.networks import Networks
from sensor.memory import DEVICE_BYTES, MemoryBudget
from sensor.model import Endpoint, Flow, Protection
from tests.devices.seen import PLUG, ROUTER, address, end, flow, mac

HERE = end("192.168.1.5", 40000, PLUG)
CLOUD = end("203.0.113.7", 443, ROUTER)
CAMERA = end("192.168.1.9", 554, "02:00:5e:00:53:09")
SAME = (300, (100, 200, 0))
"""All payload bytes of `flow`, and those by protection: 100 before an upgrade."""


class Network:
    def __init__(self, memory: MemoryBudget | None = None) -> None:
        self.networks = Networks()
        self.hosts = Hosts(self.networks, *([memory] if memory else []))
        self.names: dict[tuple[bytes, bytes], str] = {}
        self.counted = CountedFlows(self.hosts, self.networks, self.names)

    def first(self, one: Flow) -> KnownTalk:
        talk = self.counted.add(one)
        assert talk is not None
        return talk

    def again(self, talk: KnownTalk, one: Flow) -> bool:
        return self.counted.add_again(talk, one, *SAME)


def encrypted(client: Endpoint = HERE, server: Endpoint = CLOUD, *, packets: tuple[int, int] = (5, 5)) -> Flow:
    return flow(client, server, protection=Protection.ENCRYPTED, clear=100, packets=packets)


def test_another_flow_adds_its_bytes_and_its_time() -> None:
    seen = Network()
    talk = seen.first(encrypted())
    later = encrypted()
    later.last_time = 90
    assert seen.again(talk, later)
    host = seen.hosts.find(mac(PLUG), address("192.168.1.5"))
    assert host is not None and (host.first, host.last, host.confirmed) == (10, 90, True)
    assert host.bytes == Bytes(cleartext=200, encrypted=400)
    assert host.peers == {(address("203.0.113.7"), None): (600, 200, 400)}
    assert host.traits == {} or host.traits is None


def test_both_ends_of_a_home_count() -> None:
    seen = Network()
    talk = seen.first(encrypted(server=CAMERA))
    assert seen.again(talk, encrypted(server=CAMERA))
    for one, peer in ((HERE, CAMERA), (CAMERA, HERE)):
        host = seen.hosts.find(one.mac, one.address)
        assert host is not None and host.peers == {(peer.address, None): (600, 200, 400)}
    served = seen.hosts.find(CAMERA.mac, CAMERA.address)
    assert served is not None and served.traits == {"port.tcp": {"554": (3,)}}


def test_a_name_that_was_looked_up_since_is_another_destination() -> None:
    seen = Network()
    talk = seen.first(encrypted())
    seen.names[mac(PLUG), address("203.0.113.7")] = "devs.example"
    assert not seen.again(talk, encrypted())
    host = seen.hosts.find(mac(PLUG), address("192.168.1.5"))
    assert host is not None and host.bytes == Bytes(cleartext=100, encrypted=200)  # nothing was added
    assert seen.again(seen.first(encrypted()), encrypted())
    assert host.peers is not None and host.peers[address("203.0.113.7"), "devs.example"] == (600, 200, 400)


def test_others_that_appear_change_nothing() -> None:
    seen = Network()
    talk = seen.first(encrypted())
    seen.hosts.place(CAMERA.mac, CAMERA.address, 30, 4)
    assert seen.again(talk, encrypted())


def test_an_address_without_a_mac_may_get_one() -> None:
    seen = Network()
    bare = end("192.168.1.5", 40000)
    talk = seen.first(encrypted(bare, end("203.0.113.7", 443)))
    assert seen.again(talk, encrypted(bare))
    seen.hosts.place(mac(PLUG), address("192.168.1.5"), 30, 4)
    assert not seen.again(talk, encrypted(bare))


def test_a_network_that_was_learned_since_makes_peers_local() -> None:
    seen = Network()
    talk = seen.first(encrypted())
    seen.networks.learn("203.0.113.0/24")
    assert not seen.again(talk, encrypted())


def test_what_found_no_room_is_counted_each_time() -> None:
    seen = Network()
    for number in range(MAX_PEERS):
        seen.first(encrypted(server=end(f"203.0.{113 + number // 250}.{number % 250 + 1}", 443, ROUTER)))
    beyond = encrypted(server=end("198.51.100.1", 443, ROUTER))
    assert seen.counted.add(beyond) is None and seen.counted.add(beyond) is None
    assert seen.hosts.bounds_hit == {"destinations": 2}
    host = seen.hosts.find(mac(PLUG), address("192.168.1.5"))
    assert host is not None and host.rest == 600


def test_a_pair_that_was_given_up_is_not_added_to() -> None:
    seen = Network(MemoryBudget(DEVICE_BYTES * 100))
    lonely = encrypted(packets=(1, 0), server=end("192.168.1.77", 9, "02:00:5e:00:53:77"))
    talk = seen.first(lonely)
    assert seen.again(talk, lonely)
    number = 0
    while seen.hosts.knows(mac(PLUG), address("192.168.1.5")):  # till the flood of silent senders pushed it out
        number += 1
        seen.hosts.place(b"\2\0\0\0" + number.to_bytes(2, "big"), b"\xc0\xa8" + number.to_bytes(2, "big"), 30, 4)
        assert number < 5000
    assert not seen.again(talk, lonely)
    # One packet that nobody answers does not bring it back.
    assert seen.counted.add(lonely) is not None and not seen.hosts.knows(mac(PLUG), address("192.168.1.5"))


def test_two_ends_from_outside_are_looked_at_each_time() -> None:
    seen = Network()
    assert seen.counted.add(encrypted(end("198.51.100.1", 40000, PLUG))) is None
