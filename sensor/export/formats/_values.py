"""Values that several formats want in another form: endpoints, times, severities, names, identifiers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sensor.lazy_pattern import expression
from sensor.model import Endpoint
from sensor.records import DeviceRecord, FindingRecord, claimed_in

SEVERITY_LEVELS: Mapping[str, int] = {"info": 0, "low": 1, "medium": 2, "high": 3, "critical": 4}
"""Severities as numbers, the worst highest."""

NAMESPACE = uuid.UUID("6f0d3f2c-3a0b-5c0e-9a39-0f9d7f6f1f11")
"""Of identifiers made of our own: the same record gives the same identifier (RFC 9562, version 5)."""


class End(NamedTuple):
    """An endpoint: ``address`` None where it is a MAC alone, ``port`` None where there is none."""

    address: str | None
    port: int | None
    mac: str | None


MAC = expression(r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")


def end_of(text: str | None) -> End:
    """An endpoint of a record."""
    if text and MAC.match(text):
        return End(None, None, text)
    endpoint = Endpoint.parse(text)
    if endpoint is None:
        return End(None, None, None)
    host = endpoint.host
    return End(None, None, host) if MAC.match(host) else End(host, endpoint.port or None, None)


def seconds(time: str | None) -> float | None:
    """A record's time as seconds since 1970."""
    return datetime.fromisoformat(time).timestamp() if time else None


def milliseconds(time: str | None) -> int | None:
    """A record's time as whole milliseconds since 1970."""
    return round(found * 1000) if (found := seconds(time)) is not None else None


def identifier(*parts: str) -> str:
    """A UUID of what is named by these parts, always the same."""
    return str(uuid.uuid5(NAMESPACE, "\x1f".join(parts)))


def name_of(device: DeviceRecord) -> str:
    """What a device is called: its own name, else maker and kind, else its id."""
    known = [claimed_in(device, field) for field in ("vendor", "model")]
    called = " ".join(one for one in known if one) or claimed_in(device, "category")
    return device["hostname"] or called or device["id"]


def tls_of(finding: FindingRecord) -> dict[str, Any]:
    """What a finding of TLS says of the handshake: ``version``, ``cipher``, ``subject``, ``server_name``."""
    detail, what = finding["detail"], finding["rule"].removeprefix("decrypted.")
    key = {"tls.version": "version", "tls.cipher": "cipher", "tls.certificate": "subject"}.get(what)
    found = {key: detail.get("value")} if key else {}
    return {name: value for name, value in {**found, "server_name": detail.get("server_name")}.items() if value}


def without_none(value: Any) -> Any:
    """Without fields that are unknown: most formats leave out what they do not know."""
    if isinstance(value, dict):
        return {name: each for name, one in value.items() if (each := without_none(one)) not in (None, {}, [])}
    return [without_none(one) for one in value] if isinstance(value, list) else value
