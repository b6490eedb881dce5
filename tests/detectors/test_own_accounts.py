"""Accounts that are a device's own number, and those that are a person's."""

from __future__ import annotations

import pytest

from sensor.detectors._own_accounts import name_own_accounts
from sensor.detectors.personal import Personal
from sensor.events import Transfer
from sensor.model import Finding, Severity, Side
from tests.detectors.world import CAMERA, CLOUD, World, flow, seen

IDENTITY = {"serial": "A8XK-20417", "mac": "50:c7:bf:00:53:02"}


def account(name: str, identity: dict[str, str] = IDENTITY) -> Finding:
    """What is found of an account that the camera sends to the internet."""
    world = World()
    data = f'{{"username": "{name}"}}'.encode()
    sent = Transfer(side=Side.CLIENT, application="http", name="/report", data=data, size=len(data))
    (found,) = [one for one in Personal(world).observe(seen(sent, flow(CAMERA, CLOUD))) if "account" in one.rule]
    assert found.severity is Severity.LOW and found.provisions
    name_own_accounts([found], lambda device: identity if device == found.device else {}, world.vault.fingerprint)
    return found


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("A8XK-20417", "personal.serial"),
        ("a8xk-20417", "personal.serial"),
        ("50c7bf005302", "personal.mac"),
        ("50-C7-BF-00-53-02", "personal.mac"),
    ],
)
def test_a_device_that_calls_itself_by_its_own_number_names_no_person(name: str, rule: str) -> None:
    found = account(name)
    assert (found.rule, found.severity, found.provisions, found.capability) == (rule, Severity.INFO, (), None)
    assert "account" not in found.summary and found.summary.startswith(("A device\u2019s", "A device's"))


@pytest.mark.parametrize("name", ["anna.berg", "A8XK-20418", "20417"])
def test_an_account_of_somebody_stays_one(name: str) -> None:
    assert account(name).rule == "personal.account"


def test_of_an_unknown_device_nothing_is_said() -> None:
    assert account("A8XK-20417", {}).rule == "personal.account"


def test_other_findings_and_other_devices_stay_as_they_are() -> None:
    world = World()
    data = b'{"username": "A8XK-20417", "serialNumber": "A8XK-20417"}'
    sent = Transfer(side=Side.CLIENT, application="http", name="/report", data=data, size=len(data))
    found = list(Personal(world).observe(seen(sent, flow(CAMERA, CLOUD))))
    assert {one.rule for one in found} == {"personal.account", "personal.serial"}
    (serial,) = [one for one in found if one.rule == "personal.serial"]
    before = (serial.rule, serial.severity, serial.message)
    named = []
    name_own_accounts(found, lambda device: named.append(device) or IDENTITY, world.vault.fingerprint)
    assert named == ["c0.a8.01.05"], "the account alone is looked at"
    assert (serial.rule, serial.severity, serial.message) == before
    between = Personal(world).observe(seen(sent, flow(CLOUD, CLOUD)))
    for one in between:
        assert one.device is None
        rule = one.rule
        name_own_accounts([one], lambda _: pytest.fail("no device"), world.vault.fingerprint)
        assert one.rule == rule


def test_what_names_no_person_holds_no_secret() -> None:
    assert account("anna.berg").has_secret and not account("A8XK-20417").has_secret
    mixed = account("50:C7:bf:00:53:02".replace(":", ""), {"serial": "", "mac": "50:c7:bf:00:53:02"})
    assert mixed.rule == "personal.account", "neither small nor capital letters throughout"
