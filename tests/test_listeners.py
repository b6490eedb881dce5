"""Listeners: what is heard again has the same findings, and who must hear it again does."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sensor.catalogue import Message
from sensor.detectors._detector import Detector, detectors
from sensor.devices.inventory import Inventory
from sensor.devices.networks import Networks
from sensor.devices.oui import Oui
from sensor.devices.signatures.matcher import Signatures
from sensor.events import Access, Content, Event
from sensor.findings import FINDINGS
from sensor.listeners import Listeners
from sensor.model import Endpoint, Finding, Flow, Observation, OnRepeat, Severity, Side, Transport
from sensor.run import Options, Run
from sensor.vault import Vault
from sensor.verdicts.coverage import CoverageLedger

FLOW = Flow(
    1,
    Transport.TCP,
    Endpoint(b"\xc0\xa8\1\2", 40000, b"\2\0\0\0\0\1"),
    Endpoint(b"\xc0\xa8\1\3", 80, b"\2\0\0\0\0\2"),
    0,
    0,
    1,
)


class Finder(Detector):
    """One finding for each event, and how often it was asked."""

    EVENTS = (Content,)

    def __init__(self, manner: OnRepeat) -> None:
        self.manner = manner
        self.asked = 0

    def on_repeat(self, event: Event) -> OnRepeat:
        return self.manner

    def observe(self, observation: Observation) -> Iterable[Finding]:
        self.asked += 1
        ends = (FLOW.client, FLOW.server)
        time, frames = observation.time, observation.frames
        yield Finding(
            "rule", Severity.LOW, None, None, None, None, (), *ends, "http", time, time, frames,
            Message("update.check"), {"bytes": 7}, (1,),
        )  # fmt: skip


def listeners(*detectors: Detector, findings: int = FINDINGS) -> Listeners:
    networks = Networks()
    inventory = Inventory(networks, oui=Oui(), signatures=Signatures())
    coverage = CoverageLedger(inventory.device_of, networks.is_outside)
    return Listeners(inventory, networks, coverage, detectors, findings)


@pytest.mark.parametrize(
    ("manner", "count", "asked"),
    [
        (OnRepeat.AGAIN, 3, 3),
        (OnRepeat.LATER, 3, 3),
        (OnRepeat.FLOW, 1, 1),
        (OnRepeat.SAME, 3, 1),
        (OnRepeat.NOTHING, 1, 1),
    ],
)
def test_a_repeat(manner: OnRepeat, count: int, asked: int) -> None:
    finder = Finder(manner)
    all_ = listeners(finder)
    effect = all_.hear(Observation(Content(side=Side.CLIENT, data=b"x", name="body"), FLOW, 10, (1,), "http"))
    all_.repeat(effect, FLOW, 30, (5, 6))
    all_.repeat(effect, FLOW, 20, (4,))
    (found,) = all_.ledger
    assert (found.count, finder.asked, all_.observations) == (count, asked, 3)
    assert found.detail["bytes"] == 7 * count
    if count == 3:
        assert (found.time, found.last_time, found.frames) == (10, 30, (1, 5, 6, 4))


@pytest.mark.parametrize("manner", list(OnRepeat))
def test_what_only_counts_is_counted_without_being_heard(manner: OnRepeat) -> None:
    """Findings of the same words, each at the time of its segment; who must hear them again makes it None."""
    finder = Finder(manner)
    all_ = listeners(finder)
    effect = all_.hear(Observation(Content(side=Side.CLIENT, data=b"x", name="body"), FLOW, 10, (1,), "http"))
    counted = all_.counted_by(effect)
    if manner in (OnRepeat.AGAIN, OnRepeat.LATER):
        assert counted is None
        return
    assert counted is not None and len(counted) == (manner is OnRepeat.SAME)
    all_.count(4, [(finding, place) for finding in counted for place in (2, 0)], (5, 99, 30))
    (found,) = all_.ledger
    assert (all_.observations, finder.asked, found.frames) == (5, 1, (1,))
    same = manner is OnRepeat.SAME
    assert (found.count, found.detail["bytes"]) == ((3, 21) if same else (1, 7))
    assert (found.time, found.last_time) == ((5, 30) if same else (10, 10))


def test_what_is_remembered_for_the_flow_is_heard_where_it_is_read_on() -> None:
    finder = Finder(OnRepeat.FLOW)
    all_ = listeners(finder)
    effect = all_.hear(Observation(Content(side=Side.CLIENT, data=b"x", name="body"), FLOW, 10, (1,), "http"))
    all_.repeat(effect, FLOW, 30, (5,))
    assert finder.asked == 1
    all_.read_on(effect, FLOW, 30, (5,))
    assert finder.asked == 2


def test_circumstances_change_with_what_a_detector_judges_by() -> None:
    credentials = detectors()["credentials"](Run(Vault(bytes(32)), Options()).pipeline)
    all_ = listeners(credentials)
    before = all_.circumstances_epoch(), all_.circumstances_of(FLOW)
    all_.observe(Observation(Access(resource="/", action="GET", granted=False, status=401), FLOW, 10, (1,), "http"))
    changed = all_.circumstances_epoch(), all_.circumstances_of(FLOW)
    assert changed[0] != before[0] and changed[1] != before[1]
    all_.observe(Observation(Access(resource="/", action="GET", granted=False, status=401), FLOW, 20, (2,), "http"))
    assert (all_.circumstances_epoch(), all_.circumstances_of(FLOW)) == changed


def test_circumstances_change_with_people_and_devices() -> None:
    all_ = listeners()
    before = all_.circumstances_epoch(), all_.circumstances_of(FLOW)
    all_.set_people(frozenset({"02:00:00:00:00:01"}))
    assert all_.circumstances_epoch() != before[0]
    assert all_.circumstances_of(FLOW) != before[1]


def test_an_event_nobody_hears_is_counted_only() -> None:
    all_ = listeners(Finder(OnRepeat.SAME))
    effect = all_.hear(Observation(Access(resource="/", action="GET", granted=None), FLOW, 10, (1,), "http"))
    assert (effect.findings, len(all_.ledger), all_.observations) == ((), 0, 1)


def test_what_does_not_fit_is_counted_each_time() -> None:
    finder = Finder(OnRepeat.SAME)
    all_ = listeners(finder, findings=0)
    effect = all_.hear(Observation(Content(side=Side.CLIENT, data=b"x", name="body"), FLOW, 10, (1,), "http"))
    all_.repeat(effect, FLOW, 30, (5,))
    assert (all_.ledger.overflow, len(all_.ledger)) == (2, 0)
