"""What needs a person: the order, one need for many findings, sentences in both languages."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from typing import Any

import pytest

from sensor.export.records import records
from sensor.needs import KINDS, NEEDS, kind_of, needs, outside, phrase, texts
from tests.replaying import PCAPS, capture_in, of, read

DEVICE = {"id": "cam", "hostname": "garden", "addresses": ["192.168.1.9"], "vendor": None, "category": None}


def finding(rule: str, severity: str = "high", **fields: Any) -> dict[str, Any]:
    detail = fields.pop("detail", {})
    return {
        "id": fields.pop("id", rule),
        "rule": rule,
        "severity": severity,
        "device": "cam",
        "peer_device": None,
        "role": "server",
        "client": "192.168.1.2:4000",
        "server": "192.168.1.9:80",
        "protocol": "http",
        "time": "2026-05-01T10:00:00.000000Z",
        "count": 1,
        "summary": "What was found.",
        "advice": "What to do.",
        "detail": detail,
        **fields,
    }


def sent(rule: str, severity: str = "high", **fields: Any) -> dict[str, Any]:
    return finding(rule, severity, role="client", client="192.168.1.9:4000", server="203.0.113.4:1883", **fields)


def hailed(rule: str, **fields: Any) -> dict[str, Any]:
    """What the device said to all of its network, as routers do with HSRP."""
    return finding(rule, role="client", client="192.168.1.9:1985", server="224.0.0.2:1985", **fields)


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (finding("credential.default", detail={"accepted": True}), "factory_password"),
        (finding("credential.default", "medium", detail={"accepted": True}), "factory_secret"),
        (finding("credential.default", detail={"accepted": None}), "factory_attempt"),
        (finding("credential.guessable", detail={"accepted": True}), "guessable_password"),
        (sent("credential.cleartext", detail={"accepted": True}), "password_outside"),
        (sent("credential.cleartext", detail={"accepted": False}), "login_outside"),
        (sent("credential.cleartext", "critical", detail={"mechanism": "token"}), "token_outside"),
        (sent("credential.cleartext", "medium", detail={"mechanism": "cookie"}), "login_outside"),
        (hailed("credential.cleartext", detail={"mechanism": "password"}), "login_home"),
        (finding("credential.cleartext", detail={"mechanism": "token"}), "token_home"),
        (finding("credential.cleartext", detail={"mechanism": "cookie"}), "token_home"),
        (finding("credential.cleartext", detail={"accepted": True}), "password_home"),
        (finding("credential.cleartext", protocol="telnet", detail={"accepted": True}), "shell_login"),
        (finding("credential.cleartext", protocol="rsh", detail={"accepted": True}), "shell_login"),
        (finding("credential.cleartext", protocol="telnet", detail={"accepted": False}), "password_home"),
        (finding("exposure.unauthenticated"), "open_control"),
        (finding("exposure.unauthenticated", "medium"), "open_reading"),
        (finding("exposure.opened"), "opened_port"),
        (sent("tls.validation"), "unchecked_certificate"),
        (sent("tls.validation", "low"), "weak_tls"),
        (sent("personal.location"), "personal_outside"),
        (finding("personal.location"), "personal_home"),
        (sent("transfer.unencrypted", detail={"content": "image"}), "personal_outside"),
        (sent("transfer.unencrypted", detail={"content": "image", "sent": True}), "personal_outside"),
        (sent("transfer.unencrypted", detail={"content": "image", "sent": False}), "fetched"),
        (sent("transfer.unencrypted", "medium", detail={"content": "text", "sent": False}), "fetched"),
        (finding("transfer.unencrypted", "medium", detail={"content": "image", "sent": True}), "personal_home"),
        (finding("transfer.unencrypted", "medium", detail={"content": "image", "sent": False}), "cleartext_transfer"),
        (sent("transfer.unencrypted", detail={"content": "telemetry"}), "cleartext_transfer"),
        (sent("update.cleartext"), "cleartext_update"),
        (finding("network.contradiction"), "other"),
    ],
)
def test_kinds(found: dict[str, Any], kind: str) -> None:
    assert kind_of(found) == kind


@pytest.mark.parametrize(
    ("server", "is_outside"),
    [
        ("203.0.113.4:1883", True),
        ("[2001:db8::1]:443", True),
        ("192.168.9.9:80", False),
        ("[fd00::1]:80", False),
        ("[fe80::1]:80", False),
        ("224.0.0.251:5353", False),
        ("[ff02::fb]:5353", False),
        ("255.255.255.255:67", False),
        (None, False),
        ("02:00:00:00:00:01", False),
    ],
)
def test_the_internet(server: str | None, is_outside: bool) -> None:
    assert outside({**sent("x"), "server": server}) is is_outside


def test_many_findings_of_one_kind_are_one_need() -> None:
    """A token made anew for each request gave 33 lines."""
    found = [sent("credential.cleartext", "critical", id=f"f{number}", count=2) for number in range(33)]
    (need,) = needs(found, [DEVICE])
    assert need["count"] == 66 and len(need["findings"]) == 33 and "66 times" in need["problem"]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            sent("credential.cleartext", "critical", detail={"mechanism": "token", "accepted": True}),
            "sends an access token, which stands for a login, unencrypted over the internet to 203.0.113.4",
        ),
        (
            sent("credential.cleartext", "medium", detail={"mechanism": "cookie"}),
            "sends a session cookie unencrypted over the internet to 203.0.113.4",
        ),
        (finding("credential.cleartext", detail={"mechanism": "token"}), "can read an access token"),
        (sent("transfer.unencrypted", detail={"content": "video", "sent": False}), "fetches data unencrypted"),
    ],
)
def test_a_token_is_no_password_and_a_download_is_nothing_sent(found: dict[str, Any], words: str) -> None:
    """ "Change that password" helps nobody whose hub sends a token; a phone that loads pictures sends none."""
    (need,) = needs([found], [DEVICE])
    assert words in need["problem"]
    assert "password" not in need["problem"] + need["remedy"] and "sends personal" not in need["problem"]


def test_what_lets_strangers_in_comes_first_and_what_can_wait_last() -> None:
    found = [
        finding("transfer.unencrypted", "high"),
        sent("personal.location", "critical"),
        sent("credential.cleartext", "critical", detail={"accepted": True}),
        finding("credential.default", "high", detail={"accepted": True}),
    ]
    made = needs(found, [DEVICE])
    assert [one["kind"] for one in made] == [
        "factory_password", "password_outside", "personal_outside", "cleartext_transfer"
    ]  # fmt: skip
    assert [one["urgent"] for one in made] == [True, True, True, False]


def test_remarks_muted_and_accepted_findings_and_strangers_need_nobody() -> None:
    found = [
        finding("credential.default", "info", detail={"accepted": True}),
        {**finding("credential.default", detail={"accepted": True}), "muted": {"by": "anna"}},
        {**finding("credential.default", detail={"accepted": True}), "accepted": {"by": "anna"}},
        {**finding("credential.default", detail={"accepted": True}), "device": "other"},
        {**finding("credential.default", detail={"accepted": True}), "device": None},
    ]
    assert needs(found, [DEVICE]) == []


def test_needs_are_bounded() -> None:
    devices = [{**DEVICE, "id": f"d{number}"} for number in range(NEEDS + 50)]
    found = [{**finding("exposure.opened"), "device": one["id"]} for one in devices]
    assert len(needs(found, devices)) == NEEDS


def test_destinations_are_named_as_the_device_asked_for_them() -> None:
    device = {**DEVICE, "destinations": [{"name": "cloud.example", "address": "203.0.113.4"}]}
    (need,) = needs([sent("credential.cleartext", "critical")], [device])
    assert "cloud.example" in need["problem"] and "203.0.113.4" not in need["problem"]


@pytest.mark.parametrize(
    ("protocol", "title"), [("telnet", "Telnet"), ("rfb", "VNC"), ("ftp", "FTP"), ("x-new", "X-NEW")]
)
def test_protocols_are_called_as_in_the_findings(protocol: str, title: str) -> None:
    (need,) = needs([finding("credential.default", protocol=protocol, detail={"accepted": True})], [DEVICE])
    assert f"({title})" in need["problem"]


def test_values_from_the_wire_are_no_patterns() -> None:
    (need,) = needs([sent("credential.cleartext", "critical")], [{**DEVICE, "hostname": "{to.__class__}{0}"}])
    assert "{to.__class__}{0}" in need["problem"]


def test_a_device_is_named_by_what_it_is() -> None:
    claim = {"confidence": 0.9, "because": []}
    known = {
        **DEVICE,
        "vendor": {"value": "Reolink", **claim},
        "category": {"value": "camera", **claim},
        "hostname": "IPC-Garden",
    }
    assert phrase(known, texts("en")) == "Reolink camera IPC-Garden"
    assert phrase(known, texts("de")) == "Reolink Kamera IPC-Garden"
    assert phrase({**known, "hostname": "Reolink-1"}, texts("en")) == "camera Reolink-1"
    assert phrase({**DEVICE, "hostname": None}, texts("en")) == "192.168.1.9"


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def leaves(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield path + key, value


def test_both_languages_have_every_text_with_the_same_parameters() -> None:
    english, german = dict(leaves(texts("en"))), dict(leaves(texts("de")))
    assert list(english) == list(german) and list(texts("en")["need"]) == list(texts("de")["need"])
    assert set(texts("en")["need"]) == {kind for kind, _ in KINDS}
    for key, text in english.items():
        if isinstance(text, str):
            assert fields(text) == fields(german[key]), key
        else:
            assert text == german[key], key


def test_the_first_three_needs_of_a_home() -> None:
    """Who knows nothing must see in ten seconds which device to touch and what to do."""
    found = [json.loads(json.dumps(one)) for one in records(read(capture_in(PCAPS / "home")))]
    made = needs(of(found, "finding"), of(found, "device"))
    assert {one["name"].split()[-1] for one in made[:2]} == {"DVR", "IPC-Garden"}
    assert all(
        "accepts a factory password" in one["problem"] and "password of your own" in one["remedy"] for one in made[:2]
    )
    assert made[2]["problem"].startswith("Sensor sensor-8842 sends a password unencrypted over the internet to ")
    assert "MQTT, 10 times" in made[2]["problem"] and made[2]["remedy"].startswith("Change that password")
    assert len([one for one in made if one["urgent"]]) <= 8
