"""Logins: the responsible device, acceptance, severity, and masked secrets."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sensor.detectors.credentials import Credentials
from sensor.events import Access, Login
from sensor.model import Finding, Secret, Severity, Transport
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
