"""Ports that a device had opened for itself: graded by what answers there, and nothing of what was refused."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.detectors.opened import Opened
from sensor.events import Access
from sensor.model import Finding, Protection, Severity
from tests.detectors.world import CAMERA, LAPTOP, World, flow, seen

ROUTER = b"\xc0\xa8\x01\x01"


def mapping(
    inside: int, *, host: str = "192.168.1.5", kind: str = "TCP", outside: str = "10023", **more: Any
) -> Access:
    resource = f"port mapping {outside}/{kind} -> {host}:{inside}"
    return Access(**{"resource": resource, "action": "AddPortMapping", "granted": True, "control": True, **more})


def findings(*events: Access, served: tuple[int, str, Protection] | None = None) -> list[Finding]:
    detector = Opened(World())
    for event in events:
        assert list(detector.observe(seen(event, flow(CAMERA, ROUTER, 5000, "http")))) == []
    if served:
        spoken = flow(LAPTOP, CAMERA, served[0], served[1])
        spoken.protection = served[2]
        assert list(detector.flow_ended(spoken)) == []
    return list(detector.finish())


@pytest.mark.parametrize(
    ("inside", "kind", "service", "severity"),
    [
        (23, "TCP", "telnet", Severity.CRITICAL),
        (554, "TCP", "rtsp", Severity.CRITICAL),
        (80, "TCP", "http", Severity.CRITICAL),
        (22, "TCP", "ssh", Severity.HIGH),
        (443, "TCP", "tls", Severity.MEDIUM),
        (40123, "TCP", None, Severity.MEDIUM),
        (40123, "UDP", None, Severity.LOW),
    ],
)
def test_graded_by_the_port(inside: int, kind: str, service: str | None, severity: Severity) -> None:
    (found,) = findings(mapping(inside, kind=kind))
    assert (found.rule, found.device, found.role, found.severity) == (
        "exposure.opened",
        "c0.a8.01.05",
        "client",
        severity,
    )
    assert found.detail["service"] == service and found.detail["remote"] is True and found.detail["port"] == inside
    assert found.provisions == ("EN 303 645 5.5-7", "EN 303 645 5.6-1") and str(inside) in found.summary


def test_what_was_seen_at_the_port_counts_for_more() -> None:
    (clear,) = findings(mapping(443), served=(443, "http", Protection.CLEARTEXT))
    assert (clear.detail["service"], clear.severity) == ("http", Severity.CRITICAL)
    (secure,) = findings(mapping(80), served=(80, "tls", Protection.ENCRYPTED))
    assert (secure.detail["service"], secure.severity) == ("tls", Severity.MEDIUM)
    (shell,) = findings(mapping(80), served=(80, "ssh", Protection.ENCRYPTED))
    assert shell.severity is Severity.HIGH


@pytest.mark.parametrize(
    "more",
    [
        {"granted": False},
        {"granted": None},
        {"action": "DeletePortMapping"},
        {"action": "GetSpecificPortMappingEntry"},
        {"resource": "port mapping 10023/TCP"},
        {"resource": "port mapping 10023/TCP -> 192.168.1.5:99999"},
        {"resource": "port mapping 10023/TCP -> 999.1.1.1:23"},
        {"resource": "/upnp/control"},
    ],
)
def test_nothing_was_opened(more: dict[str, Any]) -> None:
    assert findings(mapping(23, **more)) == []


def test_a_host_can_claim_nothing_of_another() -> None:
    assert findings(mapping(23, host="192.168.1.9")) == []
    assert findings(mapping(23, host="203.0.113.7")) == []


@pytest.mark.parametrize(("action", "via"), [("NAT-PMP map", "nat-pmp"), ("PCP map", "pcp")])
def test_the_host_that_asks_is_meant_where_no_other_is_named(action: str, via: str) -> None:
    (found,) = findings(mapping(23, resource="port mapping 10023/TCP -> port 23", action=action))
    assert (found.detail["via"], found.detail["external_port"], found.device) == (via, 10023, "c0.a8.01.05")
    assert findings(mapping(23, resource="port mapping 10023/TCP -> port 23", action="NAT-PMP delete")) == []


def test_repetitions_are_one_finding() -> None:
    (found,) = findings(mapping(23), mapping(23), mapping(23))
    assert found.count == 3
    assert len(findings(mapping(23), mapping(23, outside="10024"), mapping(80))) == 3
    (unknown,) = findings(mapping(23, outside="?"))
    assert unknown.detail["external_port"] is None


def test_mappings_are_bounded_and_known_ones_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.opened.MAX_MAPPINGS", 2)
    found = findings(*(mapping(23, outside=str(8000 + number)) for number in (1, 2, 3, 1, 4)))
    assert sorted(one.count for one in found) == [1, 2]


def test_what_does_not_answer_at_a_port_is_no_service() -> None:
    """Only a conversation with a name, a port and an answer says what is there."""
    detector = Opened(World())
    list(detector.observe(seen(mapping(40123), flow(CAMERA, ROUTER, 5000, "http"))))
    for payload, application in (((100, 0), "telnet"), ((100, 100), "")):
        spoken = flow(LAPTOP, CAMERA, 40123, application)
        spoken.payload, spoken.application = payload, application or None
        assert detector.awaits(spoken) is False and list(detector.flow_ended(spoken)) == []
    (found,) = detector.finish()
    assert found.severity is Severity.MEDIUM and detector._services == {}
