"""Everything that the configuration file may say: sections and keys, each with the check of its value, its default and a sentence for a person."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import time
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sensor.model import SEVERITIES
from sensor.settings.toml_reader import Check, flag, port, text, word

RISING = tuple(reversed(SEVERITIES))
"""Severities, mildest first."""


class Key(NamedTuple):
    """A key of a section: the check of its value, the value where it is missing, what it means, and a value for the commented file."""

    check: Check
    default: Any
    means: str
    example: Any = None


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


SECTIONS: Mapping[str, Mapping[str, Key]] = {
    "capture": {
        "interfaces": Key(texts, (), "Network interfaces to listen on (`ip link` lists them).", ["eth1"]),
        "folder": Key(text, None, "Instead: take finished captures that are dropped in this folder.", "/srv/captures"),
        "local_nets": Key(networks, (), "Your local networks. Without this: all private ranges.", ["192.168.1.0/24"]),
        "people": Key(flag, False, "Also search what phones and computers send for personal data. Ask those who live or work there first.", True),
        "users": Key(text, None, "Your own names of devices (TOML, docs/output.md).", "/etc/lanwitness/devices.toml"),
        "facts": Key(text, None, "What you know and traffic cannot tell (TOML, docs/output.md).", "/etc/lanwitness/facts.toml"),
    },
    "store": {
        "path": Key(text, "/var/lib/lanwitness/home.db", "Where what was seen is kept: a file, or the URL of a database.", "/var/lib/lanwitness/home.db"),
        "state": Key(text, None, "Folder of the program's own key and its waiting alerts.", "/var/lib/lanwitness"),
    },
    "retention": {
        "days": Key(number(1, 3650), 365, "Days that findings and devices are kept.", 365),
        "hourly_days": Key(number(1, 3650), 60, "Days that traffic is kept by the hour; then by the day.", 60),
        "size_mb": Key(number(10, 1_000_000), 2000, "Largest size of the store in megabytes; the oldest goes first.", 2000),
        "evidence_days": Key(number(1, 3650), 30, "Days that the packets behind a finding are kept.", 30),
    },
    "dashboard": {
        "bind": Key(text, None, "Address of the pages. Without this: this machine alone.", "127.0.0.1"),
        "port": Key(port, 8080, "Port of the pages and of the metrics.", 8080),
        "hosts": Key(texts, (), "Further names by which browsers may ask for the pages.", ["sensor.home.example"]),
        "tls_cert": Key(text, None, "Certificate with its chain (PEM). Without this: one made for this machine.", "/etc/lanwitness/cert.pem"),
        "tls_key": Key(text, None, "The certificate's key (PEM); only the sensor may read it.", "/etc/lanwitness/key.pem"),
        "upload_mb": Key(number(1, 1_048_576), 2048, "Largest capture in megabytes that may be sent in on the pages.", 2048),
        "contact": Key(text, None, "Whom to tell of a flaw (mailto:, https:// or tel:), for /.well-known/security.txt.", "mailto:me@home.example"),
    },
    "metrics": {
        "port": Key(port, None, "Port of the sensor's own metrics (/metrics). Without this: none.", 9809),
        "bind": Key(text, "127.0.0.1", "Their address. Beyond this machine a token is needed.", "127.0.0.1"),
        "token_file": Key(text, None, "A file with the token that who asks must show; at least 16 characters.", "/etc/lanwitness/metrics.token"),
    },
    "alerts": {
        "new_device": Key(flag, True, "Tell of a device that was never seen before.", True),
        "finding": Key(word(*RISING, "off"), "high", "Tell of new findings at or above this severity (info, low, medium, high, critical, off).", "high"),
        "verdict_worse": Key(flag, True, "Tell when a device does worse on one of the five capabilities.", True),
        "sensor": Key(flag, True, "Tell when the sensor sees nothing, or loses packets, and when it is well again.", True),
        "learn_minutes": Key(number(0, 10_080), 60, "After the very first start, devices are learned for so long without a word.", 60),
        "repeat_hours": Key(number(1, 8760), 24, "The same alert comes again after so many hours at the earliest, with a count.", 24),
        "at_most_an_hour": Key(number(1, 1000), 20, "More alerts than this in an hour become one line that counts them.", 20),
    },
    "alerts.quiet": {
        "from": Key(clock, None, "Quiet hours: alerts wait from this time …", "22:00"),
        "until": Key(clock, None, "… until this one.", "07:00"),
        "zone": Key(zone, None, "The time zone of both. Without this: this machine's.", "Europe/Vienna"),
        "unless": Key(word(*RISING, "off"), "critical", "Alerts of this severity and above do not wait (off: all wait).", "critical"),
    },
    "alerts.webhook": {
        "url": Key(web, None, "Each alert is sent to this address as signed JSON (POST). Redirects are not followed.", "https://home.example/hook"),
        "secret_file": Key(text, None, "A file with the secret that signs it; only you may read it.", "/etc/lanwitness/webhook.secret"),
        "ca_file": Key(text, None, "Certificates that are trusted for it. Without this: the system's.", "/etc/lanwitness/ca.pem"),
    },
    "alerts.mqtt": {
        "host": Key(text, None, "Your MQTT broker, such as Home Assistant's.", "homeassistant.local"),
        "port": Key(port, None, "Its port. Without this: 8883 with TLS, else 1883.", 8883),
        "tls": Key(flag, True, "Encrypt. Switch it off only for a broker on this machine or a network of its own.", True),
        "ca_file": Key(text, None, "Certificates that are trusted for it. Without this: the system's.", "/etc/lanwitness/ca.pem"),
        "user": Key(text, None, "User name at the broker.", "lanwitness"),
        "password_file": Key(text, None, "A file with the password; only you may read it.", "/etc/lanwitness/mqtt.password"),
        "topic": Key(text, "lanwitness", "First part of all topics.", "lanwitness"),
        "home_assistant": Key(flag, True, "Each device appears in Home Assistant by itself.", True),
        "discovery_prefix": Key(text, "homeassistant", "Home Assistant's discovery prefix.", "homeassistant"),
    },
    "alerts.file": {
        "path": Key(text, None, "Each alert is a line of JSON in this file.", "/var/lib/lanwitness/alerts.jsonl"),
        "size_mb": Key(number(1, 1000), 5, "A file of this size in megabytes is put aside and a new one begun.", 5),
        "keep": Key(number(0, 100), 3, "So many old ones are kept.", 3),
    },
}  # fmt: skip
"""Everything that the file may say, by section. docs/configuration.md and the file that `setup` writes are made from it."""
