"""Use without a login and disclosure: rules, severities, and what does not count."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.detectors import exposure as module
from sensor.detectors.exposure import Exposure
from sensor.events import Access, Attribute, Event, Login
from sensor.findings import LISTED, Ledger
from sensor.model import Capability, Finding, Flow, Secret, Severity, Side
from tests.detectors.world import CAMERA, CLOUD, LAPTOP, World, flow, seen

AT_HOME, FROM_OUTSIDE, TO_CLOUD = (LAPTOP, CAMERA), (CLOUD, CAMERA), (CAMERA, CLOUD)


def judge(event: Event, ends: tuple[bytes, bytes] = AT_HOME, protocol: str = "http") -> list[Finding]:
    return list(Exposure(World()).observe(seen(event, flow(*ends, application=protocol))))


def used(**more: Any) -> Access:
    return Access(
        **{"resource": "http://192.168.1.5/relay/0", "action": "POST", "granted": True, "control": True, **more}
    )


@pytest.mark.parametrize(
    ("protocol", "more", "severity"),
    [
        ("http", {}, Severity.MEDIUM),
        ("http", {"resource": "http://192.168.1.5/api/get_status"}, Severity.LOW),
        ("http", {"action": "SetVolume"}, Severity.MEDIUM),
        ("http", {"action": "AddPortMapping", "resource": "port mapping 8080/TCP -> 192.168.1.5:80"}, Severity.HIGH),
        ("mqtt", {"resource": "mqtt", "action": "connect"}, Severity.MEDIUM),
        ("coap", {"resource": "/light", "action": "put"}, Severity.MEDIUM),
        ("telnet", {"resource": "shell", "action": "command"}, Severity.HIGH),
        ("redis", {"resource": "redis", "action": "set"}, Severity.HIGH),
        ("modbus", {"resource": "unit 1", "action": "write coil"}, Severity.HIGH),
        (
            "snmp",
            {"resource": "snmp user guest", "action": "get", "control": False, "username": "guest"},
            Severity.MEDIUM,
        ),
        ("snmp", {"resource": "snmp user guest", "action": "set", "username": "guest"}, Severity.HIGH),
        ("rtsp", {"resource": "rtsp://192.168.1.5/1", "action": "PLAY", "control": False}, Severity.MEDIUM),
    ],
)
def test_control_without_a_login(protocol: str, more: dict[str, Any], severity: Severity) -> None:
    (found,) = judge(used(**more), protocol=protocol)
    assert (found.rule, found.severity, found.device, found.role) == (
        "exposure.unauthenticated",
        severity,
        "c0.a8.01.05",
        "server",
    )
    assert found.capability is Capability.SECURE_COMMUNICATION and "EN 303 645 5.5-4" in found.provisions
    assert found.protocol == protocol


@pytest.mark.parametrize(
    ("protocol", "more", "opens"),
    [
        ("telnet", {"resource": "shell", "action": "command"}, "shell"),
        ("adb", {"resource": "shell", "action": "command"}, "shell"),
        ("http", {"action": "AddPortMapping", "resource": "port mapping 8080/TCP -> 192.168.1.5:80"}, "settings"),
        ("pcp", {"action": "NAT-PMP map", "resource": "port mapping 8080/TCP -> port 80"}, "settings"),
        ("http", {"action": "SetWLanRadioSettings", "resource": "http://192.168.1.5/HNAP1/"}, "settings"),
        ("http", {"action": "CreateUsers", "resource": "http://192.168.1.5/onvif/device_service"}, "settings"),
        ("http", {"resource": "http://192.168.1.5/goform/setWifi"}, "settings"),
        ("http", {"resource": "http://192.168.1.5/firmware_upgrade.cgi"}, "settings"),
        ("http", {}, None),
        ("http", {"action": "SetVolume"}, None),
        ("http", {"resource": "http://192.168.1.5/play?title=set+your+password"}, None),
        ("coap", {"resource": "/light", "action": "put"}, None),
        ("rtsp", {"resource": "rtsp://192.168.1.5/shell", "action": "PLAY", "control": False}, None),
    ],
)
def test_what_was_open(protocol: str, more: dict[str, Any], opens: str | None) -> None:
    (found,) = judge(used(**more), protocol=protocol)
    assert found.detail["opens"] == opens


@pytest.mark.parametrize(
    ("protocol", "more"),
    [
        ("http", {"granted": False}),
        ("http", {"action": "Login", "resource": "http://192.168.1.5/HNAP1/"}),
        ("http", {"resource": "http://192.168.1.5/pair-setup"}),
        ("http", {"granted": None}),
        ("http", {"control": False, "action": "GET"}),
        ("http", {"resource": "http://192.168.1.5/cgi-bin/login"}),
        ("http", {"resource": "http://192.168.1.5/api/session/new"}),
        ("sip", {"action": "INVITE"}),
        ("rtsp", {"action": "OPTIONS", "control": False}),
    ],
)
def test_what_is_no_control(protocol: str, more: dict[str, Any]) -> None:
    assert judge(used(**more), protocol=protocol) == []


def test_only_the_home_s_own_services_are_exposed() -> None:
    assert judge(used(), TO_CLOUD) == []
    assert judge(used(), (CAMERA, CAMERA)) == []


def test_from_outside_it_is_graver() -> None:
    (found,) = judge(used(resource="mqtt", action="connect"), FROM_OUTSIDE, "mqtt")
    assert found.severity is Severity.HIGH and found.detail["outside"] and found.remote
    assert judge(used(), FROM_OUTSIDE)[0].severity is Severity.MEDIUM  # a page may be meant for all


def test_a_blank_password_is_none() -> None:
    blank = Login(mechanism="password", username="root", secret=Secret(b""), scheme="user/pass", accepted=True)
    assert [found.severity for found in judge(blank, protocol="telnet")] == [Severity.HIGH]
    refused = Login(mechanism="password", username="root", secret=Secret(b""), scheme="user/pass", accepted=False)
    assert judge(refused, protocol="telnet") == []
    real = Login(mechanism="password", username="root", secret=Secret(b"x"), scheme="user/pass", accepted=True)
    assert judge(real, protocol="telnet") == []


@pytest.mark.parametrize(
    ("field", "kind", "severity"),
    [
        ("dhcp.hostname", "name", Severity.INFO),
        ("mdns.instance", "name", Severity.INFO),
        ("ssdp.server", "identity", Severity.INFO),
        ("upnp.serial", "serial number", Severity.LOW),
        ("snmp.sysdescr", "version", Severity.INFO),
        ("snmp.syslocation", "location", Severity.LOW),
        ("snmp.syscontact", "contact", Severity.LOW),
    ],
)
def test_disclosure_by_attribute(field: str, kind: str, severity: Severity) -> None:
    (found,) = judge(Attribute(field=field, value="IPC-Garden", side=Side.CLIENT), protocol=field.partition(".")[0])
    assert (found.rule, found.severity, found.device, found.role) == (
        "exposure.disclosure",
        severity,
        "c0.a8.01.09",
        "client",
    )
    assert found.detail == {"kind": kind, "field": field, "values": ["IPC-Garden"]}
    assert found.capability is None and found.provisions == ("EN 303 645 5.6-2",)


def test_other_attributes_and_foreign_devices_are_not_reported() -> None:
    assert judge(Attribute(field="http.user_agent", value="curl/8", side=Side.CLIENT)) == []
    assert judge(Attribute(field="upnp.serial", value="7QK20418855A", side=Side.SERVER), TO_CLOUD) == []
    assert judge(Attribute(field="upnp.serial", value="00000000", side=Side.SERVER)) == []


def test_disclosures_fold_into_one_finding_with_examples() -> None:
    ledger, detector, one = Ledger(), Exposure(World()), flow(application="mdns")
    for _ in range(3):
        for number in range(LISTED * 2):
            ledger.add_all(
                detector.observe(seen(Attribute(field="mdns.instance", value=f"name {number}", side=Side.CLIENT), one))
            )
    (found,) = ledger
    assert found.detail["values"] == [f"name {number}" for number in range(LISTED)]
    assert found.count == module.MAX_VALUES


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SOURCES", 4)
    detector = Exposure(World())
    reported = 0
    for number in range(20):
        one: Flow = flow(bytes((192, 168, 2, number)), CAMERA, application="dhcp")
        reported += len(
            list(detector.observe(seen(Attribute(field="dhcp.hostname", value="cam", side=Side.CLIENT), one)))
        )
    assert reported == 4


def shown(**more: Any) -> Login:
    given = {"mechanism": "key", "username": None, "secret": Secret("orchard-7"), "scheme": "html/wifi", "served": True}
    return Login(**{**given, "resource": "http://192.168.1.5/w0", **more})


def test_a_secret_that_is_shown_without_a_login() -> None:
    (found,) = judge(shown())
    assert (found.rule, found.device, found.role) == ("exposure.unauthenticated", "c0.a8.01.05", "server")
    assert found.detail["action"] == "read a secret" and found.detail["control"] is False
    assert "EN 303 645 5.5-5" not in found.provisions and "read a password or a key" in found.summary
    assert judge(shown(mechanism="cookie")) == []


def test_a_secret_that_is_shown_after_a_login_or_to_a_service() -> None:
    detector = Exposure(World())
    login = Login(mechanism="password", username="mara", secret=Secret("Regen-7"), scheme="form")
    assert list(detector.observe(seen(login, flow(*AT_HOME, application="http")))) == []
    assert list(detector.observe(seen(shown(), flow(*AT_HOME, application="http")))) == []
    assert judge(shown(), TO_CLOUD) == []


def test_an_anonymous_login_is_none() -> None:
    detector = Exposure(World())
    login = Login(mechanism="password", username="anonymous", secret=Secret("me@"), scheme="user/pass", accepted=True)
    list(detector.observe(seen(login, flow(*AT_HOME, application="ftp"))))
    assert len(list(detector.observe(seen(shown(), flow(*AT_HOME, application="ftp"))))) == 1


@pytest.mark.parametrize("clear", [True, False])
@pytest.mark.parametrize("accepted", [True, None, False])
@pytest.mark.parametrize("secret", ["", "x"])
def test_a_login_without_a_password_is_one_that_was_read_and_accepted(
    clear: bool, accepted: bool | None, secret: str
) -> None:
    """The answer to a challenge is no password that could be blank."""
    event = Login(
        mechanism="password", username="root", secret=Secret(secret), scheme="user/pass", accepted=accepted, clear=clear
    )
    assert len(judge(event, protocol="telnet")) == (1 if clear and accepted and not secret else 0)


@pytest.mark.parametrize(
    ("protocol", "resource", "control", "opens"),
    [
        ("telnet", "telnet", True, "shell"), ("telnet", "shell", True, "shell"), ("telnet", "menu", True, None),
        ("telnet", "telnet", False, None), ("mqtt", "shell", True, "shell"), ("mqtt", "mqtt", True, None),
    ],
)  # fmt: skip
def test_where_a_command_line_is_open(protocol: str, resource: str, control: bool, opens: str | None) -> None:
    event = Login(
        mechanism="password", username="root", secret=Secret(""), scheme="user/pass", accepted=True, resource=resource
    )
    found = judge(event if control else shown(resource=resource), protocol=protocol)
    assert [one.detail["opens"] for one in found] == [opens]


@pytest.mark.parametrize("protocol", ["http", "mqtt", "coap", "rtsp"])
def test_a_users_name_is_a_use_of_snmp_alone(protocol: str) -> None:
    read = used(control=False, action="GET", username="guest")
    assert judge(read, protocol=protocol) == [] and len(judge(read, protocol="snmp")) == 1
    assert judge(used(control=False, action="get", resource="snmp"), protocol="snmp") == []


@pytest.mark.parametrize(("protocol", "how"), [("pcp", "PCP"), ("http", "UPnP")])
def test_how_a_port_was_opened(protocol: str, how: str) -> None:
    (found,) = judge(used(action="AddPortMapping", resource="port mapping 80/TCP -> 192.168.1.5:80"), protocol=protocol)
    assert how in found.message.parameters["how"]
