"""Known events: what equal ends say again is counted as if it were judged anew, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from sensor.catalogue import Message
from sensor.detectors._components import component_fields
from sensor.detectors._detector import Detector, detectors
from sensor.devices.inventory import Inventory
from sensor.devices.networks import Networks
from sensor.devices.oui import Oui
from sensor.devices.signatures.matcher import Signatures
from sensor.events import Attribute, Binding, Content, Event, Login, Span, Transfer
from sensor.findings import FINDINGS
from sensor.known_events import MAX_BYTES, MAX_ENDS, MAX_EVENT_BYTES, KnownEvents, Room
from sensor.listeners import Listeners
from sensor.model import Endpoint, Finding, Flow, Observation, OnRepeat, Secret, Severity, Side, Transport
from sensor.parsing.registry import disclosures
from sensor.run import Options, Run
from sensor.vault import Vault
from sensor.verdicts.coverage import CoverageLedger

CLIENT = Endpoint(b"\xc0\xa8\1\2", 40000, b"\2\0\0\0\0\1")
SERVER = Endpoint(b"\xc0\xa8\1\3", 80, b"\2\0\0\0\0\2")
FLOW = Flow(1, Transport.TCP, CLIENT, SERVER, 0, 0, 1, application="http", layers=("http",))
BODY = Content(side=Side.CLIENT, data=b"x", name="body")


class Finder(Detector):
    """One finding for each event, and how often it was asked."""

    EVENTS = (Content, Transfer)

    def __init__(self, manner: OnRepeat = OnRepeat.SAME) -> None:
        self.manner, self.asks, self.epoch = manner, 0, 0

    @property
    def changes(self) -> int:
        return self.epoch

    def on_repeat(self, event: Event) -> OnRepeat:
        return self.manner

    def observe(self, observation: Observation) -> Iterable[Finding]:
        self.asks += 1
        flow, time, frames = observation.flow, observation.time, observation.frames
        yield Finding(
            "rule", Severity.LOW, None, None, None, None, (), flow.client, flow.server, "http", time, time, frames,
            Message("update.check"), {"bytes": 7}, (flow.server.address, observation.event),
        )  # fmt: skip


class ByFlow(Finder):
    """The same, of one that goes by what the flow brought before."""

    JUDGES_BY_FLOW = (Content,)


def listeners(*detectors: Detector, findings: int = FINDINGS, known_events: bool = True) -> Listeners:
    networks = Networks()
    inventory = Inventory(networks, oui=Oui(), signatures=Signatures())
    coverage = CoverageLedger(inventory.device_of, networks.is_outside)
    return Listeners(inventory, networks, coverage, detectors, findings, known_events=known_events)


def say(all_: Listeners, event: Event = BODY, flow: Flow = FLOW, times: int = 4, protocol: str = "http") -> None:
    """The event so often, each time in another place, frame and connection."""
    for number in range(1, times + 1):
        here = replace(flow, client=replace(flow.client, port=40000 + number))
        placed = replace(event, spans=(Span(Side.CLIENT, number, number + 1),))
        all_.observe(Observation(placed, here, 10 * number, (number,), protocol))


@pytest.mark.parametrize(
    ("manner", "asks", "count"),
    [
        (OnRepeat.SAME, 2, 4),
        (OnRepeat.NOTHING, 2, 2),
        (OnRepeat.AGAIN, 4, 4),
        (OnRepeat.LATER, 4, 4),
        (OnRepeat.FLOW, 4, 4),
    ],
)
def test_what_comes_again_is_judged_twice_and_counted_each_time(manner: OnRepeat, asks: int, count: int) -> None:
    finder = Finder(manner)
    finder.observe = lambda observation: Finder.observe(finder, replace(observation, event=BODY))  # type: ignore[method-assign]
    all_ = listeners(finder)
    say(all_)
    (found,) = all_.ledger
    assert (finder.asks, found.count, found.detail["bytes"]) == (asks, count, 7 * count)
    assert (found.time, found.last_time) == (10, 10 * count)
    assert found.frames == tuple(range(1, count + 1))
    assert all_.observations == 4


@pytest.mark.parametrize(
    ("event", "flow", "protocol"),
    [
        (replace(BODY, data=b"y"), FLOW, "http"),
        (replace(BODY, side=Side.SERVER), FLOW, "http"),
        (BODY, FLOW, "mqtt"),
        (BODY, replace(FLOW, application="rtsp"), "http"),
        (BODY, replace(FLOW, layers=("http", "tls-null")), "http"),
        (BODY, replace(FLOW, transport=Transport.UDP), "http"),
        (BODY, replace(FLOW, server=replace(SERVER, port=81)), "http"),
        (BODY, replace(FLOW, server=replace(SERVER, mac=b"\2\0\0\0\0\3")), "http"),
        (BODY, replace(FLOW, client=replace(CLIENT, address=b"\xc0\xa8\1\4")), "http"),
        (BODY, replace(FLOW, client=replace(CLIENT, mac=b"\2\0\0\0\0\4")), "http"),
    ],
)
def test_what_differs_is_judged(event: Event, flow: Flow, protocol: str) -> None:
    finder = Finder()
    all_ = listeners(finder)
    say(all_, times=3)
    assert finder.asks == 2
    say(all_, event, flow, 1, protocol)
    assert finder.asks == 3


def test_the_outcome_of_a_login_is_a_part_of_it() -> None:
    all_ = listeners(detectors()["credentials"](Run(Vault(bytes(32)), Options()).pipeline))
    login = Login(mechanism="password", username="u", secret=Secret("secret"), scheme="basic", status=200, resource="/")
    say(all_, login)
    say(all_, replace(login, accepted=True, basis="200"))
    assert [found.detail["accepted"] for found in all_.ledger] == [True]


def test_a_change_of_what_is_judged_by_forgets() -> None:
    finder = Finder()
    all_ = listeners(finder)
    say(all_)
    finder.epoch += 1
    say(all_, times=2)
    assert finder.asks == 3
    all_.set_people(frozenset({"02:00:00:00:00:01"}))
    say(all_, times=2)
    assert finder.asks == 4


def test_an_event_that_changes_what_it_is_judged_by_is_not_remembered() -> None:
    class Changing(Finder):
        def observe(self, observation: Observation) -> Iterable[Finding]:
            self.epoch += 1
            return super().observe(observation)

    finder = Changing()
    all_ = listeners(finder)
    say(all_)
    assert finder.asks == 4


def test_who_judges_by_the_flow_hears_each_event_and_its_findings_belong_to_the_stream() -> None:
    finder, by_flow = Finder(), ByFlow()
    all_ = listeners(finder, by_flow)
    say(all_)
    assert (finder.asks, by_flow.asks) == (2, 4)
    assert [found.count for found in all_.ledger] == [1, 1, 1, 1] or sum(f.count for f in all_.ledger) == 8
    effect = all_.hear(Observation(BODY, FLOW, 90, (9,), "http"))
    assert (finder.asks, by_flow.asks, len(effect.findings), effect.again) == (2, 5, 2, ())
    all_.repeat(effect, FLOW, 95, (10,))
    assert (finder.asks, by_flow.asks) == (2, 5)
    assert sum(found.count for found in all_.ledger) == 12


def test_a_full_ledger_counts_what_does_not_fit_each_time() -> None:
    finder = Finder()
    all_ = listeners(finder, findings=0)
    say(all_)
    assert (finder.asks, all_.ledger.overflow) == (4, 4)


def test_a_run_that_decrypts_judges_each_event() -> None:
    finder = Finder()
    all_ = listeners(finder)
    all_.ledger.decrypted.add((CLIENT, SERVER))
    say(all_)
    assert finder.asks == 4


def test_without_the_memory_each_event_is_judged() -> None:
    finder = Finder()
    say(listeners(finder, known_events=False))
    assert finder.asks == 4


def test_large_objects_are_judged_each_time() -> None:
    for size, asks in ((MAX_EVENT_BYTES, 2), (MAX_EVENT_BYTES + 1, 4)):
        finder = Finder()
        say(listeners(finder), Transfer(side=Side.SERVER, application="http", data=bytes(size)))
        assert finder.asks == asks
    finder = Finder()
    name = "n" * (2 * MAX_EVENT_BYTES)
    say(listeners(finder), Transfer(side=Side.SERVER, application="http", name=name))
    assert finder.asks == 4


def test_the_room_is_bounded() -> None:
    room = Room()
    memory = KnownEvents[int](Content, lambda: 1, room)
    for number in range(MAX_BYTES // 2048):
        event = replace(BODY, data=number.to_bytes(4, "big") * (MAX_EVENT_BYTES // 8))
        key = memory.key_of(Observation(event, FLOW, 0, ()))
        memory.learn(key, event, number)
        assert 0 < room.bytes <= MAX_BYTES
    assert 0 < len(memory.known) < MAX_BYTES // 2048
    memory.clear()
    assert (room.bytes, len(memory.known)) == (0, 0)


def test_a_long_secret_takes_room() -> None:
    memory = KnownEvents[int](Login, lambda: 1, Room())
    login = Login(mechanism="token", username=None, secret=Secret(b"s" * 9000), scheme="bearer")
    key = memory.key_of(Observation(login, FLOW, 0, ()))
    memory.learn(key, login, 1)
    assert not memory.known


def test_numbers_of_ends_are_never_given_twice() -> None:
    room, numbers = Room(), set[int]()
    for port in range(MAX_ENDS + 10):
        numbers.add(room.turn_to(replace(FLOW, server=replace(SERVER, port=port))))
    assert len(numbers) == MAX_ENDS + 10
    assert room.turn_to(replace(FLOW, uid=7, server=replace(SERVER, port=MAX_ENDS + 9))) in numbers


def fields() -> Iterator[str]:
    yield from (*disclosures(), *component_fields(), "dhcp.message", "dhcp.client_mac", "http.user_agent", "smtp.user")
    yield from ("rtcp.email", "http.server", "any.other")


@pytest.mark.parametrize("name", [name for name, one in detectors().items() if Attribute in one.EVENTS])
def test_a_field_that_a_detector_does_not_hear_means_nothing_to_it(name: str) -> None:
    context = Run(Vault(bytes(32)), Options()).pipeline
    context.listeners.observe(
        Observation(Binding(mac="02:00:00:00:00:01", address="192.168.1.2", via="arp"), FLOW, 1, (1,), "arp")
    )
    detector = detectors()[name](context)
    heard = [field for field in fields() if detector.hears_field(field)]
    for field in fields():
        if field not in heard:
            for value in ("lighttpd/1.4.10", "me@example.org", "DISCOVER", "update agent", "02:00:00:00:00:09"):
                event = Attribute(field=field, value=value, side=Side.CLIENT)
                assert not list(detector.observe(Observation(event, FLOW, 5, (1,), "http"))), field
    assert heard or not detector.EVENTS or name == "personas"
