"""The keys of the configuration file against the settings that they become, and the checks of their values."""

from __future__ import annotations

import dataclasses
from datetime import time
from typing import Any

import pytest

from sensor.settings import keys, read
from sensor.settings.keys import SECTIONS

KINDS = {
    "capture": read.Capture,
    "store": read.StoreSettings,
    "retention": read.Retention,
    "dashboard": read.Dashboard,
    "metrics": read.Metrics,
    "alerts": read.AlertSettings,
    "alerts.quiet": read.Quiet,
    "alerts.webhook": read.Webhook,
    "alerts.mqtt": read.MqttSettings,
    "alerts.file": read.FileSettings,
}
RENAMED = {"from": "start", "until": "end"}
BELOW = {"quiet", "webhook", "mqtt", "file"}


@pytest.mark.parametrize("section", SECTIONS)
def test_what_the_page_says_of_a_key_is_what_holds(section: str) -> None:
    known = {field.name: field.default for field in dataclasses.fields(KINDS[section])}
    if section == "alerts":
        known = {name: value for name, value in known.items() if name not in BELOW}
    told = {RENAMED.get(name, name): key.default for name, key in SECTIONS[section].items()}
    assert set(told) == set(known)
    for name, value in known.items():
        assert value is dataclasses.MISSING or told[name] == value, name


@pytest.mark.parametrize(
    ("section", "name"), [(section, name) for section, table in SECTIONS.items() for name in table]
)
def test_defaults_and_examples_pass_their_own_check_and_every_key_says_what_it_means(section: str, name: str) -> None:
    key = SECTIONS[section][name]
    assert key.means[0].isupper() or key.means[0] == "…"
    assert key.means.endswith((".", "…"))
    assert key.example is not None and key.check(key.example) is None
    if key.default not in (None, ()):
        assert key.check(key.default) is None


@pytest.mark.parametrize(
    ("section", "name", "value", "told"),
    [
        ("capture", "interfaces", "eth1", "must be a list"),
        ("capture", "interfaces", ["eth1", 2], "must be a list"),
        ("capture", "local_nets", ["192.168.1.0/33"], "is not a network"),
        ("capture", "local_nets", "192.168.1.0/24", "must be a list"),
        ("retention", "days", 0, "whole number, 1 to 3650"),
        ("retention", "days", True, "whole number"),
        ("retention", "days", 1.5, "whole number"),
        ("dashboard", "port", 65536, "must be a port"),
        ("alerts", "finding", "grave", "is not one of"),
        ("alerts.quiet", "from", "25:00", "time of the day"),
        ("alerts.quiet", "from", 22, "time of the day"),
        ("alerts.quiet", "zone", "Europe/Nowhere", "must be a time zone"),
        ("alerts.quiet", "zone", "../../etc/passwd", "must be a time zone"),
        ("alerts.quiet", "zone", 3, "must be a time zone"),
        ("alerts.webhook", "url", "ftp://x", "begins with https"),
        ("alerts.webhook", "url", "https://", "must be a web address such as"),
        ("alerts.webhook", "url", "https://h:99999/", "must be a web address such as"),
        ("alerts.webhook", "url", "https://h/a b", "must be a web address such as"),
        ("alerts.webhook", "url", "https://anna:x@h/", "a password has no place"),
    ],
)
def test_a_wrong_value_is_told_in_words(section: str, name: str, value: Any, told: str) -> None:
    complaint = SECTIONS[section][name].check(value)
    assert complaint is not None and told in complaint


def test_times_are_texts_or_tomls_own() -> None:
    assert keys.clock("22:00") is None and keys.clock(time(22)) is None
