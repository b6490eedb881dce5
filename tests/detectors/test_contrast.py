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
