"""Facts of a lab turn a concern into a proof or take it away, each named with file and line.

What they do not tell stays open.
"""

from __future__ import annotations

from typing import Any

import pytest

from sensor.catalogue import Message, worded
from sensor.model import Endpoint, Finding, Severity, Status
from sensor.verdicts.baseline import QUESTIONS, baseline
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.facts import Published, parse
from sensor.verdicts.judge import JudgedProvision, judge_device
from sensor.verdicts.procedures import procedures
from sensor.verdicts.settle import ANSWERS, FACTS, PROCEDURES, DeviceKnowledge

T = 1_777_629_600 * 1_000_000_000
"""2026-05-01T10:00:00Z."""

SET_UP_UNTIL_ELEVEN = """
[[device.phase]]
is = "set_up"
until = 2026-05-01T11:00:00Z
[[device.phase]]
is = "in_use"
from = 2026-05-01T11:00:00Z
"""

HOUR = 3600 * 1_000_000_000


def known(text: str, **names: set[str]) -> DeviceKnowledge:
    facts = parse('[[device]]\nid = "d"\n' + text, "lab.toml").devices["d"]
    return DeviceKnowledge(facts, {"203.0.113.7": names.get("names", set())})


def finding(rule: str, **more: Any) -> Finding:
    usual = {
        "role": "server", "remote": False, "severity": Severity.HIGH, "time": T, "protocol": "http", "device": "d",
    }  # fmt: skip
    given = {key: more.pop(key, value) for key, value in usual.items()}
    outside = given["role"] == "client"
    return Finding(
        rule=rule, peer_device=None, capability=None, provisions=(), client=Endpoint.parse("192.0.2.2:4000"),
        last_time=more.pop("last_time", given["time"]),
        server=Endpoint.parse("203.0.113.7:80" if outside else "192.0.2.2:80"), frames=(1,),
        message=Message("update.check"),
        detail=more, **given,
    )  # fmt: skip


def judged(v3: str, one: Finding, what: DeviceKnowledge) -> JudgedProvision:
    found, _ = judge_device([p for p in baseline() if p.v3 == v3], [one], Coverage(), what)
    return found[0]


def said(found: JudgedProvision) -> str:
    message = found.because[0].message
    assert message is not None
    return worded("reason", *message)


def facts_of(found: JudgedProvision) -> list[str]:
    return [worded("reason", *fact) for fact in found.because[0].facts]


def status(v3: str, one: Finding, text: str, **names: set[str]) -> Status:
    return judged(v3, one, known(text, **names)).status


DEFAULT: dict[str, Any] = {"rule": "credential.default", "mechanism": "password", "username": "admin", "accepted": True}
FACTORY = '[[device.account]]\nuser = "admin"\nset_by = "factory"\n'
USER = '[[device.account]]\nuser = "admin"\nset_by = "user"\n'
IN_USE = 'phase = "in_use"\n'


def test_every_question_of_the_map_has_an_answer_and_a_key() -> None:
    assert set(ANSWERS) == set(FACTS) == set(QUESTIONS)


# The factory state (EN 303 645 5.1-1 leaves it out) and who chose a password.


@pytest.mark.parametrize(
    ("text", "more", "wanted"),
    [
        (IN_USE + FACTORY, {}, Status.VIOLATED),
        (IN_USE + FACTORY + "unique = false\n", {}, Status.VIOLATED),
        # Not in use, chosen by the user, or different on each unit: what the provision asks for.
        ('phase = "factory_default"\n' + FACTORY, {}, Status.INSUFFICIENT_EVIDENCE),
        ('phase = "set_up"\n' + FACTORY, {}, Status.INSUFFICIENT_EVIDENCE),
        (IN_USE + USER, {}, Status.INSUFFICIENT_EVIDENCE),
        (IN_USE + FACTORY + "unique = true\n", {}, Status.INSUFFICIENT_EVIDENCE),
        # One fact is missing.
        (IN_USE, {}, Status.CONCERN),
        (FACTORY, {}, Status.CONCERN),
        (IN_USE + '[[device.account]]\nuser = "root"\nset_by = "factory"\n', {}, Status.CONCERN),
        (IN_USE + '[[device.account]]\nprotocol = "telnet"\nset_by = "factory"\n', {}, Status.CONCERN),
        (IN_USE + '[[device.account]]\nport = 8080\nset_by = "factory"\n', {}, Status.CONCERN),
        # An account for whatever user, protocol and port.
        (IN_USE + '[[device.account]]\nset_by = "factory"\n', {}, Status.VIOLATED),
        (IN_USE + '[[device.account]]\nprotocol = "HTTP"\nport = 80\nset_by = "factory"\n', {}, Status.VIOLATED),
        # Nobody saw that the device takes it, but the lab lists the account.
        (IN_USE + FACTORY, {"accepted": None}, Status.VIOLATED),
    ],
)
def test_a_default_pair(text: str, more: dict[str, Any], wanted: Status) -> None:
    assert status("5.1-1", finding(**{**DEFAULT, **more}), text) is wanted


@pytest.mark.parametrize(
    ("first", "last", "wanted"),
    [
        (T, T, Status.INSUFFICIENT_EVIDENCE),
        (T + HOUR, T + HOUR, Status.VIOLATED),
        # Used at set-up, and again afterwards.
        (T, T + 2 * HOUR, Status.VIOLATED),
    ],
)
def test_states_hold_at_the_time_of_the_packets(first: int, last: int, wanted: Status) -> None:
    one = finding(**DEFAULT, time=first, last_time=last)
    assert status("5.1-1", one, FACTORY + SET_UP_UNTIL_ELEVEN) is wanted


def test_a_state_that_is_known_for_a_part_only_settles_nothing() -> None:
    part = '[[device.phase]]\nis = "set_up"\nuntil = 2026-05-01T11:00:00Z\n'
    assert status("5.1-1", finding(**DEFAULT, last_time=T + 2 * HOUR), FACTORY + part) is Status.CONCERN


def test_the_facts_are_named() -> None:
    broken = judged("5.1-1", finding(**DEFAULT), known(IN_USE + FACTORY))
    assert facts_of(broken) == [
        "the device was in use then (lab.toml:3)",
        "this password was set at the factory (lab.toml:4)",
    ]
    cleared = judged("5.1-1", finding(**DEFAULT), known(IN_USE + USER))
    assert cleared.because[0].cleared and facts_of(cleared) == ["its user chose this password (lab.toml:4)"]
    assert cleared.because[1].finding is None


def test_a_concern_names_what_would_settle_it() -> None:
    unanswered = finding(**{**DEFAULT, "accepted": None})
    assert judged("5.1-1", unanswered, DeviceKnowledge()).grounds.open == ("account", "phase", "unique")
    assert judged("5.1-1", finding(**DEFAULT), DeviceKnowledge()).grounds.open == ("phase", "unique")
    assert judged("5.1-1", finding(**DEFAULT), known(IN_USE)).grounds.open == ("unique",)
    assert judged("5.1-1", finding(**DEFAULT), known(IN_USE + FACTORY)).grounds.open == ()


def test_who_uses_an_account_and_how_it_came_there_are_facts() -> None:
    def of(text: str, protocol: str = "mqtt") -> tuple[Status, Status | None]:
        more = {"username": "admin", "accepted": True, "mechanism": "password"}
        login = finding("credential.cleartext", protocol=protocol, **more)
        found = judged("5.1-3", login, known(text))
        return found.status, found.editions["v2.1.1"]

    broken, unclear, concern = Status.VIOLATED, Status.INSUFFICIENT_EVIDENCE, Status.CONCERN
    assert of('[[device.account]]\nby = "user"\n') == (broken, broken)
    assert of('[[device.account]]\nby = "machine"\n') == (broken, unclear)
    assert of('[[device.account]]\nby = "machine"\n', "ftp") == (broken, unclear)
    assert of('[[device.account]]\noffered = "default"\n', "ftp") == (broken, broken)
    for offered in ("opt_in", "owner_software"):
        assert of(f'[[device.account]]\noffered = "{offered}"\n', "ftp") == (concern, concern)


def test_what_does_not_apply_is_said_by_the_lab() -> None:
    text = 'not_applicable = {"5.1-3" = "no logins at all"}\n'
    login = finding("credential.cleartext", accepted=True, mechanism="password")
    found = judged("5.1-3", login, known(text))
    assert found.status is Status.NOT_APPLICABLE and "no logins at all (lab.toml)" in said(found)


def test_a_shared_password_that_the_user_chose_is_nothing() -> None:
    shared = finding(
        "credential.shared", role=None, device=None, username="admin", accepted=True, protocol="ftp", sent=False
    )
    assert status("5.1-1", shared, "") is Status.CONCERN
    assert status("5.1-1", shared, USER) is Status.INSUFFICIENT_EVIDENCE
    # It may have been seen in the factory state of one of them: no proof.
    assert status("5.1-1", shared, IN_USE + FACTORY) is Status.CONCERN


def test_a_guessable_password_is_the_factorys_or_the_users() -> None:
    guessable = finding("credential.guessable", username="admin", accepted=True, derived_from="mac")
    assert status("5.1-2", guessable, FACTORY) is Status.VIOLATED
    assert status("5.1-2", guessable, FACTORY + "unique = true\n") is Status.VIOLATED
    assert status("5.1-2", guessable, USER) is Status.INSUFFICIENT_EVIDENCE


# Logins in the clear.


def test_a_listed_account_that_crosses_readable_breaks_5_1_3() -> None:
    login = {"rule": "credential.cleartext", "mechanism": "password", "username": "anna"}
    listed = '[[device.account]]\nuser = "anna"\n'
    assert status("5.1-3", finding(**login, accepted=None), "") is Status.CONCERN
    assert status("5.1-3", finding(**login, accepted=None), listed) is Status.VIOLATED
    # Refused: that the interface takes the right password in this way is not shown.
    assert status("5.1-3", finding(**login, accepted=False), listed) is Status.CONCERN


@pytest.mark.parametrize(
    ("more", "open_to_all", "closed"),
    [
        ({"accepted": True}, Status.VIOLATED, Status.INSUFFICIENT_EVIDENCE),
        ({"accepted": True, "remote": True}, Status.VIOLATED, Status.INSUFFICIENT_EVIDENCE),
        ({"accepted": None, "remote": True}, Status.CONCERN, Status.INSUFFICIENT_EVIDENCE),
        ({"accepted": None, "remote": True, "role": "client"}, Status.VIOLATED, Status.INSUFFICIENT_EVIDENCE),
    ],
)
def test_remotely_accessible_interfaces(more: dict[str, Any], open_to_all: Status, closed: Status) -> None:
    one = finding("credential.cleartext", mechanism="password", username="anna", **more)
    assert status("5.5-7", one, "[[device.channel]]\nport = 80\nremote = true\n") is open_to_all
    assert status("5.5-7", one, "[[device.channel]]\nport = 80\nremote = false\n") is closed
    # Said of another port.
    assert status("5.5-7", one, "[[device.channel]]\nport = 81\nremote = false\n") is status("5.5-7", one, "")


# Updates.


@pytest.mark.parametrize("v3", ["5.3-7", "5.3-10"])
def test_an_image_that_crosses_readable_may_be_signed(v3: str) -> None:
    for one in (
        finding("update.cleartext", role="client", remote=True),
        finding("transfer.unencrypted", role="client", remote=True, content="firmware"),
    ):
        assert status(v3, one, "") is Status.CONCERN
        assert status(v3, one, "update_signed = true\n") is Status.INSUFFICIENT_EVIDENCE
        assert status(v3, one, "update_signed = false\n") is Status.VIOLATED


def test_an_image_that_the_device_serves_need_not_be_an_update_of_its_own() -> None:
    served = finding("transfer.unencrypted", content="firmware")
    assert status("5.3-7", served, "update_signed = false\n") is Status.CONCERN


# Channels.


@pytest.mark.parametrize(
    ("rule", "more"),
    [
        ("tls.version", {"value": "TLS 1.0"}),
        ("tls.cipher", {"why": ["rc4"]}),
        ("transfer.unencrypted", {"content": "telemetry", "sent": True}),
        ("transfer.unencrypted", {"content": "control", "remote": False}),
    ],
)
def test_what_a_channel_carries_decides_5_5_1(rule: str, more: dict[str, Any]) -> None:
    one = finding(rule, **{"role": "client", "remote": True, **more})
    assert status("5.5-1", one, "") is Status.CONCERN
    for data, wanted in (
        ("public", Status.INSUFFICIENT_EVIDENCE),
        ("protected", Status.VIOLATED),
        ("sensitive", Status.VIOLATED),
    ):
        assert status("5.5-1", one, f'[[device.channel]]\ndata = "{data}"\n') is wanted


def test_a_hypothesis_becomes_proof_by_a_fact_and_lifts_nothing_before() -> None:
    one = finding("transfer.unencrypted", role="client", content="telemetry")
    assert status("5.5-1", one, "") is Status.INSUFFICIENT_EVIDENCE
    assert status("5.5-1", one, '[[device.channel]]\ndata = "protected"\n') is Status.VIOLATED


def test_an_identifier_belongs_to_a_person_where_the_lab_says_so() -> None:
    one = finding("personal.uuid", role="client", remote=True, sent=True, severity=Severity.INFO)
    assert status("5.8-1", one, "") is Status.INSUFFICIENT_EVIDENCE
    personal = '[[device.channel]]\ndata = "personal"\n'
    assert status("5.8-1", one, personal) is Status.RECOMMENDATION_MISSED


def test_a_suite_on_which_catalogues_differ_is_never_proof() -> None:
    one = finding("tls.cipher", role="client", remote=True, severity=Severity.LOW, why=["no_forward_secrecy"])
    assert status("5.5-1", one, '[[device.channel]]\ndata = "protected"\n') is Status.CONCERN


def test_a_certificate_that_cannot_be_valid_may_be_pinned() -> None:
    one = finding("tls.certificate", role="client", remote=True, why=["expired", "self_signed"], went_on=True)
    protected = '[[device.channel]]\ndata = "protected"\n'
    assert status("5.5-1", one, protected) is Status.CONCERN
    assert status("5.5-1", one, protected + "pinned = true\n") is Status.INSUFFICIENT_EVIDENCE
    assert status("5.5-1", one, protected + "pinned = false\n") is Status.VIOLATED
    # Nothing shows that the device went on.
    refused = finding("tls.certificate", role="client", remote=True, why=["self_signed"], went_on=None)
    assert status("5.5-1", refused, protected + "pinned = false\n") is Status.INSUFFICIENT_EVIDENCE


@pytest.mark.parametrize(
    ("channel", "fits"),
    [
        ('role = "client"', True),
        ('role = "server"', False),
        ('protocol = "http"', True),
        ('protocol = "mqtt"', False),
        ('peer = "203.0.113.7"', True),
        ('peer = "203.0.113.0/24"', True),
        ('peer = "203.0.113.8"', False),
        ('peer = "cloud.maker.example"', True),
        ('peer = "maker.example"', True),
        ('peer = "*.maker.example"', True),
        ('peer = "aker.example"', False),
        ('peer = "other.example"', False),
    ],
)
def test_a_channel_is_chosen_by_role_protocol_port_and_peer(channel: str, fits: bool) -> None:
    one = finding("transfer.unencrypted", role="client", remote=True, content="text", sent=True)
    text = f'[[device.channel]]\n{channel}\ndata = "public"\n'
    wanted = Status.INSUFFICIENT_EVIDENCE if fits else Status.CONCERN
    assert status("5.5-1", one, text, names={"Cloud.Maker.Example."}) is wanted


def test_the_server_name_of_tls_counts_as_well() -> None:
    one = finding("tls.version", role="client", remote=True, server_name="api.maker.example", protocol="tls")
    assert (
        status("5.5-1", one, '[[device.channel]]\npeer = "maker.example"\ndata = "public"\n')
        is Status.INSUFFICIENT_EVIDENCE
    )


def test_the_first_channel_with_the_fact_counts() -> None:
    text = '[[device.channel]]\nport = 80\nremote = false\n[[device.channel]]\nport = 80\ndata = "protected"\n'
    text += '[[device.channel]]\ndata = "public"\n'
    assert status("5.5-1", finding("transfer.unencrypted", content="text"), text) is Status.VIOLATED


def test_settings_that_matter_to_security() -> None:
    one = finding("exposure.unauthenticated", control=True)
    assert status("5.5-5", one, "") is Status.CONCERN
    assert status("5.5-5", finding("exposure.unauthenticated", control=False), "") is Status.INSUFFICIENT_EVIDENCE
    assert status("5.5-5", one, "[[device.channel]]\nsettings = true\n") is Status.VIOLATED
    assert status("5.5-5", one, "[[device.channel]]\nsettings = false\n") is Status.INSUFFICIENT_EVIDENCE


def test_5_5_4_and_5_6_2_speak_of_a_device_that_is_set_up() -> None:
    use, told = finding("exposure.unauthenticated"), finding("exposure.disclosure")
    assert status("5.5-4", use, IN_USE) is Status.RECOMMENDATION_MISSED
    assert status("5.5-4", use, 'phase = "set_up"\n') is Status.INSUFFICIENT_EVIDENCE
    assert status("5.6-2", told, 'phase = "set_up"\n') is Status.INSUFFICIENT_EVIDENCE
    assert status("5.6-2", told, IN_USE) is Status.CONCERN
    assert status("5.6-2", told, IN_USE + '[[device.channel]]\ndata = "protected"\n') is Status.VIOLATED
    assert status("5.6-2", told, IN_USE + '[[device.channel]]\ndata = "public"\n') is Status.INSUFFICIENT_EVIDENCE


@pytest.mark.parametrize(
    ("data", "associated", "wanted"),
    [
        ("sensitive", "true", Status.VIOLATED),
        ("sensitive", "false", Status.INSUFFICIENT_EVIDENCE),
        ("protected", "true", Status.INSUFFICIENT_EVIDENCE),
        ("public", "true", Status.INSUFFICIENT_EVIDENCE),
    ],
)
def test_sensitive_data_to_the_products_own_service(data: str, associated: str, wanted: Status) -> None:
    text = f'[[device.channel]]\nrole = "client"\ndata = "{data}"\nassociated = {associated}\n'
    for one in (
        finding("transfer.unencrypted", role="client", remote=True, sent=True, content="video"),
        finding("personal.location", role="client", remote=True),
    ):
        assert status("5.8-2", one, "") is Status.CONCERN
        assert status("5.8-2", one, text) is wanted


# What makers publish.


def test_a_policy_on_record_an_unknown_one_and_an_unknown_maker() -> None:
    on_record = Published(("https://maker.example/security",), "a list 1.0", "2026-07-12")
    provisions = [p for p in baseline() if p.v3.startswith("5.2")]
    for what, wanted, words in (
        (
            DeviceKnowledge(vendor="Maker", published={"disclosure": on_record}),
            Status.ON_RECORD,
            "https://maker.example/security",
        ),
        (DeviceKnowledge(vendor="Maker"), Status.NONE_ON_RECORD, "not known to us"),
        (DeviceKnowledge(), Status.NOT_OBSERVABLE, "Traffic cannot show this"),
    ):
        found, verdicts = judge_device(provisions, [], Coverage(), what)
        assert found[0].status is wanted and words in said(found[0])
        assert {one.status for one in found[1:]} == {Status.NOT_OBSERVABLE}
        assert next(v.status for v in verdicts if v.capability.value == "vulnerability_disclosure") is wanted
    assert "a list 1.0, 2026-07-12" in said(
        judge_device(provisions, [], Coverage(), DeviceKnowledge(vendor="M", published={"disclosure": on_record}))[0][0]
    )


def test_a_support_period_on_record() -> None:
    (provision,) = [p for p in baseline() if p.v3 == "5.3-13"]
    period = Published(
        (Message("support.until", {"until": "2031-12-31", "what": None}),), "https://x.example", "2026-04-30"
    )
    (found,), _ = judge_device(
        [provision], [], Coverage(), DeviceKnowledge(vendor="Maker", published={"support": period})
    )
    assert found.status is Status.ON_RECORD and "until 2031-12-31" in said(found)
    (found,), _ = judge_device([provision], [], Coverage(), DeviceKnowledge(vendor="Maker"))
    assert found.status is Status.NOT_OBSERVABLE


def test_every_question_has_a_procedure_that_answers_it() -> None:
    assert set(PROCEDURES) == set(ANSWERS) == set(FACTS)
    assert set(PROCEDURES.values()) <= {one.id for one in procedures()}


def test_a_secret_that_a_device_shows_is_no_login() -> None:
    shown = finding("credential.cleartext", mechanism="password", accepted=None, served=True)
    assert status("5.1-3", shown, "") is Status.INSUFFICIENT_EVIDENCE
    assert status("5.5-6", shown, "") is Status.RECOMMENDATION_MISSED
    sent = finding("credential.cleartext", mechanism="password", accepted=None)
    assert status("5.1-3", sent, "") is Status.CONCERN
