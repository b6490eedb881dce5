"""Personal data: sender, severity, benign values, and no value in a finding."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sensor.detectors.personal import FLOW_BUDGET, Personal
from sensor.events import Attribute, Content, Event, Login, Lookup, Transfer
from sensor.findings import Ledger
from sensor.model import Capability, Finding, Flow, OnRepeat, Secret, Severity, Side
from tests.detectors.world import CAMERA, CLOUD, LAPTOP, World, flow, seen
from tests.personal_data.test_exif import picture

MAIL = "mara.lindner@firma.de"
OUT, HOME, BETWEEN = flow(CAMERA, CLOUD), flow(LAPTOP, CAMERA), flow(CLOUD, b"\xc6\x33\x64\x05")


def judge(event: Event, of: Flow = OUT, *, reveal: bool = False) -> list[Finding]:
    return list(Personal(World(reveal=reveal)).observe(seen(event, of)))


def body(data: bytes | str, **more: Any) -> Transfer:
    raw = data.encode() if isinstance(data, str) else data
    return Transfer(**{"side": Side.CLIENT, "application": "http", "data": raw, "size": len(raw), **more})


def url(text: str) -> Content:
    return Content(side=Side.CLIENT, name="url", data=text.encode())


def test_data_that_a_device_sends_out_is_reported() -> None:
    (found,) = judge(url(f"http://count.example/?email={MAIL}"))
    assert (found.rule, found.severity, found.device, found.role) == (
        "personal.email",
        Severity.MEDIUM,
        "c0.a8.01.05",
        "client",
    )
    assert found.capability is Capability.PERSONAL_DATA and found.provisions == ("EN 303 645 5.8-1",)
    assert found.detail["encoding"] == ["plain"] and found.detail["place"] == "url" and found.detail["field"] == "email"


def test_a_login_name_without_a_secret_is_information() -> None:
    (found,) = judge(Attribute(field="rdp.user", value="mara", side=Side.CLIENT))
    assert (found.rule, found.severity, found.detail["place"]) == ("personal.account", Severity.INFO, "user name")
    assert "mara" not in json.dumps([found.summary, found.detail])
    (found,) = judge(Attribute(field="eapol.identity", value=MAIL, side=Side.CLIENT))
    assert found.rule == "personal.email"
    assert judge(Attribute(field="rdp.client", value="mara", side=Side.CLIENT)) == []


@pytest.mark.parametrize(
    ("text", "category", "severity"),
    [
        ("lat=52.51627&lon=13.37770", "location", Severity.HIGH),
        ("imei=490154203237518", "imei", Severity.INFO),
        ("heart_rate=71", "health", Severity.HIGH),
        ("card_number=4539578763621486", "credit_card", Severity.HIGH),
        ("ssid=Lindner-Home", "ssid", Severity.MEDIUM),
        ("phone=%2B493023125000", "phone", Severity.MEDIUM),
        ("last_name=Lindner", "name", Severity.MEDIUM),
        ("street=Lindenweg+12", "address", Severity.MEDIUM),
        ("idfa=7d1f0c3a-5b2e-4c8d-9a41-0e6b2f7c9d10", "advertising_id", Severity.MEDIUM),
        ("serialNumber=7QK20418855A", "serial", Severity.INFO),
        ("mac=02005e105a11", "mac", Severity.INFO),
        ("user_id=4711942", "account", Severity.LOW),
        ("uuid=3f0c9a52-6d1e-4b7a-8c55-91d2e0a7b634", "uuid", Severity.INFO),
    ],
)
def test_graver_things_weigh_more(text: str, category: str, severity: Severity) -> None:
    (found,) = judge(url("http://count.example/?" + text))
    assert (found.rule, found.severity) == (f"personal.{category}", severity)
    assert ("EN 303 645 5.8-2" in found.provisions) is (severity is Severity.HIGH)


def test_an_account_that_is_the_devices_own_hardware_address_is_none() -> None:
    event = url("http://count.example/?user_id=02005e105a11")
    (found,) = judge(event)
    assert found.rule == "personal.account"
    observation = seen(event, replace_mac(flow(CAMERA, CLOUD, application="http"), "02005e105a11"))
    (found,) = Personal(World()).observe(observation)
    assert (found.rule, found.severity) == ("personal.mac", Severity.INFO)


def replace_mac(of: Flow, mac: str) -> Flow:
    of.client = replace(of.client, mac=bytes.fromhex(mac))
    return of


def test_no_finding_shows_the_value() -> None:
    (found,) = judge(url(f"http://count.example/?email={MAIL}"))
    text = repr((found, found.detail, found.identity, found.summary))
    assert MAIL not in text and "lindner" not in text.lower() and "firma" not in text
    assert found.detail["excerpt"] == "email: m…"
    assert set(found.detail["value"]) == {"mask", "length", "fingerprint"}


def test_reveal_shows_the_value() -> None:
    (found,) = judge(url(f"http://count.example/?email={MAIL}"), reveal=True)
    assert found.detail["value"]["value"] == MAIL


@pytest.mark.parametrize(
    "text",
    ["email=mara@example.com", "email=user@domain.com", "email=support@firma.de", "card_number=4111111111111111"],
)
def test_benign_values_are_information(text: str) -> None:
    (found,) = judge(url("http://count.example/?" + text))
    assert found.severity is Severity.INFO and found.capability is None and found.provisions == ()
    assert found.detail["harmless"]


def test_at_home_only_grave_things_count() -> None:
    assert judge(url(f"/?email={MAIL}"), HOME)[0].severity is Severity.INFO
    assert judge(url("/?lat=52.51627&lon=13.37770"), HOME)[0].severity is Severity.LOW


def test_between_two_foreign_hosts_it_is_information() -> None:
    (found,) = judge(url(f"/?email={MAIL}"), BETWEEN)
    assert found.severity is Severity.INFO and found.device is None


def test_a_page_publishes() -> None:
    page = body(
        f"<!DOCTYPE html><html><body>Write to {MAIL}, serialNumber=7QK20418855A",
        side=Side.SERVER,
        media_type="text/html; charset=utf-8",
    )
    (found,) = judge(page)
    assert (found.rule, found.severity, found.detail["harmless"]) == ("personal.email", Severity.INFO, "published")
    assert judge(body(f"/* {MAIL} */ function a(){{}}", side=Side.SERVER))[0].detail["harmless"] == "published"


def test_a_device_s_own_page_is_no_publication() -> None:
    page = body('<html><input name="ssid" value="Lindner-Home">', side=Side.SERVER, media_type="text/html")
    (found,) = judge(page, HOME)
    assert (found.rule, found.device, found.role, found.detail["harmless"]) == (
        "personal.ssid",
        "c0.a8.01.05",
        "server",
        None,
    )


def test_an_answer_to_a_device_weighs_less_than_what_it_sends() -> None:
    (found,) = judge(body(json.dumps({"email": MAIL}), side=Side.SERVER, media_type="application/json"))
    assert (found.severity, found.device, found.role) == (Severity.LOW, "c0.a8.01.05", "client")


def test_a_mail_names_its_people() -> None:
    mail = Content(side=Side.CLIENT, name="envelope", data=f"<{MAIL}>".encode())
    assert judge(mail, flow(CAMERA, CLOUD, 25, "smtp"))[0].severity is Severity.INFO


def test_the_position_in_a_picture_is_reported() -> None:
    (found,) = judge(body(picture(), media_type="image/jpeg"))
    assert (found.rule, found.severity) == ("personal.photo", Severity.HIGH)
    assert judge(body(b"\xff\xd8\xff\xe0" + MAIL.encode())) == []


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF" + bytes(60),
        b"\x89PNG\r\n\x1a\n" + bytes(60),
        b"%PDF-1.7 ",
        b"PK\x03\x04" + bytes(30),
        b"hsqs" + bytes(60),
    ],
)
def test_binary_files_are_not_searched(data: bytes) -> None:
    assert judge(body(data + b" email=" + MAIL.encode())) == []


def test_addresses_and_bare_account_names_of_logins() -> None:
    by_mail = Login(mechanism="password", username=MAIL, secret=Secret(b"x"), scheme="user/pass")
    assert [found.rule for found in judge(by_mail)] == ["personal.email"]
    bare = Login(mechanism="password", username="mara", secret=None, scheme="connect")
    assert [found.rule for found in judge(bare)] == ["personal.account"]
    assert judge(Login(mechanism="password", username="mara", secret=Secret(b"x"), scheme="user/pass")) == []


def test_records_of_text_are_published() -> None:
    record = Lookup(name="firma.de", kind="CAA", answers=(f'0 iodef "mailto:{MAIL}"',), answered=True, code="NOERROR")
    (found,) = judge(record, flow(LAPTOP, CLOUD, 53, "dns"))
    assert found.severity is Severity.INFO
    assert judge(Lookup(name="a@b.de", kind="A", answers=("192.0.2.1",), answered=True)) == []


def test_typed_fields_are_searched_and_announced_ones_are_not() -> None:
    assert judge(Attribute(field="snmp.syscontact", value=f"Mara <{MAIL}>", side=Side.SERVER), HOME)
    assert (
        judge(Attribute(field="ssdp.usn", value="uuid:3f0c9a52-6d1e-4b7a-8c55-91d2e0a7b634", side=Side.CLIENT), HOME)
        == []
    )


def test_repeats_fold_and_what_harms_nobody_folds_by_service() -> None:
    ledger, detector = Ledger(), Personal(World())
    for number in range(40):
        ledger.add_all(detector.observe(seen(url(f"http://count.example/?email={MAIL}"), OUT)))
        ledger.add_all(detector.observe(seen(url(f"http://count.example/?email=visitor{number}@example.com"), OUT)))
    counts = {(found.rule, found.severity): found.count for found in ledger}
    assert counts == {("personal.email", Severity.MEDIUM): 40, ("personal.email", Severity.INFO): 40}


def test_a_flow_has_a_budget() -> None:
    detector, line = Personal(World()), b"x" * (256 * 1024 - 40) + b" email=" + MAIL.encode()
    reported = sum(bool(list(detector.observe(seen(body(b"%08d" % number + line), OUT)))) for number in range(80))
    assert reported == FLOW_BUDGET // (256 * 1024) + 1
    list(detector.flow_ended(OUT))
    assert list(detector.observe(seen(body(line), OUT)))


def test_a_pictures_own_words_are_read_and_its_pixels_are_not() -> None:
    meta = b'<x:xmpmeta><a aux:SerialNumber="073024000633"/></x:xmpmeta>'
    (found,) = judge(body(b"\xff\xd8\xff\xe1" + meta + b"\xff\xda me@firma.de \xff\xd9", media_type="image/jpeg"))
    assert (found.rule, found.detail["place"]) == ("personal.serial", "picture")


def test_two_people_are_two_findings_and_one_address_is_one() -> None:
    """Above ``info`` each value counts; what harms nobody is one finding of its service."""
    other = MAIL.replace("mara", "jonas")
    ledger, detector = Ledger(), Personal(World())
    for address in (MAIL, other, MAIL):
        ledger.add_all(detector.observe(seen(url(f"http://count.example/?email={address}"), OUT)))
    assert sorted(found.count for found in ledger) == [1, 2]
    quiet, detector = Ledger(), Personal(World())
    for address in (MAIL, other, MAIL):
        quiet.add_all(detector.observe(seen(url(f"http://count.example/?email={address}"), BETWEEN)))
    assert [(found.count, found.severity) for found in quiet] == [(3, Severity.INFO)]


def test_what_was_read_once_is_remembered_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.personal.MAX_CACHED", 3)
    detector = Personal(World())
    for number in range(9):
        assert len(list(detector.observe(seen(url(f"http://count.example/{number}?email={MAIL}"), OUT)))) == 1
        assert len(detector._cached) == min(number + 1, 3)


@pytest.mark.parametrize("kind", ["A", "AAAA", "PTR", "NS", "CNAME", "TXT", "CAA", "RP"])
@pytest.mark.parametrize("answered", [True, False])
def test_a_host_name_with_an_at_sign_is_no_mail_address(kind: str, answered: bool) -> None:
    """A name or an address in an answer is no text that a domain publishes."""
    record = Lookup(name="firma.de", kind=kind, answers=(MAIL, "no address"), answered=answered)
    found = judge(record, flow(LAPTOP, CLOUD, 53, "dns"))
    assert [(one.rule, one.detail["harmless"], one.detail["place"]) for one in found] == (
        [("personal.email", "published", f"dns {kind}")] if answered and kind in ("TXT", "CAA", "RP") else []
    )


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3", "nntp", "http", "mqtt"])
@pytest.mark.parametrize(
    ("data", "named"),
    [(f"<{MAIL}>", True), ("phone=%2B493023125000", True), ("lat=52.51627&lon=13.37770", False)],
)
def test_a_mail_names_who_writes_and_nothing_else_in_it_is_meant_to_be_seen(
    protocol: str, data: str, named: bool
) -> None:
    (found,) = judge(Content(side=Side.CLIENT, name="envelope", data=data.encode()), flow(CAMERA, CLOUD, 25, protocol))
    quiet = named and protocol in ("smtp", "imap", "pop3", "nntp")
    assert found.severity is (Severity.INFO if quiet else Severity.MEDIUM if named else Severity.HIGH)


@pytest.mark.parametrize("media_type", ["text/css", "text/javascript; charset=utf-8", "application/javascript"])
def test_a_script_is_its_makers_whoever_serves_it(media_type: str) -> None:
    script = body(f"var author = '{MAIL}';", side=Side.SERVER, media_type=media_type)
    for ends in (HOME, OUT, BETWEEN):
        (found,) = judge(script, ends)
        assert (found.severity, found.detail["harmless"]) == (Severity.INFO, "published")
    (sent,) = judge(replace(script, side=Side.CLIENT), OUT)
    assert (sent.severity, sent.detail["harmless"]) == (Severity.MEDIUM, None)


@pytest.mark.parametrize("username", [MAIL, "mara"])
@pytest.mark.parametrize("verifier", list(Side))
def test_who_logs_in_sends_the_name(username: str, verifier: Side) -> None:
    login = Login(mechanism="password", username=username, secret=None, scheme="connect", verifier=verifier)
    (found,) = judge(login, OUT)
    # The camera is the client: where it checks the login, the name came to it.
    assert found.detail["sent"] is (verifier is Side.SERVER) and found.role == "client"
    sent = Severity.MEDIUM if username == MAIL else Severity.LOW
    assert found.severity is (sent if verifier is Side.SERVER else Severity.INFO)


def test_flows_and_results_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.personal.MAX_FLOWS", 3)
    detector = Personal(World())
    for uid in range(9):
        one = replace(flow(CAMERA, CLOUD), uid=uid)
        assert not detector.awaits(one)
        list(detector.observe(seen(url(f"http://count.example/{uid}?email={MAIL}"), one)))
        assert detector.awaits(one) and len(detector._searched) == min(uid + 1, 3)
    assert not detector.awaits(replace(flow(), uid=0)), "the oldest went first"
    list(detector.flow_ended(one))
    assert not detector.awaits(one)


def test_an_item_that_was_published_once_is_no_publication_elsewhere() -> None:
    detector, data = Personal(World()), f"<html>{MAIL}"
    page = body(data, side=Side.SERVER, media_type="text/html")
    for event, harmless in ((page, "published"), (body(data), None), (page, "published")):
        (found,) = detector.observe(seen(event, OUT))
        assert found.detail["harmless"] == harmless


@pytest.mark.parametrize(
    ("more", "published"),
    [
        ({"application": "http2"}, True), ({"application": "ftp"}, True), ({"application": "mqtt"}, False),
        ({"media_type": "application/xhtml+xml"}, True), ({"media_type": "text/x-component"}, True),
        ({"media_type": "application/json"}, False), ({"side": Side.CLIENT}, False),
    ],
)  # fmt: skip
def test_what_publishes(more: dict[str, Any], published: bool) -> None:
    """A server's page, by its type; what a device sends up is no page."""
    event = body(f"mail {MAIL}", **{"side": Side.SERVER, "media_type": "text/html", **more})
    (found,) = judge(event, OUT)
    assert (found.detail["harmless"] == "published") is published


@pytest.mark.parametrize(
    "beginning", ["<!doctype html>", "  <HTML>", "<head>", "<!-- x", "var a;", "// x", "(function"]
)
def test_a_page_without_a_type_is_known_by_its_beginning(beginning: str) -> None:
    page = body(f"{beginning} {MAIL}", side=Side.SERVER)
    assert judge(page, OUT)[0].detail["harmless"] == "published"
    assert judge(replace(page, data=b"hello " + page.data), OUT)[0].detail["harmless"] is None


def test_of_what_comes_from_outside_only_the_beginning_is_searched() -> None:
    far = b"x" * 65_536 + f" email={MAIL}".encode()
    assert judge(body(far, side=Side.SERVER), OUT) == [] and len(judge(body(far), OUT)) == 1
    assert judge(body(b"x" * 262_144 + f" email={MAIL}".encode()), OUT) == []


def test_the_address_of_either_end_names_no_account() -> None:
    for spelled in ("02005e105a11", "02:00:5E:10:5A:11", "02-00-5e-10-5a-11"):
        login = Login(mechanism="password", username=spelled, secret=None, scheme="connect")
        for end in ("client", "server"):
            made = flow(CAMERA, CLOUD)
            setattr(made, end, replace(getattr(made, end), mac=bytes.fromhex("02005e105a11")))
            (found,) = Personal(World()).observe(seen(login, made))
            assert (found.rule, found.severity) == ("personal.mac", Severity.INFO)
        assert judge(login)[0].rule == "personal.account"


@pytest.mark.parametrize("kind", [Attribute(field="irc.realname", value="x", side=Side.CLIENT), url("/"), body("x")])
def test_what_was_searched_once_gives_the_same_again(kind: Event) -> None:
    assert Personal(World()).on_repeat(kind) is OnRepeat.SAME


@pytest.mark.parametrize(
    ("kind", "searched"),
    [
        ("A", False),
        ("AAAA", False),
        ("PTR", False),
        ("NS", False),
        ("CNAME", False),
        ("TXT", True),
        ("CAA", True),
        ("SOA", True),
    ],
)
def test_only_records_with_texts_are_searched(kind: str, searched: bool) -> None:
    """RFC 1035 3.3.14, RFC 8659 4.4, and a mailbox in text: what a domain publishes. A question has none."""
    answer = Lookup(name="firma.de", kind=kind, answers=(f"contact {MAIL}",), answered=True, code="NOERROR")
    question = Lookup(name=MAIL, kind=kind)
    assert bool(judge(answer)) is searched and judge(question) == []
    assert Personal(World()).on_repeat(answer) is (OnRepeat.SAME if searched else OnRepeat.NOTHING)
    assert Personal(World()).on_repeat(question) is OnRepeat.NOTHING


def test_a_finding_above_information_has_a_secret() -> None:
    for ends, loud in ((OUT, True), (BETWEEN, False)):
        (found,) = judge(url(f"http://count.example/?email={MAIL}"), ends)
        assert (found.has_secret, found.capability is not None, bool(found.provisions)) == (loud, loud, loud)
    (grave,) = judge(url("/?lat=52.51627&lon=13.37770"), HOME)
    assert (grave.has_secret, grave.capability, grave.provisions) == (True, Capability.PERSONAL_DATA, ())


@pytest.mark.parametrize(("application", "place"), [("http", "body"), ("mqtt", "message"), ("syslog", "log line"),
                                                    ("coap", "content")])  # fmt: skip
def test_where_it_stood(application: str, place: str) -> None:
    (found,) = judge(body(f'{{"note": "{MAIL}"}}', application=application))
    assert found.detail["place"] == place


def test_whose_the_other_end_is() -> None:
    for ends, side, party in ((HOME, Side.SERVER, "local"), (OUT, Side.CLIENT, None), (OUT, Side.SERVER, "local")):
        (found,) = judge(Content(side=side, name="x", data=f"email={MAIL}".encode()), ends)
        assert found.detail["party"] == party, "that of the end it was sent to"


def test_a_login_without_a_name_names_nobody() -> None:
    for username in (None, ""):
        assert judge(Login(mechanism="key", username=username, secret=None, scheme="x")) == []


def test_the_budget_counts_from_nothing_and_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.personal.FLOW_BUDGET", 100)
    detector = Personal(World())
    sent = [f"email={MAIL}&n={n:02d}".ljust(50) for n in range(4)]
    assert [len(list(detector.observe(seen(url(one), OUT)))) for one in sent] == [1, 1, 1, 0]
