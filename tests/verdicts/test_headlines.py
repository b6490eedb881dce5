"""Headlines: each has an id, its parameters and a sentence, and none holds a secret."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sensor.catalogue import LANGUAGES, Message, messages, worded
from sensor.model import Endpoint, Finding, Severity, Status
from sensor.verdicts.baseline import baseline
from sensor.verdicts.headlines import MAX_CHARACTERS, PLAIN, QUIET, headline


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
