"""Headlines: each has an id, its parameters and a sentence, and none holds a secret."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sensor.catalogue import LANGUAGES, Message, messages, worded
from sensor.model import Endpoint, Finding, Severity, Status
from sensor.verdicts.baseline import baseline
from sensor.verdicts.headlines import MAX_CHARACTERS, PLAIN, QUIET, _parameters, headline


def finding(rule: str, *, role: str = "client", remote: bool = True, protocol: str = "mqtt", **detail: Any) -> Finding:
    return Finding(
        rule=rule, severity=Severity.HIGH, device="d", peer_device=None, role=role, capability=None, provisions=(),
        client=Endpoint.parse("192.0.2.9:40000"), server=Endpoint.parse("203.0.113.40:1883"), protocol=protocol,
        time=1, last_time=1, frames=(1,), message=Message("update.check"), detail=detail, remote=remote,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            finding("credential.cleartext", mechanism="password", accepted=True),
            "Sent its password unencrypted to 203.0.113.40 over the internet",
        ),
        (
            finding("credential.cleartext", role="server", mechanism="password", accepted=True, protocol="telnet"),
            "Accepts a password that is sent unencrypted over Telnet",
        ),
        (
            finding("credential.cleartext", role="server", mechanism="token", accepted=False),
            "Was sent a token unencrypted over MQTT and refused it",
        ),
        (
            finding("tls.validation", outcome="accepted", server_name="cloud.example"),
            "Sent data to cloud.example although its certificate did not check out",
        ),
        (
            finding("personal.email", sent=True),
            "Sent an e-mail address unencrypted to 203.0.113.40 over the internet",
        ),
        (
            finding("transfer.unencrypted", content="image", sent=False),
            "Received pictures unencrypted from 203.0.113.40 over the internet",
        ),
        (finding("exposure.opened"), "Had a port opened in the router, so that the internet can reach it"),
        (finding("new.rule"), "Packets speak to this (new.rule)"),
    ],
)
def test_sentences(found: Finding, sentence: str) -> None:
    head = headline(Status.VIOLATED, found)
    assert worded("headline", *head) == sentence
    assert set(head.parameters) == set(re.findall(r"{(\w+)", messages()["headline"][head.id]))


def test_every_status_has_a_headline_without_a_finding() -> None:
    for status in Status:
        for language in LANGUAGES:
            assert worded("headline", *headline(status, None), language)
    assert set(QUIET.values()) | set(PLAIN.values()) <= set(messages()["headline"])


def test_every_rule_of_the_map_has_a_headline_of_its_own() -> None:
    for rule in {on.rule for one in baseline() for on in one.on}:
        assert headline(Status.CONCERN, finding(rule.replace("*", "email"))).id != "other", rule


def test_names_from_the_wire_are_cut() -> None:
    head = headline(Status.CONCERN, finding("tls.validation", outcome="refused", server_name="a" * 5000 + "{value}"))
    assert len(head.parameters["peer"]) == MAX_CHARACTERS and "{" not in worded("headline", *head)


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (finding("credential.cleartext"), "login.sent.outside"),
        (finding("credential.cleartext", remote=False), "login.sent.home"),
        (finding("credential.cleartext", role="server"), "login.asked"),
        (finding("credential.cleartext", role="server", accepted=True), "login.accepted"),
        (finding("credential.cleartext", role="server", accepted=False), "login.refused"),
        (finding("credential.unlimited_attempts"), "password.unlimited"),
        (finding("tls.validation", outcome="accepted"), "channel.accepted"),
        (finding("tls.validation", outcome="refused"), "channel.refused"),
        (finding("transfer.unencrypted", sent=True), "transfer.sent.outside"),
        (finding("transfer.unencrypted"), "transfer.received.outside"),
        (finding("transfer.unencrypted", sent=True, remote=False), "transfer.home"),
        (finding("personal.email"), "person.outside"),
        (finding("personal.email", remote=False), "person.home"),
    ],
)
def test_which_headline_a_finding_has(found: Finding, name: str) -> None:
    assert headline(Status.CONCERN, found).id == name


def test_a_limit_on_attempts_is_no_fault() -> None:
    found = finding("credential.unlimited_attempts")
    found.severity = Severity.INFO
    assert headline(Status.CONCERN, found).id == "password.limited"


@pytest.mark.parametrize(
    ("detail", "value"),
    [({"component": "lib"}, "lib"), ({"value": "TLS 1.0"}, "TLS 1.0"), ({}, ""), ({"value": {"mask": "x"}}, "")],
)
def test_what_a_headline_names(detail: dict[str, Any], value: str) -> None:
    """A masked value is no text, and nothing stands where nothing is known."""
    assert _parameters(finding("tls.version", **detail))["value"] == value
    assert _parameters(finding("update.component", component="lib", version="1.2"))["value"] == "lib 1.2"
    assert _parameters(finding("update.component", component="lib"))["value"] == "lib"
    counts = [_parameters(finding("credential.default", **more))["count"] for more in ({}, {"devices": ["a", "b"]})]
    assert counts == ["0", "2"]


@pytest.mark.parametrize(
    ("found", "peer"),
    [
        # The name that a handshake or a request gave comes before the address of the other end.
        (finding("tls.version", server_name="a.example", host="b.example"), "a.example"),
        (finding("tls.version", host="b.example"), "b.example"),
        (finding("tls.version"), "203.0.113.40"),
        (finding("tls.version", role="server"), "192.0.2.9"),
    ],
)
def test_the_other_end_is_named_as_it_was_called(found: Finding, peer: str) -> None:
    assert _parameters(found)["peer"] == peer


def test_without_another_end_nothing_is_named() -> None:
    alone = finding("exposure.disclosure")
    alone.server = None
    assert _parameters(alone)["peer"] is None


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (finding("transfer.unencrypted", content="image", kind="file"), "image"),
        (finding("transfer.unencrypted", kind="file"), "file"),
        (finding("transfer.unencrypted"), None),
        (finding("personal.email", content="image"), "email"),
    ],
)
def test_what_crossed_is_its_content_or_a_persons_datum(found: Finding, what: str | None) -> None:
    assert _parameters(found)["what"] == what


def test_a_component_comes_before_a_value() -> None:
    assert _parameters(finding("update.check", component="lib", value="1"))["value"] == "lib"
    assert _parameters(finding("credential.default", mechanism="token"))["secret"] == "token"
