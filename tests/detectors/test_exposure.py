"""Use without a login and disclosure: rules, severities, and what does not count."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.detectors import exposure as module
from sensor.detectors.exposure import Exposure
from sensor.events import Access, Attribute, Event, Login
from sensor.findings import LISTED, Ledger
from sensor.model import Capability, Finding, Flow, OnRepeat, Secret, Severity, Side
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


@pytest.mark.parametrize(
    ("protocol", "more", "message", "what"),
    [
        ("telnet", {"resource": "shell", "action": "command"}, "control", "a command line"),
        ("redis", {"resource": "redis", "action": "set"}, "control", "its database"),
        ("mqtt", {"resource": "mqtt", "action": "connect"}, "control", "its messages"),
        ("http", {}, "control", "its web interface"),
        ("rtsp", {"action": "PLAY", "control": False}, "reading", "its stream"),
        ("snmp", {"action": "get", "control": False, "username": "guest"}, "reading", None),
        ("ipmi", {"action": "set"}, "control", None),
    ],
)
def test_what_is_said_to_be_open(protocol: str, more: dict[str, Any], message: str, what: str | None) -> None:
    """What a service commands, else what it offers; of reading alone only the latter."""
    (found,) = judge(used(**more), protocol=protocol)
    assert found.message.id == f"exposure.unauthenticated.{message}"
    assert found.message.parameters["what"] == what
    assert ("EN 303 645 5.5-5" in found.provisions) is (message == "control")


@pytest.mark.parametrize("action", ["AddPortMapping", "POST"])
@pytest.mark.parametrize(("ends", "severity"), [(AT_HOME, Severity.HIGH), (FROM_OUTSIDE, Severity.CRITICAL)])
def test_a_hole_in_the_router_is_no_form(action: str, ends: tuple[bytes, bytes], severity: Severity) -> None:
    hole = used(action=action, resource="port mapping 8080/TCP -> 192.168.1.5:80")
    (found,) = judge(hole, ends)
    assert (found.severity, found.detail["opens"], found.detail["outside"]) == (severity, "settings", ends != AT_HOME)
    assert found.message.id == "exposure.unauthenticated.port_mapping"


@pytest.mark.parametrize(
    ("action", "severity"),
    [("POST", Severity.MEDIUM), ("PUT", Severity.MEDIUM), ("PATCH", Severity.MEDIUM), ("DELETE", Severity.MEDIUM),
     ("SetVolume", Severity.HIGH)],
)  # fmt: skip
@pytest.mark.parametrize("protocol", ["http", "http2"])
def test_a_form_from_outside_may_be_meant_for_all_and_an_action_is_not(
    action: str, severity: Severity, protocol: str
) -> None:
    (found,) = judge(used(action=action), FROM_OUTSIDE, protocol)
    assert found.severity is severity
    (other,) = judge(used(action=action, resource="/relay"), FROM_OUTSIDE, "coap")
    assert other.severity is Severity.HIGH, "a method of HTTP's name is one of HTTP alone"


@pytest.mark.parametrize("method", ["DESCRIBE", "SETUP", "PLAY", "OPTIONS", "TEARDOWN"])
def test_methods_for_watching(method: str) -> None:
    found = judge(used(action=method, control=False, resource="rtsp://192.168.1.5/1"), protocol="rtsp")
    assert len(found) == (method in ("DESCRIBE", "SETUP", "PLAY"))
    assert judge(used(action=method, control=False), protocol="sip") == []


def test_of_telephony_only_registering_needs_a_login() -> None:
    for action, number in (("REGISTER", 1), ("INVITE", 0), ("SUBSCRIBE", 0)):
        assert len(judge(used(action=action, resource="sip:100@pbx.example"), protocol="sip")) == number


@pytest.mark.parametrize(
    ("field", "value", "side", "ends", "found"),
    [
        # A device of the home that is not the one that speaks is not accused; between strangers nobody is.
        ("upnp.serial", "7QK20418855A", Side.SERVER, AT_HOME, "c0.a8.01.05"),
        ("upnp.serial", "7QK20418855A", Side.CLIENT, AT_HOME, "c0.a8.01.09"),
        ("upnp.serial", "7QK20418855A", Side.CLIENT, TO_CLOUD, "c0.a8.01.05"),
        ("upnp.serial", "7QK20418855A", Side.SERVER, (CLOUD, CLOUD), None),
        ("upnp.serial", "00-00:00.00_00", Side.SERVER, AT_HOME, ""),
        ("upnp.serial", "AAAA", Side.SERVER, AT_HOME, ""),
        ("upnp.serial", "AaAa", Side.SERVER, AT_HOME, ""),
        ("upnp.serial", "00A1", Side.SERVER, AT_HOME, "c0.a8.01.05"),
        ("mdns.instance", "--", Side.SERVER, AT_HOME, ""),
    ],
)
def test_whose_the_value_is_and_whether_it_is_one(
    field: str, value: str, side: Side, ends: tuple[bytes, bytes], found: str | None
) -> None:
    disclosed = judge(Attribute(field=field, value=value, side=side), ends, "ssdp")
    assert [one.device for one in disclosed] == ([] if found == "" else [found])
    if found is None:
        assert disclosed[0].severity is Severity.INFO


def test_what_is_about_another_host_is_not_this_ones() -> None:
    for addresses, number in (((), 1), (("192.168.1.5",), 1), (("192.168.1.77",), 0)):
        event = Attribute(field="mdns.instance", value="IPC-Garden", side=Side.SERVER, addresses=addresses)
        assert len(judge(event, protocol="mdns")) == number


def test_a_value_is_told_once_and_each_source_has_its_own() -> None:
    detector = Exposure(World())

    def told(value: str, kind: str = "upnp.serial", device: bytes = CAMERA) -> int:
        event = Attribute(field=kind, value=value, side=Side.SERVER)
        return len(list(detector.observe(seen(event, flow(LAPTOP, device, application="ssdp")))))

    assert [told("7QK20418855A"), told("7QK20418855A"), told("7QK20418855B")] == [1, 0, 1]
    assert told("7QK20418855A", "ssdp.server") == 1 and told("7QK20418855A", device=b"\xc0\xa8\x01\x06") == 1


@pytest.mark.parametrize(
    ("login", "shown_after"),
    [
        ({"username": "mara", "secret": Secret("Regen-7")}, 0),
        ({"username": "mara", "secret": Secret("Regen-7"), "accepted": False}, 0),
        ({"username": "mara", "secret": None}, 1),
        ({"username": "guest", "secret": Secret("x"), "scheme": "user/pass"}, 1),
    ],
)
def test_which_logins_may_explain_that_a_secret_is_shown(login: dict[str, Any], shown_after: int) -> None:
    detector = Exposure(World())
    event = Login(**{"mechanism": "password", "scheme": "form", **login})
    assert list(detector.observe(seen(event, flow(*AT_HOME, application="http")))) == []
    assert len(list(detector.observe(seen(shown(), flow(*AT_HOME, application="http"))))) == shown_after
    # The same login at another device explains nothing here; the other way round it is the same two ends.
    other = Exposure(World())
    list(other.observe(seen(event, flow(LAPTOP, b"\xc0\xa8\x01\x06", application="http"))))
    assert len(list(other.observe(seen(shown(), flow(*AT_HOME, application="http"))))) == 1
    turned = Exposure(World())
    list(turned.observe(seen(event, flow(CAMERA, LAPTOP, application="http"))))
    assert len(list(turned.observe(seen(shown(), flow(*AT_HOME, application="http"))))) == shown_after


def test_the_end_that_shows_the_secret_is_accused() -> None:
    (found,) = judge(shown(verifier=Side.CLIENT), (CAMERA, LAPTOP))
    assert (found.device, found.role, found.detail["outside"]) == ("c0.a8.01.05", "client", False)
    (found,) = judge(shown(verifier=Side.CLIENT), TO_CLOUD)
    assert (found.device, found.detail["outside"], found.severity) == ("c0.a8.01.05", True, Severity.HIGH)
    assert judge(shown(verifier=Side.CLIENT), (CLOUD, CAMERA)) == []


@pytest.mark.parametrize("mechanism", ["password", "key", "community", "token", "cookie"])
def test_which_secrets_may_be_shown(mechanism: str) -> None:
    """A session's own token and cookie are made for whoever asks."""
    assert len(judge(shown(mechanism=mechanism))) == (mechanism in ("password", "key", "community"))


def test_logins_are_remembered_within_bounds_and_the_last_ones_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is heard again stays; then it matters who was heard last, so that repeats are heard again, too."""
    monkeypatch.setattr(module, "MAX_SOURCES", 4)
    detector = Exposure(World())
    login = Login(mechanism="password", username="mara", secret=Secret("Regen-7"), scheme="form")

    def crossed(event: Login, number: int) -> int:
        one = flow(LAPTOP, bytes((192, 168, 2, number)), application="http")
        return len(list(detector.observe(seen(event, one))))

    assert (detector.changes, detector.on_repeat(login)) == (0, OnRepeat.SAME)
    for number in (1, 2):
        crossed(login, number)
    assert (detector.changes, detector.on_repeat(login)) == (0, OnRepeat.SAME)
    for number in (3, 4, 1, 5):
        crossed(login, number)
    assert (detector.changes, detector.on_repeat(login)) == (1, OnRepeat.AGAIN)
    assert [crossed(shown(), number) for number in (1, 2, 3, 4, 5)] == [0, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("event", "manner"),
    [
        (used(), OnRepeat.SAME),
        (shown(), OnRepeat.AGAIN),
        (Login(mechanism="password", username="mara", secret=Secret("x"), scheme="form"), OnRepeat.SAME),
        (Attribute(field="upnp.serial", value="7QK20418855A", side=Side.SERVER), OnRepeat.NOTHING),
    ],
)
def test_what_counts_again(event: Event, manner: OnRepeat) -> None:
    assert Exposure(World()).on_repeat(event) is manner


@pytest.mark.parametrize(
    ("action", "resource", "found"),
    [
        ("GetStatus", "/api", 0), ("SetStatus", "/api", 1), ("PairDevice", "/api", 0), ("X_AVM-DE_Login", "/api", 0),
        ("SetLogin", "/api", 1), ("POST", "/auth", 0), ("POST", "/xauth", 1), ("POST", "/pair", 0),
        ("POST", "/repair", 1), ("POST", "/user/sign-in", 0), ("POST", "/designing", 1), ("POST", "/onboarding", 0),
        # Words that begin like a login's.
        ("POST", "/author", 1), ("POST", "/api/authors/7", 1), ("POST", "/authority", 1), ("POST", "/authorize", 0),
        ("POST", "/authorise", 0), ("POST", "/oauth2/authorization", 0), ("POST", "/authenticate", 0),
        ("POST", "/loginfo", 1), ("POST", "/log-input", 1), ("POST", "/logindex", 1), ("POST", "/login.cgi", 0),
        ("POST", "/signing", 1), ("POST", "/signin", 0), ("POST", "/sessions", 0), ("POST", "/logout", 0),
    ],
)  # fmt: skip
def test_requests_that_a_login_cannot_precede(action: str, resource: str, found: int) -> None:
    assert len(judge(used(action=action, resource=f"http://192.168.1.5{resource}"))) == found
