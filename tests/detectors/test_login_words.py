"""Sentences about logins: each kind has its own summary and advice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sensor.catalogue import worded
from sensor.detectors._login_words import KINDS, kind_of, login_message
from sensor.events import Login
from sensor.model import Secret

ALL = [
    *((mechanism, "basic", True) for mechanism in ("password", "token", "cookie", "community", "key")),
    ("key", "form/wifi", True),
    ("key", "wifi", True),
    ("key", "sdes", True),
    *(("password", scheme, False) for scheme in ("vnc", "cram-md5", "scram-sha-256", "something new")),
    ("key", "oauth", False),
    ("key", "wemo/wifi", False),
]


def summary_and_advice(
    login: Login, protocol: str, accepted: bool | None, *, remote: bool, without_secret: bool
) -> tuple[str, str]:
    where = "outside" if remote else "home"
    message = login_message(login, protocol, accepted, where=where, without_secret=without_secret)
    return worded("summary", *message), worded("advice", *message)


def login(mechanism: str, scheme: str, clear: bool) -> Login:
    secret = Secret("canary-of-a-test")
    return Login(mechanism=mechanism, username="anna-of-the-test", secret=secret, scheme=scheme, clear=clear)


@pytest.mark.parametrize(("mechanism", "scheme", "clear"), ALL)
@pytest.mark.parametrize("accepted", [True, False, None])
@pytest.mark.parametrize("remote", [True, False])
def test_a_sentence_and_an_advice(
    mechanism: str, scheme: str, clear: bool, accepted: bool | None, remote: bool
) -> None:
    sentence, advice = summary_and_advice(
        login(mechanism, scheme, clear), "http", accepted, remote=remote, without_secret=False
    )
    for text in (sentence, advice):
        assert (
            text[0].isupper() and text.endswith(".") and "{" not in text and "canary" not in text and "anna" not in text
        )
    assert len(sentence) < 260 and len(advice) < 160
    assert ("across the internet" in sentence) is remote and ("home network" in sentence) is not remote
    assert ("was accepted" in sentence, "was refused" in sentence) == (accepted is True, accepted is False)
    assert (" unencrypted " in sentence) is clear


def test_each_kind_has_words_of_its_own() -> None:
    sentences = {
        summary_and_advice(login(*one), "http", None, remote=False, without_secret=False)[0].partition(" over ")[0]
        for one in ALL
    }
    assert len(sentences) == len(ALL) - 1  # a network's key is one, whatever carried it
    assert {
        "The key of a Wi-Fi network was sent unencrypted",
        "A session cookie, which stands for a login, was sent unencrypted",
    } <= sentences


def test_stronger_forms_alarm_less() -> None:
    def summary(scheme: str) -> str:
        return summary_and_advice(login("password", scheme, False), "ldap", None, remote=False, without_secret=False)[0]

    assert "however good it is" in summary("vnc")
    assert "billions" in summary("cram-md5")
    assert "only if it is short" in summary("scram-sha-256")


def test_no_secret_no_alarm() -> None:
    sentence, _ = summary_and_advice(
        login("password", "user/pass", True), "ftp", True, remote=False, without_secret=True
    )
    assert "without a real secret" in sentence


def test_the_advice_names_what_carries_the_same_encrypted() -> None:
    assert (
        "SSH"
        in summary_and_advice(login("password", "prompt", True), "telnet", True, remote=False, without_secret=False)[1]
    )
    assert {"password", "token", "cookie", "community", "key"} == KINDS


@pytest.mark.parametrize("served", [True, False])
@pytest.mark.parametrize("accepted", [True, False, None])
@pytest.mark.parametrize("mechanism", ["password", "cookie"])
def test_what_is_shown_was_not_refused(served: bool, accepted: bool | None, mechanism: str) -> None:
    event = replace(login(mechanism, "basic", True), served=served)
    message = login_message(event, "http", accepted, where="home", without_secret=False)
    assert message.id == ("login.shown" if served else "login.readable")
    assert message.parameters["use"] == ("refused" if accepted is False and not served else mechanism)
    assert message.parameters["kind"] == mechanism and ("accepted" in message.parameters) is not served


@pytest.mark.parametrize(
    ("mechanism", "scheme", "kind"),
    [
        ("key", "html/wifi", "wifi"), ("password", "html/wifi", "password"), ("key", "sdes", "media"),
        ("password", "sdes", "media"), ("key", "x", "key"), ("another", "x", "key"), ("community", "x", "community"),
    ],
)  # fmt: skip
def test_kinds(mechanism: str, scheme: str, kind: str) -> None:
    assert kind_of(login(mechanism, scheme, True)) == kind


@pytest.mark.parametrize("protocol", ["hsrp", "vrrp", "glbp", "ospf", "rip", "isis", "bfd"])
def test_nobody_logs_in_with_the_password_of_routers(protocol: str) -> None:
    """RFC 2281, 6.: who has it can take the group's address over; there is no login."""
    sentence, _ = summary_and_advice(
        login("password", f"{protocol}-text", True), protocol, None, remote=False, without_secret=False
    )
    assert "pose as one of the routers" in sentence and "log in with it" not in sentence
