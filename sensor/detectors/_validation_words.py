"""Sentences of ``tls.validation`` for a person at home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FAULTS = {
    "unrelated_issuers": "it took two certificates for this name from two issuers that have nothing in common",
    "expired": "it took a certificate that has expired",
    "not_yet_valid": "it took a certificate that is not valid yet",
    "name_mismatch": "it took a certificate that belongs to another name",
}


def summary(detail: Mapping[str, Any]) -> str:
    """The finding in a sentence or two."""
    name = detail["server_name"]
    if detail["outcome"] == "refused":
        return _refused(name, detail)
    reason = next(iter(detail["why"]), "")
    if reason in ("interceptor", "lab_ca"):
        who = "your laboratory's interceptor" if reason == "lab_ca" else f"{detail['interceptor']}, an interceptor"
        text = f"The device sent data for {name} to {who}, which had made a certificate of its own."
        text += " Whoever is on the way could read and change it."
    elif reason in FAULTS:
        text = f"The device does not check who answers as {name}: {FAULTS[reason]} and sent data."
    elif detail["refused"] and not detail["stopped_checking"]:
        return (
            f"The device took a certificate shown for {name} {_times(detail['accepted'])} and refused one of the same "
            f"issuer {_times(detail['refused'])}: not all of its programs check alike."
        )
    else:
        text = (
            f"The certificate of {name} comes from no public authority; the device took it. "
            "It may know it in another way: its maker's own authority, or this very certificate."
        )
    if detail["stopped_checking"]:
        times = _times(detail["refused"])
        text += f" It had refused a certificate of this issuer {times} before, so it stopped checking."
    return text


def _refused(name: str, detail: Mapping[str, Any]) -> str:
    refused, seen = detail["refused"], detail["refused"] + detail["accepted"]
    if detail["hidden"] and detail["value"] is None:
        return (
            f"The device broke off {refused} of {detail['handshakes']} connections to {name} before it sent data, "
            "as one that refuses a certificate does; the certificate itself is hidden."
        )
    return f"The device refused a certificate shown for {name}: {refused} of {seen}. It checks who answers."


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def advice(detail: Mapping[str, Any]) -> str:
    """What to do about it."""
    reason = next(iter(detail["why"]), "private_issuer")
    if detail["outcome"] == "refused" or (reason == "private_issuer" and not detail["stopped_checking"]):
        return "Nothing to do."
    if reason == "interceptor":
        return (
            "If you installed this interceptor and its authority on the device yourself, that is why. If not, update "
            "the device, and ask its maker to check certificates."
        )
    return "Update the device; if that does not help, ask its maker to check certificates."
