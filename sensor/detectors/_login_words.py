"""Messages about a login: what was sent, and what to do. They name no user (logs show them)."""

from __future__ import annotations

from typing import Final

from sensor.catalogue import Message
from sensor.detectors._challenges import Strength, strength_of
from sensor.events import Login
from sensor.parsing.registry import facts

KINDS: Final = frozenset({"password", "token", "cookie", "community", "key"})
"""Mechanisms that have words of their own; another is spoken of as a key."""

ROUTING: Final = frozenset({"bfd", "glbp", "hsrp", "isis", "ospf", "rip", "vrrp"})
"""Protocols that routers speak with each other: their password is of the group, and nobody logs in with it."""

BY_STRENGTH: Final = {Strength.BROKEN: "login.broken", Strength.FAST: "login.fast", Strength.SLOW: "login.slow"}
"""What a recording of a challenge's answer is worth -> message."""


def kind_of(login: Login) -> str:
    """What was sent, as the catalogue has it: a mechanism, or the purpose of a key."""
    if login.mechanism == "key" and login.scheme.endswith("wifi"):
        return "wifi"
    if login.scheme == "sdes":
        return "media"
    return login.mechanism if login.mechanism in KINDS else "key"


def login_message(login: Login, protocol: str, accepted: bool | None, *, where: str, without_secret: bool) -> Message:
    """``where``: ``outside`` or ``home``; ``without_secret``: the login was anonymous or blank."""
    service = facts(protocol)
    if without_secret:
        return Message("login.without_secret", {"service": service.title, "where": where})
    kind = kind_of(login)
    parameters = {"kind": kind, "service": service.title, "where": where, "instead": service.secure_form or None}
    if login.clear:
        use = "routing" if protocol in ROUTING and kind == "password" else kind
        parameters["use"] = "refused" if accepted is False and not login.served else use
        if login.served:
            return Message("login.shown", parameters)
        return Message("login.readable", {**parameters, "accepted": accepted})
    return Message(BY_STRENGTH[strength_of(login.scheme)], {**parameters, "scheme": login.scheme, "accepted": accepted})
