"""Claims that contradict each other: each kind, and what does not contradict."""

from __future__ import annotations

import pytest

from sensor.detectors.contradictions import MAX_REMEMBERED, TOGETHER, Contradictions
from sensor.events import Attribute, Binding, Event
from sensor.model import Endpoint, Finding, Flow, Observation, OnRepeat, Severity, Side, Transport
from tests.detectors.world import CAMERA, World

HERE, THERE, THIRD = "00:00:5e:00:53:01", "00:00:5e:00:53:02", "00:00:5e:00:53:03"
ADDRESS = "192.168.1.5"
SECOND = 1_000_000_000


class MacWorld(World):
    """Each MAC is a device."""

    def device_of(self, endpoint: Endpoint) -> str | None:
        return endpoint.mac.hex(":") or None


class Network:
    """What is seen on it, in order."""

    def __init__(self) -> None:
        self.detector = Contradictions(MacWorld())
        self.found: list[Finding] = []
        self.frame = 0

    def sees(self, event: Event, sender: str, *, at: float = 0, port: int | None = None) -> None:
        self.frame += 1
        mac = bytes.fromhex(sender.replace(":", ""))
        flow = Flow(
            1,
            Transport.UDP if port else Transport.LINK,
            Endpoint(CAMERA if port else b"", port, mac),
            Endpoint(b"\xff" * 4 if port else b"", 68 if port else None, b"\xff" * 6),
            0,
            0,
            1,
        )
        seen = Observation(event, flow, int(at * SECOND), (self.frame,), "arp")
        self.found += self.detector.observe(seen)

    def arp(self, mac: str, *, sender: str | None = None, address: str = ADDRESS, at: float = 0) -> None:
        self.sees(Binding(mac=mac, address=address, via="arp", side=Side.CLIENT), sender or mac, at=at)

    def request(self, client: str, *, sender: str, at: float = 0) -> None:
        self.sees(Attribute(field="dhcp.client_mac", value=client, side=Side.CLIENT), sender, at=at, port=68)

    def lease(self, to: str, *, server: str, at: float = 0) -> None:
        self.sees(Binding(mac=to, address=ADDRESS, via="dhcp"), server, at=at, port=67)

    @property
    def kinds(self) -> list[str]:
        return [finding.detail["kind"] for finding in self.found]


def test_an_arp_packet_in_the_name_of_another() -> None:
    network = Network()
    network.arp(HERE, sender=THERE)
    (found,) = network.found
    assert (found.rule, found.severity, found.device, found.peer_device) == (
        "network.contradiction",
        Severity.INFO,
        THERE,
        HERE,
    )
    assert found.detail == {"kind": "arp_sender", "address": ADDRESS, "macs": [THERE, HERE]}
    assert HERE in found.summary and found.capability is None and found.frames == (1,)


def test_an_address_that_two_claim_by_turns() -> None:
    network = Network()
    for number, mac in enumerate((HERE, HERE, THERE, HERE)):
        network.arp(mac, at=number)
    (found,) = network.found
    assert found.detail["kind"] == "address" and found.frames == (2, 3, 4) and ADDRESS in found.summary


def test_an_address_that_passes_on_is_none() -> None:
    """One device after another at one address, and a change of mind after more than a minute."""
    network = Network()
    for number, mac in enumerate((HERE, THERE, THIRD)):
        network.arp(mac, at=number)
    network.arp(HERE, at=TOGETHER / SECOND * 3)
    network.arp(THERE, at=TOGETHER / SECOND * 5)
    assert network.found == []


def test_virtual_routers_are_none() -> None:
    network = Network()
    virtual = "00:00:5e:00:01:07"
    network.arp(virtual, sender=HERE)
    for mac in (virtual, HERE, virtual, HERE):
        network.arp(mac)
    assert network.found == []


def test_a_request_in_the_name_of_a_device_that_speaks_for_itself() -> None:
    network = Network()
    network.request(HERE, sender=THERE)
    assert network.found == []  # a bridge: the client was never seen
    network.arp(HERE, at=1)
    network.request(HERE, sender=HERE, at=2)
    network.request(HERE, sender=THERE, at=3)
    (found,) = network.found
    assert (found.detail["kind"], found.device, found.peer_device) == ("client", THERE, HERE)
    network.request(HERE, sender=THERE, at=3 + 2 * TOGETHER / SECOND)
    assert len(network.found) == 1


def test_a_lease_of_an_address_that_another_has_and_keeps() -> None:
    network = Network()
    network.arp(HERE)
    network.lease(HERE, server=THIRD, at=1)
    network.arp(HERE, at=2)
    assert network.found == []
    network.lease(THERE, server=THIRD, at=3)
    assert network.found == []  # it may have passed on
    network.arp(HERE, at=4)
    (found,) = network.found
    assert (found.detail["kind"], found.device, found.peer_device) == ("lease", THIRD, HERE)
    assert THERE in found.summary and HERE in found.summary and found.frames == (4, 5)


def test_a_lease_that_passes_an_address_on_contradicts_nothing() -> None:
    network = Network()
    network.arp(HERE)
    network.lease(THERE, server=THIRD, at=3)
    network.arp(THERE, at=4)
    assert network.found == []


def test_the_memory_is_bounded() -> None:
    network = Network()
    for number in range(MAX_REMEMBERED + 10):
        network.arp(
            f"50:c7:bf:00:{number >> 8:02x}:{number & 255:02x}", address=f"192.168.{number >> 8}.{number & 255}"
        )
    assert len(network.detector._claims) == len(network.detector._speakers) == MAX_REMEMBERED


def test_whom_a_lease_is_between() -> None:
    """The server that keeps its own address contradicts nobody; the finding names all three."""
    network = Network()
    network.arp(THIRD)
    network.lease(THERE, server=THIRD, at=1)
    network.arp(THIRD, at=2)
    assert network.found == []
    network = Network()
    network.arp(HERE)
    network.lease(THERE, server=THIRD, at=1)
    network.arp(HERE, at=2)
    (found,) = network.found
    assert found.detail["macs"] == [THIRD, HERE, THERE]


def test_only_a_lease_is_a_lease() -> None:
    """A binding that the network announces by itself (RFC 4861) gives no address away."""
    network = Network()
    network.arp(HERE)
    network.sees(Binding(mac=THERE, address=ADDRESS, via="ndp"), THIRD, at=1, port=67)
    network.arp(HERE, at=2)
    assert network.found == []


@pytest.mark.parametrize("apart", [TOGETHER, TOGETHER + 1])
def test_words_count_together_for_a_minute(apart: int) -> None:
    """Claims in turns, a lease and its holder, and a request in the name of a device that spoke."""
    told = []
    for kind in ("address", "lease", "client"):
        network = Network()
        network.arp(HERE)
        if kind == "address":
            network.arp(THERE)
        elif kind == "lease":
            network.lease(THERE, server=THIRD)
        if kind == "client":
            network.request(HERE, sender=THERE, at=apart / SECOND)
        else:
            network.arp(HERE, at=apart / SECOND)
        told += network.kinds
    assert told == (["address", "lease", "client"] if apart == TOGETHER else [])


@pytest.mark.parametrize(
    ("event", "again"),
    [
        (Binding(mac=HERE, address=ADDRESS, via="arp", side=Side.CLIENT), OnRepeat.AGAIN),
        (Binding(mac=HERE, address=ADDRESS, via="dhcp"), OnRepeat.AGAIN),
        (Attribute(field="dhcp.client_mac", value=HERE, side=Side.CLIENT), OnRepeat.AGAIN),
        (Attribute(field="dhcp.hostname", value="x", side=Side.CLIENT), OnRepeat.NOTHING),
    ],
)
def test_what_is_looked_at_each_time(event: Event, again: OnRepeat) -> None:
    assert Contradictions(MacWorld()).on_repeat(event) is again


def test_a_claim_of_nobody_or_of_an_address_outside_is_none() -> None:
    network = Network()
    for number in range(4):
        mac = (HERE, THERE)[number % 2]
        network.sees(Binding(mac=mac, address=ADDRESS, via="arp"), mac, at=number)
        network.arp(mac, address="203.0.113.9", at=number)
        network.arp(mac, address="no address", at=number)
    assert network.found == []


@pytest.mark.parametrize(("second", "third", "found"), [(59, 60, 1), (59, 61, 0), (30, 90, 0)])
def test_from_the_first_claim_to_its_return_counts(second: int, third: int, found: int) -> None:
    """That the claim between them is fresh does not make the first one so."""
    network = Network()
    for mac, at in ((HERE, 0), (THERE, second), (HERE, third)):
        network.arp(mac, at=at)
    assert len(network.found) == found


def test_the_last_word_of_a_row_counts() -> None:
    """A device that repeats itself spoke last when it spoke last."""
    network = Network()
    for mac, at in ((HERE, 0), (HERE, 50), (THERE, 55), (HERE, 100)):
        network.arp(mac, at=at)
    (found,) = network.found
    assert found.frames == (2, 3, 4) and found.detail["macs"] == [THERE, HERE]


def test_a_lease_counts_from_what_was_claimed_before_it() -> None:
    """Whoever claims the address for the first time after the lease may be a third one with an old lease."""
    network = Network()
    network.lease(THERE, server=THIRD, at=1)
    network.arp(HERE, at=2)
    assert network.found == []
    network.arp(HERE, at=3)
    assert network.found == [], "it never had the address before the lease"


def test_a_lease_without_a_server_that_can_be_seen_says_nothing() -> None:
    network = Network()
    network.arp(HERE)
    network.sees(Binding(mac=THERE, address=ADDRESS, via="dhcp"), THIRD, at=1, port=68)
    network.arp(HERE, at=2)
    assert network.found == []


def test_a_router_that_several_are_is_no_contradiction_whoever_sends() -> None:
    for virtual in ("00:00:5e:00:01:07", "00:00:5e:00:02:07", "00:00:0c:07:ac:01", "00:00:0c:9f:f0:01",
                    "00:07:b4:00:01:02"):  # fmt: skip
        for sender, mac in ((HERE, virtual), (virtual, HERE)):
            network = Network()
            for number in range(3):
                network.arp(mac, sender=sender, at=number)
            assert network.found == []
    network = Network()
    network.arp("00:00:5e:00:53:07", sender=HERE)
    assert network.kinds == ["arp_sender"]


def test_who_spoke_by_dhcp_spoke_too() -> None:
    network = Network()
    network.request(HERE, sender=HERE, at=1)
    network.request(HERE, sender=THERE, at=2)
    assert network.kinds == ["client"] and network.found[0].detail["macs"] == [THERE, HERE]


def test_what_is_remembered_is_what_was_heard_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.contradictions.MAX_REMEMBERED", 2)
    network = Network()
    for number, at in ((1, 0), (2, 0), (1, 1), (3, 1)):
        network.arp(f"50:c7:bf:00:00:{number:02x}", address=f"192.168.1.{number}", at=at)
    for number, known in ((1, True), (2, False), (3, True)):
        before = len(network.found)
        network.request(f"50:c7:bf:00:00:{number:02x}", sender=THERE, at=2)
        assert (len(network.found) > before) is known, number
