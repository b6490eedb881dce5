"""Keys of findings: the same for the same issue in other captures, homes and units of a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from sensor.lazy_pattern import expression
from sensor.model import Endpoint
from sensor.needs import address_of, outside
from sensor.records import claimed_in

Record = Mapping[str, Any]

PART = 60
"""Characters of one part of a key: longer ones come from the wire, and their beginning tells them apart."""

ANY = "*"
"""Stands for what differs from unit to unit or from day to day: hardware addresses, serial numbers, tokens."""

EPHEMERAL = 32768
"""The first port that systems hand out for a while (Linux; RFC 6335 6 begins at 49152): it names no service."""

NEGOTIATED: Final = {"ftp": 21, "tftp": 69, "rtp": None, "rtcp": None}
"""Protocols that agree on a port for each transfer, and the one port that stays."""

_UNIT = expression(
    r"""[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}   # a UUID
    | (?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}                                # a MAC
    | (?<![0-9])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9])                 # an IPv4 address
    | (?<![0-9a-z])(?=[a-f]*[0-9])[0-9a-f]{6,}(?![0-9a-z])             # the end of a MAC, a serial number
    | (?<![0-9a-z])(?=[a-z]*[0-9])[0-9a-z]{16,}(?![0-9a-z])            # a token""",
    re.VERBOSE,
)

PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "credential.default": ("mechanism", "username"),
    "credential.refused_default": ("mechanism", "username"),
    "credential.guessable": ("mechanism", "derived_from"),
    "credential.shared_key": ("kind",),
    "credential.unlimited_attempts": (),
    "tls.version": ("value",),
    "tls.cipher": ("value",),
    "tls.key": ("value",),
    "tls.certificate": ("why",),
    "tls.validation": (),  # another outcome makes it better or worse, not another one
    "transfer.unencrypted": ("content", "sent"),
    "personal.persona": ("persona", "kind", "sent"),
    "update.check": ("how",),
    "update.cleartext": ("what",),
    "update.component": ("component", "cve"),
    "exposure.unauthenticated": ("service", "action"),
    "exposure.opened": ("transport", "port"),
    "exposure.disclosure": ("kind", "field"),
    "network.contradiction": ("kind",),
}
"""Parts of ``detail`` that tell two findings of a rule at one service apart; those of whole families stand below."""

FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "credential": ("mechanism", "name"),
    "personal": ("field", "sent"),
}


def finding_key(finding: Record, device: Record | None, name: str | None = None) -> str:
    """The key of a ``finding`` record: subject, rule, role, other end, protocol, parameters, with ``/`` between them.

    ``device``: the ``device`` record of the one that answers for it. ``name``: the name by which the client of the flow
    called its server, where the record does not say.
    """
    return f"{subject(device)}/{issue(finding, device, name)}"


def subject(device: Record | None) -> str:
    """What a device is, whichever unit: its model, else its kind, else ``device``; ``-`` where there is none."""
    if device is None:
        return "-"
    return _part(claimed_in(device, "model") or claimed_in(device, "category") or "device")


def issue(finding: Record, device: Record | None, name: str | None = None) -> str:
    """The key without its subject: what is compared between two devices that are set against each other."""
    rule, detail = finding["rule"], finding["detail"]
    bare = rule.removeprefix("decrypted.")
    parameters = PARAMETERS.get(bare, FAMILIES.get(bare.partition(".")[0], ()))
    parts = [rule, finding["role"] or "-", _place(finding, device, name), finding["protocol"]]
    parts += [_value(one, detail.get(one)) for one in parameters]
    return "/".join(_part(stable(part)) for part in parts if part)


def issue_of(key: str) -> str:
    """The `issue` within a key."""
    return key.partition("/")[2]


def place_of(issue: str) -> str:
    """The other end, or the own port, within an `issue`."""
    return issue.split("/")[2]


@lru_cache(8192)
def stable(text: str) -> str:
    """A text with `ANY` for what is of one unit or one day."""
    return _UNIT.sub(ANY, text.lower())


def _place(finding: Record, device: Record | None, name: str | None) -> str:
    """The service: the device's own port, or the name and port that it asked for."""
    port = _port(finding)
    if finding["role"] != "client":
        return f":{port}"
    if not outside(finding):
        return f"home:{port}"
    detail = finding["detail"]
    called = detail.get("server_name") or detail.get("host") or name or _looked_up(finding, device) or "internet"
    return f"{called}:{port}"


def _looked_up(finding: Record, device: Record | None) -> str | None:
    """The name under which a device asked for the address; the first in the alphabet of several."""
    address = address_of(finding["server"])
    names = [one["name"] for one in (device or {}).get("destinations") or () if one.get("address") == address]
    return min((one for one in names if one), default=None)


def _port(finding: Record) -> str:
    server, protocol = Endpoint.parse(finding["server"]), finding["protocol"]
    if server is None or server.port is None or server.port >= EPHEMERAL:
        return ANY
    return ANY if NEGOTIATED.get(protocol, server.port) != server.port else str(server.port)


WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "sent": lambda value: "sent" if value else "received",
    "why": lambda value: "+".join(sorted(map(str, value))),
}
"""Parameters that are no words of themselves."""


def _value(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    return WORDS[name](value) if name in WORDS else str(value)


def _part(text: str) -> str:
    """One part of a key: small letters, no separator, no controls, bounded."""
    clean = "".join("_" if one == "/" or not one.isprintable() else one for one in text[: PART + 1])
    return " ".join(clean.lower().split())[:PART]
