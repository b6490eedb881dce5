"""Acceptance by contrast: same resource of the same server, 2xx only, bounded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sensor.detectors import _contrast as module
from sensor.detectors._contrast import Contrast
from sensor.events import Access, Login
from sensor.model import Secret
from tests.detectors.world import CAMERA, CLOUD, flow, seen


def login(status: int | None, resource: str | None = "http://cam/") -> Login:
    return Login(
        mechanism="password",
        username="anna",
        secret=Secret("canary-of-a-test"),
        scheme="basic",
        status=status,
        resource=resource,
    )


def refusal(status: int = 401, resource: str = "http://cam/") -> Access:
    return Access(resource=resource, action="GET", granted=False, status=status)


@pytest.mark.parametrize(
    ("status", "accepted"), [(200, True), (204, True), (302, None), (404, None), (500, None), (401, False)]
)
def test_answers_after_a_refusal(status: int, accepted: bool | None) -> None:
    contrast = Contrast()
    contrast.note_access(seen(refusal()), refusal())
    assert contrast.accepted(seen(login(status)), login(status))[0] is accepted


def test_another_server_or_resource_is_no_contrast() -> None:
    contrast = Contrast()
    contrast.note_access(seen(refusal()), refusal())
    assert contrast.accepted(seen(login(200), flow(server=CLOUD)), login(200))[0] is None
    other = login(200, "http://cam/other")
    assert contrast.accepted(seen(other, flow(server=CAMERA)), other)[0] is None


def test_a_resource_that_was_served_without_a_login_proves_nothing() -> None:
    contrast = Contrast()
    served = Access(resource="http://cam/", action="GET", granted=True, status=200)
    contrast.note_access(seen(served), served)
    assert contrast.accepted(seen(login(200)), login(200))[0] is None


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_RESOURCES", 10)
    contrast = Contrast()
    for number in range(100):
        contrast.note_access(seen(refusal()), refusal(resource=f"http://cam/{number}"))
    assert len(contrast._refused) == 10


def test_of_a_soap_service_each_operation_is_a_resource_of_its_own() -> None:
    contrast = Contrast()
    users = replace(refusal(400), operation="GetUsers")
    contrast.note_access(seen(users), users)
    time, same = (replace(login(200), operation=name) for name in ("GetSystemDateAndTime", "GetUsers"))
    assert contrast.accepted(seen(time), time) == (None, None)
    assert contrast.accepted(seen(same), same) == (True, "a fault without, 200 with, same operation")
    forbidden = replace(refusal(403), operation="Reboot")
    contrast.note_access(seen(forbidden), forbidden)
    reboot = replace(login(200), operation="Reboot")
    assert contrast.accepted(seen(reboot), reboot) == (None, None)


@pytest.mark.parametrize(
    ("event", "noted"),
    [
        (login(401), True), (login(407), True), (login(403), False), (login(200), False), (login(None), False),
        (refusal(401), True), (refusal(407), True), (replace(refusal(), status=None), True), (refusal(403), True),
        (Access(resource="r", action="GET", granted=True, status=200), False),
        (Access(resource="r", action="GET", granted=None, status=302), False),
    ],
)  # fmt: skip
def test_what_may_be_remembered(event: Access | Login, noted: bool) -> None:
    assert Contrast.may_note(event) is noted


@pytest.mark.parametrize("accepted", [True, False])
def test_the_protocols_own_word_comes_before_any_contrast(accepted: bool) -> None:
    contrast = Contrast()
    contrast.note_access(seen(refusal()), refusal())
    own = replace(login(200), accepted=accepted, basis="its own word")
    assert contrast.accepted(seen(own), own) == (accepted, "its own word")
    refused = replace(login(401, "http://cam/other"), accepted=accepted, basis="its own word")
    assert contrast.accepted(seen(refused), refused) == (accepted, "its own word")
    assert contrast.changes == 1, "and is nothing to contrast with"
    nowhere = replace(login(401, None), basis="b")
    assert contrast.accepted(seen(nowhere), nowhere) == (None, "b")


@pytest.mark.parametrize(("status", "accepted"), [(199, None), (200, True), (299, True), (300, None)])
def test_only_a_page_that_was_served_was_served(status: int, accepted: bool | None) -> None:
    """RFC 9110 15: 2xx is success, 1xx and 3xx decide nothing."""
    contrast = Contrast()
    contrast.note_access(seen(refusal(407)), refusal(407))
    basis = f"407 without, {status} with, same resource" if accepted else None
    assert contrast.accepted(seen(login(status)), login(status)) == (accepted, basis)


def test_each_change_of_what_is_remembered_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_RESOURCES", 2)
    contrast, numbers = Contrast(), []
    for event in (refusal(), refusal(), refusal(407), refusal(resource="b"), refusal(407), refusal(resource="c")):
        contrast.note_access(seen(event), event)
        numbers.append(contrast.changes)
    assert numbers == [1, 1, 2, 3, 3, 5], "the last one takes another's place"
    assert contrast.accepted(seen(login(200)), login(200))[0] is True, "the one that was heard last stays"
    assert contrast.accepted(seen(login(200, "b")), login(200, "b"))[0] is None


def test_each_port_is_a_service_of_its_own() -> None:
    contrast = Contrast()
    contrast.note_access(seen(refusal(), flow(port=80)), refusal())
    assert contrast.accepted(seen(login(200), flow(port=8080)), login(200))[0] is None
    assert contrast.accepted(seen(login(200), flow(port=80)), login(200))[0] is True
