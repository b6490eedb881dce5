"""What devices say of their updates, and answers that say nothing."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from sensor.detectors import update_states as module
from sensor.detectors._update_signs import UpdateState, update_states
from sensor.detectors.update_states import UpdateStates
from sensor.events import Attribute, Transfer
from sensor.model import Finding, OnRepeat, Severity, Side
from tests.detectors.world import CAMERA, CLOUD, LAPTOP, World, flow, seen

ROWS = tomllib.loads(files("signatures").joinpath("updates.toml").read_text("utf-8"))["state"]
ASKED = flow(LAPTOP, CAMERA)
BRIDGE = b'{"modelid":"BSB002","swupdate":{"updatestate": %d,"checkforupdate": false},"linkbutton": false}'


def answered(*answers: bytes, vendor: str | None = "Philips", side: Side = Side.SERVER) -> list[Finding]:
    world = World()
    detector = UpdateStates(world)
    for data in answers:
        event = Transfer(side=side, application="http", name="/api/x/config", data=data, size=len(data))
        assert not list(detector.observe(seen(event, ASKED)))
    for device in (world.device_of(ASKED.server), world.device_of(ASKED.client)):
        world.identities[device or ""] = {"vendor": vendor} if vendor else {}
    found = list(detector.finish())
    assert [one.detail for one in detector.finish()] == [one.detail for one in found]
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["maker"])
def test_the_examples_of_the_table(row: dict[str, Any]) -> None:
    (state,) = [one for one in update_states() if one.pattern.pattern.decode() == row["pattern"]]
    assert row["source"] and row["date"]
    for example in row["examples"]:
        assert state.pattern.search(example.encode())
        assert any(word in example.encode() for word in module.WORDS)
    for lure in row["not"]:
        assert not state.pattern.search(lure.encode())


def test_a_device_says_whether_new_software_waits() -> None:
    (found,) = answered(BRIDGE % 0)
    assert (found.rule, found.severity, found.role, found.detail["waits"]) == (
        "update.state", Severity.INFO, "server", False,
    )  # fmt: skip
    # The last answer counts.
    assert [one.detail["waits"] for one in answered(BRIDGE % 0, BRIDGE % 2)] == [True]


def test_no_more_of_an_answer_is_looked_at_than_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = BRIDGE % 0
    assert answered(b" " * (module.MAX_BYTES - len(answer)) + answer)
    monkeypatch.setattr(module, "update_states", lambda: pytest.fail("the patterns are tried"))
    assert answered(b" " * module.MAX_BYTES + answer) == []


@pytest.mark.parametrize("vendor", [None, "dresden elektronik"])
def test_an_imitation_by_another_maker_says_nothing(vendor: str | None) -> None:
    assert answered(BRIDGE % 0, vendor=vendor) == []


def test_what_is_sent_to_a_device_says_nothing_of_it() -> None:
    assert all(one.role == "client" for one in answered(BRIDGE % 0, side=Side.CLIENT))
    outside = Transfer(side=Side.SERVER, application="http", name="/", data=BRIDGE % 0, size=90)
    detector = UpdateStates(World())
    assert not [*detector.observe(seen(outside, flow(CAMERA, CLOUD))), *detector.finish()]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_STATES", 3)
    world = World()
    detector = UpdateStates(world)
    for number in range(9):
        device = flow(LAPTOP, bytes((192, 168, 7, number)))
        world.identities[world.device_of(device.server) or ""] = {"vendor": "Philips"}
        event = Transfer(side=Side.SERVER, application="http", name="/", data=BRIDGE % 0, size=90)
        assert not list(detector.observe(seen(event, device)))
    assert len(list(detector.finish())) == 3


def test_a_state_that_comes_again_is_heard_again() -> None:
    detector = UpdateStates(World())
    for data, manner in (
        (BRIDGE % 0, OnRepeat.AGAIN),
        (b'{"update": "none"}', OnRepeat.NOTHING),
        (b"", OnRepeat.NOTHING),
    ):
        assert detector.on_repeat(Transfer(side=Side.SERVER, application="http", data=data)) is manner
    assert [one.detail["waits"] for one in answered(BRIDGE % 0, BRIDGE % 2, BRIDGE % 0)] == [False]


def test_only_what_the_camera_itself_answers_counts() -> None:
    """An answer from outside tells of a service there, and one between strangers of nobody at home."""
    for ends, side, found in (
        ((LAPTOP, CAMERA), Side.SERVER, 1),
        ((CAMERA, LAPTOP), Side.CLIENT, 1),
        ((CAMERA, CLOUD), Side.SERVER, 0),
        ((CLOUD, CAMERA), Side.CLIENT, 0),
        ((CLOUD, CLOUD), Side.SERVER, 0),
    ):
        world = World()
        world.identities["c0.a8.01.05"] = {"vendor": "Philips"}
        detector = UpdateStates(world)
        event = Transfer(side=side, application="http", name="/", data=BRIDGE % 0, size=90)
        assert not list(detector.observe(seen(event, flow(*ends))))
        assert len(list(detector.finish())) == found, (ends, side)


def test_an_answer_may_begin_with_the_state() -> None:
    """Nothing has to stand before it: some programs cut an answer into pieces."""
    shelly = b'"update":{"status":"idle","has_update":true,"new_version":""}'
    for answer in (shelly, shelly[1:]):
        found = answered(answer, vendor="Shelly")
        assert [one.detail["waits"] for one in found] == ([True] if answer is shelly else [])
    begins = re.compile(rb"update=(\d)")
    row = UpdateState("Philips", begins, frozenset({b"1"}), "a table of this test")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "update_states", lambda: (row,))
        assert [one.detail["waits"] for one in answered(b"update=1")] == [True]


def test_two_makers_answers_and_two_devices_are_remembered_apart() -> None:
    world = World()
    detector = UpdateStates(world)
    shelly = b'"update":{"status":"idle","has_update":true,"new_version":""}'
    for server, data in ((CAMERA, BRIDGE % 0), (CAMERA, shelly), (LAPTOP, BRIDGE % 2)):
        event = Transfer(side=Side.SERVER, application="http", name="/", data=data, size=len(data))
        list(detector.observe(seen(event, flow(CLOUD, server))))
    for device, vendor in (("c0.a8.01.05", "Shelly"), ("c0.a8.01.09", "Philips")):
        world.identities[device] = {"vendor": vendor}
    found = {(one.device, one.detail["maker"], one.detail["waits"]) for one in detector.finish()}
    assert found == {("c0.a8.01.05", "Shelly", True), ("c0.a8.01.09", "Philips", True)}


def test_a_known_device_goes_on_where_the_memory_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_STATES", 1)
    assert [one.detail["waits"] for one in answered(BRIDGE % 0, BRIDGE % 2)] == [True]


def test_what_is_no_answer_is_not_heard_again() -> None:
    event = Attribute(field="http.server", value=(BRIDGE % 0).decode(), side=Side.SERVER)
    assert UpdateStates(World()).on_repeat(event) is OnRepeat.NOTHING
