"""Messages of ``tls.validation``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sensor.catalogue import Message

FAULTS: Final = ("unrelated_issuers", "expired", "not_yet_valid", "name_mismatch")
"""Reasons for which an accepted certificate shows by itself that the device does not check."""


def validation_message(detail: Mapping[str, Any]) -> Message:
    """The message of the finding with these details."""
    name, reason = detail["server_name"], next(iter(detail["why"]), "private_issuer")
    refused, accepted, stopped = detail["refused"], detail["accepted"], detail["stopped_checking"]
    if detail["outcome"] == "refused" and detail["hidden"] and detail["value"] is None:
        hidden = {"name": name, "refused": refused, "handshakes": detail["handshakes"]}
        return Message("tls.validation.refused.hidden", hidden)
    if detail["outcome"] == "refused":
        return Message("tls.validation.refused", {"name": name, "refused": refused, "seen": refused + accepted})
    parameters = {"name": name, "refused": refused, "stopped": stopped}
    if reason in ("interceptor", "lab_ca"):
        interceptor = detail["interceptor"] if reason == "interceptor" else None
        return Message("tls.validation.intercepted", {**parameters, "interceptor": interceptor})
    if reason in FAULTS:
        return Message("tls.validation.unchecked", {**parameters, "why": reason})
    if refused and not stopped:
        return Message("tls.validation.private.mixed", {**parameters, "accepted": accepted})
    return Message("tls.validation.private", parameters)
