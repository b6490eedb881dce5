"""Accounts that are a device's own serial number or hardware address, which name no person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sensor.catalogue import Message
from sensor.model import Finding, Severity

OWN = ("serial", "mac")
"""Properties of a device that an account may be, as categories of personal data."""


def name_own_accounts(
    findings: Iterable[Finding],
    identity_of: Callable[[str], Mapping[str, str]],
    fingerprint: Callable[[bytes], str],
) -> None:
    """Make ``personal.serial`` or ``personal.mac`` of such accounts, in place.

    A device's serial number is known at the end of a run, when the account's text is known by its fingerprint alone.
    """
    for finding in findings:
        if finding.rule == "personal.account" and finding.device is not None:
            identity = identity_of(finding.device)
            value = finding.detail["value"]["fingerprint"]
            category = next(
                (name for name in OWN if value in map(fingerprint, _spellings(identity.get(name, "")))), None
            )
            if category is not None:
                _rename(finding, category)


def _spellings(text: str) -> set[bytes]:
    forms = (text, text.replace(":", ""), text.replace(":", "-"))
    return {one.encode() for form in forms for one in (form, form.lower(), form.upper())}


def _rename(finding: Finding, category: str) -> None:
    finding.rule, finding.severity = f"personal.{category}", Severity.INFO
    finding.capability, finding.provisions, finding.has_secret = None, (), False
    finding.message = Message(finding.message.id, {**finding.message.parameters, "category": category})
