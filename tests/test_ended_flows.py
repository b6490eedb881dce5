"""Ended flows: what is counted of a run, and that flows of a known kind add what any other would."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from sensor import ended_flows
from sensor.detectors._detector import Detector
from sensor.devices.inventory import Inventory
from sensor.devices.networks import Networks
from sensor.ended_flows import EndedFlows
from sensor.events import Handshake, Lookup
from sensor.findings import Ledger
from sensor.model import Finding, Flow, Observation, Protection, Transport
from sensor.verdicts import coverage as coverages
from sensor.verdicts.coverage import HOUR, CoverageLedger
from tests.detectors.world import World
from tests.devices.seen import BULB, PHONE, PLUG, PREFIXES, ROUTER, TABLES, end, flow, observed

ENDS = (
    end("192.168.1.5", 40000, PLUG),
    end("192.168.1.6", 80, BULB),
    end("192.168.1.7", 49_200, PHONE),
    end("203.0.113.7", 443, ROUTER),
    end("203.0.113.8", 50_000, ROUTER),
    end("192.168.1.8", 53),
    end("198.51.100.9", 123),
    end("224.0.0.251", 5353, "01:00:5e:00:00:fb"),
    end("0.0.0.0", 68, PLUG),
    end("10.0.0.1", 8080, ROUTER),
)


class Counting:
    """Inventory and coverage, with flows that are counted by their kinds or, ``anew``, each as if it were the first."""

    def __init__(
        self, *, anew: bool = False, ended: list[Flow] | None = None, detector: Detector | None = None
    ) -> None:
        self.networks = Networks()
        self.inventory = Inventory(self.networks, oui=PREFIXES, signatures=TABLES)
        self.coverage = CoverageLedger(self.inventory.device_of, self.networks.is_outside)
        listed = [] if detector is None else [detector]
        self.flows = EndedFlows(
            self.inventory, self.coverage, listed, Ledger(), None if ended is None else ended.append
        )  # fmt: skip
        self.anew = anew

    def end(self, one: Flow) -> None:
        if self.anew:
            self.inventory.flow_ended(one)
            self.coverage.flow_ended(one)
        else:
            self.flows.add(one)

    def seen(self) -> object:
        """All that was counted."""
        pairs = {
            device: [
                (host.mac, host.address, host.first, host.last, host.confirmed, host.bytes, host.peers, host.rest,
                 host.traits)
                for host in hosts
            ]
            for device, hosts in self.inventory.hosts_by_device().items()
        }  # fmt: skip
        return pairs, self.inventory.bounds_hit, {name: self.coverage.of(name) for name in pairs}


def some_flow(chance: random.Random, number: int) -> Flow:
    client, server = chance.sample(ENDS, 2)
    first = chance.choice((0, 10, HOUR - 5, HOUR, 3 * HOUR + 7))
    made = flow(
        replace(client, port=chance.choice((client.port, 40_001))),
        server,
        transport=chance.choice((Transport.TCP, Transport.TCP, Transport.UDP)),
        payload=chance.choice(((0, 0), (50, 0), (0, 70), (100, 200), (1000, 1))),
        packets=chance.choice(((1, 0), (0, 1), (1, 1), (2, 0), (5, 5), (2, 1))),
        protection=chance.choice(tuple(Protection)),
        clear=chance.choice((0, 0, 30, 5000)),
        name=chance.choice((None, None, "a.example", "b.example")),
    )
    made.uid, made.first_frame = number, number
    made.first_time, made.last_time = first, first + chance.choice((0, 5, HOUR))
    made.application = chance.choice((None, "http", "tls", "dns"))
    made.lost_pieces = chance.choice((0, 0, 3))
    return made


def alike(one: Flow, chance: random.Random) -> list[Flow]:
    """The flow, and others that differ in one thing."""
    payload = [(50, 0), (0, 70), (100, 200), (0, 0)]
    packets = [(1, 0), (1, 1), (5, 1), (1, 5), (5, 5)]
    return [
        one,
        replace(one, payload=chance.choice(payload)),
        replace(one, packets=chance.choice(packets)),
        replace(one, protection=chance.choice(tuple(Protection))),
        replace(one, server=replace(one.server, port=8443)),
    ]


@pytest.mark.parametrize("seed", range(8))
def test_flows_of_a_known_kind_add_what_any_other_adds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever becomes of the ends in between: names, pairs, networks, handshakes, devices that are forgotten."""
    monkeypatch.setattr(ended_flows, "KINDS", 40 if seed == 1 else 2048)
    monkeypatch.setattr(coverages, "MAX_DEVICES", 2 if seed % 2 else 4096)
    chance = random.Random(seed)
    kinds = [other for number in range(15) for other in alike(some_flow(chance, number), chance)]
    both = Counting(), Counting(anew=True)
    by_kind: list[bool] = []
    again = both[0].inventory.flow_ended_again

    def noted(*values: Any) -> bool:
        by_kind.append(again(*values))
        return by_kind[-1]

    monkeypatch.setattr(both[0].inventory, "flow_ended_again", noted)
    for number in range(1500):
        kind = chance.choice(kinds)
        later = chance.choice((0, 0, 9))
        uid, happens = number if chance.random() < 0.9 else 7, chance.random()
        answer = Lookup(name=f"{number % 7}.example", kind="A", answers=("203.0.113.7", "203.0.113.8"), answered=True)
        shake = Handshake(kind="tls", version=("TLS 1.2", "TLS 1.0")[number % 2], cipher="TLS_AES_128_GCM_SHA256")
        for one in both:
            ended = replace(kind, uid=uid, first_time=kind.first_time + later, last_time=kind.last_time + later)
            if happens < 0.03:
                one.inventory.observe(observed(answer, ended))
            elif happens < 0.06:
                one.coverage.observe(observed(shake, ended))
            elif happens < 0.08:
                one.inventory.seen(bytes((2, 0, 0, 0, 1, number % 256)), bytes((192, 168, 1, number % 256)), 5, number)
            elif happens < 0.09:
                one.inventory.seen(ENDS[number % 4].mac, bytes((192, 168, 1, 8)), 5, number)
            elif happens < 0.092:
                one.networks.learn(("203.0.113.0/24", "198.51.100.0/24")[number % 2])
            one.end(ended)
    assert both[0].seen() == both[1].seen()
    assert sum(by_kind) > 400 and not all(by_kind)


def test_counters_of_a_run() -> None:
    ended: list[Flow] = []
    seen = Counting(ended=ended)
    for packets, transport in (
        ((5, 5), Transport.TCP), ((3, 0), Transport.TCP), ((1, 1), Transport.TCP), ((0, 9), Transport.UDP),
    ):  # fmt: skip
        one = flow(ENDS[0], ENDS[1], packets=packets, transport=transport)
        one.lost_bytes, one.reordered_segments, one.doubled_packets = 10, 2, 1
        seen.end(one)
    counted = seen.flows
    assert (counted.lost_bytes, counted.reordered_segments, counted.doubled_packets) == (40, 8, 4)
    # Of the three over TCP, two have packets enough, and one of these no answer.
    assert (counted.tcp_flows, counted.one_way_flows) == (2, 1)
    assert [one.packets for one in ended] == [(5, 5), (3, 0), (1, 1), (0, 9)]


class OfWeb(Detector):
    """Remembers the flows that it was called for: those of HTTP alone."""

    EVENTS = ()

    def __init__(self) -> None:
        super().__init__(World())
        self.ended: list[Flow] = []

    def observe(self, observation: Observation) -> Iterable[Finding]:
        return ()

    def awaits(self, flow: Flow) -> bool:
        return flow.application == "http"

    def flow_ended(self, flow: Flow) -> Iterable[Finding]:
        self.ended.append(flow)
        return ()


def test_a_detector_is_called_for_the_flows_that_it_waits_for() -> None:
    detector = OfWeb()
    seen = Counting(detector=detector)
    flows = [replace(flow(ENDS[0], ENDS[1]), uid=number) for number in range(4)]
    for one, application in zip(flows, ("http", "tls", "http", None), strict=True):
        one.application = application
        seen.end(one)
    assert [one.uid for one in detector.ended] == [0, 2]


def test_kinds_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ended_flows, "KINDS", 10)
    seen = Counting()
    for port in range(1, 100):
        seen.end(flow(ENDS[0], replace(ENDS[3], port=port)))
    assert len(seen.flows._known) <= 10
