"""Checks of values in the configuration, each through a key that has it."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from sensor.settings import checks
from sensor.settings.keys import SECTIONS


@pytest.mark.parametrize(
    ("section", "name", "value", "words"),
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
def test_the_complaint_of_a_wrong_value(section: str, name: str, value: Any, words: str) -> None:
    complaint = SECTIONS[section].keys[name].check(value)
    assert complaint is not None and words in complaint


def test_times_are_texts_or_of_tomls_own_type() -> None:
    assert checks.clock("22:00") is None and checks.clock(time(22)) is None
