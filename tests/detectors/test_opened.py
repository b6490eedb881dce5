"""Ports that a device had opened for itself: graded by what answers there, and nothing of what was refused."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.detectors.opened import Opened
from sensor.events import Access, Attribute, Event
from sensor.model import Endpoint, Finding, OnRepeat, Protection, Severity, Side
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


@pytest.mark.parametrize("resource", [
    "port mapping 10023/TCP -> 192.168.1.5:0", "port mapping 10023/TCP -> port 0",
    "port mapping 10023/TCP -> port 65536", "port mapping 10023/SCTP -> port 23", "xport mapping 1/TCP -> port 23",
])  # fmt: skip
def test_ports_that_there_are_not(resource: str) -> None:
    assert findings(mapping(23, resource=resource)) == []
    assert len(findings(mapping(23, resource="port mapping 10023/tcp -> port 65535"))) == 1


@pytest.mark.parametrize(
    ("port", "service", "severity"),
    [
        (2222, "ssh", Severity.HIGH), (3389, "rdp", Severity.HIGH), (8443, "tls", Severity.MEDIUM),
        (51820, "wireguard", Severity.MEDIUM), (1194, "openvpn", Severity.MEDIUM), (5555, "adb", Severity.CRITICAL),
        (502, "modbus", Severity.CRITICAL), (34567, "dvrip", Severity.CRITICAL), (12345, None, Severity.MEDIUM),
    ],
)  # fmt: skip
def test_each_kind_of_port(port: int, service: str | None, severity: Severity) -> None:
    (found,) = findings(mapping(port))
    assert (found.detail["service"], found.severity) == (service, severity)


@pytest.mark.parametrize(
    ("protection", "application", "severity"),
    [
        (Protection.ENCRYPTED, "nomachine", Severity.HIGH), (Protection.ENCRYPTED, "tls", Severity.MEDIUM),
        (Protection.CLEARTEXT, "ssh", Severity.CRITICAL), (Protection.CLEARTEXT, "telnet", Severity.CRITICAL),
    ],
)  # fmt: skip
def test_a_readable_service_is_graver_than_its_name(
    protection: Protection, application: str, severity: Severity
) -> None:
    (found,) = findings(mapping(40123), served=(40123, application, protection))
    assert (found.severity, found.detail["service"]) == (severity, application)


def test_what_was_seen_counts_for_its_own_host_port_and_transport_and_the_first_one_stays() -> None:
    detector = Opened(World())
    for kind in ("TCP", "UDP"):
        list(detector.observe(seen(mapping(40123, kind=kind), flow(CAMERA, ROUTER, 5000, "http"))))
    for server, port, name in ((LAPTOP, 40123, "telnet"), (CAMERA, 40124, "telnet"), (CAMERA, 40123, "mqtt"),
                               (CAMERA, 40123, "telnet")):  # fmt: skip
        spoken = flow(LAPTOP, server, port, name)
        assert detector.awaits(spoken)
        list(detector.flow_ended(spoken))
    found = {one.detail["transport"]: one for one in detector.finish()}
    assert (found["tcp"].detail["service"], found["tcp"].severity) == ("mqtt", Severity.CRITICAL)
    assert (found["udp"].detail["service"], found["udp"].severity) == (None, Severity.LOW)


def test_services_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.opened.MAX_SERVICES", 2)
    detector = Opened(World())
    for port in range(5):
        list(detector.flow_ended(flow(LAPTOP, CAMERA, 1000 + port, "http")))
    assert len(detector._services) == 2


def test_a_port_opened_by_a_host_outside_is_no_devices() -> None:
    detector = Opened(World())
    list(
        detector.observe(seen(mapping(23, resource="port mapping 1/TCP -> port 23"), flow(b"\xcb\x00\x71\x07", ROUTER)))
    )
    assert list(detector.finish()) == []


def test_a_device_may_ask_for_another_of_its_own_addresses() -> None:
    """One unit with two addresses: the mapping is about the port at the address that it names."""

    class OneUnit(World):
        def device_of(self, endpoint: Endpoint) -> str | None:
            return "camera" if self.is_local(endpoint.address) else None

    detector = Opened(OneUnit())
    list(detector.observe(seen(mapping(40123, host="192.168.1.9"), flow(CAMERA, ROUTER, 5000, "http"))))
    list(detector.flow_ended(flow(ROUTER, LAPTOP, 40123, "telnet")))
    (found,) = detector.finish()
    assert (found.device, found.detail["service"]) == ("camera", "telnet")
    outside = Opened(OneUnit())
    list(outside.observe(seen(mapping(23, host="203.0.113.7"), flow(CAMERA, ROUTER, 5000, "http"))))
    assert list(outside.finish()) == []


@pytest.mark.parametrize("action", ["AddPortMapping", "AddAnyPortMapping", "u:AddPortMapping", "PCP map"])
def test_each_way_to_open_a_port(action: str) -> None:
    (found,) = findings(mapping(23, action=action))
    assert found.detail["via"] == ("pcp" if " " in action else "upnp") and found.detail["transport"] == "tcp"
    assert (found.count, found.last_time, found.remote, found.role) == (1, 1, False, "client")


@pytest.mark.parametrize(
    ("event", "manner"),
    [
        (mapping(23), OnRepeat.AGAIN), (mapping(23, granted=False), OnRepeat.NOTHING),
        (mapping(23, granted=None), OnRepeat.NOTHING), (mapping(23, action="DeletePortMapping"), OnRepeat.NOTHING),
        (Attribute(field="http.server", value="x", side=Side.SERVER), OnRepeat.NOTHING),
    ],
)  # fmt: skip
def test_a_mapping_that_was_granted_counts_each_time(event: Event, manner: OnRepeat) -> None:
    assert Opened(World()).on_repeat(event) is manner
