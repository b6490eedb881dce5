"""Logins: the responsible device, acceptance, severity, and masked secrets."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sensor.detectors.credentials import Credentials
from sensor.events import Access, Attribute, Event, Login
from sensor.model import Finding, OnRepeat, Secret, Severity, Side, Transport
from tests.detectors.world import CAMERA, CLOUD, LAPTOP, World, flow, seen

CANARY = "canary-of-a-test"


def login(**more: Any) -> Login:
    return Login(**{"mechanism": "password", "username": "anna", "secret": Secret(CANARY), "scheme": "basic", **more})


def judge(event: Login, *, client: bytes = LAPTOP, server: bytes = CAMERA, world: World | None = None) -> Finding:
    (found,) = Credentials(world or World()).observe(seen(event, flow(client, server)))
    return found


def test_the_device_that_asks_for_the_login_answers() -> None:
    found = judge(login())
    assert (found.rule, found.device, found.peer_device, found.role) == (
        "credential.cleartext", "c0.a8.01.05", "c0.a8.01.09", "server",
    )  # fmt: skip
    assert found.provisions == ("EN 303 645 5.1-3", "EN 303 645 5.5-6")
    assert found.severity is Severity.HIGH and not found.remote


def test_the_client_answers_when_the_server_is_outside() -> None:
    found = judge(login(), server=CLOUD)
    assert (found.device, found.peer_device, found.role, found.remote) == ("c0.a8.01.09", None, "client", True)
    assert "EN 303 645 5.5-7" in found.provisions and "EN 303 645 5.1-2A" in found.provisions
    assert found.severity is Severity.CRITICAL


def test_no_device_is_responsible_when_neither_end_is_local() -> None:
    found = judge(login(), client=CLOUD, server=CLOUD)
    assert (found.device, found.peer_device, found.role) == (None, None, None)


@pytest.mark.parametrize(
    ("accepted", "severity"), [(True, Severity.HIGH), (None, Severity.HIGH), (False, Severity.MEDIUM)]
)
def test_the_protocols_own_word(accepted: bool | None, severity: Severity) -> None:
    found = judge(login(accepted=accepted, basis="230 after PASS" if accepted else None))
    assert found.detail["accepted"] is accepted and found.severity is severity


def contrast(*events: Any) -> list[Any]:
    detector = Credentials(World())
    return [(f.detail["accepted"], f.detail["basis"]) for event in events for f in detector.observe(seen(event))]


def refused(resource: str = "http://cam/") -> Access:
    return Access(resource=resource, action="GET", granted=False, status=401)


def test_http_is_judged_by_contrast_on_the_same_resource() -> None:
    with_it = login(status=200, resource="http://cam/")
    assert contrast(refused(), with_it) == [(True, "401 without, 200 with, same resource")]
    assert contrast(refused("http://cam/other"), with_it) == [(None, None)]
    assert contrast(with_it) == [(None, None)]


def test_http_refusals_and_redirects() -> None:
    assert contrast(login(status=401, resource="http://cam/")) == [(False, "401 with this login")]
    assert contrast(refused(), login(status=302, resource="http://cam/")) == [(None, None)]


def test_a_refused_login_contrasts_with_a_served_one() -> None:
    bad, good = login(secret=Secret("wrong"), status=401, resource="r"), login(status=200, resource="r")
    assert contrast(bad, good)[1] == (True, "401 with another login, 200 with, same resource")


def test_challenges_are_their_own_rule_and_weak_ones_weigh_more() -> None:
    assert judge(login(clear=False, scheme="vnc")).rule == "credential.challenge"
    levels = [judge(login(clear=False, scheme=scheme)).severity for scheme in ("vnc", "cram-md5", "scram-sha-256")]
    assert levels == sorted(levels, reverse=True) and len(set(levels)) == 3


@pytest.mark.parametrize(
    "event",
    [login(username="anonymous", scheme="user/pass"), login(secret=Secret("")), login(secret=None)],
    ids=["anonymous", "blank", "none"],
)
def test_anonymous_and_blank_logins_are_information(event: Login) -> None:
    assert judge(event).severity is Severity.INFO


def test_an_anonymous_name_elsewhere_is_a_name_like_any_other() -> None:
    assert judge(login(username="guest", scheme="basic")).severity is Severity.HIGH


def test_the_secret_is_masked_unless_revealed() -> None:
    found = judge(login(username="x"))
    shown = json.dumps(found.detail) + found.summary + found.advice + repr(found)
    assert CANARY not in shown and found.detail["secret"]["mask"] == CANARY[0]
    assert judge(login(), world=World(reveal=True)).detail["secret"]["value"] == CANARY


def test_different_secrets_are_different_findings_and_equal_ones_fold() -> None:
    assert judge(login()).identity == judge(login(accepted=True)).identity
    assert judge(login()).identity != judge(login(secret=Secret("other"))).identity


def test_answers_to_challenges_fold_by_user_and_outcome() -> None:
    def answer(text: str, **more: Any) -> tuple[object, ...]:
        return judge(login(clear=False, scheme="digest-md5", secret=Secret(text), **more)).identity

    assert answer("one") == answer("two")
    assert answer("one", accepted=True) != answer("one", accepted=False)
    assert answer("one", username=None) != answer("two", username=None)


def test_summaries_name_no_user() -> None:
    """Summaries may stand in metrics and logs, where user names may not (docs/output.md)."""
    found = judge(login(username="anna-of-the-test"))
    assert "anna-of-the-test" not in found.summary + found.advice


def test_a_secret_under_a_suite_that_encrypts_nothing_says_so() -> None:
    for layers, null in ((("tls", "tls-null"), True), (("http",), None)):
        made = flow(CAMERA, CLOUD)
        made.layers = layers
        (found,) = Credentials(World()).observe(seen(login(), made))
        assert found.detail.get("null_cipher") is null


INFO, LOW, MEDIUM, HIGH, CRITICAL = Severity
AT_HOME, TO_THE_INTERNET, FROM_THE_INTERNET = (LAPTOP, CAMERA), (CAMERA, CLOUD), (CLOUD, CAMERA)


@pytest.mark.parametrize("mechanism", ["password", "token", "key", "cookie", "community", "another"])
@pytest.mark.parametrize("accepted", [True, None, False])
@pytest.mark.parametrize("ends", [AT_HOME, TO_THE_INTERNET, FROM_THE_INTERNET])
def test_how_grave_a_readable_login_is(mechanism: str, accepted: bool | None, ends: tuple[bytes, bytes]) -> None:
    """What opens the device for good weighs more than what ends with a session or shows what all may know; a refusal
    one level less; what crossed the internet and opens it is critical, and nothing else is."""
    lasting = mechanism in ("password", "token", "key")
    at_home = (MEDIUM if lasting else LOW) if accepted is False else (HIGH if lasting else MEDIUM)
    expected = CRITICAL if ends != AT_HOME and lasting and accepted is not False else at_home
    (found,) = Credentials(World()).observe(seen(login(mechanism=mechanism, accepted=accepted), flow(*ends)))
    assert (found.severity, found.remote) == (expected, ends != AT_HOME)
    assert ("EN 303 645 5.5-7" in found.provisions) == (ends != AT_HOME)
    to_cloud = ends == TO_THE_INTERNET and mechanism == "password"
    assert ("EN 303 645 5.1-2A" in found.provisions) == to_cloud and "EN 303 645 5.1-3" in found.provisions


@pytest.mark.parametrize("ends", [AT_HOME, TO_THE_INTERNET, FROM_THE_INTERNET])
@pytest.mark.parametrize("secret", [Secret(""), None])
def test_a_login_without_a_secret_is_grave_nowhere(ends: tuple[bytes, bytes], secret: Secret | None) -> None:
    assert judge(login(secret=secret, accepted=True), client=ends[0], server=ends[1]).severity is INFO


def test_what_a_device_shows_is_no_login_of_somebody() -> None:
    """5.1-3 is about how somebody is recognised; what was sent unasked needs no answer to be known."""
    asked, told = (replace(flow(), transport=Transport.UDP, payload=(100, 0)) for _ in range(2))
    detector = Credentials(World())
    (unanswered,) = detector.observe(seen(login(), asked))
    assert (unanswered.severity, unanswered.detail["basis"]) == (INFO, "the other end sent nothing")
    (shown,) = detector.observe(seen(login(served=True), told))
    assert (shown.severity, shown.detail["basis"], shown.detail["served"]) == (HIGH, None, True)
    assert shown.provisions == ("EN 303 645 5.5-6",) and "served" not in unanswered.detail


@pytest.mark.parametrize(
    ("more", "waits"),
    [({}, True), ({"accepted": True}, False), ({"accepted": False}, False), ({"status": 200}, False)],
)
def test_a_login_whose_answer_is_not_known_waits_for_the_end_of_its_flow(more: dict[str, Any], waits: bool) -> None:
    running = replace(flow(), payload=(0, 0))
    for end in ("flow", "run"):
        detector = Credentials(World())
        assert len(list(detector.observe(seen(login(**more), running)))) == (0 if waits else 1)
        later = list(detector.flow_ended(running) if end == "flow" else detector.finish())
        assert len(later) == (1 if waits else 0)
    carried = replace(running, transport=Transport.LINK)
    assert len(list(Credentials(World()).observe(seen(login(), carried)))) == 1


def test_no_more_logins_wait_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.credentials.MAX_WAITING", 2)
    detector = Credentials(World())
    told = [len(list(detector.observe(seen(login(), replace(flow(), uid=n, payload=(0, 0)))))) for n in range(4)]
    assert told == [0, 0, 1, 1] and len(list(detector.finish())) == 2


@pytest.mark.parametrize(
    ("transport", "payload", "packets", "group", "unanswered"),
    [
        (Transport.UDP, (100, 0), (1, 0), False, True),
        (Transport.UDP, (100, 60), (1, 1), False, False),
        (Transport.UDP, (0, 0), (1, 0), False, False),
        # To a group nobody has to answer.
        (Transport.UDP, (100, 0), (1, 0), True, False),
        # One packet without a byte is a refusal (RST); no packet at all is a capture of one direction.
        (Transport.TCP, (100, 0), (3, 1), False, True),
        (Transport.TCP, (100, 0), (3, 0), False, False),
        (Transport.TCP, (100, 60), (3, 3), False, False),
        (Transport.LINK, (100, 0), (3, 0), False, False),
    ],
)
def test_where_nothing_answers_nothing_shows_an_interface(
    transport: Transport, payload: tuple[int, int], packets: tuple[int, int], group: bool, unanswered: bool
) -> None:
    of = replace(flow(), transport=transport, payload=payload, packets=packets)
    if group:
        of.server = replace(of.server, mac=b"\x01\x00\x5e\x00\x00\xfb")
    elif transport is Transport.TCP:
        of.server = replace(of.server, mac=b"\x02\x00\x5e\x00\x00\xfb")
    detector = Credentials(World())
    (found,) = [*detector.observe(seen(login(), of)), *detector.finish()]
    assert (found.detail["basis"] == "the other end sent nothing") is unanswered
    assert found.severity is (INFO if unanswered else HIGH)


@pytest.mark.parametrize(
    "more", [{"accepted": True}, {"accepted": False}, {"status": 200}, {"served": True}, {"verifier": Side.CLIENT}]
)
def test_an_answer_that_is_known_was_given(more: dict[str, Any]) -> None:
    """Or the login went the other way: that the end which asks for it said nothing means nothing."""
    one_way = replace(flow(), transport=Transport.UDP, payload=(100, 0))
    (found,) = Credentials(World()).observe(seen(login(**more), one_way))
    assert found.detail["basis"] is None and found.severity > INFO


def test_a_login_at_a_service_outside_that_said_nothing_is_one_all_the_same() -> None:
    """The device that logs in is the one that is judged, whether or not somebody listens."""
    one_way = replace(flow(CAMERA, CLOUD), transport=Transport.UDP, payload=(100, 0))
    (found,) = Credentials(World()).observe(seen(login(), one_way))
    assert (found.severity, found.detail["basis"], found.role) == (CRITICAL, None, "client")


def test_what_got_no_answer_is_a_finding_of_its_own() -> None:
    detector = Credentials(World())
    found = [
        one.identity
        for payload in ((100, 0), (100, 60))
        for one in detector.observe(seen(login(), replace(flow(), transport=Transport.UDP, payload=payload)))
    ]
    assert len(set(found)) == 2


@pytest.mark.parametrize("clear", [True, False])
@pytest.mark.parametrize("username", ["anna", None])
def test_a_finding_has_a_secret_where_one_may_be_read_or_tried(clear: bool, username: str | None) -> None:
    assert judge(login(clear=clear, username=username)).has_secret is (clear or username is None)


@pytest.mark.parametrize(
    ("mechanism", "same"), [("cookie", True), ("token", True), ("password", False), ("key", False)]
)
def test_a_sessions_key_is_one_where_it_is_handed_out_and_where_it_is_sent(mechanism: str, same: bool) -> None:
    handed, sent = judge(login(mechanism=mechanism, served=True)), judge(login(mechanism=mechanism))
    assert (handed.identity == sent.identity) is same


@pytest.mark.parametrize("served", [True, False])
@pytest.mark.parametrize("mechanism", ["password", "cookie"])
def test_who_logs_in_at_a_service_outside_uses_a_password(served: bool, mechanism: str) -> None:
    """EN 303 645 5.1-2A is about passwords that are used; one that a service shows to a device is not."""
    found = judge(login(served=served, mechanism=mechanism), client=CAMERA, server=CLOUD)
    assert ("EN 303 645 5.1-2A" in found.provisions) is (mechanism == "password" and not served)
    assert ("EN 303 645 5.1-3" in found.provisions) is not served


@pytest.mark.parametrize(
    ("event", "manner"),
    [
        (login(), OnRepeat.AGAIN),
        (login(accepted=True), OnRepeat.SAME),
        (login(accepted=False), OnRepeat.SAME),
        (login(status=200), OnRepeat.SAME),
        (login(status=401), OnRepeat.AGAIN),
        (login(status=407), OnRepeat.AGAIN),
        (login(accepted=False, status=401), OnRepeat.AGAIN),
        (refused(), OnRepeat.AGAIN),
        (Access(resource="http://cam/", action="GET", granted=False), OnRepeat.AGAIN),
        (Access(resource="http://cam/", action="GET", granted=True, status=200), OnRepeat.NOTHING),
        (Attribute(field="http.server", value="x", side=Side.SERVER), OnRepeat.NOTHING),
    ],
)
def test_what_is_weighed_each_time(event: Event, manner: OnRepeat) -> None:
    assert Credentials(World()).on_repeat(event) is manner


def test_a_refusal_changes_what_a_login_is_worth_once() -> None:
    detector = Credentials(World())
    assert detector.changes == 0
    for event, changes in ((refused(), 1), (refused(), 1), (refused("http://cam/other"), 2), (login(status=200), 2)):
        list(detector.observe(seen(event)))
        assert detector.changes == changes


def test_a_flow_is_awaited_while_a_login_waits_in_it() -> None:
    detector, running, other = Credentials(World()), replace(flow(), payload=(0, 0)), replace(flow(), uid=2)
    list(detector.observe(seen(login(), running)))
    assert detector.awaits(running) and not detector.awaits(other)
    assert list(detector.flow_ended(other)) == [] and len(list(detector.finish())) == 1
    assert len(list(detector.flow_ended(running))) == 1
    assert not detector.awaits(running) and list(detector.finish()) == []
