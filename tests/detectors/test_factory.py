"""Factory pairs, shared and guessable secrets, and the cases that are none."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from sensor.detectors._pairs import FactoryPair, best_pair, factory_pairs
from sensor.detectors.factory import Factory
from sensor.events import Access, Attribute, Event, Login
from sensor.model import Finding, OnRepeat, Secret, Severity, Side, Transport
from tests.detectors.world import CAMERA, CLOUD, LAPTOP, World, flow, seen

PRINTER = b"\xc0\xa8\x01\x07"


def login(username: str = "anna", secret: str = "canary-of-a-test", **more: Any) -> Login:
    return Login(
        **{
            "mechanism": "password",
            "username": username,
            "secret": Secret(secret),
            "scheme": "basic",
            "accepted": True,
            **more,
        }
    )


def judge(*events: tuple[Login, bytes], world: World | None = None, client: bytes = LAPTOP) -> list[Finding]:
    detector = Factory(world or World())
    for event, server in events:
        assert list(detector.observe(seen(event, flow(client, server)))) == []
    return list(detector.finish())


def rules(*events: tuple[Login, bytes], **more: Any) -> list[str]:
    return [found.rule for found in judge(*events, **more)]


def test_a_factory_pair_that_the_device_accepts() -> None:
    (found,) = judge((login("root", "xc3511"), CAMERA))
    assert found.rule == "credential.default" and found.severity is Severity.HIGH
    assert found.device == "c0.a8.01.05" and found.detail["matched"] and found.detail["phase"] is None
    assert found.provisions == ("EN 303 645 5.1-1",)


def test_a_makers_own_pair_weighs_more() -> None:
    world = World()
    world.identities["c0.a8.01.05"] = {"vendor": "Ubiquiti"}
    (found,) = judge((login("ubnt", "ubnt"), CAMERA), world=world)
    assert found.severity is Severity.CRITICAL and found.detail["makers_own"] is True


@pytest.mark.parametrize(
    "event",
    [
        login("root", "xc3511", accepted=None, status=401),
        login("root", "xc3511", clear=False),
        login("root", "xc3511", mechanism="cookie"),
        login("root", "XC3511"),
        login("Root", "xc3511"),
        login("anonymous", "anonymous", scheme="user/pass"),
    ],
    ids=["401", "challenge", "cookie", "other case", "other name", "anonymous"],
)
def test_what_is_no_accepted_factory_pair(event: Login) -> None:
    assert judge((event, CAMERA)) == []


def test_a_factory_pair_that_the_device_refused_speaks_for_it() -> None:
    (found,) = judge((login("root", "xc3511", accepted=False), CAMERA))
    assert (found.rule, found.severity, found.device) == ("credential.refused_default", Severity.INFO, "c0.a8.01.05")
    assert judge((login("anna", "canary-of-a-test", accepted=False), CAMERA)) == []
    # It was taken at another time: that counts.
    both = [(login("root", "xc3511", accepted=accepted), CAMERA) for accepted in (False, True)]
    assert rules(*both) == rules(*reversed(both)) == ["credential.default"]


def test_an_answer_that_was_not_seen_weighs_less() -> None:
    (found,) = judge((login("root", "xc3511", accepted=None), CAMERA))
    assert found.severity is Severity.MEDIUM


def test_a_service_outside_is_not_the_homes_to_judge() -> None:
    assert judge((login("root", "xc3511"), CLOUD)) == []


def test_a_secret_of_two_devices_is_one_finding_about_both() -> None:
    (found,) = judge((login(), CAMERA), (login(), PRINTER))
    assert (found.rule, found.severity, found.device) == ("credential.shared", Severity.INFO, None)
    assert found.detail["devices"] == ["c0.a8.01.05", "c0.a8.01.07"]
    assert rules((login(), CAMERA), (login(), CAMERA)) == []
    assert rules((login(secret=""), CAMERA), (login(secret=""), PRINTER)) == []


def test_a_shared_factory_pair_on_one_model_is_grave() -> None:
    world = World()
    for device in ("c0.a8.01.05", "c0.a8.01.07"):
        world.identities[device] = {"model": "CAM-1"}
    found = {
        f.rule: f for f in judge((login("root", "xc3511"), CAMERA), (login("root", "xc3511"), PRINTER), world=world)
    }
    assert found["credential.shared"].severity is Severity.HIGH


@pytest.mark.parametrize(
    ("secret", "source"),
    [
        ("001132aabbcc", "mac"),
        ("AA:BB:CC", "mac"),
        ("cam-aabbcc!", "mac"),
        ("ccbbaa231100", "mac"),  # reversed
        ("SN1234567", "serial"),
        ("aabbc", None),  # too short to be no coincidence
        ("sunflower-7719", None),
        ("e7a2f1d5", None),
    ],
)
def test_guessable_secrets(secret: str, source: str | None) -> None:
    world = World()
    world.identities["c0.a8.01.05"] = {"mac": "00:11:32:aa:bb:cc", "serial": "SN1234567", "hostname": "sunflower-7719"}
    found = judge((login(secret=secret), CAMERA), world=world)
    assert [f.detail["derived_from"] for f in found if f.rule == "credential.guessable"] == ([source] if source else [])


def test_a_plain_hash_of_the_mac_is_guessable() -> None:
    world = World()
    world.identities["c0.a8.01.05"] = {"mac": "00:11:32:aa:bb:cc"}
    cut = hashlib.md5(b"001132aabbcc", usedforsecurity=False).hexdigest()[:8]
    assert rules((login(secret=cut), CAMERA), world=world) == ["credential.guessable"]


def test_no_finding_shows_the_secret() -> None:
    text = json.dumps([f.detail for f in judge((login(), CAMERA), (login(), PRINTER))])
    assert "canary" not in text


def test_the_table_names_a_source_for_every_row() -> None:
    table = factory_pairs()
    assert len(table) > 2000
    assert {row.source for rows in table.values() for row in rows} == {"default-credentials", "mirai"}
    assert ("root", b"xc3511") in table and ("admin", b"") in table


def test_the_best_row_is_the_makers_own_then_the_services() -> None:
    rows = (FactoryPair("Acme Cam", "", "s"), FactoryPair("Others", "telnet", "s"), FactoryPair("Mail", "http", "s"))
    assert best_pair(rows, "Acme", "telnet") == (rows[0], True)
    assert best_pair(rows, None, "telnet") == (rows[1], False)
    assert best_pair(rows, "Nobody", "ftp") == (rows[0], False)


@pytest.mark.parametrize(
    ("answers", "first", "last"),
    [
        # Taken at set-up, and again later.
        (((1, True), (9, True)), 1, 9),
        # That it is still taken later was not seen.
        (((1, True), (9, None)), 1, 1),
        (((1, None), (5, True), (9, None)), 5, 5),
        (((1, None), (9, None)), 1, 9),
    ],
)
def test_the_time_of_a_factory_pair_is_that_of_its_best_answers(
    answers: tuple[tuple[int, bool | None], ...], first: int, last: int
) -> None:
    detector = Factory(World())
    for time, accepted in answers:
        event = login("root", "xc3511", accepted=accepted)
        assert list(detector.observe(seen(event, flow(LAPTOP, CAMERA), time=time))) == []
    (found,) = detector.finish()
    assert (found.time, found.last_time) == (first, last)


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
def test_a_probe_that_gets_no_byte_shows_no_interface(transport: Transport) -> None:
    for answered in (0, 60):
        detector, of = Factory(World()), flow(LAPTOP, CAMERA)
        of.transport, of.payload, of.packets = transport, (80, answered), (2, 1)
        assert list(detector.observe(seen(login("root", "xc3511", accepted=None), of))) == []
        assert [found.rule for found in detector.finish()] == (["credential.default"] if answered else [])


def test_a_community_without_its_own_answer_is_no_factory_secret() -> None:
    event = Login(mechanism="community", username=None, secret=Secret("public"), scheme="snmpv2c")
    assert judge((event, CAMERA)) == []
    (found,) = judge((replace(event, accepted=True), CAMERA))
    assert found.rule == "credential.default" and "pair" not in found.summary


def test_a_password_without_a_name_is_no_pair() -> None:
    assert judge((login(username=None, secret="12345"), CAMERA)) == []


TWO = ("c0.a8.01.05", "c0.a8.01.07")


@pytest.mark.parametrize(
    ("both", "second", "severity"),
    [
        ({"vendor": "Acme", "model": "S-1"}, {}, Severity.HIGH),
        ({"vendor": "Acme"}, {}, Severity.MEDIUM),
        ({"mac": "24:0a:c4:00:00:01"}, {"mac": "24:0a:c4:00:00:02"}, Severity.MEDIUM),
        ({"mac": "26:0a:c4:00:00:01"}, {"mac": "26:0a:c4:00:00:02"}, Severity.INFO),
        ({"vendor": "Acme"}, {"vendor": "Other"}, Severity.INFO),
        ({"vendor": "Acme", "model": "P", "category": "phone"}, {}, Severity.INFO),
        ({}, {}, Severity.INFO),
    ],
    ids=["model", "maker", "block", "random", "unlike", "phones", "unknown"],
)
@pytest.mark.parametrize("mechanism", ["password", "key", "token"])
def test_one_secret_of_several_devices_at_a_service_outside(
    mechanism: str, both: dict[str, str], second: dict[str, str], severity: Severity
) -> None:
    world = World()
    world.identities.update({TWO[0]: both, TWO[1]: {**both, **second}})
    detector = Factory(world)
    for device in (CAMERA, PRINTER):
        assert list(detector.observe(seen(login(mechanism=mechanism), flow(device, CLOUD)))) == []
    (found,) = detector.finish()
    assert (found.rule, found.role, found.device, found.severity) == ("credential.shared", "client", None, severity)
    assert found.detail["devices"] == list(TWO) and found.detail["sent"] is True
    assert found.provisions == ("EN 303 645 5.4-3", "EN 303 645 5.4-4")


def test_secrets_of_their_own_at_a_service_and_refused_ones_are_not_shared() -> None:
    detector = Factory(World())
    for device, event in ((CAMERA, login(secret="one-of-two")), (PRINTER, login(secret="two-of-two"))):
        assert list(detector.observe(seen(event, flow(device, CLOUD)))) == []
        assert list(detector.observe(seen(login(accepted=False), flow(device, CLOUD)))) == []
    assert list(detector.finish()) == []


@pytest.mark.parametrize(
    ("first", "second", "pair", "severity"),
    [
        ("CAM-1", "CAM-1", ("root", "xc3511"), Severity.HIGH),
        ("CAM-1", "CAM-2", ("root", "xc3511"), Severity.INFO),
        ("CAM-1", None, ("root", "xc3511"), Severity.INFO),
        (None, None, ("root", "xc3511"), Severity.INFO),
        ("CAM-1", "CAM-1", ("anna", "canary-of-a-test"), Severity.INFO),
    ],
)
def test_a_shared_secret_accuses_one_model_with_its_factory_pair(
    first: str | None, second: str | None, pair: tuple[str, str], severity: Severity
) -> None:
    """Owners use one password on many devices; that a maker did is only shown by both together."""
    world = World()
    for device, model in zip(TWO, (first, second), strict=True):
        world.identities[device] = {"model": model} if model else {}
    found = {f.rule: f for f in judge((login(*pair), CAMERA), (login(*pair), PRINTER), world=world)}
    assert found["credential.shared"].severity is severity


def test_what_a_device_shows_is_no_login_with_a_factory_pair() -> None:
    assert judge((login("root", "xc3511", served=True), CAMERA)) == []


def test_logins_and_refusals_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.factory.MAX_LOGINS", 3)
    for accepted, table in ((True, "_logins"), (False, "_refused")):
        detector = Factory(World())
        for number in range(6):
            event = login("root", f"password number {number}", accepted=accepted)
            assert not list(detector.observe(seen(event, flow(LAPTOP, CAMERA))))
        assert len(getattr(detector, table)) == 3


def test_a_page_that_was_refused_without_the_pair_and_served_with_it_accepted_it() -> None:
    """HTTP's own contrast (RFC 9110 15.5.2): 401 without, 200 with the same pair at the same place."""
    served = login("root", "xc3511", accepted=None, status=200, resource="http://cam/")
    refused = Access(resource="http://cam/", action="GET", granted=False, status=401)
    for events, severity in (((served,), Severity.MEDIUM), ((refused, served), Severity.HIGH)):
        detector = Factory(World())
        for event in events:
            assert list(detector.observe(seen(event, flow(LAPTOP, CAMERA)))) == []
        (found,) = detector.finish()
        assert (found.rule, found.severity) == ("credential.default", severity)


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        # What was not answered before was refused: it is no reason to suspect it, and speaks for the device.
        ((None, False), ["credential.refused_default"]),
        ((False, None), ["credential.default"]),
        ((True, False), ["credential.default"]),
        ((None, True), ["credential.default"]),
        ((False, False), ["credential.refused_default"]),
    ],
)
def test_a_refusal_after_a_login_whose_answer_is_not_known(answers: tuple[bool | None, ...], rule: list[str]) -> None:
    assert rules(*((login("root", "xc3511", accepted=one), CAMERA) for one in answers)) == rule


@pytest.mark.parametrize("status", [401, 403, 407])
def test_a_status_that_refuses_takes_nothing_back_and_accuses_nobody(status: int) -> None:
    unknown = login("root", "xc3511", accepted=None, status=status)
    assert rules((unknown, CAMERA)) == []
    assert rules((login("root", "xc3511"), CAMERA), (unknown, CAMERA)) == ["credential.default"]
    later = login("root", "xc3511", accepted=None, status=200)
    assert rules((later, CAMERA)) == ["credential.default"]


@pytest.mark.parametrize("accepted", [True, False])
def test_a_community_is_a_factory_secret_without_a_name(accepted: bool) -> None:
    event = Login(
        mechanism="community", username=None, secret=Secret("public"), scheme="snmpv2c", accepted=accepted
    )  # fmt: skip
    (found,) = judge((event, CAMERA))
    assert (found.rule, found.severity) == (
        ("credential.default", Severity.MEDIUM) if accepted else ("credential.refused_default", Severity.INFO)
    )
    assert judge((replace(event, mechanism="password", secret=Secret("12345")), CAMERA)) == []


@pytest.mark.parametrize(
    ("first", "second", "severity"),
    [
        ("24:0a:c4:00:00:01", "24:0a:c4:00:00:02", Severity.MEDIUM),
        ("24:0a:c4:00:00:01", "b8:27:eb:00:00:02", Severity.INFO),
        ("26:0a:c4:00:00:01", "26:0a:c4:00:00:02", Severity.INFO),
        ("24:0a:c4:00:00:01", "", Severity.INFO),
        ("", "", Severity.INFO),
    ],
)
def test_devices_of_one_block_are_of_one_maker(first: str, second: str, severity: Severity) -> None:
    """The first three bytes of an assigned address (IEEE 802c: bit 0x02 of the first is not set)."""
    world = World()
    world.identities.update({TWO[0]: {"mac": first} if first else {}, TWO[1]: {"mac": second} if second else {}})
    detector = Factory(world)
    for device in (CAMERA, PRINTER):
        list(detector.observe(seen(login(), flow(device, CLOUD))))
    (found,) = detector.finish()
    assert found.severity is severity


@pytest.mark.parametrize("category", ["phone", "tablet", "computer", "camera"])
def test_one_person_in_the_group_makes_it_a_persons(category: str) -> None:
    world = World()
    known = {"vendor": "Acme", "model": "S-1"}
    world.identities.update({TWO[0]: known, TWO[1]: {**known, "category": category}})
    detector = Factory(world)
    for device in (CAMERA, PRINTER):
        list(detector.observe(seen(login(), flow(device, CLOUD))))
    (found,) = detector.finish()
    assert found.severity is (Severity.HIGH if category == "camera" else Severity.INFO)
    assert found.capability is None and found.detail["devices"] == list(TWO) and found.remote


@pytest.mark.parametrize("mechanism", ["password", "token", "key", "cookie", "community"])
def test_a_secret_that_two_devices_send_within_the_home_is_the_servers_matter(mechanism: str) -> None:
    detector = Factory(World())
    for device in (CAMERA, PRINTER):
        list(detector.observe(seen(login(mechanism=mechanism), flow(device, LAPTOP))))
    assert list(detector.finish()) == []
    at_service = Factory(World())
    for device in (CAMERA, PRINTER):
        list(at_service.observe(seen(login(mechanism=mechanism), flow(device, CLOUD))))
    assert len(list(at_service.finish())) == (mechanism in ("password", "token", "key"))


def test_frames_of_a_shared_secret_are_those_of_all_its_devices() -> None:
    detector = Factory(World())
    for number, device in enumerate((CAMERA, PRINTER)):
        list(detector.observe(seen(login(), flow(LAPTOP, device), frames=(9 - number,))))
    (found,) = detector.finish()
    assert found.frames == (8, 9)


@pytest.mark.parametrize(
    ("event", "manner"),
    [
        (login(), OnRepeat.AGAIN),
        (login(mechanism="community"), OnRepeat.AGAIN),
        (login(mechanism="token"), OnRepeat.LATER),
        (login(mechanism="cookie"), OnRepeat.NOTHING),
        (login(clear=False), OnRepeat.NOTHING),
        (login(served=True), OnRepeat.NOTHING),
        (login("anonymous", scheme="user/pass"), OnRepeat.NOTHING),
        (replace(login(), secret=None), OnRepeat.NOTHING),
        # What is refused is remembered, whatever was sent.
        (login(mechanism="cookie", status=401), OnRepeat.AGAIN),
        (Access(resource="/", action="GET", granted=False, status=401), OnRepeat.AGAIN),
        (Access(resource="/", action="GET", granted=True, status=200), OnRepeat.NOTHING),
        (Attribute(field="http.server", value="x", side=Side.SERVER), OnRepeat.NOTHING),
    ],
)
def test_what_is_weighed_each_time(event: Event, manner: OnRepeat) -> None:
    assert Factory(World()).on_repeat(event) is manner


def test_logins_at_services_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.factory.MAX_LOGINS", 3)
    detector = Factory(World())
    for number in range(6):
        for device in (CAMERA, PRINTER):
            list(detector.observe(seen(login(secret=f"password number {number}"), flow(device, CLOUD))))
    assert len(detector._services) == 3 and len(list(detector.finish())) == 1


def test_the_time_of_a_known_login_is_that_of_its_last_sight() -> None:
    detector = Factory(World())
    for time in (5, 9, 7):
        list(detector.observe(seen(login("root", "xc3511"), flow(LAPTOP, CAMERA), time=time)))
    (found,) = detector.finish()
    assert (found.time, found.last_time) == (5, 9)


@pytest.mark.parametrize("vendor", ["???", "", None, "Ubiquiti Networks of somewhere", "Other"])
def test_a_maker_without_a_word_in_common_is_another(vendor: str | None) -> None:
    rows = (FactoryPair("Ubiquiti AirOS", "", "s"), FactoryPair("Cam", "http", "s"))
    assert best_pair(rows, vendor, "http") == (rows[1], False)
    assert best_pair(rows, "UBIQUITI", "http") == (rows[0], True)
