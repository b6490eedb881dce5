"""Checks of values in the configuration file: what is wrong, as words of a sentence, or None."""

from __future__ import annotations

import ipaddress
from datetime import time
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sensor.settings.toml_reader import Check, text


def number(low: int, high: int) -> Check:
    """A whole number within bounds."""

    def check(value: Any) -> str | None:
        good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return None if good else f"must be a whole number, {low} to {high}"

    return check


def texts(value: Any) -> str | None:
    """A list of texts."""
    good = isinstance(value, list) and all(text(one) is None for one in value)
    return None if good else 'must be a list of texts, such as ["eth1"]'


def networks(value: Any) -> str | None:
    """A list of networks in CIDR."""
    if complaint := texts(value):
        return complaint
    for one in value:
        try:
            ipaddress.ip_network(one, strict=False)
        except ValueError:
            return f"{one!r} is not a network such as 192.168.1.0/24"
    return None


def clock(value: Any) -> str | None:
    """A time of the day: "22:00", or TOML's own 22:00:00."""
    if isinstance(value, time):
        return None
    try:
        time.fromisoformat(value)
    except (ValueError, TypeError):
        return 'must be a time of the day such as "22:00"'
    return None


def zone(value: Any) -> str | None:
    """A time zone of the IANA database."""
    try:
        ZoneInfo(value)
    except (ValueError, TypeError, OSError, KeyError):
        return 'must be a time zone such as "Europe/Vienna"'
    return None


def web(value: Any) -> str | None:
    """A web address without a password in it: the file is no place for one."""
    if not isinstance(value, str) or not value.startswith(("https://", "http://")):
        return "must be a web address that begins with https:// or http://"
    try:
        parts = urlsplit(value)
        good = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or not value.isprintable() or " " in value:
        return "must be a web address such as https://home.example/hook"
    return "a password has no place in an address; use secret_file" if "@" in parts.netloc else None
